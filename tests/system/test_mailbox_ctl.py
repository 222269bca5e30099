# SPDX-License-Identifier: ISC
"""intakectl mailbox test and reconcile against a real Dovecot."""
import json
import subprocess

import pytest

from dovecot import Dovecot, free_port
from rig import INTAKECTL, Rig, wait_for

USER = "support@example.net"


@pytest.fixture(scope="module")
def server():
    with Dovecot() as s:
        yield s


def write_config(tmp_path, server, user=USER, options="", port=None, ca=None,
                 password=None, host="localhost"):
    (tmp_path / "password").write_text((password or server.password) + "\n")
    (tmp_path / "password").chmod(0o600)
    config = tmp_path / "intaked.conf"
    config.write_text('''
state_dir = "%s/state"
imap "box" {
  host = "%s"
  port = %d
  security = tls
  tls_ca_file = "%s"
  user = "%s"
  password_file = "%s/password"
  timeout = 5s
%s
}
''' % (tmp_path, host, port or server.imaps_port, ca or server.ca_file, user, tmp_path, options))
    return config


def ctl(config, *args):
    return subprocess.run([str(INTAKECTL), "-c", str(config), *args], capture_output=True,
                          text=True, timeout=60)


def test_good_mailbox__says_folders_counts_and_abilities(server, tmp_path):
    user = "good@example.net"
    server.create(user, "Sales", "Sales/Old", "Büro".encode("utf-7").decode().replace("+", "&"))
    server.append(user, [b"Subject: %d\r\n\r\nx\r\n" % i for i in range(7)], "Sales")
    config = write_config(tmp_path, server, user, '  folders = {"INBOX", "Sales*"}')
    done = ctl(config, "--json", "mailbox", "test", "box")
    assert done.returncode == 0, done.stderr
    doc = json.loads(done.stdout)
    assert doc["good"] and doc["idle"] and doc["move"] and doc["uidplus"]
    assert {f["name"]: f["messages"] for f in doc["folders"]} == {
        "INBOX": 0, "Sales": 7, "Sales/Old": 0}
    assert all(f["uidvalidity"] > 0 and f["problem"] is None for f in doc["folders"])
    plain = ctl(config, "mailbox", "test", "box").stdout
    assert "7 messages" in plain and "idle     yes" in plain


def test_probe__is_stored_found_and_gone_again(server, tmp_path):
    user = "probe@example.net"
    config = write_config(tmp_path, server, user)
    done = ctl(config, "--json", "mailbox", "test", "box", "--probe")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["probe"] is True
    c = server.client(user)
    assert c.select()[1] == [b"0"]
    assert c.response("UIDNEXT")[1] == [b"2"]
    c.logout()


def test_wrong_password__is_77_with_advice(server, tmp_path):
    done = ctl(write_config(tmp_path, server, password="wrong"), "mailbox", "test", "box")
    assert done.returncode == 77
    assert "refuses the login" in done.stderr and "password" in done.stderr


def test_no_server__is_75(server, tmp_path):
    done = ctl(write_config(tmp_path, server, port=free_port()), "mailbox", "test", "box")
    assert done.returncode == 75
    assert "host and port" in done.stderr


def test_certificate_of_another_ca__is_75_and_says_tls_ca_file(server, tmp_path):
    with Dovecot() as other:
        done = ctl(write_config(tmp_path, server, ca=other.ca_file), "mailbox", "test", "box")
    assert done.returncode == 75
    assert "tls_ca_file" in done.stderr


def test_no_such_channel__is_66(server, tmp_path):
    assert ctl(write_config(tmp_path, server), "mailbox", "test", "other").returncode == 66


def test_folder_that_is_not_there__is_78(server, tmp_path):
    done = ctl(write_config(tmp_path, server, options='  folders = {"INBOX", "Missing"}'),
               "mailbox", "test", "box")
    assert done.returncode == 78
    assert "Missing" in done.stdout


def test_password_file_that_is_not_there__is_78(server, tmp_path):
    config = write_config(tmp_path, server)
    (tmp_path / "password").unlink()
    assert ctl(config, "mailbox", "test", "box").returncode == 78


# ---------------------------------------------------------------- reconcile

def mail(n):
    return ("From: Customer %d <c%d@example.org>\r\nTo: support@example.net\r\n"
            "Subject: Question %d\r\nMessage-ID: <r%d@example.org>\r\n\r\nMy order %d.\r\n"
            % (n, n, n, n, n)).encode()


def rig_for(server, user, options="", **more):
    rig = Rig('''
imap "box" {
  host = "localhost"
  port = %d
  security = tls
  tls_ca_file = "%s"
  user = "%s"
  password_file = "@DIR@/imap.password"
%s
}
''' % (server.imaps_port, server.ca_file, user, options), **more)
    (rig.dir / "imap.password").write_text(server.password + "\n")
    (rig.dir / "imap.password").chmod(0o600)
    return rig


def reconcile(rig):
    done = rig.daemon.ctl("--json", "reconcile", "box", check=False)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return done.returncode, {line["uid"]: line["state"] for line in lines}, lines


def cursor_of(rig):
    cursors = rig.dir / "state" / "cursors"
    return cursors.read_text(errors="replace") if cursors.exists() else ""


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def rewrite_cursor(path, old, new):
    head, lines = path.read_bytes().split(b"\n", 1)
    changed = lines.replace(old.encode(), new.encode())
    assert changed != lines, lines
    title = head.rsplit(b" ", 1)[0] + b" "
    assert head == title + b"%08x" % crc32c(lines), head
    path.write_bytes(title + b"%08x\n" % crc32c(changed) + changed)


def test_reconcile__all_taken__is_0_and_each_has_its_place(server):
    user = "all@example.net"
    server.append(user, [mail(i) for i in range(200)])
    with rig_for(server, user, "  import = all") as rig:
        rig.start()
        rig.wait_tickets(200, 30)
        wait_for(lambda: reconcile(rig)[0] == 0 and
                 set(reconcile(rig)[1].values()) == {"taken"}, 10, "all taken")
        code, states, lines = reconcile(rig)
        assert sorted(states) == list(range(1, 201))
        assert all(line["lsn"] > 0 for line in lines)
        text = rig.daemon.ctl("reconcile", "box").stdout
        assert "taken" in text and "200" in text


def test_reconcile__cursor_ahead_of_unknown_mail__is_1_and_names_it(server):
    user = "ahead@example.net"
    server.append(user, [mail(i) for i in range(200)])
    with rig_for(server, user, "  import = all") as rig:
        rig.start()
        rig.wait_tickets(200, 30)
        wait_for(lambda: " 200" in cursor_of(rig), 10, "the cursor")
        rig.daemon.stop()
        server.append(user, [mail(1000), mail(1001)])
        # As a fault would leave it: one passed over without having been taken.
        rewrite_cursor(rig.dir / "state" / "cursors", " 200", " 201")
        rig.daemon.start()
        rig.wait_tickets(201, 20)
        wait_for(lambda: reconcile(rig)[1].get(202) == "taken", 10, "the new one")
        code, states, _ = reconcile(rig)
        assert code == 1
        assert [u for u, s in states.items() if s == "missing"] == [201]
        assert sum(s == "taken" for s in states.values()) == 201
        done = rig.daemon.ctl("reconcile", "box", check=False)
        assert done.returncode == 1
        assert "missing      INBOX" in done.stdout and "uid 201" in done.stdout


def test_reconcile__import_none_and_waiting_and_gone_and_quarantined(server):
    user = "states@example.net"
    server.append(user, [mail(i) for i in range(10)])
    with rig_for(server, user, "  import = none") as rig:
        rig.start()
        wait_for(lambda: " 10" in cursor_of(rig), 10, "the cursor")
        server.append(user, [mail(i) for i in range(10, 15)])
        rig.wait_tickets(5)
        rig.redis.stop()
        server.append(user, [mail(i) for i in range(15, 18)])
        wait_for(lambda: sum(s == "waiting" for s in reconcile(rig)[1].values()) == 3, 10,
                 "three to wait")
        c = server.client(user)
        c.select()
        c.uid("STORE", "11", "+FLAGS", "\\Deleted")
        c.expunge()
        c.logout()
        code, states, _ = reconcile(rig)
        assert {u for u, s in states.items() if s == "waiting"} == {16, 17, 18}
        assert {u for u, s in states.items() if s == "gone"} == {11}
        assert {u for u, s in states.items() if s == "taken"} == {12, 13, 14, 15}
        # Redis is away: whether the first ten are known elsewhere cannot be said.
        assert {u for u, s in states.items() if s in ("earlier", "unproven")} == set(range(1, 11))
        rig.redis.start()
        rig.wait_tickets(8, 20)
        wait_for(lambda: reconcile(rig)[0] == 0, 20, "nothing unexplained")
        states = reconcile(rig)[1]
        assert {u for u, s in states.items() if s == "earlier"} == set(range(1, 11))
        assert {u for u, s in states.items() if s == "taken"} == set(range(12, 19))


def test_reconcile__journal_has_let_go__the_queue_still_knows(server):
    user = "retired@example.net"
    server.append(user, [mail(i) for i in range(30)])
    with rig_for(server, user, "  import = all") as rig:
        rig.start()
        rig.wait_tickets(30)
        wait_for(lambda: " 30" in cursor_of(rig), 10, "the cursor")
        rig.daemon.stop()
        import shutil
        shutil.rmtree(rig.dir / "state" / "journal")
        done = subprocess.run([str(INTAKECTL), "-c", str(rig.daemon.config), "reconcile", "box"],
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == 74
        rig.daemon.start()
        wait_for(lambda: reconcile(rig)[0] == 0, 20, "nothing unexplained")
        code, states, lines = reconcile(rig)
        assert set(states.values()) == {"taken"} and len(states) == 30
        assert all(line["ticket"] for line in lines)
