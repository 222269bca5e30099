# SPDX-License-Identifier: ISC
"""Redis may forget, or be away; intaked does not, and is not."""
import time

from rig import Daemon, Redis, Rig, free_port, wait_for
from test_webhook_path import order


def subjects(rig):
    return sorted(t["subject"] for t in rig.tickets())


def expect_all(rig, count, seconds=30):
    """All there, once.  Returns them in the order in which they are there."""
    want = sorted(f"Order {n}" for n in range(count))
    wait_for(lambda: len(rig.entries()) >= count, seconds, f"{count} entries")
    time.sleep(0.5)
    assert subjects(rig) == want
    return [t["subject"] for t in rig.tickets()]


def expect_in_order(rig, count, seconds=30):
    assert expect_all(rig, count, seconds) == [f"Order {n}" for n in range(count)]


def lose_the_end(rig):
    """What a power cut takes from a server that syncs each second."""
    wait_for(lambda: rig.redis.client.info("persistence")["aof_rewrite_in_progress"] == 0)
    rig.redis.kill()
    aof = max(rig.redis.dir.glob("appendonlydir/*.incr.aof"), key=lambda f: f.stat().st_size)
    data = aof.read_bytes()
    aof.write_bytes(data[:len(data) * 6 // 10])


def test_redis_down_at_start__intake_goes_on_and_drains_later_in_order():
    with Rig().start(redis=False) as rig:
        for n in range(300):
            assert rig.hook(order(n))[0] == 202
        assert rig.daemon.status()["journal"]["waiting"] == 300
        rig.redis.start()
        expect_in_order(rig, 300)


def test_redis_killed_and_restarted_under_load__nothing_lost_nothing_twice():
    with Rig(redis_fsync="always").start() as rig:
        for n in range(60):
            assert rig.hook(order(n))[0] == 202
            if n in (15, 35):
                rig.redis.kill()
            if n in (20, 45):
                rig.redis.start()
        expect_in_order(rig, 60)


def test_redis_comes_back_empty__the_retained_journal_is_pushed_again_in_order():
    with Rig().start() as rig:
        for n in range(25):
            assert rig.hook(order(n))[0] == 202
        rig.wait_tickets(25)
        before = {t["event_id"] for t in rig.tickets()}
        rig.redis.kill()
        for path in rig.redis.dir.glob("appendonlydir/*"):
            path.unlink()
        rig.redis.start()
        expect_in_order(rig, 25)
        # The same events, so that a consumer who saw them knows them again.
        assert {t["event_id"] for t in rig.tickets()} == before
        assert rig.daemon.status()["redis"]["pushed_again"] == 25


def test_redis_loses_its_last_second__the_lost_part_reappears():
    with Rig().start() as rig:
        for n in range(10):
            rig.hook(order(n))
        rig.wait_tickets(10)
        time.sleep(1.5)
        for n in range(10, 40):
            rig.hook(order(n))
        rig.wait_tickets(40)
        lose_the_end(rig)
        rig.redis.start()
        expect_all(rig, 40)


def test_redis_is_met_while_it_loads__what_it_forgot_is_pushed_all_the_same():
    """The new run is first seen when it cannot be used yet; it stays new."""
    with Rig().start() as rig:
        for n in range(60):
            rig.hook(order(n))
        rig.wait_tickets(60)
        lose_the_end(rig)
        rig.redis.start("--key-load-delay", "5000", "--loading-process-events-interval-bytes",
                        "1024")
        wait_for(lambda: "a new server run" in rig.daemon.log(), 20, "a look at the server")
        expect_all(rig, 60)


def test_redis_full__messages_wait_and_none_is_dropped():
    with Rig().start() as rig:
        rig.redis.client.config_set("maxmemory", "1mb")
        for n in range(5):
            assert rig.hook(order(n))[0] == 202
        time.sleep(1)
        assert rig.daemon.status()["journal"]["waiting"] == 5
        rig.redis.client.config_set("maxmemory", "0")
        expect_in_order(rig, 5)


def test_redis_read_only__messages_wait():
    with Rig().start() as rig:
        rig.redis.client.execute_command("REPLICAOF", "127.0.0.1", "1")
        for n in range(3):
            assert rig.hook(order(n))[0] == 202
        time.sleep(1)
        rig.redis.client.execute_command("REPLICAOF", "NO", "ONE")
        expect_all(rig, 3)


def test_redis_stands_still__senders_do_not_notice():
    with Rig().start() as rig:
        rig.redis.process.send_signal(19)
        began = time.monotonic()
        for n in range(5):
            assert rig.hook(order(n))[0] == 202
        assert time.monotonic() - began < 2
        rig.redis.process.send_signal(18)
        expect_in_order(rig, 5)


def cluster_node(directory, port):
    node = Redis(directory)
    return node.start("--port", str(port), "--cluster-enabled", "yes",
                      "--cluster-port", str(free_port()), "--cluster-node-timeout", "5000")


def test_a_cluster_node_without_our_partition__is_said_and_nothing_is_lost():
    with Rig() as rig:
        ports = free_port(), free_port()
        ours, other = (cluster_node(rig.dir / f"node{n}", port) for n, port in enumerate(ports))
        try:
            other.client.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
            bus = other.client.execute_command("CONFIG", "GET", "cluster-port")[1]
            ours.client.execute_command("CLUSTER", "MEET", "127.0.0.1", ports[1], bus)
            wait_for(lambda: "cluster_state:ok" in str(ours.client.execute_command("CLUSTER", "INFO")),
                     30, "the nodes to know each other")
            text = rig.text().replace(rig.redis.path, f"127.0.0.1:{ports[0]}")
            rig.daemon = Daemon(rig.dir, text).start()
            for n in range(5):
                assert rig.hook(order(n))[0] == 202
            wait_for(lambda: "redirections are not followed" in rig.daemon.log(), 20, "a word about it")
            status, issues = rig.admin("/readyz")
            # Ready: what comes in is kept.
            assert status == 200 and "MOVED" in issues and "not followed" in issues
            rig.daemon.stop()
            # The operator points it at the node that has all.
            rig.daemon = Daemon(rig.dir, text.replace(str(ports[0]), str(ports[1]))).start()
            rig.redis.client = other.client
            expect_in_order(rig, 5)
            assert "MOVED" not in rig.admin("/readyz")[1]
        finally:
            ours.stop()
            other.stop()
