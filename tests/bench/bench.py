#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Measures the whole daemon, each figure beside a bare limit measured in the
same run: absolute numbers move between machines, ratios much less.

    make bench            all of it
    bench.py webhook      some of it: webhook, mail, idle, chat, memory

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


# --- mail ---

def make_mails(count):
    """4 to 40 KB, mean 10 KB: text, text with HTML, and some with a file."""
    import random
    from email import policy
    from email.message import EmailMessage
    dice = random.Random(42)
    words = ("the order number parcel please where when will arrive broken invoice thanks "
             "account login refund return damaged size colour with have not our your").split()
    mails = []
    for n in range(count):
        mail = EmailMessage(policy=policy.SMTP)
        mail["From"] = f"Customer {n} <c{n}@customer.example>"
        mail["To"] = "support@our.example"
        mail["Subject"] = f"Order {10000000 + n} is late"
        mail["Message-ID"] = f"<bench.{n}.{os.getpid()}@customer.example>"
        mail["Date"] = "Fri, 20 Nov 2026 10:00:00 +0100"
        size = dice.choice([3000, 3500, 4000, 6000, 8000, 16000])
        text = "\n".join(" ".join(dice.choice(words) for _ in range(10))
                         for _ in range(size // 55))
        mail.set_content(text)
        if n % 2:
            html = "".join(f"<p>{line}</p>\n" for line in text.splitlines()[:60])
            mail.add_alternative(f"<html><body>{html}</body></html>", subtype="html")
        if n % 10 == 0:
            mail.add_attachment(dice.randbytes(12000), maintype="image", subtype="png",
                                filename="photo.png")
        mails.append(mail.as_bytes())
    return mails


def imap_rig(server, user, more=""):
    rig = Rig(f"""
imap "box" {{
  host = "localhost"
  port = {server.imaps_port}
  security = tls
  tls_ca_file = "{server.ca_file}"
  user = "{user}"
  password_file = "@DIR@/imap.password"
  import = all
  {more}
}}
""")
    (rig.dir / "imap.password").write_text(server.password)
    os.chmod(rig.dir / "imap.password", 0o600)
    return quiet(rig)


def entry_count(rig):
    return sum(rig.redis.client.xlen(stream)
               for stream in rig.redis.client.scan_iter("intake:{*}:queue:*"))


def drain_ours(server, user, count):
    with imap_rig(server, user) as rig:
        rig.start()
        began = time.monotonic()
        wait_for(lambda: entry_count(rig) >= count, 120, "all mails on the queue")
        took = time.monotonic() - began
        pid = rig.daemon.process.pid
        return {"rate": count / took, "cpu": cpu_seconds(pid) / count * 1000,
                "rss": rss_mb(pid), "all": rss_mb(pid, True)}


def drain_node(server, user, count):
    """imapflow + mailparser + ioredis on the same mailbox, into the same kind of Redis."""
    modules = pathlib.Path(os.environ.get("BENCH_NODE_MODULES", BUILD / "bench-node"))
    if not (modules / "node_modules" / "imapflow").exists():
        modules.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund",
                               "--prefix", str(modules), "imapflow@2.1.0", "mailparser@3.9.0", "ioredis@5.8.2"],
                              capture_output=True, text=True)
        if done.returncode != 0:
            return None
    from rig import Redis
    import shutil
    import tempfile
    directory = tempfile.mkdtemp(prefix="intaked-bench-")
    store = Redis(directory).start()
    script = pathlib.Path(__file__).with_name("node_reader.mjs")
    shutil.copy(script, modules / script.name)
    try:
        began = time.monotonic()
        done = subprocess.run(["node", str(modules / script.name), str(server.imaps_port), user,
                               server.password, store.path, str(count)],
                              capture_output=True, text=True, timeout=300,
                              env=dict(os.environ, NODE_EXTRA_CA_CERTS=str(server.ca_file)))
        took = time.monotonic() - began
        if done.returncode != 0:
            print(done.stderr[-2000:])
            return None
        report = json.loads(done.stdout)
        assert store.client.xlen("queue") == count
        return {"rate": count / report["seconds"], "cpu": report["cpu"] / count * 1000,
                "rss": report["rss_mb"], "whole": took}
    finally:
        store.stop()
        shutil.rmtree(directory, ignore_errors=True)


def mail():
    from dovecot import Dovecot
    count = int(os.environ.get("BENCH_MAILS", "2000"))
    mails = make_mails(count)
    print(f"\nmail: {count} mails, {sum(map(len, mails)) // count} bytes on average, from Dovecot "
          "over TLS to the stream")
    print(f"{'':>28} {'mails/s':>8} {'CPU s/1k':>9} {'PSS MB':>7}")
    with Dovecot() as server:
        ours, node = [], []
        for run in range(RUNS):
            user = f"bench{run}@example.net"
            server.append(user, mails)
            ours.append(drain_ours(server, user, count))
            peer = drain_node(server, user, count)
            if peer:
                node.append(peer)
    rate, cpu = median(ours, "rate"), median(ours, "cpu")
    print(f"{'intaked, with its workers':>28} {rate:>8.0f} {cpu:>9.3f} {median(ours, 'all'):>7.1f}")
    if node:
        print(f"{'node imapflow + mailparser':>28} {median(node, 'rate'):>8.0f} "
              f"{median(node, 'cpu'):>9.3f} {median(node, 'rss'):>7.1f}")
        print(f"{'ratio':>28} {rate / median(node, 'rate'):>8.1f} "
              f"{cpu / median(node, 'cpu'):>9.3f}", flush=True)
    else:
        print("  (the npm packages of the peer could not be installed)")


def idle():
    """From the server's EXISTS line to the entry in the stream."""
    import ssl
    import socket
    import threading
    from dovecot import Dovecot
    print("\nidle: a mail is delivered; how long after the server says EXISTS is it in the stream")
    user = "idle@example.net"
    with Dovecot() as server:
        server.append(user, make_mails(1))
        with imap_rig(server, user) as rig:
            rig.start()
            wait_for(lambda: entry_count(rig) >= 1, 30)
            context = ssl.create_default_context(cafile=str(server.ca_file))
            watch = context.wrap_socket(socket.create_connection(("127.0.0.1", server.imaps_port)),
                                        server_hostname="localhost")
            lines = watch.makefile("rb")
            lines.readline()
            watch.sendall(f'a LOGIN "{user}" "{server.password}"\r\nb SELECT INBOX\r\nc IDLE\r\n'
                          .encode())
            while not lines.readline().startswith(b"+"):
                pass
            told = []

            def listen():
                while True:
                    line = lines.readline()
                    if not line:
                        return
                    if b"EXISTS" in line:
                        told.append(time.monotonic())

            threading.Thread(target=listen, daemon=True).start()
            lags = []
            time.sleep(1)
            for n in range(15):
                before, seen = entry_count(rig), len(told)
                server.append(user, [make_mails(1)[0].replace(b"bench.0.", f"idle.{n}.".encode())])
                while entry_count(rig) == before:
                    pass
                arrived = time.monotonic()
                wait_for(lambda: len(told) > seen, 5)
                lags.append((arrived - told[seen]) * 1000)
                time.sleep(0.7)
            watch.close()
    lags.sort()
    print(f"  median {statistics.median(lags):.1f} ms, best {lags[0]:.1f}, worst {lags[-1]:.1f} "
          "(negative: our entry was there before the watcher heard of it)", flush=True)


# --- chat ---

class Line:
    """One visitor's open event stream, on a plain socket."""

    def __init__(self, port, number):
        import http.client
        import socket
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("POST", "/chat/site/session", "{}", {
            "Content-Type": "application/json", "Origin": "https://shop.example"})
        answer = json.loads(connection.getresponse().read())
        connection.close()
        self.token, self.number = answer["token"], number
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall((f"GET /chat/site/events HTTP/1.1\r\nHost: x\r\nOrigin: "
                             f"https://shop.example\r\nAuthorization: Bearer {self.token}"
                             "\r\n\r\n").encode())
        head = b""
        while b"\r\n\r\n" not in head:
            head += self.socket.recv(4096)
        assert b" 200 " in head.split(b"\r\n")[0], head

    def wait_for(self, marker):
        seen = b""
        while marker not in seen:
            piece = self.socket.recv(65536)
            assert piece, "the stream was closed"
            seen = seen[-len(marker):] + piece


def chat():
    import http.client
    sessions = int(os.environ.get("BENCH_SESSIONS", "1000"))
    print(f"\nchat: {sessions} open event streams; from a visitor's POST to the line on the stream")
    config = """
chat "site" { origins = {"https://shop.example"} rate = 100000 heartbeat = 25s }
"""
    with quiet(Rig(config)).start() as rig:
        time.sleep(0.5)
        pid = rig.daemon.process.pid
        before = rss_mb(pid)
        lines = [Line(rig.http_port, n) for n in range(sessions)]
        time.sleep(1)
        idle_mb = rss_mb(pid)
        trips = []
        connection = http.client.HTTPConnection("127.0.0.1", rig.http_port, timeout=30)
        for n in range(300):
            line = lines[n * 7919 % sessions]
            marker = f"marker-{n}-{os.getpid()}"
            began = time.monotonic()
            connection.request("POST", "/chat/site/messages",
                               json.dumps({"client_id": marker, "text": "hello " + marker}), {
                                   "Content-Type": "application/json",
                                   "Origin": "https://shop.example",
                                   "Authorization": "Bearer " + line.token})
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 202, answer.status
            line.wait_for(marker.encode())
            trips.append((time.monotonic() - began) * 1000)
        trips.sort()
        print(f"  memory for each idle stream {(idle_mb - before) * 1024 / sessions:.1f} kB "
              f"({before:.1f} -> {idle_mb:.1f} MB)")
        print(f"  round trip median {statistics.median(trips):.1f} ms, "
              f"p99 {trips[int(len(trips) * .99)]:.1f}, worst {trips[-1]:.1f} "
              "(journaled, parsed, committed in Redis, read back, sent)", flush=True)
        for line in lines:
            line.socket.close()


BENCHES = {"webhook": webhook, "mail": mail, "idle": idle, "chat": chat, "memory": memory}

if __name__ == "__main__":
    for name in sys.argv[1:] or BENCHES:
        BENCHES[name]()
