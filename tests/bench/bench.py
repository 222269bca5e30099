#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Measures the whole daemon, each figure beside a bare limit measured in the
same run: absolute numbers move between machines, ratios much less.

    make bench            all of it
    bench.py webhook      one of: webhook, mail, idle, chat, memory

Everything runs on loopback and ends by itself."""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "system"))
from rig import BUILD, Rig, free_port, wait_for  # noqa: E402

SECONDS = int(os.environ.get("BENCH_SECONDS", "5"))
RUNS = int(os.environ.get("BENCH_RUNS", "3"))
SECRET = "bench-secret-of-the-webhook"
TICKS = os.sysconf("SC_CLK_TCK")


def tree(pid):
    """A process and its descendants."""
    found = [pid]
    for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        found += tree(int(child))
    return found


def cpu_seconds(pid):
    total = 0
    for one in tree(pid):
        fields = pathlib.Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def rss_mb(pid, whole=False):
    """Proportional size, so that shared pages count once; whole: with the workers."""
    total = 0
    for one in tree(pid) if whole else [pid]:
        for line in pathlib.Path(f"/proc/{one}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total / 1024


def body_file(rig):
    path = rig.dir / "body.json"
    path.write_text(json.dumps({
        "subject": "Order 12345678 has not arrived", "text": "I am waiting. " * 80,
        "customer": {"email": "bench@customer.example", "name": "Bench"},
        "filler": ["x" * 20] * 8}))
    return path


def load(port, path, connections, body):
    out = subprocess.run([str(BUILD / "tests/bench/http_load"), str(port), path, str(connections),
                          str(SECONDS), str(body), SECRET],
                         capture_output=True, text=True, check=True).stdout.split()
    rate, p50, p99, worst = map(float, out[:4])
    assert int(out[4]) == 0, f"{out[4]} requests were refused"
    return {"rate": rate, "p50": p50, "p99": p99, "max": worst}


def median(runs, key):
    return statistics.median(run[key] for run in runs)


def webhook_rig():
    rig = Rig("""
webhook "bench" {
  signature = github
  secret_files = {"@DIR@/bench.secret"}
  id_header = "X-Request-Id"
  map "subject" { pointer = "/subject" }
  map "text" { pointer = "/text" }
  map "from" { pointer = "/customer/email" }
}
""")
    (rig.dir / "bench.secret").write_text(SECRET)
    os.chmod(rig.dir / "bench.secret", 0o600)
    return rig


def quiet(rig):
    """No line per ticket while measuring."""
    text = rig.text().replace("level = debug", "level = warn", 1)
    rig.text = lambda: text
    return rig


def webhook():
    print("\nwebhook: POST of 1.5 KB, signature checked, answered 202 after fsync;")
    print("against evhttp answering 202 with no work, on the same two cores")
    print(f"{'connections':>11} {'req/s':>8} {'p50 ms':>7} {'p99 ms':>7} {'bare req/s':>10} "
          f"{'bare p50':>8} {'ratio':>6} {'CPU s/10k':>9} {'queued/s':>8}")
    for connections in (1, 64, 512):
        ours, bare, cpu, drained = [], [], [], []
        for _ in range(RUNS):
            with quiet(webhook_rig()).start() as rig:
                body = body_file(rig)
                before = cpu_seconds(rig.daemon.process.pid)
                began = time.monotonic()
                run = load(rig.http_port, "/hooks/bench", connections, body)
                ours.append(run)
                count = run["rate"] * SECONDS
                wait_for(lambda: rig.daemon.status()["journal"]["waiting"] == 0, 120,
                         "the backlog to drain")
                drained.append(count / (time.monotonic() - began))
                cpu.append((cpu_seconds(rig.daemon.process.pid) - before) / count * 10000)
                port = free_port()
                server = subprocess.Popen([str(BUILD / "tests/bench/bare_evhttp"), str(port)])
                time.sleep(0.3)
                bare.append(load(port, "/", connections, body))
                server.kill()
                server.wait()
        rate, limit = median(ours, "rate"), median(bare, "rate")
        print(f"{connections:>11} {rate:>8.0f} {median(ours, 'p50'):>7.2f} "
              f"{median(ours, 'p99'):>7.2f} {limit:>10.0f} {median(bare, 'p50'):>8.2f} "
              f"{rate / limit:>6.2f} {statistics.median(cpu):>9.2f} "
              f"{statistics.median(drained):>8.0f}", flush=True)


def memory():
    print("\nmemory: proportional set size, MB")
    with quiet(webhook_rig()).start() as rig:
        time.sleep(1)
        pid = rig.daemon.process.pid
        print(f"  idle                     {rss_mb(pid):6.1f}  with workers {rss_mb(pid, True):6.1f}")
        load(rig.http_port, "/hooks/bench", 64, body_file(rig))
        print(f"  under load, 64 clients   {rss_mb(pid):6.1f}  with workers {rss_mb(pid, True):6.1f}")
        wait_for(lambda: rig.daemon.status()["journal"]["waiting"] == 0, 120)
        print(f"  afterwards               {rss_mb(pid):6.1f}  with workers {rss_mb(pid, True):6.1f}",
              flush=True)


BENCHES = {"webhook": webhook, "memory": memory}

if __name__ == "__main__":
    for name in sys.argv[1:] or BENCHES:
        BENCHES[name]()
