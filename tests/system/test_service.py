# SPDX-License-Identifier: ISC
"""What a service manager and an operator do to the daemon while messages come:
reload, stop, signals, processes killed, disks full, nobody reading the log."""
import fcntl
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time

import pytest

from rig import INTAKED, Daemon, MailServer, Rig, wait_for


def order(n, size=10):
    return {"subject": f"Order {n}", "text": "late " + "x" * size,
            "customer": {"email": f"c{n}@customer.example", "name": "C"}}


class Load:
    """Webhooks from several senders until the end of the block."""

    def __init__(self, rig, senders=4, size=10):
        self.rig, self.size = rig, size
        self.answers = {}
        self.ended = False
        self.threads = [threading.Thread(target=self.send, args=(i, senders)) for i in range(senders)]

    def send(self, n, step):
        while not self.ended:
            try:
                self.answers[n] = self.rig.hook(order(n, self.size), f"evt-{n}")[0]
            except (OSError, http.client.HTTPException) as problem:
                self.answers[n] = problem
            n += step
            time.sleep(0.002)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ended = True
        for thread in self.threads:
            thread.join()

    def taken(self):
        return {f"Order {n}" for n, a in self.answers.items() if a in (200, 202)}

    def other(self):
        return {n: a for n, a in self.answers.items() if a not in (200, 202)}


def expect_exactly(rig, subjects, seconds=30):
    """Each of them once, and no other that was not sent."""
    wait_for(lambda: subjects <= {t["subject"] for t in rig.tickets()}, seconds,
             "every accepted message")
    found = [t["subject"] for t in rig.tickets() if t["subject"]]
    assert len(found) == len(set(found)), "something came twice"


def metric(rig, name):
    found = re.search(rf"^{name}(?:{{[^}}]*}})? (\S+)$", rig.admin("/metrics")[1], re.M)
    return float(found[1]) if found else None


def children_of(process):
    """(pid, command line) of the helpers."""
    found = []
    for pid in subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True,
                              text=True).stdout.split():
        try:
            found.append((int(pid), open(f"/proc/{pid}/cmdline").read()))
        except OSError:
            continue
    return found


# --- the service manager ---

def test_the_service_manager_is_told_everything():
    with Rig() as rig:
        manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        manager.bind(str(rig.dir / "notify.sock"))
        manager.settimeout(0.1)
        said = []

        def heard(word):
            try:
                while True:
                    said.append(manager.recv(4096).decode())
            except socket.timeout:
                return any(word in message for message in said)

        rig.start(env={"NOTIFY_SOCKET": str(rig.dir / "notify.sock"), "WATCHDOG_USEC": "600000"})
        wait_for(lambda: heard("READY=1"), 10, "READY=1")
        wait_for(lambda: heard("STATUS=running"), 10, "STATUS")
        wait_for(lambda: heard("WATCHDOG=1"), 10, "WATCHDOG=1")

        said.clear()
        before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        rig.daemon.process.send_signal(signal.SIGHUP)
        wait_for(lambda: heard("READY=1"), 10, "READY=1 after a reload")
        [reloading] = [m for m in said if "RELOADING=1" in m]
        stamp = int(re.search(r"MONOTONIC_USEC=(\d+)", reloading)[1])
        assert before <= stamp <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        assert [m for m in said if "READY=1" in m or "RELOADING=1" in m][-1] == "READY=1"

        said.clear()
        good = rig.daemon.config.read_text()
        rig.daemon.config.write_text(good + "bogus = 1\n")
        rig.daemon.process.send_signal(signal.SIGHUP)
        wait_for(lambda: heard("READY=1"), 10, "READY=1 after a refused reload")
        assert any("STATUS=reload refused" in m and "bogus" in m for m in said)

        said.clear()
        rig.daemon.config.write_text(good)
        assert rig.hook(order(1))[0] == 202
        rig.daemon.stop()
        assert heard("STOPPING=1")
        # Reading the journal at the start may take long: more time is asked for.
        said.clear()
        rig.daemon.start(env={"NOTIFY_SOCKET": str(rig.dir / "notify.sock")})
        wait_for(lambda: heard("READY=1"), 10, "READY=1")
        assert any("EXTEND_TIMEOUT_USEC=" in m for m in said)
        rig.daemon.stop()
        manager.close()


def test_a_socket_of_the_service_manager_is_used_instead_of_listen():
    with Rig() as rig, socket.create_server(("127.0.0.1", 0)) as ours:
        rig.redis.start()
        rig.dir.joinpath("intaked.conf").write_text(rig.text())
        log = open(rig.dir / "intaked.log", "ab")
        # LISTEN_PID has to be the daemon's own: a shell that becomes it knows.
        process = subprocess.Popen(
            ["bash", "-c", f'exec 3<&{ours.fileno()}; LISTEN_PID=$$ LISTEN_FDS=1 exec {INTAKED} -c '
             f'{rig.dir}/intaked.conf'], pass_fds=[ours.fileno()], stderr=log)
        rig.http_port = ours.getsockname()[1]
        try:
            wait_for(lambda: (rig.dir / "state" / "control.sock").exists(), 10, "start")
            assert rig.hook(order(1))[0] == 202
        finally:
            process.terminate()
            assert process.wait(20) == 0
            log.close()


# --- reload ---

BAD = ["bogus = 1\n", "instance = a\ninstance = b\n", "redis {\n", 'instance = "x\n',
       "log { level = loud }\n", "rule \"r\" { any = {'('} }\n", 'form "f" { }\n',
       'webhook "shop" { }\n', 'include("nothing.conf")\n', 'template "t" { file = "/nothing" }\n']


def test_refused_reloads_under_load__the_old_configuration_lives_on():
    with Rig().start() as rig:
        good = rig.daemon.config.read_text()
        with Load(rig) as load:
            for bad in BAD:
                rig.daemon.config.write_text(good + bad)
                done = rig.daemon.ctl("reload", check=False)
                assert done.returncode == 78, done
                assert re.search(r"intaked\.conf(:\d+)?: |nothing", done.stderr), done.stderr
                rig.daemon.process.send_signal(signal.SIGHUP)
                time.sleep(0.05)
            status, body = rig.admin("/readyz")
            assert status == 200 and "last reload was refused" in body
            assert metric(rig, "intaked_config_last_reload_successful") == 0
            rig.daemon.config.write_text(good)
            assert "generation 2" in rig.daemon.ctl("reload").stdout
            assert json.loads(rig.admin("/readyz")[1])["issues"] == []
            assert metric(rig, "intaked_config_last_reload_successful") == 1
        assert load.other() == {}
        assert len(load.taken()) > 50
        assert "config not reloaded" in rig.daemon.log()
        expect_exactly(rig, load.taken())


def test_a_reload_changes_rules_webhooks_and_maildirs__no_request_meets_a_gap():
    with Rig().start() as rig:
        good = rig.daemon.config.read_text()
        extra = good + f"""
webhook "second" {{ secret_files = {{"{rig.dir}/webhook.secret"}} map "text" {{ pointer = "/text" }} }}
maildir "new" {{ path = "{rig.dir}/other" }}
rule "all" {{ any = {{'late'}} department = "delays" }}
"""
        for sub in ("new", "cur", "tmp"):
            (rig.dir / "other" / sub).mkdir(parents=True)
        with Load(rig) as load:
            for turn in range(6):
                rig.daemon.config.write_text(extra if turn % 2 == 0 else good)
                assert rig.daemon.ctl("reload").returncode == 0
                assert rig.hook(order(9000 + turn), name="second")[0] == (202 if turn % 2 == 0 else 404)
                time.sleep(0.1)
            rig.daemon.config.write_text(extra)
            rig.daemon.ctl("reload")
        assert load.other() == {}
        assert rig.hook(order(10000))[0] == 202
        wait_for(lambda: any(t["subject"] == "Order 10000" and t["department"] == "delays"
                             for t in rig.tickets()), 20, "the new rule at work")
        mail = "From: a@b.example\nSubject: From the new maildir\nMessage-ID: <n@b.example>\n\nhello\n"
        (rig.dir / "other" / "tmp" / "1.1.x").write_text(mail)
        (rig.dir / "other" / "tmp" / "1.1.x").rename(rig.dir / "other" / "new" / "1.1.x")
        wait_for(lambda: any(t["subject"] == "From the new maildir" for t in rig.tickets()), 20, "mail")
        expect_exactly(rig, load.taken())


# --- stop ---

def test_sigterm_under_load__ends_with_0_in_time_and_loses_nothing():
    with Rig().start() as rig:
        with Load(rig, senders=6) as load:
            wait_for(lambda: len(load.answers) > 100, 20, "load")
            began = time.monotonic()
            rig.daemon.process.send_signal(signal.SIGTERM)
            assert rig.daemon.process.wait(20) == 0
            assert time.monotonic() - began < 10
        rig.daemon.start()
        expect_exactly(rig, load.taken())


@pytest.mark.parametrize("signals", [
    [signal.SIGTERM] * 5, [signal.SIGINT, signal.SIGTERM, signal.SIGHUP] * 3,
    [signal.SIGHUP] * 30 + [signal.SIGTERM]], ids=["term", "mixed", "hup"])
def test_bursts_of_signals__end_with_0(signals):
    with Rig().start() as rig:
        assert rig.hook(order(1))[0] == 202
        for number in signals:
            rig.daemon.process.send_signal(number)
        assert rig.daemon.process.wait(20) == 0
        rig.daemon.start()
        expect_exactly(rig, {"Order 1"})


# --- processes ---

def test_helpers_killed_by_hand_under_load__nothing_is_lost():
    with MailServer() as server:
        more = (f'mail_out {{ from = "us@example.org" smtp = "127.0.0.1:{server.port}" }}\n'
                'acknowledge = yes\n')
        with Rig(more).start() as rig:
            with Load(rig) as load:
                for _ in range(8):
                    time.sleep(0.15)
                    for pid, _ in children_of(rig.daemon.process):
                        os.kill(pid, signal.SIGKILL)
            assert load.other() == {}
            # Those that were in a parser when it died are minimal, and kept for a look.
            tickets = rig.wait_tickets(len(load.taken()), 30)
            minimal = [t for t in tickets if t["message"].get("minimal")]
            assert len(tickets) == len(load.taken())
            assert {t["subject"] for t in tickets if t not in minimal} <= load.taken()
            assert len(rig.daemon.ctl("quarantine", "ls").stdout.splitlines()) == len(minimal)
            wait_for(lambda: len(server.mails) > 0, 30, "mail goes out again")
            assert rig.daemon.process.poll() is None


def test_stopped_and_continued__goes_on():
    with Rig().start() as rig:
        assert rig.hook(order(1))[0] == 202
        rig.daemon.process.send_signal(signal.SIGSTOP)
        time.sleep(7)
        rig.daemon.process.send_signal(signal.SIGCONT)
        assert rig.hook(order(2))[0] == 202
        expect_exactly(rig, {"Order 1", "Order 2"})


def test_out_of_descriptors__comes_back_when_clients_leave():
    with Rig() as rig:
        rig.redis.start()
        rig.daemon = Daemon(rig.dir, rig.text())
        rig.daemon.start()
        assert rig.hook(order(1))[0] == 202
        subprocess.run(["prlimit", "--nofile=64:64", f"--pid={rig.daemon.process.pid}"], check=True)
        crowd = []
        for _ in range(120):
            s = socket.socket()
            s.settimeout(5)
            s.connect(("127.0.0.1", rig.http_port))
            crowd.append(s)
        time.sleep(1)
        assert rig.daemon.process.poll() is None
        for s in crowd:
            s.close()
        wait_for(lambda: rig.hook(order(2))[0] == 202, 20, "service again")
        expect_exactly(rig, {"Order 1", "Order 2"})


# --- disks ---

def test_the_disk_fails__ends_with_74_and_keeps_what_was_accepted():
    with Rig().start(env={"INTAKED_FAULT": "journal-after-write:5:eio"}) as rig:
        taken = set()
        for n in range(30):
            try:
                if rig.hook(order(n), f"evt-{n}")[0] in (200, 202):
                    taken.add(f"Order {n}")
            except (OSError, http.client.HTTPException):
                break
        assert rig.daemon.process.wait(20) == 74
        assert taken
        rig.daemon.start(env={"INTAKED_FAULT": ""})
        expect_exactly(rig, taken)


def may_mount():
    return subprocess.run(["unshare", "-m", "sh", "-c", "mount -t tmpfs none /mnt"],
                          capture_output=True).returncode == 0


@pytest.mark.skipif(not may_mount(), reason="may not mount a small disk")
def test_the_disk_is_full__senders_wait_mail_stays_and_it_goes_on_by_itself():
    with Rig() as rig:
        text = rig.text() + "journal { segment_size = 64K retain = 1s reserve = 1M }\n"
        state = rig.dir / "state"
        state.mkdir(mode=0o700)
        config = rig.dir / "intaked.conf"
        config.write_text(text)
        log = open(rig.dir / "intaked.log", "ab")
        process = subprocess.Popen(
            ["unshare", "-m", "sh", "-c", f"mount -t tmpfs -o size=6m,mode=0700 none {state} && "
             f"exec {INTAKED} -c {config}"], stderr=log)
        try:
            def ready():
                try:
                    return rig.admin("/readyz")[0] in (200, 503)
                except OSError:
                    return False
            wait_for(ready, 10, "start")
            taken, refused = set(), None
            for n in range(200):
                status, headers, _ = rig.hook(order(n, 100000))
                if status == 503:
                    refused = headers
                    break
                assert status == 202
                taken.add(f"Order {n}")
            assert refused is not None and int(refused["Retry-After"]) > 0
            while rig.hook(order(n))[0] == 202:
                taken.add(f"Order {n}")
                n += 1
            assert rig.admin("/readyz")[0] == 503
            time.sleep(1.5)
            rig.drop_mail("From: a@b.example\nSubject: Waiting mail\nMessage-ID: <w@b.example>\n\nhello\n", "1.w")
            time.sleep(1)
            assert (rig.dir / "drop" / "new" / "1.w").exists(), "taken without a place for it"
            rig.redis.start()
            wait_for(lambda: rig.admin("/readyz")[0] == 200, 40, "space again")
            wait_for(lambda: rig.hook(order(1000))[0] == 202, 20, "service again")
            expect_exactly(rig, taken | {"Order 1000", "Waiting mail"}, 40)
            assert not (rig.dir / "drop" / "new" / "1.w").exists()
        finally:
            process.terminate()
            assert process.wait(20) == 0
            log.close()


# --- the log ---

def test_nobody_reads_the_log__the_daemon_goes_on_and_counts():
    with Rig() as rig:
        rig.redis.start()
        config = rig.dir / "intaked.conf"
        config.write_text(rig.text())
        read_end, write_end = os.pipe()
        fcntl.fcntl(write_end, fcntl.F_SETPIPE_SZ, 4096)
        process = subprocess.Popen([str(INTAKED), "-c", str(config)], stderr=write_end)
        os.close(write_end)
        try:
            wait_for(lambda: (rig.dir / "state" / "control.sock").exists(), 10, "start")
            for n in range(100):
                document = order(n)
                document["subject"] += " " + "\x1b[31m\n" * 300
                assert rig.hook(document)[0] == 202
            wait_for(lambda: metric(rig, "intaked_log_dropped_lines_total") > 0, 20, "dropped lines")
            rig.wait_tickets(100)
        finally:
            process.terminate()
            status = process.wait(20)
            os.close(read_end)
        assert status == 0


def test_the_log_is_json_lines_that_nobody_can_forge_and_tells_no_secrets():
    with Rig("log { format = json level = debug }\n") as rig:
        text = rig.text().replace("log { level = debug }\n", "")
        rig.redis.start()
        rig.daemon = Daemon(rig.dir, text).start()
        evil = "x\n{\"level\":\"error\",\"message\":\"forged\"}\r\n\x1b]0;owned\x07\u202e"
        rig.hook({"subject": evil, "text": "the body nobody may see",
                  "customer": {"email": "a@b.example", "name": evil}}, "id-\\x1b")
        rig.drop_mail(f"From: \"=?utf-8?Q?a=0Ab=1B?=\" <a@b.example>\nSubject: =?utf-8?Q?a=0Aforged=1B?=\n"
                      "Message-ID: <\x1b[31m@b.example>\n\nthe body nobody may see\n")
        rig.wait_tickets(2)
        rig.redis.kill()
        rig.hook(order(1))
        time.sleep(4)
        lines = rig.daemon.log().splitlines()
        for line in lines:
            document = json.loads(line)
            assert {"time", "level", "message"} <= set(document)
            assert "\x1b" not in line
        assert not [line for line in lines if json.loads(line)["message"] == "forged"]
        assert "nobody may see" not in rig.daemon.log()
        assert "MfKQ9r8GKYqrTwjUPD8" not in rig.daemon.log()
        # A Redis that is away is said, not repeated each second.
        away = [line for line in lines if '"redis' in line and json.loads(line)["level"] != "debug"]
        assert len(away) < 8, away
        assert not [line for line in lines if "@b.example" in json.loads(line)["message"] and
                    json.loads(line)["level"] != "debug"]
        rig.redis.start()
        rig.wait_tickets(3)


def test_disk_has_less_than_the_reserve__senders_keep_their_messages_and_the_log_says_why():
    with Rig("journal { reserve = 1000G }").start() as rig:
        wait_for(lambda: "make room" in rig.admin("/readyz")[1], 5, "the issue")
        assert rig.admin("/readyz")[0] == 503
        for number in range(5):
            code, headers, _ = rig.hook(order(number))
            assert code == 503
            assert int(headers["Retry-After"]) > 0
        lines = [line for line in rig.daemon.log().splitlines() if "messages refused" in line]
        assert len(lines) == 1
        assert "MB free and a reserve of 1024000 MB: make room" in lines[0]
        assert rig.daemon.status()["journal"]["last_lsn"] == 0
