# SPDX-License-Identifier: ISC
"""The IMAP channel against servers, and men in the middle, that misbehave."""
import base64
import datetime
import hashlib
import signal
import threading
import time

import pytest

from dovecot import make_certificates
from probe import ImapProbe as Probe
from scripted_imap import ScriptedImap

USER = "support@example.net"
FAST = "  import = all\n  timeout = 1s\n"


def mail(n, size=0):
    text = b"Subject: %d\r\n\r\nA1 OK done\r\n* 1 EXPUNGE\r\n" % n
    return text + b"x" * max(0, size - len(text))


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificates")
    make_certificates(str(folder))
    return str(folder)


@pytest.fixture
def server():
    """In the clear on loopback; TLS has tests of its own."""
    with ScriptedImap() as s:
        yield s


def probe(tmp_path, server, options=FAST, **more):
    return Probe(tmp_path, server, USER, options, security=more.pop("security", "none"),
                 port=server.imap_port, ca=server.ca_file is not None, **more)


def digests(server):
    return sorted(hashlib.sha256(m).hexdigest() for m in server.mails.values())


def never_in_clear(server):
    clear = b"".join(data for secured, data in server.received if not secured)
    for word in (b"secret", b"LOGIN ", b"AUTHENTICATE", base64.b64encode(b"\0" + USER.encode())[:20]):
        assert word not in clear


# ------------------------------------------------------------------ STARTTLS

def test_starttls_not_offered_sends_no_password(tmp_path, certificates):
    with ScriptedImap(certificates) as s:
        s.on["CAPABILITY"] = lambda c, tag, a: (
            c.send("* CAPABILITY IMAP4rev1 AUTH=PLAIN", tag + " OK done"), True)[1]
        with probe(tmp_path, s, security="starttls") as p:
            p.wait_log("the server does not offer STARTTLS")
        never_in_clear(s)


def test_starttls_refused_sends_no_password(tmp_path, certificates):
    with ScriptedImap(certificates) as s:
        s.on["STARTTLS"] = lambda c, tag, a: (c.send(tag + " NO not now"), True)[1]
        with probe(tmp_path, s, security="starttls") as p:
            p.wait_log("connection lost")
        never_in_clear(s)


def test_answers_injected_before_tls_are_refused(tmp_path, certificates):
    def inject(c, tag, args):
        c.send(tag + " OK begin TLS", "* CAPABILITY IMAP4rev1 AUTH=PLAIN X-INJECTED",
               "A002 OK injected")
        c.secure()
        return True
    with ScriptedImap(certificates) as s:
        s.on["STARTTLS"] = inject
        with probe(tmp_path, s, security="starttls") as p:
            p.wait_log("connection lost")
            assert "mailbox is up" not in p.log()
        never_in_clear(s)


def test_preauth_does_not_get_around_tls(tmp_path, certificates):
    with ScriptedImap(certificates) as s:
        s.greeting = "* PREAUTH welcome"
        with probe(tmp_path, s, security="starttls") as p:
            p.wait_log("connection lost")
            assert "mailbox is up" not in p.log()
        assert not any("SELECT" in c or "EXAMINE" in c for c in s.commands)
        never_in_clear(s)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_good_tls_works_with_the_scripted_server(tmp_path, certificates, security):
    with ScriptedImap(certificates, implicit_tls=security == "tls") as s:
        s.mails = {1: mail(1)}
        with probe(tmp_path, s, security=security) as p:
            p.wait(1)
        never_in_clear(s)


def test_bearer_token_is_sent_as_xoauth2(tmp_path, certificates):
    with ScriptedImap(certificates, implicit_tls=True) as s:
        s.capabilities += " SASL-IR AUTH=XOAUTH2 AUTH=PLAIN"
        s.mails = {1: mail(1)}
        with probe(tmp_path, s, FAST + "  auth = xoauth2", security="tls",
                   password="to.ken") as p:
            p.wait(1)
        auth = [c for c in s.commands if c.startswith("AUTHENTICATE")][0].split(" ")
        assert auth[1] == "XOAUTH2"
        assert base64.b64decode(auth[2]) == (
            b"user=" + USER.encode() + b"\x01auth=Bearer to.ken\x01\x01")


# --------------------------------------------------------- broken connections

def test_dropped_at_every_place_takes_each_mail_once(tmp_path, server):
    """k swept: whatever the server had said, the mails come whole and once."""
    server.mails = {u: mail(u, 200 + u) for u in range(1, 4)}
    for k in list(range(1, 1500, 61)):
        folder = tmp_path / str(k)
        folder.mkdir()
        server.sent, server.drop_after = 0, k
        with probe(folder, server, FAST + "  poll = 1s") as p:
            p.wait(3, 15)
            time.sleep(0.02)
            got = p.arrivals()
        assert sorted(a[2] for a in got) == digests(server)


def test_literal_of_impossible_size_ends_the_connection(tmp_path, server):
    server.mails = {1: mail(1)}
    for size in ("-5", "99999999999999999999", "4294967296"):
        def lie(c, tag, args, size=size):
            if "BODY" not in args:
                return False
            c.send("* 1 FETCH (UID 1 BODY[] {%s}" % size, "x" * 100)
            return True
        folder = tmp_path / size
        folder.mkdir()
        server.on["UID FETCH"] = lie
        with probe(folder, server) as p:
            p.wait_log("connection lost: a literal of impossible size")
            assert p.arrivals() == []


def test_literal_longer_than_the_mail_waits_and_gives_nothing(tmp_path, server):
    server.mails = {1: mail(1)}

    def lie(c, tag, args):
        if "BODY" not in args:
            return False
        c.raw(b"* 1 FETCH (UID 1 BODY[] {1000000}\r\n" + mail(1) + b")\r\n")
        c.send(tag + " OK done")
        return True
    server.on["UID FETCH"] = lie
    with probe(tmp_path, server) as p:
        p.wait_log("connection lost: no answer in time while fetching")
        assert p.arrivals() == []


def test_size_told_too_small_still_bounds_what_is_held(tmp_path, server):
    server.mails = {1: mail(1, 3000000)}

    def lie(c, tag, args):
        if "RFC822.SIZE" not in args:
            return False
        c.send("* 1 FETCH (UID 1 RFC822.SIZE 10)", tag + " OK done")
        return True
    server.on["UID FETCH"] = lie
    with probe(tmp_path, server, args=["max=100000"]) as p:
        got = p.wait(1)
    assert got[0][3] == "3000000" and int(got[0][1]) < 100


STEPS = ["CAPABILITY", "LOGIN", "ID", "LIST", "SELECT", "EXAMINE", "UID SEARCH", "UID FETCH",
         "UID STORE", "UID COPY", "UID EXPUNGE", "UID MOVE", "STATUS", "IDLE"]


def options_for(server, step):
    """A configuration with which the channel comes to this command."""
    server.capabilities = "IMAP4rev1 IDLE UIDPLUS" + (" ID" if step == "ID" else "") + (
        " MOVE" if step == "UID MOVE" else "")
    if step in ("UID COPY", "UID MOVE"):
        return "  after = move\n  move_to = Done\n"
    if step in ("SELECT", "UID STORE", "UID EXPUNGE"):
        return "  after = delete\n"
    if step == "LIST":
        return '  folders = {"IN*"}\n'
    if step == "STATUS":
        return '  folders = {"INBOX", "Other"}\n  poll = 1s\n'
    return ""


def drop(c):
    raise EOFError


@pytest.mark.parametrize("step", STEPS)
def test_silence_in_any_step_is_ended_by_its_deadline(tmp_path, server, step):
    server.mails = {1: mail(1)}
    server.on[step] = lambda c, tag, a: (time.sleep(30), True)[1]
    with probe(tmp_path, server, FAST + options_for(server, step)) as p:
        p.wait_log("connection lost", 8)
        p.process.send_signal(signal.SIGHUP)
        p.wait_log("STATUS imap test: ")
        server.on.clear()
        p.wait(1, 15)


@pytest.mark.parametrize("step", STEPS)
def test_bye_in_any_step_is_come_back_from(tmp_path, server, step):
    server.mails = {1: mail(1)}
    said = []

    def bye(c, tag, args):
        if said:
            return False
        said.append(step)
        c.send("* BYE going down")
        raise EOFError
    server.on[step] = bye
    with probe(tmp_path, server, FAST + options_for(server, step)) as p:
        p.wait(1, 15)
        p.wait_for(lambda: said)
        p.wait_for(lambda: p.log().count("mailbox is up") == 1 + (step in AFTER_UP), 15)
        assert len(p.arrivals()) == (2 if step == "STATUS" else 1)      # folders


# Where the channel calls the mailbox up before it comes to this step.
AFTER_UP = ("UID FETCH", "UID STORE", "UID COPY", "UID EXPUNGE", "UID MOVE", "STATUS", "IDLE")


def test_silence_before_the_greeting_is_ended(tmp_path, server):
    server.mails = {1: mail(1)}
    server.greeting = "* "
    with probe(tmp_path, server) as p:
        p.wait_log("connection lost", 10)
        server.greeting = "* OK ready"
        p.wait(1, 15)


def test_line_without_end_is_not_held(tmp_path, server):
    server.mails = {1: mail(1)}

    def endless(c, tag, args):
        c.raw(b"* LIST (" + b"x" * 3000000)
        return True
    server.on["UID SEARCH"] = endless
    with probe(tmp_path, server) as p:
        p.wait_log("connection lost: a line longer than allowed")
        server.on.clear()
        p.wait(1, 15)


def test_news_between_the_contents_disturb_nothing(tmp_path, server):
    """EXPUNGE must not come during FETCH, and does; flags of others and of the same may."""
    server.mails = {u: mail(u, 300) for u in range(1, 9)}

    def noisy(c, tag, args):
        if "BODY" not in args:
            return False
        c.send("* 3 EXPUNGE", "* 4 FETCH (FLAGS (\\Seen))", "* 9 EXISTS")
        for n, uid in enumerate(sorted(server.mails), 1):
            content = server.mails[uid]
            c.send("* %d FETCH (UID %d FLAGS (\\Seen $x))" % (n, uid))
            c.raw(b"* %d FETCH (FLAGS (\\Seen) BODY[] {%d}\r\n%s MODSEQ (7) UID %d)\r\n" % (
                n, len(content), content, uid))
            c.send("* %d FETCH (UID %d FLAGS ())" % (n, uid), "* 1 EXPUNGE", "* OK still here",
                   "* FLAGS (a b)", "* 7 RECENT")
        c.send(tag + " OK done")
        return True
    server.on["UID FETCH"] = noisy
    with probe(tmp_path, server) as p:
        p.wait(8)
        p.wait_log("-> idling")
        assert sorted(a[2] for a in p.arrivals()) == digests(server)
        assert "connection lost" not in p.log()


def test_literals_of_every_kind_are_read(tmp_path, server):
    """{n+} and ~{n} are not for servers to send in FETCH, and some do."""
    server.mails = {u: mail(u, 300) for u in (1, 2, 3)}

    def odd(c, tag, args):
        if "BODY" not in args:
            return False
        for uid, form in ((1, b"{%d}"), (2, b"{%d+}"), (3, b"~{%d}")):
            content = server.mails[uid]
            c.raw(b"* %d FETCH (UID %d BODY[] %s\r\n%s)\r\n" % (
                uid, uid, form % len(content), content))
        c.send(tag + " OK done")
        return True
    server.on["UID FETCH"] = odd
    with probe(tmp_path, server) as p:
        p.wait(3)
        assert sorted(a[2] for a in p.arrivals()) == digests(server)


def test_idle_is_renewed_before_the_server_drops_it(tmp_path, server):
    ended = []

    def idle(c, tag, args):
        c.send("+ idling")
        began = time.monotonic()
        assert c.read_line() == "DONE"
        ended.append(time.monotonic() - began)
        c.send(tag + " OK done")
        return True
    server.on["IDLE"] = idle
    with probe(tmp_path, server, FAST + "  poll = 1h\n  idle_renew = 1s") as p:
        p.wait_for(lambda: len(ended) >= 3, 10)
    assert all(0.8 < seconds < 2.5 for seconds in ended[:3]), ended
    assert server.connections == 1


def test_pauses_between_tries_grow_and_are_not_in_step(tmp_path, server):
    server.on["CAPABILITY"] = lambda c, tag, a: drop(c)
    with probe(tmp_path, server) as p:
        p.wait_for(lambda: p.log().count("connection lost") >= 3, 20)
        log = p.log()
    times = [datetime.datetime.fromisoformat(line.split(" ")[0].rstrip("Z"))
             for line in log.splitlines() if "connection lost" in line]
    gaps = [(b - a).total_seconds() for a, b in zip(times, times[1:])]
    assert 0.75 <= gaps[0] <= 1.6 and 1.5 <= gaps[1] <= 3, gaps


def test_one_byte_a_second_does_not_hold_the_mailbox(tmp_path, server):
    server.mails = {1: mail(1, 5000)}

    def crawl(c, tag, args):
        if "BODY" not in args:
            return False
        c.raw(b"* 1 FETCH (UID 1 BODY[] {5000}\r\n")
        for _ in range(60):
            c.raw(b"x")
            time.sleep(0.2)
        return True
    server.on["UID FETCH"] = crawl
    with probe(tmp_path, server) as p:
        p.wait_log("no answer in time while fetching", 5)
        server.on.clear()
        p.wait(1, 15)


def test_idle_that_has_gone_deaf_is_made_up_for_by_the_poll(tmp_path, server):
    with probe(tmp_path, server, FAST + "  poll = 1s") as p:
        p.wait_log("-> idling")
        server.mails[1] = mail(1)
        p.wait(1, 4)
        p.wait_log("did not tell of new mail")


def test_idle_pushes_in_the_middle_of_everything(tmp_path, server):
    def push(c, tag, args):
        c.send("* 9 EXISTS", "* 3 EXPUNGE", "* 8 EXISTS", "* 2 FETCH (FLAGS (\\Seen))", "+ idling",
               "* OK Still here", "* 8 RECENT")
        c.read_line()
        c.send("* 1 FETCH (FLAGS ())", tag + " OK done")
        return True
    server.mails = {u: mail(u) for u in range(1, 9)}
    server.on["IDLE"] = push
    with probe(tmp_path, server) as p:
        p.wait(8)
        time.sleep(0.3)
        assert len(p.arrivals()) == 8
        assert "connection lost" not in p.log()


def test_news_while_idling__the_search_does_not_wait_for_the_answer_to_done(tmp_path, server):
    def idle(c, tag, args):
        c.send("+ idling")
        if server.commands.count("IDLE") == 1:
            server.mails[2] = mail(2)
            c.send("* 2 EXISTS")
        if c.read_line() == "DONE" and server.commands.count("IDLE") == 1:
            search = c.read_line()
            assert "UID SEARCH UID 2:*" in search
            c.send(tag + " OK done", "* SEARCH 2", search.split()[0] + " OK found")
        else:
            c.send(tag + " OK done")
        return True

    server.mails[1] = mail(1)
    server.on["IDLE"] = idle
    with probe(tmp_path, server, FAST + "  poll = 1h") as p:
        p.wait(2)
        p.wait_for(lambda: server.commands.count("IDLE") == 2)
        assert server.connections == 1


def test_news_while_idling__the_answer_to_done_is_no__it_is_asked_now_and_then(tmp_path, server):
    def idle(c, tag, args):
        server.mails[2] = mail(2)
        c.send("+ idling", "* 2 EXISTS")
        assert c.read_line() == "DONE"
        c.send(tag + " NO idled enough")
        return True

    server.mails[1] = mail(1)
    server.on["IDLE"] = idle
    with probe(tmp_path, server, FAST + "  poll = 1s") as p:
        p.wait(2)
        server.mails[3] = mail(3)
        p.wait(3)
        assert server.commands.count("IDLE") == 1
        assert server.connections == 1


def test_idle_refused_falls_back_to_polling(tmp_path, server):
    server.on["IDLE"] = lambda c, tag, a: (c.send(tag + " NO not today"), True)[1]
    with probe(tmp_path, server, FAST + "  poll = 1s") as p:
        p.wait_log("-> resting")
        server.mails[1] = mail(1)
        p.wait(1, 4)
    assert server.commands.count("IDLE") == 1


# ------------------------------------------------------------- odd but alive

def test_gone_between_search_and_fetch_is_passed_over(tmp_path, server):
    server.mails = {u: mail(u) for u in range(1, 6)}

    def vanish(c, tag, args):
        server.mails.pop(2 if "BODY" not in args else 4, None)
        return False
    server.on["UID FETCH"] = vanish
    with probe(tmp_path, server) as p:
        p.wait(3)
        p.wait_log("-> idling")
        assert sorted(a[0][-1] for a in p.arrivals()) == ["1", "3", "5"]


def test_a_mail_that_the_server_cannot_deliver_does_not_hold_the_others(tmp_path, server):
    server.mails = {u: mail(u) for u in range(1, 6)}

    def refuse(c, tag, args):
        if "BODY" in args and "3" in args.split(" ")[0] or "BODY" in args and ":" in args:
            c.send(tag + " NO cannot read that")
            return True
        return False
    server.on["UID FETCH"] = refuse
    with probe(tmp_path, server) as p:
        p.wait(4)
        p.wait_log("uid=3 cannot be fetched and stays on the server")
        p.wait_log("-> idling")
    assert sorted(a[0][-1] for a in p.arrivals()) == ["1", "2", "4", "5"]


def test_content_as_nil_then_header_only(tmp_path, server):
    server.mails = {1: mail(1)}

    def nil(c, tag, args):
        if "BODY.PEEK[]" not in args:
            return False
        c.send("* 1 FETCH (UID 1 BODY[] NIL)", tag + " OK done")
        return True
    server.on["UID FETCH"] = nil
    with probe(tmp_path, server) as p:
        got = p.wait(1)
    assert got[0][3] == str(len(mail(1)))


def test_mails_nobody_asked_for_are_not_taken(tmp_path, server):
    server.mails = {5: mail(5)}

    def push(c, tag, args):
        c.raw(b"* 1 FETCH (UID 4 BODY[] {5}\r\nfalse)\r\n* 1 FETCH (BODY[] {5}\r\nfalse)\r\n")
        return False
    for command in ("CAPABILITY", "EXAMINE", "UID SEARCH", "UID FETCH", "IDLE"):
        server.on[command] = push
    with probe(tmp_path, server) as p:
        p.wait(1)
        time.sleep(0.2)
        assert [a[2] for a in p.arrivals()] == digests(server)


def test_without_move_it_is_copy_then_delete(tmp_path, server):
    server.mails = {u: mail(u) for u in range(1, 4)}
    server.capabilities = "IMAP4rev1 IDLE UIDPLUS"
    with probe(tmp_path, server, FAST + "  after = move\n  move_to = Done") as p:
        p.wait(3)
        p.wait_for(lambda: not server.mails)
        p.wait_log("-> idling")
    verbs = [c.split(" ")[1] for c in server.commands if c.startswith("UID ")
             and c.split(" ")[1] in ("COPY", "STORE", "EXPUNGE")]
    assert verbs == ["COPY", "STORE", "EXPUNGE"] * (len(verbs) // 3)
    assert all('"Done"' in c for c in server.commands if c.startswith("UID COPY"))


@pytest.mark.parametrize("step", ["UID COPY", "UID STORE", "UID EXPUNGE", "UID MOVE"])
def test_killed_in_the_middle_of_moving__is_moved_and_taken_once(tmp_path, server, step):
    server.mails = {u: mail(u) for u in range(1, 4)}
    options = FAST + options_for(server, "UID MOVE" if step == "UID MOVE" else "UID COPY")
    reached = threading.Event()

    def hold(c, tag, args):
        if step != "UID EXPUNGE" or reached.is_set():
            getattr(server, "do_" + step.lower().replace(" ", "_"))(c, "*", args)
        reached.set()
        time.sleep(30)
        return True
    server.on[step] = hold
    p = probe(tmp_path, server, options)
    with p:
        p.wait(3)
        assert reached.wait(10)
        p.kill()
    server.on.clear()
    with p:
        p.wait_for(lambda: not server.mails)
        p.wait_for(lambda: p.log().count("-> idling") >= 1)
    assert len(p.arrivals()) == 3


def test_without_uidplus_a_move_copies_once_and_marks(tmp_path, server):
    server.mails = {1: mail(1), 2: mail(2)}
    server.capabilities = "IMAP4rev1 IDLE"
    with probe(tmp_path, server, FAST + "  after = move\n  move_to = Done\n  poll = 1s") as p:
        p.wait(2)
        p.wait_for(lambda: len(server.flags) == 2)
        p.wait_for(lambda: p.log().count("-> idling") >= 2)
    assert all("\\Deleted" in f for f in server.flags.values())
    assert not any("EXPUNGE" in c for c in server.commands)
    copied = [c.split(" ")[2] for c in server.commands if c.startswith("UID COPY")]
    assert sorted(copied) in (["1:2"], ["1", "2"])


def test_copy_that_fails_deletes_nothing(tmp_path, server):
    server.mails = {1: mail(1)}
    server.capabilities = "IMAP4rev1 IDLE UIDPLUS"
    server.on["UID COPY"] = lambda c, tag, a: (c.send(tag + " NO [OVERQUOTA] full"), True)[1]
    with probe(tmp_path, server, FAST + "  after = move\n  move_to = Done") as p:
        p.wait_log("cannot be moved: full")
        p.wait_log("-> idling")
    assert server.flags == {} and 1 in server.mails


def test_without_uidplus_nothing_of_others_is_expunged(tmp_path, server):
    server.mails = {1: mail(1), 2: mail(2)}
    server.flags = {1: "\\Seen \\Deleted"}
    server.capabilities = "IMAP4rev1 IDLE"
    with probe(tmp_path, server, "  import = unseen\n  after = delete\n  timeout = 1s") as p:
        p.wait(1)
        p.wait_for(lambda: "\\Deleted" in server.flags.get(2, ""))
        p.wait_log("-> idling")
    assert not any("EXPUNGE" in c for c in server.commands)


def test_no_uidnext_told_still_imports_nothing_old(tmp_path, server):
    server.mails = {u: mail(u) for u in range(1, 6)}

    def bare(c, tag, args):
        c.send("* 5 EXISTS", "* OK [UIDVALIDITY 3] ok", tag + " OK selected")
        return True
    server.on["EXAMINE"] = bare
    with probe(tmp_path, server, "  import = none\n  timeout = 1s\n  poll = 1s") as p:
        p.wait_log("-> idling")
        server.mails[6] = mail(6)
        p.wait(1, 4)
        time.sleep(0.2)
        assert [a[0] for a in p.arrivals()] == ["test/INBOX/3/6"]


def test_uids_used_again_are_read_again(tmp_path, server):
    server.mails = {u: mail(u) for u in range(1, 6)}
    p = probe(tmp_path, server)
    with p:
        p.wait(5)
        p.wait_log("-> idling")
    server.mails = {1: mail(101), 2: mail(102)}     # restored, same UIDVALIDITY
    with p:
        p.wait(7)
        p.wait_for(lambda: p.log().count("-> idling") >= 2)
    with p:
        p.wait_for(lambda: p.log().count("-> idling") >= 3)
    assert [a[0] for a in p.arrivals()[5:]] == ["test/INBOX/77.1/1", "test/INBOX/77.1/2"]


def test_a_wrong_uidnext_alone_reads_nothing_again(tmp_path, server):
    for more in (0, 1):
        server.mails = {u: mail(u) for u in range(1, 6)}
        server.uidnext = None
        folder = tmp_path / str(more)
        folder.mkdir()
        p = probe(folder, server)
        with p:
            p.wait(5)
            p.wait_log("-> idling")
        server.uidnext = 3
        if more:
            server.mails[6] = mail(6)
        with p:
            p.wait(5 + more)
            p.wait_for(lambda: p.log().count("-> idling") >= 2)
        assert len(p.arrivals()) == 5 + more


def test_login_refused_by_the_server_waits_long(tmp_path, server):
    def refuse(c, tag, args):
        c.send(tag + " NO [AUTHENTICATIONFAILED] go away")
        return True
    server.on["LOGIN"] = server.on["AUTHENTICATE"] = refuse
    with probe(tmp_path, server) as p:
        p.wait_log("the server refuses the login")
        time.sleep(2)
    assert server.connections == 1


def test_bye_in_idle_reconnects(tmp_path, server):
    once = []

    def bye(c, tag, args):
        if once:
            return False
        once.append(1)
        c.send("+ idling", "* BYE Connection is closed. 13")
        raise EOFError
    server.on["IDLE"] = bye
    with probe(tmp_path, server) as p:
        p.wait_log("connection lost: Connection is closed. 13")
        server.mails[1] = mail(1)
        p.wait(1, 6)
