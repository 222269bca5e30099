# SPDX-License-Identifier: ISC
"""SIGKILL at every named point of the path: what was acknowledged is there,
once.  The points are compiled in by --enable-faults (base/fault.h)."""
import hashlib
import http.client
import random
import signal
import time

import pytest

from rig import Rig, wait_for

# Reached by webhooks alone, in a journal of small segments.
ON_THE_WAY = [
    "journal-before-write", "journal-after-write", "journal-after-sync", "journal-before-done",
    "segment-before-create", "segment-before-dirsync", "segment-after-dirsync",
    "before-settle", "after-settle", "before-commit", "after-commit",
]
SMALL = 'journal { segment_size = 64K }\n'


def order(n):
    return {"subject": f"Order {n}", "text": f"order {n} is late. " + "x" * 900,
            "customer": {"email": f"c{n % 7}@customer.example", "name": "C"}}


def send(rig, n):
    """True when it was acknowledged."""
    try:
        return rig.hook(order(n), f"evt-{n}")[0] in (200, 202)
    except (OSError, http.client.HTTPException):
        return False


def check_nothing_lost_nothing_twice(rig, acknowledged, sent):
    wait_for(lambda: {t["subject"] for t in rig.tickets()} >=
             {f"Order {n}" for n in acknowledged}, 30, "every acknowledged message")
    time.sleep(0.3)
    subjects = [t["subject"] for t in rig.tickets()]
    assert len(subjects) == len(set(subjects)), "something came twice"
    assert set(subjects) <= {f"Order {n}" for n in sent}
    wait_for(lambda: rig.daemon.status()["journal"]["waiting"] == 0, 10, "an empty journal")


# Each at its first and third pass; the ledger is written too seldom for that.
PASSES = [(point, nth) for point in ON_THE_WAY for nth in (1, 3)] + [
    ("ledger-before-write", 1), ("ledger-before-sync", 1)]


@pytest.mark.parametrize("point,nth", PASSES)
def test_killed_at(point, nth):
    with Rig(SMALL).start(env={"INTAKED_FAULT": f"{point}:{nth}:kill"}) as rig:
        acknowledged, sent = [], []
        for n in range(260):
            if rig.daemon.process.poll() is not None:
                break
            sent.append(n)
            if send(rig, n):
                acknowledged.append(n)
        wait_for(lambda: rig.daemon.process.poll() is not None, 10, f"death at {point}")
        assert rig.daemon.process.returncode == -signal.SIGKILL
        rig.daemon.start(env={"INTAKED_FAULT": ""})
        # What was not acknowledged its sender tries again.
        for n in sent:
            if n not in acknowledged:
                assert send(rig, n)
                acknowledged.append(n)
        for n in range(1000, 1005):
            assert send(rig, n)
            acknowledged.append(n)
            sent.append(n)
        check_nothing_lost_nothing_twice(rig, acknowledged, sent)


# A few files are synced one by one, more of them at once.
@pytest.mark.parametrize("point,files", [
    ("blob-before-write", 1), ("blob-before-rename", 1), ("blob-before-dirsync", 1),
    ("blob-before-syncfs", 6), ("before-settle", 1), ("before-commit", 1), ("after-commit", 1)])
def test_killed_while_a_mail_with_files_is_on_its_way(point, files):
    from email.message import EmailMessage
    with Rig(SMALL).start(env={"INTAKED_FAULT": f"{point}:2:kill"}) as rig:
        for n in range(6):
            mail = EmailMessage()
            mail["From"], mail["To"] = f"c{n}@customer.example", "support@our.example"
            mail["Subject"], mail["Message-ID"] = f"Order {n}", f"<{n}@customer.example>"
            mail.set_content(f"order {n} is late")
            for k in range(files):
                mail.add_attachment(f"file {n} {k}".encode() * 100, maintype="application",
                                    subtype="octet-stream", filename=f"{n}.{k}.bin")
            rig.drop_mail(mail.as_bytes())
            time.sleep(0.05)
        wait_for(lambda: rig.daemon.process.poll() is not None, 15, f"death at {point}")
        assert rig.daemon.process.returncode == -signal.SIGKILL
        rig.daemon.start(env={"INTAKED_FAULT": ""})
        check_nothing_lost_nothing_twice(rig, range(6), range(6))
        for ticket in rig.tickets():
            assert len(ticket["message"]["attachments"]) == files
            for attachment in ticket["message"]["attachments"]:
                digest = attachment["sha256"]
                blob = rig.dir / "state" / "blobs" / digest[:2] / digest
                assert hashlib.sha256(blob.read_bytes()).hexdigest() == digest


@pytest.mark.parametrize("point", ["recover-segment"])
def test_killed_while_recovering__the_next_start_converges(point):
    with Rig(SMALL).start() as rig:
        sent = list(range(120))
        assert all(send(rig, n) for n in sent)
        rig.daemon.kill()
        for nth in (1, 2):
            rig.daemon.start(wait=False, env={"INTAKED_FAULT": f"{point}:{nth}:kill"})
            assert rig.daemon.process.wait(10) == -signal.SIGKILL
        rig.daemon.start(env={"INTAKED_FAULT": ""})
        check_nothing_lost_nothing_twice(rig, sent, sent)


def test_killed_at_random_moments_and_redis_too():
    dice = random.Random(20261121)
    with Rig(SMALL, redis_fsync="always").start() as rig:
        acknowledged, sent = [], []
        for n in range(150):
            sent.append(n)
            if send(rig, n):
                acknowledged.append(n)
            if dice.random() < 0.05:
                rig.daemon.kill()
                rig.daemon.start()
            if dice.random() < 0.03:
                rig.redis.kill()
                rig.redis.start()
        check_nothing_lost_nothing_twice(rig, acknowledged, sent)


def test_a_message_that_kills_the_parser_becomes_a_minimal_ticket_and_a_quarantine_entry():
    with Rig().start(env={"INTAKED_FAULT": "parse-run:1:kill"}) as rig:
        assert send(rig, 1)
        [ticket] = rig.wait_tickets(1)
        assert ticket["message"]["minimal"] is True
        entries = rig.daemon.ctl("--json", "quarantine", "ls").stdout.splitlines()
        assert len(entries) == 1 and '"parse-died"' in entries[0]
        assert rig.daemon.status()["quarantine"] == 1
        assert rig.daemon.process.poll() is None
