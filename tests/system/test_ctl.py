# SPDX-License-Identifier: ISC
"""intakectl: every command, what it prints and how it ends."""
import json
import os
import signal
import subprocess
import time

from rig import INTAKECTL, Rig, wait_for

MAIL = ("From: Carla <carla@customer.example>\nTo: support@example.org\nSubject: Parcel\n"
        "Message-ID: <1@customer.example>\nDate: Sat, 21 Nov 2026 10:00:00 +0000\n\nWhere is it?\n")


def order(n):
    return {"subject": f"Order {n}", "text": f"order {n} is late",
            "customer": {"email": f"c{n}@customer.example", "name": "C"}}


def ctl(*args, stdin=None, timeout=60):
    done = subprocess.run([str(INTAKECTL), *map(str, args)], input=stdin, capture_output=True,
                          text=True, timeout=timeout)
    return done.returncode, done.stdout, done.stderr


def test_wrong_arguments__end_with_64_and_a_sentence():
    for args in ([], ["nothing"], ["normalize"], ["explain"], ["test"], ["--bogus"], ["-c"]):
        status, out, said = ctl(*args)
        assert status == 64 and said and not out, args
    with Rig().start() as rig:
        for args in (["journal"], ["journal", "eat"], ["journal", "export", "x"], ["quarantine"],
                     ["quarantine", "show"], ["status", "x"], ["tap", "0"], ["tap", "-1"],
                     ["tap", "many"], ["reload", "x"], ["ticket"], ["check", "x"]):
            done = rig.daemon.ctl(*args, check=False)
            assert done.returncode == 64 and done.stderr, args


def test_help_and_version():
    assert ctl("--version")[:2] == (0, "intakectl 0.1.0\n")
    status, out, _ = ctl("--help")
    assert status == 0
    for word in ("normalize", "explain", "test", "check", "status", "ticket", "tap", "reload",
                 "journal", "quarantine"):
        assert f"\n  {word} " in out


def test_without_a_daemon__the_offline_commands_work_the_others_end_with_69():
    with Rig() as rig:
        config = rig.dir / "intaked.conf"
        config.write_text(rig.text())
        assert ctl("-c", config, "check")[0] == 0
        status, out, _ = ctl("-c", config, "normalize", "-", stdin=MAIL)
        assert status == 0 and json.loads(out)["subject"] == "Parcel"
        status, out, _ = ctl("-c", config, "explain", "-", stdin=MAIL)
        assert status == 0 and "Parcel" in out and "general" in out
        for command in (["status"], ["tap"], ["reload"], ["ticket", "X"]):
            status, _, said = ctl("-c", config, *command)
            assert status == 69 and "control.sock" in said and "running" in said
        assert ctl("-c", config, "normalize", "/nonexistent")[0] == 66
        assert ctl("-c", "/nonexistent", "status")[0] == 78
        config.write_text(rig.text() + "bogus = 1\n")
        assert ctl("-c", config, "check")[0] == 78


def test_standard_output_full__ends_with_74():
    with open("/dev/full", "w") as full:
        done = subprocess.run([str(INTAKECTL), "normalize", "-"], input=MAIL, text=True,
                              stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 74 and "standard output" in done.stderr


def test_rule_tests():
    with Rig().start() as rig:
        tests = rig.dir / "tests.json"
        case = {"name": "a", "subject": "x", "text": "y", "expect": {"department": "general"}}
        tests.write_text(json.dumps([case]))
        assert rig.daemon.ctl("test", str(tests)).returncode == 0
        case["expect"]["department"] = "moon"
        tests.write_text(json.dumps([case]))
        done = rig.daemon.ctl("test", str(tests), check=False)
        assert done.returncode == 1 and "moon" in done.stdout
        tests.write_text("{")
        assert rig.daemon.ctl("test", str(tests), check=False).returncode == 65


def test_status_and_ticket():
    with Rig().start() as rig:
        assert rig.hook(order(1))[0] == 202
        [ticket] = rig.wait_tickets(1)
        status = json.loads(rig.daemon.ctl("--json", "status").stdout)
        assert status["status"] == "ready" and status["journal"]["last_lsn"] == 1
        assert {c["name"] for c in status["channels"]} == {"drop", "shop"}
        assert "ready" in rig.daemon.ctl("status").stdout
        record = json.loads(rig.daemon.ctl("--json", "ticket", ticket["id"]).stdout)
        assert record["id"] == ticket["id"]
        assert ticket["id"] in rig.daemon.ctl("ticket", ticket["id"].lower()).stdout
        for unknown in ("AAAAA-AAAAA", "no such\r\nthing", "é"):
            done = rig.daemon.ctl("ticket", unknown, check=False)
            assert done.returncode == 66 and "no such ticket" in done.stderr
        rig.redis.kill()
        wait_for(lambda: rig.daemon.ctl("ticket", ticket["id"], check=False).returncode == 75, 20,
                 "75 while Redis is away")
        rig.redis.start()


def test_tap__counts_and_ends():
    with Rig().start() as rig:
        tap = subprocess.Popen([str(INTAKECTL), "-c", str(rig.daemon.config), "tap", "2"],
                               stdout=subprocess.PIPE, text=True)
        time.sleep(0.5)
        for n in range(3):
            assert rig.hook(order(n))[0] == 202
        out, _ = tap.communicate(timeout=20)
        lines = [json.loads(line) for line in out.splitlines()]
        assert tap.returncode == 0 and len(lines) == 2
        assert lines[0]["event"] == "ticket.created" and "is late" not in out
        tap = subprocess.Popen([str(INTAKECTL), "-c", str(rig.daemon.config), "tap"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        time.sleep(0.5)
        rig.daemon.stop()
        assert tap.wait(20) == 69
        tap.communicate()


def test_a_daemon_that_stands_still__is_waited_for():
    with Rig().start() as rig:
        rig.daemon.process.send_signal(signal.SIGSTOP)
        asked = subprocess.Popen([str(INTAKECTL), "-c", str(rig.daemon.config), "status"],
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        time.sleep(1)
        assert asked.poll() is None
        rig.daemon.process.send_signal(signal.SIGCONT)
        assert "instance" in asked.communicate(timeout=20)[0]


def test_journal__lists_exports_and_finds_damage():
    with Rig('journal { segment_size = 64K }\n').start() as rig:
        for n in range(40):
            document = order(n)
            document["text"] += "x" * 5000
            assert rig.hook(document)[0] == 202
        rig.wait_tickets(40)
        segments = [json.loads(line) for line in
                    rig.daemon.ctl("--json", "journal", "ls").stdout.splitlines()]
        assert len(segments) >= 3 and sum(s["records"] for s in segments) >= 40
        assert "first" in rig.daemon.ctl("journal", "ls").stdout
        assert json.loads(rig.daemon.ctl("journal", "export", "1").stdout)["subject"] == "Order 0"
        assert rig.daemon.ctl("journal", "export", "999", check=False).returncode == 66
        assert "0 damaged" in rig.daemon.ctl("journal", "check").stdout
        rig.daemon.stop()
        first = sorted((rig.dir / "state" / "journal").glob("*.seg"))[0]
        data = bytearray(first.read_bytes())
        data[10000:10010] = b"\0" * 10
        first.write_bytes(data)
        done = rig.daemon.ctl("journal", "check", check=False)
        assert done.returncode == 65
        assert "segment 1, bytes" in done.stdout and "1 damaged" in done.stdout
        found = rig.daemon.ctl("--json", "journal", "check", check=False)
        assert found.returncode == 65 and json.loads(found.stdout)["segment"] == 1
        # It is said at the start, set aside for a human, and nothing else is lost.
        rig.daemon.start()
        assert rig.hook(order(100))[0] == 202
        rig.wait_tickets(41)
        assert os.listdir(rig.dir / "state" / "corrupt")


def test_quarantine__shows_releases_and_drops():
    with Rig().start(env={"INTAKED_FAULT": "parse-run:1:kill"}) as rig:
        assert rig.daemon.ctl("quarantine", "ls").stdout == ""
        for n in (1, 2):
            assert rig.hook(order(n))[0] == 202
        rig.wait_tickets(2)
        entries = [json.loads(line) for line in
                   rig.daemon.ctl("--json", "quarantine", "ls").stdout.splitlines()]
        assert len(entries) == 2
        first, second = entries[0]["id"], entries[1]["id"]
        shown = rig.daemon.ctl("quarantine", "show", first)
        assert json.loads(shown.stdout)["subject"].startswith("Order")
        assert "parse-died" in shown.stderr
        rig.daemon.stop()
        rig.daemon.start(env={"INTAKED_FAULT": ""})
        # With the cause mended the message goes its way again.
        assert "released" in rig.daemon.ctl("quarantine", "release", first).stdout
        wait_for(lambda: any(t["subject"] for t in rig.tickets()), 20, "the whole ticket")
        assert rig.daemon.ctl("quarantine", "release", first, check=False).returncode == 66
        assert "dropped" in rig.daemon.ctl("quarantine", "drop", second).stdout
        assert rig.daemon.ctl("quarantine", "show", second, check=False).returncode == 66
        assert rig.daemon.ctl("quarantine", "drop", "../../etc/passwd", check=False).returncode == 66
        assert rig.daemon.ctl("quarantine", "ls").stdout == ""
