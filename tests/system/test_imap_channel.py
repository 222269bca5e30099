# SPDX-License-Identifier: ISC
"""The IMAP channel against a real Dovecot, with a sink that writes lines."""
import base64
import hashlib
import signal
import time

import pytest

from dovecot import Dovecot, free_port, make_certificates
from probe import ImapProbe as Probe

USER = "support@example.net"


@pytest.fixture(scope="module")
def server():
    with Dovecot() as s:
        yield s


_users = 0


@pytest.fixture
def user():
    global _users
    _users += 1
    return "user%d@example.net" % _users


def mail(n, size=0, name="m"):
    head = "Subject: %s %d\r\nMessage-ID: <%s%d@example.org>\r\n\r\n" % (name, n, name, n)
    body = "A1 OK done\r\n* %d EXPUNGE\r\n)\r\n" % n
    text = head + body
    return (text + "x" * max(0, size - len(text))).encode()


def digests(mails):
    return sorted(hashlib.sha256(m).hexdigest() for m in mails)


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("auth", ["login", "plain"])
def test_old_mail_is_taken_byte_for_byte(server, user, tmp_path, security, auth):
    mails = [mail(i, size=i * 997) for i in range(1, 60)]
    server.append(user, mails)
    with Probe(tmp_path, server, user, "  import = all\n  auth = %s" % auth,
               security=security) as p:
        got = p.wait(59)
    assert sorted(a[2] for a in got) == digests(mails)
    assert all(a[4] == "INBOX" for a in got)
    assert all(a[0].startswith("test/INBOX/") for a in got)


def test_new_mail_comes_by_idle_within_a_second(server, user, tmp_path):
    with Probe(tmp_path, server, user, "  poll = 10m") as p:
        p.wait_log("-> idling")
        for i in range(3):
            before = time.time()
            server.append(user, [mail(i)])
            got = p.wait(i + 1, 5)
            assert int(got[i][5]) / 1000 - before < 1.5
            p.wait_for(lambda: p.log().rstrip().endswith("idling"))


def test_without_idle_new_mail_comes_by_polling(server, user, tmp_path):
    with Probe(tmp_path, server, user, "  idle = no\n  poll = 1s") as p:
        p.wait_log("-> resting")
        server.append(user, [mail(1)])
        p.wait(1, 4)
    assert "idling" not in p.log()


@pytest.mark.parametrize("policy,expected", [
    ("none", []), ("unseen", [2, 3]), ("all", [1, 2, 3]), ("since\n  since = 2020-01-01", [1, 2, 3]),
])
def test_first_start_takes_what_import_says(server, user, tmp_path, policy, expected):
    server.append(user, [mail(i) for i in (1, 2, 3)])
    c = server.client(user)
    c.select()
    c.uid("STORE", "1", "+FLAGS", "\\Seen")
    c.logout()
    with Probe(tmp_path, server, user, "  import = " + policy) as p:
        p.wait_log("-> idling")
        server.append(user, [mail(9)])
        got = p.wait(len(expected) + 1)
    assert sorted(a[2] for a in got) == digests([mail(i) for i in expected + [9]])


def test_restart_takes_only_what_is_new(server, user, tmp_path):
    server.append(user, [mail(i) for i in range(5)])
    p = Probe(tmp_path, server, user, "  import = all")
    with p:
        p.wait(5)
        p.wait_log("-> idling")
    server.append(user, [mail(7)])
    with p:
        assert len(p.wait(6)) == 6
        time.sleep(0.3)
    assert len(p.arrivals()) == 6


def test_seen_by_a_human_before_we_looked_is_still_taken(server, user, tmp_path):
    p = Probe(tmp_path, server, user)
    with p:
        p.wait_log("-> idling")
    server.append(user, [mail(1)])
    c = server.client(user)
    c.select()
    c.uid("STORE", "1:*", "+FLAGS", "\\Seen")
    c.logout()
    with p:
        p.wait(1)


def test_after_flag_marks_what_is_durable(server, user, tmp_path):
    server.append(user, [mail(i) for i in range(20)])
    with Probe(tmp_path, server, user, '  import = all\n  after = flag\n  flag = "$Done"') as p:
        p.wait(20)
        p.wait_for(lambda: all("$Done" in f for f in server.flags(user).values()))
        assert not any("\\Seen" in f for f in server.flags(user).values())


def test_after_move_empties_the_folder(server, user, tmp_path):
    server.create(user, "Done &- dusted/Entw&APw-rfe")
    server.append(user, [mail(i) for i in range(250)])
    with Probe(tmp_path, server, user, "  import = all\n  after = move\n"
               '  move_to = "Done & dusted/Entw\u00fcrfe"') as p:
        p.wait(250)
        p.wait_for(lambda: not server.flags(user))
        assert len(p.arrivals()) == 250


def test_after_move_takes_the_folder_name_as_the_server_spells_it(server, user, tmp_path):
    server.create(user, "Entw&APw-rfe")
    server.append(user, [mail(1)])
    with Probe(tmp_path, server, user, "  import = all\n  after = move\n"
               '  move_to = "Entw\u00fcrfe"') as p:
        p.wait(1)
        p.wait_for(lambda: len(server.flags(user, "Entw&APw-rfe")) == 1)


def test_after_delete_expunges_only_ours(server, user, tmp_path):
    server.append(user, [mail(i) for i in range(4)])
    c = server.client(user)
    c.select()
    c.uid("STORE", "1", "+FLAGS", "\\Seen \\Deleted")
    c.logout()
    with Probe(tmp_path, server, user, "  import = unseen\n  after = delete") as p:
        p.wait(3)
        p.wait_for(lambda: list(server.flags(user)) == [1])


def test_move_into_a_missing_folder_is_told_and_takes_nothing_twice(server, user, tmp_path):
    server.append(user, [mail(1), mail(2)])
    p = Probe(tmp_path, server, user, '  import = all\n  after = move\n  move_to = "nowhere"')
    with p:
        p.wait(2)
        p.wait_log("cannot be moved")
        p.wait_log("-> idling")
    with p:
        p.wait_for(lambda: p.log().count("-> idling") >= 2)
    assert len(p.arrivals()) == 2


def test_several_folders_by_pattern(server, user, tmp_path):
    server.create(user, "Support/a", "Support/b", "Other")
    for folder in ("Support/a", "Support/b", "Other", "INBOX"):
        server.append(user, [mail(1, name=folder)], folder)
    with Probe(tmp_path, server, user, '  import = all\n  poll = 1s\n'
               '  folders = {"INBOX", "Support/*"}') as p:
        assert sorted(a[4] for a in p.wait(3)) == ["INBOX", "Support/a", "Support/b"]
        server.append(user, [mail(2, name="later")], "Support/b")
        p.wait(4, 5)
        time.sleep(0.2)
    assert len(p.arrivals()) == 4


ODD = ["B\u00fcro & S\u00f6hne", 'a "quoted" one', "two  spaces", "\u65e5\u672c/\u8a9e", "back\\\\slash",
       "percent %", "(paren) {3}", "&-&"]


def raw_name(name):
    """As IMAP spells it (RFC 3501, 5.1.3)."""
    out, run = "", ""

    def flush():
        return "&%s-" % base64.b64encode(run.encode("utf-16-be")).decode().rstrip("=").replace(
            "/", ",") if run else ""
    for c in name:
        if " " <= c <= "~":
            out, run = out + flush() + ("&-" if c == "&" else c), ""
        else:
            run += c
    return out + flush()


def test_folders_with_odd_names_are_found_and_moved_to(server, user, tmp_path):
    c = server.client(user)
    for i, name in enumerate(ODD):
        quoted = '"%s"' % raw_name(name).replace("\\", "\\\\").replace('"', '\\"')
        assert c.create(quoted)[0] == "OK", name
        assert c.append(quoted, None, None, mail(i, name="odd"))[0] == "OK"
    assert c.create('"Done &AOQ- \\"x\\""')[0] == "OK"
    c.logout()
    with Probe(tmp_path, server, user, '  import = all\n  poll = 1s\n  after = move\n'
               '  move_to = "Done \u00e4 \\"x\\""\n  folders = {"*"}') as p:
        p.wait(len(ODD))
        assert sorted(a[4] for a in p.arrivals()) == sorted(ODD)
        p.wait_for(lambda: len(server.flags(user, 'Done &AOQ- \\"x\\"')) == len(ODD))
        time.sleep(1.5)
        assert len(p.arrivals()) == len(ODD)
        assert "cannot be" not in p.log()


def test_folder_made_and_removed_while_running(server, user, tmp_path):
    server.create(user, "Support/a", "Support/b")
    server.append(user, [mail(1)], "Support/a")
    with Probe(tmp_path, server, user, '  import = all\n  poll = 1s\n'
               '  folders = {"INBOX", "Support/*"}') as p:
        p.wait(1)
        p.wait_log("-> idling")
        server.create(user, "Support/new")
        server.append(user, [mail(2)], "Support/new")
        assert p.wait(2, 6)[1][4] == "Support/new"
        c = server.client(user)
        c.delete('"Support/a"')
        c.logout()
        looks = p.log().count("-> idling")
        p.wait_for(lambda: p.log().count("-> idling") >= looks + 3)
        server.append(user, [mail(3)], "Support/b")
        p.wait(3, 6)
        p.process.send_signal(signal.SIGHUP)
        p.wait_log("STATUS")
        assert "STATUS imap test: folder" not in p.log()
        c = server.client(user)
        c.create('"Support/a"')
        c.append('"Support/a"', None, None, mail(4))
        c.logout()
        assert p.wait(4, 6)[3][4] == "Support/a"
        assert "connection lost" not in p.log()


def test_folder_removed_while_it_is_idled_in(server, user, tmp_path):
    server.create(user, "Support/only")
    server.append(user, [mail(1)], "Support/only")
    with Probe(tmp_path, server, user, '  import = all\n  poll = 1s\n'
               '  folders = {"Support/*", "INBOX"}') as p:
        p.wait(1)
        p.wait_log("-> idling")
        c = server.client(user)
        c.delete('"Support/only"')
        c.append("INBOX", None, None, mail(2))
        c.logout()
        assert p.wait(2, 15)[1][4] == "INBOX"


def test_missing_folder_is_reported_and_the_others_are_read(server, user, tmp_path):
    server.append(user, [mail(1)])
    with Probe(tmp_path, server, user, '  import = all\n  folders = {"INBOX", "gone"}') as p:
        p.wait(1)
        p.wait_log("folder=gone cannot be opened")
        p.process.send_signal(signal.SIGHUP)
        p.wait_log("STATUS imap test: folder gone cannot be opened")


def test_refused_mail_is_tried_again(server, user, tmp_path):
    server.append(user, [mail(i) for i in range(10)])
    with Probe(tmp_path, server, user, "  import = all\n  after = flag", args=["refuse=4"]) as p:
        got = p.wait(10)
        p.wait_for(lambda: all("\\Seen" in f for f in server.flags(user).values()))
    assert sorted(a[2] for a in got) == digests([mail(i) for i in range(10)])


def test_oversize_mail_gives_its_header_once(server, user, tmp_path):
    big = mail(1, size=300000)
    server.append(user, [big, mail(2)])
    with Probe(tmp_path, server, user, "  import = all", args=["max=100000"]) as p:
        got = p.wait(2)
        p.wait_log("-> idling")
    header = big[:big.index(b"\r\n\r\n") + 4]
    assert [a[3] for a in got if a[2] == hashlib.sha256(header).hexdigest()] == ["300000"]
    assert len(p.arrivals()) == 2


def test_wrong_password_is_reported_and_not_hammered(server, user, tmp_path):
    # a static password knows no wrong user, so the password itself is wrong
    with Probe(tmp_path, server, user, password="wrong") as p:
        p.wait_log("the server refuses the login")
        p.process.send_signal(signal.SIGHUP)
        p.wait_log("STATUS imap test: the server refuses the login")
        time.sleep(2)
    assert p.log().count("connection lost") == 1
    assert "wrong" not in p.log().replace("wrong-host", "")


def test_password_from_a_command(server, user, tmp_path):
    server.append(user, [mail(1)])
    with Probe(tmp_path, server, user, '  import = all\n'
               '  password_command = "sleep 0.2; echo %s"' % server.password) as p:
        p.wait(1)


def test_password_command_that_fails_is_reported(server, user, tmp_path):
    with Probe(tmp_path, server, user, '  password_command = "exit 3"') as p:
        p.wait_log("password_command ended with status 3")


def test_unknown_certificate_is_refused(server, user, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    make_certificates(str(other))

    class Other:
        password, imap_port, imaps_port = server.password, server.imap_port, server.imaps_port
        ca_file = str(other / "ca.pem")
    for security in ("starttls", "tls"):
        folder = tmp_path / security
        folder.mkdir()
        with Probe(folder, Other, user, security=security) as p:
            p.wait_log("connection lost: SSL certificate problem")
    assert "mailbox is up" not in p.log()


def test_server_killed_in_the_middle_loses_nothing(tmp_path):
    ports = free_port(), free_port()
    mails = [mail(i, size=20000) for i in range(300)]
    with Dovecot(imap_port=ports[0], imaps_port=ports[1]) as s:
        s.append(USER, mails)
        p = Probe(tmp_path, s, USER, "  import = all\n  batch = 20\n  after = flag")
        with p:
            for _ in range(3):
                count = len(p.arrivals())
                p.wait(min(count + 20, 300), 15)
                s.stop(kill=True)
                s.start()
            got = p.wait(300, 30)
            p.wait_for(lambda: all("\\Seen" in f for f in s.flags(USER).values()), 20)
        assert sorted(set(a[2] for a in got)) == digests(mails)
        assert len(set(a[0] for a in got)) == len(got) == 300


def test_killed_before_it_could_flag_takes_nothing_twice(server, user, tmp_path):
    mails = [mail(i, size=5000) for i in range(200)]
    server.append(user, mails)
    p = Probe(tmp_path, server, user, "  import = all\n  batch = 10\n  after = flag")
    for _ in range(4):
        with p:
            p.wait(min(len(p.arrivals()) + 30, 200))
            p.kill()
    with p:
        p.wait(200)
        p.wait_for(lambda: all("\\Seen" in f for f in server.flags(user).values()))
    got = p.arrivals()
    assert len(set(a[0] for a in got)) == len(got) == 200
    assert sorted(a[2] for a in got) == digests(mails)


def test_folder_made_anew_is_read_again(server, user, tmp_path):
    server.create(user, "Box")
    server.append(user, [mail(1), mail(2)], "Box")
    with Probe(tmp_path, server, user, '  import = all\n  folders = {"Box"}\n  poll = 1s') as p:
        p.wait(2)
        c = server.client(user)
        c.delete("Box")
        time.sleep(1.1)
        c.create("Box")
        c.append("Box", None, None, mail(3))
        c.logout()
        p.wait(3, 15)
        p.wait_log("renumbered")


def test_pause_takes_nothing_and_resume_goes_on(server, user, tmp_path):
    with Probe(tmp_path, server, user, "  poll = 1s") as p:
        p.wait_log("-> idling")
        p.process.send_signal(signal.SIGUSR1)
        time.sleep(0.1)
        server.append(user, [mail(1), mail(2)])
        time.sleep(1.5)
        assert p.arrivals() == []
        p.process.send_signal(signal.SIGUSR2)
        p.wait(2, 3)


def test_two_thousand_mails_come_quickly(server, user, tmp_path):
    server.append(user, [mail(i, size=7900) for i in range(2000)])
    with Probe(tmp_path, server, user, "  import = all", security="tls") as p:
        p.wait(2000, 30)
    times = [int(a[5]) for a in p.arrivals()]
    print("2000 mails: first to last %d ms" % (max(times) - min(times)))
    assert max(times) - min(times) < 5000
