# SPDX-License-Identifier: ISC
"""How much memory the loop takes, at its peak, for what it takes in."""
import base64
import hashlib
import pathlib
import random
import smtplib
import subprocess

import pytest

from dovecot import Dovecot, make_certificates
from rig import INTAKECTL, INTAKED, Rig, free_port, wait_for
from scripted_imap import ScriptedImap
from test_pop3_channel import Pop3Dovecot

pytestmark = pytest.mark.skipif(b"__asan_init" in INTAKED.read_bytes(),
                                reason="the sanitizer's own memory says nothing")

USER = "support@example.net"
MB = 1 << 20
LARGE = 48 * MB
SPARE = 20 * MB         # the daemon itself, and its small buffers


def peak(rig):
    """The most that the daemon's own process ever had in memory at once."""
    status = pathlib.Path(f"/proc/{rig.daemon.process.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def large_mail(size=LARGE):
    """A mail with one attachment, which is nearly all of it, and its digest."""
    attachment = random.Random(size).randbytes((size - 4096) // 78 * 57)
    body = base64.b64encode(attachment)
    lines = b"\r\n".join(body[i:i + 76] for i in range(0, len(body), 76))
    return (b"From: Jane <jane@customer.example>\r\nTo: support@example.net\r\n"
            b"Subject: Large\r\nMessage-ID: <large@customer.example>\r\n"
            b"Date: Sat, 21 Nov 2026 12:00:00 +0000\r\nMIME-Version: 1.0\r\n"
            b"Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\n"
            b"--b\r\nContent-Type: text/plain\r\n\r\nHere it is.\r\n"
            b"--b\r\nContent-Type: application/octet-stream\r\n"
            b"Content-Transfer-Encoding: base64\r\n"
            b"Content-Disposition: attachment; filename=\"large.bin\"\r\n\r\n" + lines +
            b"\r\n--b--\r\n"), hashlib.sha256(attachment).hexdigest()


def imap(server, raw):
    server.append(USER, [raw])
    return '''
imap "support" {
  host = "localhost"
  port = %d
  security = tls
  tls_ca_file = "%s"
  user = "%s"
  password_file = "@DIR@/password"
  import = all
}
''' % (server.imaps_port, server.ca_file, USER)


def pop3(server, raw):
    server.append(USER, [raw])
    return '''
pop3 "support" {
  host = "localhost"
  port = %d
  security = tls
  tls_ca_file = "%s"
  user = "%s"
  password_file = "@DIR@/password"
}
''' % (server.pop3s_port, server.ca_file, USER)


def started(config=""):
    rig = Rig(config + "\nworkers { parse_timeout = 60s }\n")
    (rig.dir / "password").write_text("secret\n")
    (rig.dir / "password").chmod(0o600)
    return rig.start()


def check(rig, digest):
    [ticket] = rig.wait_tickets(1, 60)
    [attachment] = ticket["message"]["attachments"]
    assert attachment["sha256"] == digest
    stored = rig.dir / "state" / "blobs" / digest[:2] / digest
    assert hashlib.sha256(stored.read_bytes()).hexdigest() == digest
    top = peak(rig)
    print("peak %.1f MB for a mail of %.1f MB" % (top / MB, LARGE / MB))
    assert top < LARGE + SPARE


@pytest.fixture(scope="module")
def mail():
    return large_mail()


def test_large_mail_by_imap__is_never_in_memory_twice(mail):
    with Dovecot() as server, started(imap(server, mail[0])) as rig:
        check(rig, mail[1])


def test_large_mail_by_pop3__is_never_in_memory_twice(mail):
    with Pop3Dovecot() as server, started(pop3(server, mail[0])) as rig:
        check(rig, mail[1])


def test_large_mail_by_lmtp__is_never_in_memory_twice(mail):
    port = free_port()
    with started('lmtp "mx" {\n  listen = {"127.0.0.1:%d"}\n  recipients = {"*"}\n'
                 '  max_size = 50M\n  timeout = 60s\n}\n' % port) as rig:
        with smtplib.LMTP("127.0.0.1", port) as client:
            assert client.sendmail("jane@customer.example", [USER], mail[0]) == {}
        check(rig, mail[1])


def test_large_mails_given_up_by_lmtp__leave_nothing_behind(mail):
    port = free_port()
    with started('lmtp "mx" {\n  listen = {"127.0.0.1:%d"}\n  recipients = {"*"}\n'
                 '  max_size = 20M\n  timeout = 60s\n}\n' % port) as rig:
        clients = [smtplib.LMTP("127.0.0.1", port) for _ in range(6)]
        for client in clients:          # each stays connected
            client.ehlo_or_helo_if_needed()
            client.mail("jane@customer.example")        # without its size
            client.rcpt(USER)
            assert client.data(mail[0])[0] == 552
        top = peak(rig)
        print("peak %.1f MB for six refused mails of %.1f MB" % (top / MB, LARGE / MB))
        assert top < 20 * MB + SPARE
        for client in clients:
            client.quit()


def test_large_mail_in_a_maildir__is_never_in_memory_twice(mail):
    with started() as rig:
        rig.drop_mail(mail[0])
        check(rig, mail[1])


def test_large_mail_by_inject__is_never_in_memory_twice(mail):
    with started() as rig:
        done = subprocess.run([str(INTAKECTL), "-c", f"{rig.dir}/intaked.conf", "inject"],
                              input=mail[0], capture_output=True, timeout=60)
        assert done.returncode == 0, done.stderr
        check(rig, mail[1])


def test_large_mail_at_the_start__is_never_in_memory_twice(mail):
    """Redis is away; the mail waits in the journal, which is read at the next start."""
    rig = Rig("\nworkers { parse_timeout = 60s }\n")
    with rig:
        rig.start(redis=False)
        rig.drop_mail(mail[0])
        wait_for(lambda: rig.daemon.status()["journal"]["last_lsn"] == 1, 30, "the mail")
        rig.daemon.stop()
        rig.redis.start()
        rig.daemon.start()
        check(rig, mail[1])


def test_large_mail_that_cannot_be_taken_apart__is_set_aside_and_given_back(mail):
    """The parser is killed at its deadline: a minimal ticket, and the mail in quarantine."""
    with started() as rig:
        config = rig.daemon.config
        config.write_text(config.read_text().replace("parse_timeout = 60s",
                                                     "parse_timeout = 100ms"))
        rig.daemon.stop()
        rig.daemon.start()
        rig.drop_mail(mail[0])
        [ticket] = rig.wait_tickets(1, 60)
        assert ticket["subject"] == "Large"
        top = peak(rig)
        print("peak %.1f MB" % (top / MB))
        assert top < LARGE + SPARE
        [entry] = [p for p in (rig.dir / "state" / "quarantine").iterdir()]
        shown = subprocess.run([str(INTAKECTL), "-c", str(config), "quarantine", "show",
                                entry.name], capture_output=True, timeout=60)
        assert hashlib.sha256(shown.stdout).digest() == hashlib.sha256(mail[0]).digest()


def test_many_large_mails__do_not_add_up(mail):
    with started() as rig:
        for i in range(6):
            rig.drop_mail(mail[0].replace(b"<large@", b"<large%d@" % i), f"1.{i}.test")
        rig.wait_tickets(6, 120)
        top = peak(rig)
        print("peak %.1f MB for six mails of %.1f MB" % (top / MB, LARGE / MB))
        assert top < 2 * LARGE + SPARE     # one read back while the next comes in


# ------------------------------------------------------------- a large folder

MANY = 20000


def small_mail(n):
    return ("From: Customer %d <c%d@example.org>\r\nTo: support@example.net\r\n"
            "Subject: Question %d\r\nMessage-ID: <q%d@example.org>\r\n"
            "Date: Sat, 21 Nov 2026 12:00:00 +0000\r\n\r\nMy order %d has not come.\r\n%s"
            % (n, n, n, n, 1000 + n, "Where is it?  I have asked before.\r\n" * 40)).encode()


@pytest.fixture
def large_folder(tmp_path):
    make_certificates(str(tmp_path))
    with ScriptedImap(str(tmp_path), implicit_tls=True) as server:
        server.mails = {n: small_mail(n) for n in range(1, MANY + 1)}
        yield server


def folder_rig(server, policy):
    rig = Rig('''
imap "support" {
  host = "localhost"
  port = %d
  security = tls
  tls_ca_file = "%s"
  user = "%s"
  password_file = "@DIR@/password"
  import = %s
}
''' % (server.imaps_port, server.ca_file, USER, policy))
    (rig.dir / "password").write_text("secret\n")
    (rig.dir / "password").chmod(0o600)
    return rig


def queued(rig):
    client = rig.redis.client
    return sum(client.xlen(s) for s in client.scan_iter("intake:{*}:queue:*"))


def test_20000_mails__killed_in_the_middle__each_once_and_under_64_mb(large_folder):
    with folder_rig(large_folder, "all") as rig:
        rig.start()
        wait_for(lambda: rig.daemon.status()["journal"]["last_lsn"] > MANY // 3, 60, "a third")
        first = peak(rig)
        rig.daemon.kill()
        rig.daemon.start()
        wait_for(lambda: queued(rig) >= MANY, 100, "all tickets")
        wait_for(lambda: rig.daemon.status()["journal"]["waiting"] == 0, 30, "the rest")
        ids = [t["message"]["message_id"] for t in rig.tickets()]
        assert len(ids) == len(set(ids)) == MANY
        print("peak %.1f and %.1f MB" % (first / MB, peak(rig) / MB))
        assert max(first, peak(rig)) < 64 * MB


def test_20000_old_mails_left_out__cost_nothing(large_folder):
    with folder_rig(large_folder, "none") as rig:
        rig.start()
        wait_for(lambda: "idling" in rig.daemon.log(), 30, "the first look")
        assert not any("FETCH" in c for c in large_folder.commands)
        large_folder.mails[MANY + 1] = small_mail(MANY + 1)
        rig.daemon.stop()
        rig.daemon.start()
        [ticket] = rig.wait_tickets(1, 30)
        assert ticket["subject"] == "Question %d" % (MANY + 1)
        assert peak(rig) < 32 * MB
