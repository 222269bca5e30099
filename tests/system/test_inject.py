# SPDX-License-Identifier: ISC
"""intakectl inject, as the pipe of a mail server calls it: what counts is the
exit status, because on most of them a mail server bounces."""
import os
import pwd
import signal
import subprocess
import time

import pytest

from rig import INTAKECTL, Rig, wait_for

MAIL = (b"From: Jane <jane@customer.example>\nTo: support@shop.example\nSubject: Piped\n"
        b"Message-ID: <1@customer.example>\n\nMy order 4711 is late.\n")


def inject(rig, *args, mail=MAIL, config=True, **more):
    command = [str(INTAKECTL)] + (["-c", f"{rig.dir}/intaked.conf"] if config else [])
    done = subprocess.run([*command, "inject", *args], input=mail, capture_output=True,
                          timeout=60, **more)
    print(done.stderr.decode(errors="replace"))
    return done.returncode


def test_mail_on_standard_input_becomes_a_ticket_once():
    with Rig().start() as rig:
        args = ("--from", "jane+x@bounce.example", "--to", "support@shop.example")
        assert inject(rig, *args) == 0
        assert inject(rig, *args) == 0
        [ticket] = rig.wait_tickets(1)
        assert ticket["subject"] == "Piped"
        assert ticket["channel"] == {"kind": "inject", "name": "inject"}
        assert ticket["message"]["envelope_from"] == "jane+x@bounce.example"
        assert ticket["message"]["delivered_to"] == ["support@shop.example"]
        time.sleep(0.3)
        assert len(rig.entries()) == 1
        assert rig.daemon.status()["journal"]["last_lsn"] == 1


def test_null_sender_channel_and_mbox_line():
    with Rig().start() as rig:
        assert inject(rig, "--from", "", "--channel", "drop",
                      mail=b"From jane@x Sat Nov 21 10:00:00 2026\n" + MAIL) == 0
        [ticket] = rig.wait_tickets(1)
        assert ticket["channel"]["name"] == "drop"
        assert ticket["message"]["envelope_from"] == ""
        assert ticket["message"]["raw"]["size"] == len(MAIL)


def test_socket_without_configuration():
    with Rig().start() as rig:
        path = f"{rig.dir}/state/control.sock"
        assert inject(rig, "--socket", path, config=False) == 0
        rig.wait_tickets(1)


@pytest.mark.parametrize("mail", [b"", b"\n\nhello\n", b"hello world\n", b"From x\n",
                                  b": x\n\n", b"\x00\x01\x02"])
def test_what_is_no_mail__is_a_data_error(mail):
    with Rig().start(redis=False) as rig:
        assert inject(rig, mail=mail) == 65
        assert rig.daemon.status()["journal"]["last_lsn"] == 0


def test_wrong_arguments__are_a_usage_error():
    with Rig().start(redis=False) as rig:
        assert inject(rig, "--what") == 64
        assert inject(rig, "file.eml") == 64
        assert inject(rig, "--from") == 64


def test_everything_that_is_our_fault__makes_the_mail_server_wait(tmp_path):
    with Rig().start(redis=False) as rig:
        assert inject(rig, "--channel", "nosuch") == 75
        rig.daemon.stop()
        assert inject(rig) == 75
        assert inject(rig, "--socket", str(tmp_path / "none"), config=False) == 75
        (rig.dir / "intaked.conf").write_text("nonsense { }\n")
        assert inject(rig) == 75


def test_large_mails():
    with Rig("journal { max_message = 3M }").start(redis=False) as rig:
        assert inject(rig, mail=MAIL + b"x" * 70 + b"\n" * 2_900_000) == 0
        assert inject(rig, mail=MAIL + b"y\n" * 2_000_000) == 65
        assert rig.daemon.status()["journal"]["last_lsn"] == 1


def test_redis_down__is_taken():
    with Rig().start(redis=False) as rig:
        assert inject(rig) == 0
        rig.redis.start()
        rig.wait_tickets(1)


def test_journal_full__the_mail_server_waits():
    with Rig("journal { max_size = 1M  segment_size = 64K }").start(redis=False) as rig:
        statuses = [inject(rig, mail=MAIL + b"%d " % i + b"x" * 100000) for i in range(15)]
        assert set(statuses) == {0, 75} and statuses[0] == 0
        taken = statuses.count(0)
        rig.redis.start()
        rig.wait_tickets(taken)
        time.sleep(0.3)
        assert rig.daemon.status()["journal"]["last_lsn"] == taken


def test_killed_before_the_answer__the_second_try_makes_no_second_ticket():
    with Rig().start(env={"INTAKED_FAULT": "before-settle:1:kill"}) as rig:
        assert inject(rig) == 75
        wait_for(lambda: rig.daemon.process.poll() is not None, 10, "death")
        assert rig.daemon.process.returncode == -signal.SIGKILL
        rig.daemon.start(env={"INTAKED_FAULT": ""})
        assert inject(rig) == 0
        rig.wait_tickets(1)
        time.sleep(0.3)
        assert len(rig.entries()) == 1


@pytest.mark.skipif(os.getuid() != 0, reason="needs another user")
def test_socket_that_may_not_be_opened__is_said_so():
    with Rig().start(redis=False) as rig:
        nobody = pwd.getpwnam("nobody")
        os.chmod(rig.dir, 0o755)
        assert inject(rig, "--socket", f"{rig.dir}/state/control.sock", config=False,
                      user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[]) == 77
