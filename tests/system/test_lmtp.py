# SPDX-License-Identifier: ISC
"""Mail handed over by LMTP: Python's client stands for the mail server."""
import contextlib
import hashlib
import os
import signal
import smtplib
import socket
import stat
import threading
import time

import pytest

from rig import Rig, free_port, wait_for

TO = "support@shop.example"
CONFIG = """
lmtp "mx" {
  listen = {"@DIR@/lmtp.sock", "127.0.0.1:@PORT@"}
  recipients = {"support@shop.example", "*@sales.example"}
  max_size = 4M
  timeout = 5s
  max_connections = 20
  department = "mailroom"
}
"""


def lmtp_rig(extra="", config=CONFIG):
    port = free_port()
    rig = Rig(config.replace("@PORT@", str(port)) + extra)
    rig.lmtp_port = port
    rig.lmtp_path = f"{rig.dir}/lmtp.sock"
    return rig


def mail(subject="Hello", body="My order 4711 is late.", sender="jane@customer.example"):
    return (f"From: Jane <{sender}>\r\nTo: {TO}\r\nSubject: {subject}\r\n"
            f"Message-ID: <{subject.replace(' ', '')}@customer.example>\r\n"
            f"Date: Sat, 21 Nov 2026 10:00:00 +0000\r\n\r\n{body}\r\n").encode()


@contextlib.contextmanager
def client(rig, tcp=False):
    c = smtplib.LMTP("127.0.0.1", rig.lmtp_port) if tcp else smtplib.LMTP(rig.lmtp_path)
    try:
        yield c
    finally:
        c.close()


def raw(rig):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(10)
    s.connect(rig.lmtp_path)
    return s, s.makefile("rb")


def reply(f):
    """One reply, all of its lines."""
    lines = []
    while True:
        line = f.readline()
        assert line.endswith(b"\r\n"), line
        lines.append(line.decode().rstrip())
        if line[3:4] != b"-":
            return lines


def test_mail_over_unix_socket_and_tcp_becomes_tickets():
    with lmtp_rig().start() as rig:
        for tcp in (False, True):
            with client(rig, tcp) as c:
                assert c.sendmail("jane@bounces.example", [TO], mail(f"Way {tcp}")) == {}
        tickets = rig.wait_tickets(2)
        assert sorted(t["subject"] for t in tickets) == ["Way False", "Way True"]
        for t in tickets:
            assert t["channel"] == {"kind": "lmtp", "name": "mx"}
            assert t["department"] == "mailroom"
            assert t["message"]["envelope_from"] == "jane@bounces.example"
            assert t["message"]["delivered_to"] == [TO]
        assert stat.S_IMODE(os.stat(rig.lmtp_path).st_mode) == 0o660
    assert not os.path.exists(rig.lmtp_path)


def test_two_recipients_one_unknown__one_ticket_and_one_refusal():
    with lmtp_rig().start() as rig, client(rig) as c:
        refused = c.sendmail("a@b.example", [TO, "nobody@shop.example", "eve@sales.example"],
                             mail("Both"))
        assert list(refused) == ["nobody@shop.example"]
        assert refused["nobody@shop.example"][0] == 550
        assert refused["nobody@shop.example"][1].startswith(b"5.1.1")
        [ticket] = rig.wait_tickets(1)
        assert ticket["message"]["delivered_to"] == [TO, "eve@sales.example"]
        time.sleep(0.3)
        assert len(rig.entries()) == 1


def test_two_mailboxes__by_policy__are_two_tickets():
    with lmtp_rig('two_addresses = "per_mailbox"\n'
                  'identity { addresses = {"support@shop.example", "eve@sales.example"} }'
                  ).start() as rig, client(rig) as c:
        assert c.sendmail("a@b.example", [TO, "eve@sales.example"], mail("Both")) == {}
        tickets = rig.wait_tickets(2)
        assert sorted(t["message"]["delivered_to"][0] for t in tickets) == [
            "eve@sales.example", TO]


def test_null_sender__is_kept_as_such():
    with lmtp_rig().start() as rig, client(rig) as c:
        assert c.sendmail("", [TO], mail("Bounce")) == {}
        [ticket] = rig.wait_tickets(1)
        assert ticket["message"]["envelope_from"] == ""


def test_forged_return_path__the_envelope_counts():
    with lmtp_rig().start() as rig, client(rig) as c:
        assert c.sendmail("a@b.example", [TO], b"Return-Path: <>\r\n" + mail("Forged")) == {}
        [ticket] = rig.wait_tickets(1)
        assert ticket["message"]["envelope_from"] == "a@b.example"
        assert ticket["message"]["kind"] == "message"


def test_pipelined_session__with_three_mails__all_answered_in_order():
    with lmtp_rig().start() as rig:
        s, f = raw(rig)
        out = b"LHLO mta.example\r\n"
        for i in range(3):
            out += (b"MAIL FROM:<a@b.example> BODY=8BITMIME\r\nRCPT TO:<%s>\r\n"
                    b"RCPT TO:<bob@sales.example>\r\nDATA\r\n" % TO.encode())
            out += mail(f"Pipe {i}", "..dots\r\n...\r\n" + "x" * 70000).replace(
                b"\r\n.", b"\r\n..") + b".\r\n"
        s.sendall(out + b"QUIT\r\n")
        assert reply(f)[0].startswith("220 ")
        assert {"250-PIPELINING", "250-ENHANCEDSTATUSCODES", "250-8BITMIME",
                "250-SMTPUTF8", "250-SIZE 4194304"} < set(reply(f))
        for _ in range(3):
            got = [reply(f)[0] for _ in range(6)]
            assert [g[:3] for g in got] == ["250", "250", "250", "354", "250", "250"], got
            assert got[4].startswith("250 2.0.0")
        assert reply(f)[0].startswith("221")
        assert f.read() == b""
        tickets = rig.wait_tickets(3)
        assert sorted(t["subject"] for t in tickets) == ["Pipe 0", "Pipe 1", "Pipe 2"]
        assert all(t["message"]["full_text"].startswith("..dots\n...\nx") for t in tickets)


def test_large_mail__arrives_whole_and_too_large_is_refused():
    with lmtp_rig().start() as rig, client(rig) as c:
        body = "\r\n".join(hashlib.sha256(b"%d" % i).hexdigest() for i in range(60000))
        content = mail("Large", body)
        assert 3_900_000 < len(content) < 4 << 20
        assert c.sendmail("a@b.example", [TO], content) == {}
        [ticket] = rig.wait_tickets(1)
        assert ticket["message"]["raw"]["sha256"] == hashlib.sha256(content).hexdigest()
        with pytest.raises(smtplib.SMTPSenderRefused) as refused:
            c.sendmail("a@b.example", [TO], content * 2)
        assert refused.value.smtp_code == 552
        # Without SIZE it is found out only while it comes.
        del c.esmtp_features["size"]
        with pytest.raises(smtplib.SMTPDataError) as late:
            c.sendmail("a@b.example", [TO], content * 2)
        assert late.value.smtp_code == 552 and late.value.smtp_error.startswith(b"5.3.4")
        assert c.sendmail("a@b.example", [TO], mail("After")) == {}
        rig.wait_tickets(2)


def test_same_transaction_again__is_known():
    with lmtp_rig().start() as rig, client(rig) as c:
        for _ in range(3):
            assert c.sendmail("a@b.example", [TO], mail("Again")) == {}
        rig.wait_tickets(1)
        time.sleep(0.3)
        assert len(rig.entries()) == 1
        assert rig.daemon.status()["journal"]["last_lsn"] == 1
        assert 'intaked_duplicates_total{channel="mx"} 2' in rig.admin("/metrics")[1]


def test_redis_down__mail_is_taken_and_comes_through_later():
    with lmtp_rig().start(redis=False) as rig:
        with client(rig) as c:
            for i in range(5):
                assert c.sendmail("a@b.example", [TO], mail(f"Down {i}")) == {}
        rig.redis.start()
        tickets = rig.wait_tickets(5)
        assert sorted(t["subject"] for t in tickets) == [f"Down {i}" for i in range(5)]


def test_journal_full__the_mail_server_keeps_the_mail():
    with lmtp_rig("journal { max_size = 1M  segment_size = 64K }").start(redis=False) as rig:
        with client(rig) as c:
            taken = 0
            with pytest.raises((smtplib.SMTPSenderRefused, smtplib.SMTPDataError)) as refused:
                for i in range(30):
                    c.sendmail("a@b.example", [TO], mail(f"Full {i}", "x" * 100000))
                    taken += 1
            assert refused.value.smtp_code in (451, 452)
            assert 3 < taken < 15
        rig.redis.start()
        assert len(rig.wait_tickets(taken)) == taken


def test_killed_between_durable_and_reply__the_retry_makes_no_second_ticket():
    rig = lmtp_rig()
    with rig.start(env={"INTAKED_FAULT": "before-settle:1:kill"}):
        with client(rig) as c:
            with pytest.raises((smtplib.SMTPServerDisconnected, OSError)):
                c.sendmail("a@b.example", [TO], mail("Lost reply"))
                raise AssertionError("was answered")
        wait_for(lambda: rig.daemon.process.poll() is not None, 10, "death")
        assert rig.daemon.process.returncode == -signal.SIGKILL
        rig.daemon.start(env={"INTAKED_FAULT": ""})
        with client(rig) as c:
            assert c.sendmail("a@b.example", [TO], mail("Lost reply")) == {}
            assert c.sendmail("a@b.example", [TO], mail("Next")) == {}
        rig.wait_tickets(2)
        time.sleep(0.3)
        assert sorted(t["subject"] for t in rig.tickets()) == ["Lost reply", "Next"]


def test_stopped_in_the_middle_of_data__nothing_is_taken_of_it():
    with lmtp_rig().start() as rig:
        s, f = raw(rig)
        s.sendall(b"LHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<%s>\r\nDATA\r\n" % TO.encode())
        for _ in range(5):
            reply(f)
        s.sendall(mail("Half")[:100])
        time.sleep(0.2)
        rig.daemon.stop()
        assert reply(f)[0].startswith("421 ")
        assert f.read() == b""
        rig.daemon.start()
        with client(rig) as c:
            assert c.sendmail("a@b.example", [TO], mail("Whole")) == {}
        assert [t["subject"] for t in rig.wait_tickets(1)] == ["Whole"]


def test_reload__keeps_listening_at_the_same_place():
    with lmtp_rig().start() as rig:
        s, f = raw(rig)
        assert reply(f)[0].startswith("220")
        rig.daemon.ctl("reload")
        assert reply(f)[0].startswith("421")
        with client(rig) as c, client(rig, tcp=True) as t:
            assert c.sendmail("a@b.example", [TO], mail("One")) == {}
            assert t.sendmail("a@b.example", [TO], mail("Two")) == {}
        rig.wait_tickets(2)


def test_silent_client__is_sent_away():
    config = CONFIG.replace("timeout = 5s", "timeout = 300ms")
    with lmtp_rig(config=config).start() as rig:
        s, f = raw(rig)
        reply(f)
        begin = time.monotonic()
        assert reply(f)[0].startswith("421 ")
        assert f.read() == b"" and time.monotonic() - begin < 3
        # One that drips has twice that long for a message.
        s, f = raw(rig)
        s.sendall(b"LHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<%s>\r\nDATA\r\n" % TO.encode())
        begin = time.monotonic()
        with contextlib.suppress(OSError):
            while time.monotonic() - begin < 5:
                s.sendall(b"x")
                time.sleep(0.1)
        assert time.monotonic() - begin < 4


def test_more_connections_than_allowed__are_told_to_come_again():
    with lmtp_rig().start() as rig:
        held = [raw(rig) for _ in range(20)]
        assert all(reply(f)[0].startswith("220") for _, f in held)
        s, f = raw(rig)
        assert reply(f)[0].startswith("421 4.3.2")
        assert "connections are in use" in str(rig.daemon.status()["issues"])
        held[0][0].close()
        held[0][1].close()
        wait_for(lambda: reply(raw(rig)[1])[0].startswith("220"), what="a free place")


def test_many_clients_at_once__each_mail_once():
    with lmtp_rig().start() as rig:
        failures = []

        def send(n):
            try:
                with client(rig, tcp=n % 2 == 0) as c:
                    for i in range(20):
                        assert c.sendmail(f"c{n}@b.example", [TO], mail(f"M {n} {i}")) == {}
            except Exception as e:      # noqa: BLE001
                failures.append(e)
        threads = [threading.Thread(target=send, args=(n,)) for n in range(10)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert failures == []
        rig.wait_tickets(200, 60)
        assert sorted(t["subject"] for t in rig.tickets()) == sorted(
            f"M {n} {i}" for n in range(10) for i in range(20))
