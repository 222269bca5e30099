#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""A folder of 100,000 mails, on a Dovecot: what it costs to take it in.

    make bench-folder               # or: MAILS=20000 make bench-folder

First all of it, with the daemon killed in the middle and started again: each
mail has to be one ticket.  Then a second mailbox of that size whose old mail
is to be left out, and what `intakectl reconcile` says of both.  Memory is the
most the daemon's own process ever had at once (VmHWM).
"""
import collections
import json
import os
import pathlib
import pwd
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "system"))

from dovecot import Dovecot                     # noqa: E402
from rig import INTAKECTL, Rig, wait_for        # noqa: E402

MAILS = int(os.environ.get("MAILS", "100000"))
MB = 1 << 20


def mail(n):
    return ("From: Customer %d <c%d@example.org>\r\nTo: support@example.net\r\n"
            "Subject: Question %d\r\nMessage-ID: <q%d@example.org>\r\n"
            "Date: Sat, 21 Nov 2026 12:00:00 +0000\r\n\r\nMy order %d has not come.\r\n%s"
            % (n, n, n, n, 1000 + n, "Where is it?  I have asked before.\r\n" * 40)).encode()


def fill(server, user, count):
    """As a delivery agent's years of work would have left it."""
    box = pathlib.Path(server.dir) / "home" / user / "Maildir"
    for sub in ("cur", "new", "tmp"):
        (box / sub).mkdir(parents=True)
    for n in range(count):
        (box / "cur" / ("%d.M%dP1.test:2," % (1700000000 + n, n))).write_bytes(mail(n))
    if os.getuid() == 0:
        me = pwd.getpwnam("nobody")
        subprocess.run(["chown", "-R", "%d:%d" % (me.pw_uid, me.pw_gid),
                        str(box.parent)], check=True)


def rig_for(server, user, policy):
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
journal { max_size = 4G }
''' % (server.imaps_port, server.ca_file, user, policy))
    (rig.dir / "password").write_text(server.password + "\n")
    (rig.dir / "password").chmod(0o600)
    return rig


def peak(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024 if "VmHWM" in status else 0


def last_lsn(rig):
    return rig.daemon.status()["journal"]["last_lsn"]


def count(rig):
    client = rig.redis.client
    return sum(client.xlen(s) for s in client.scan_iter("intake:{*}:queue:*"))


def reconcile(rig):
    """Seconds, memory in MB, exit status and how many are in each state."""
    began = time.monotonic()
    process = subprocess.Popen([str(INTAKECTL), "-c", str(rig.daemon.config), "--json",
                                "reconcile", "support"], stdout=subprocess.PIPE, text=True)
    states, uids, memory = collections.Counter(), set(), 0
    for line in process.stdout:
        doc = json.loads(line)
        states[doc["state"]] += 1
        uids.add(doc["uid"])
        if len(uids) % 500 == 0:
            memory = max(memory, peak(process.pid))
    assert len(uids) == sum(states.values())
    return time.monotonic() - began, memory, process.wait(), dict(states)


def tell_reconcile(rig, expected):
    seconds, memory, status, states = reconcile(rig)
    print("  reconcile: %.1f s, %.0f MB, status %d, %s" % (seconds, memory, status, states),
          flush=True)
    assert status == 0 and states == expected, (status, states)


def take_all(server):
    with rig_for(server, "all@example.net", "all") as rig:
        began = time.monotonic()
        rig.start()
        wait_for(lambda: last_lsn(rig) > MAILS * 2 // 5, 900, "two fifths of the mails")
        first = peak(rig.daemon.process.pid)
        rig.daemon.kill()
        rig.daemon.start()
        wait_for(lambda: rig.daemon.status()["journal"]["waiting"] == 0 and
                 count(rig) >= MAILS, 1800, "all tickets")
        seconds = time.monotonic() - began
        print("all %d mails: %.0f s, killed after %d: peak %.1f and %.1f MB" % (
            MAILS, seconds, MAILS * 2 // 5, first, peak(rig.daemon.process.pid)), flush=True)
        ids = collections.Counter()
        client = rig.redis.client
        for stream in client.scan_iter("intake:{*}:queue:*"):
            at = "-"
            while entries := client.xrange(stream, at, count=2000):
                ids.update(json.loads(f["data"])["message"]["message_id"] for _, f in entries)
                at = "(" + entries[-1][0]
        assert len(ids) == MAILS and set(ids.values()) == {1}, ids.most_common(3)
        print("  each is one ticket; journal records %d" % last_lsn(rig), flush=True)
        tell_reconcile(rig, {"taken": MAILS})


def take_none(server):
    with rig_for(server, "none@example.net", "none") as rig:
        began = time.monotonic()
        rig.start()
        wait_for(lambda: "idling" in rig.daemon.log(), 300, "the first look")
        print("import = none: first look of %d mails: %.1f s, peak %.1f MB" % (
            MAILS, time.monotonic() - began, peak(rig.daemon.process.pid)), flush=True)
        server.append("none@example.net", [mail(MAILS + 1)])
        wait_for(lambda: count(rig) == 1, 30, "the new one")
        tell_reconcile(rig, {"earlier": MAILS, "taken": 1})
        print("  peak after it %.1f MB" % peak(rig.daemon.process.pid), flush=True)


def main():
    with Dovecot(location="maildir:~/Maildir") as server:
        for user, take in (("all@example.net", take_all), ("none@example.net", take_none)):
            fill(server, user, MAILS)
            server.client(user).select()        # Dovecot makes its index
            take(server)


if __name__ == "__main__":
    main()
