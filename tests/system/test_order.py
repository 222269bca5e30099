# SPDX-License-Identifier: ISC
"""Messages reach the queue in the order they came, and nobody waits long for
one that is slow."""
import os
import pathlib
import signal
import time

from rig import Daemon, Rig, wait_for
from test_redis_away import expect_in_order
from test_webhook_path import order


def subjects(rig):
    return [t["subject"] for t in rig.tickets()]


def parsers(rig):
    """The processes that take messages apart, first slot first."""
    pid = rig.daemon.process.pid
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    found = [int(child) for child in children
             if b"--worker=parse" in pathlib.Path(f"/proc/{child}/cmdline").read_bytes()]
    assert len(found) == 2
    return found


def mail(n, size=0, reply_to=None):
    """Of sizes that differ, so that the workers do not end in step."""
    thread = f"References: <{reply_to}@customer.example>\r\n" if reply_to is not None else ""
    return (f"From: c{n if reply_to is None else reply_to}@customer.example\r\n"
            f"To: support@our.example\r\nSubject: Order {n}\r\n{thread}"
            f"Message-ID: <{n}@customer.example>\r\n\r\n" + "all is well\r\n" * (1 + size))


def test_a_backlog_of_mails_of_all_sizes__drains_in_order():
    with Rig().start(redis=False) as rig:
        for n in range(120):
            rig.drop_mail(mail(n, size=n * 7919 % 13 * 150))
            wait_for(lambda: rig.daemon.status()["journal"]["waiting"] == n + 1)
        rig.redis.start()
        expect_in_order(rig, 120)


def test_a_backlog_of_conversations__drains_in_order_and_each_stays_one_ticket():
    with Rig().start(redis=False) as rig:
        for n in range(60):
            rig.drop_mail(mail(n, size=n * 7919 % 13 * 50, reply_to=n % 6 if n >= 6 else None))
            wait_for(lambda: rig.daemon.status()["journal"]["waiting"] == n + 1)
        rig.redis.start()
        wait_for(lambda: len(rig.entries()) >= 60, what="all of them")
        tickets = rig.tickets()
        assert [t["message"]["subject"] for t in tickets] == [f"Order {n}" for n in range(60)]
        for n in range(60):
            assert tickets[n]["id"] == tickets[n % 6]["id"]
        assert len({t["id"] for t in tickets}) == 6


def test_a_slow_message__is_passed_after_half_a_second_and_follows():
    with Rig("workers { parse_timeout = 3s }").start() as rig:
        os.kill(parsers(rig)[0], signal.SIGSTOP)
        began = time.monotonic()
        for n in range(4):
            assert rig.hook(order(n))[0] == 202
        wait_for(lambda: len(rig.entries()) == 3, what="those that came after it")
        assert 0.4 < time.monotonic() - began < 2.5
        assert subjects(rig) == ["Order 1", "Order 2", "Order 3"]
        # Its worker is killed at the deadline, and another one takes it.
        slow = rig.wait_tickets(4)[3]
        assert slow["subject"] == "Order 0"
        assert any("later ones went before it" in line for line in slow["trail"])
        assert "intaked_overtaken_messages_total 1\n" in rig.admin("/metrics")[1]
        assert rig.hook(order(4))[0] == 202
        assert [t["subject"] for t in rig.wait_tickets(5)][4] == "Order 4"


def test_a_slow_message_in_a_large_backlog__keeps_nothing_behind_its_window():
    with Rig("workers { parse_timeout = 20s }") as rig:
        rig.redis.start()
        text = rig.text().replace("redis {", "redis { in_flight = 32")
        rig.daemon = Daemon(rig.dir, text).start()
        os.kill(parsers(rig)[0], signal.SIGSTOP)
        assert rig.hook(order(0))[0] == 202
        for n in range(1, 200):
            assert rig.hook(order(n))[0] == 202
        wait_for(lambda: len(rig.entries()) == 199, 10, "all but the slow one")
        assert subjects(rig) == [f"Order {n}" for n in range(1, 200)]
        assert rig.daemon.status()["journal"]["waiting"] == 200, "the mark is still before it"
        os.kill(parsers(rig)[0], signal.SIGCONT)
        assert [t["subject"] for t in rig.wait_tickets(200)][199] == "Order 0"
        wait_for(lambda: rig.daemon.status()["journal"]["waiting"] == 0, what="the mark")


def test_a_worker_that_dies_of_one__the_others_keep_their_order():
    with Rig().start(redis=False) as rig:
        for n in range(100):
            assert rig.hook(order(n))[0] == 202
        os.kill(parsers(rig)[0], signal.SIGSTOP)
        rig.redis.start()
        time.sleep(0.2)
        os.kill(parsers(rig)[0], signal.SIGKILL)
        expect_in_order(rig, 100)
