# SPDX-License-Identifier: ISC
"""From a mailbox of a real IMAP server to the queue, with the whole daemon."""
import time

import pytest

from dovecot import Dovecot
from rig import Rig, wait_for

USER = "support@example.net"


def mail(n, customer="customer"):
    return ("From: Customer %d <%s%d@example.org>\r\nTo: support@example.net\r\n"
            "Subject: Question %d\r\nMessage-ID: <q%d.%s@example.org>\r\n"
            "Date: Sat, 21 Nov 2026 12:00:00 +0000\r\n\r\nMy order %d has not come.\r\n"
            % (n, customer, n, n, n, customer, 1000 + n)).encode()


@pytest.fixture
def server():
    with Dovecot() as s:
        yield s


def rig_for(server, options="", import_="all", **more):
    rig = Rig('''
imap "support" {
  host = "localhost"
  port = %d
  security = tls
  tls_ca_file = "%s"
  user = "%s"
  password_file = "@DIR@/imap.password"
  import = %s
%s
}
''' % (server.imaps_port, server.ca_file, USER, import_, options), **more)
    (rig.dir / "imap.password").write_text(server.password + "\n")
    (rig.dir / "imap.password").chmod(0o600)
    return rig


def subjects(rig):
    return sorted(t["message"]["subject"] for t in rig.tickets())


def test_mail_becomes_a_ticket_and_is_flagged(server):
    server.append(USER, [mail(i) for i in range(20)])
    with rig_for(server, "  after = flag") as rig:
        rig.start()
        tickets = rig.wait_tickets(20)
        assert sorted(t["message"]["subject"] for t in tickets) == sorted(
            "Question %d" % i for i in range(20))
        assert {t["channel"]["kind"] for t in tickets} == {"imap"}
        wait_for(lambda: all("\\Seen" in f for f in server.flags(USER).values()), 10, "flags")
        before = time.time()
        server.append(USER, [mail(99)])
        rig.wait_tickets(21, 5)
        assert time.time() - before < 3


def test_killed_again_and_again_each_mail_is_one_ticket(server):
    server.append(USER, [mail(i) for i in range(200)])
    with rig_for(server, "  after = flag\n  batch = 10") as rig:
        rig.start()
        for i in range(4):
            wait_for(lambda: len(rig.entries()) >= 30 * (i + 1), 20, "some tickets")
            rig.daemon.kill()
            rig.daemon.start()
        wait_for(lambda: all("\\Seen" in f for f in server.flags(USER).values()), 30, "flags")
        rig.wait_tickets(200, 30)
        time.sleep(0.5)
        assert subjects(rig) == sorted("Question %d" % i for i in range(200))


def test_folder_made_anew_gives_no_second_ticket(server):
    server.create(USER, "Box")
    server.append(USER, [mail(i) for i in range(5)], "Box")
    with rig_for(server, '  folders = {"Box"}\n  poll = 1s') as rig:
        rig.start()
        rig.wait_tickets(5)
        c = server.client(USER)
        c.delete("Box")
        time.sleep(1.1)
        c.create("Box")
        for i in range(6):
            c.append("Box", None, None, mail(i))
        c.logout()
        rig.wait_tickets(6, 20)
        wait_for(lambda: "renumbered" in rig.daemon.log(), 5, "the warning")
        time.sleep(1)
        assert subjects(rig) == sorted("Question %d" % i for i in range(6))


def test_mail_is_flagged_while_redis_is_away_and_queued_when_it_is_back(server):
    server.append(USER, [mail(i) for i in range(10)])
    with rig_for(server, "  after = flag") as rig:
        rig.start(redis=False)
        wait_for(lambda: all("\\Seen" in f for f in server.flags(USER).values()), 15, "flags")
        rig.redis.start()
        assert len(rig.wait_tickets(10, 20)) == 10


def test_mailbox_that_cannot_be_reached_is_an_issue_and_the_rest_goes_on(server):
    with rig_for(server) as rig:
        (rig.dir / "imap.password").write_text("wrong\n")
        rig.start()
        wait_for(lambda: "the server refuses the login" in rig.admin("/readyz")[1], 10, "issue")
        assert rig.hook({"subject": "s", "text": "t", "customer": {"email": "a@example.org"}})[0] == 202
        rig.wait_tickets(1)


def renumber(server, user, rig):
    """As a server does whose index was lost: the same mails under new UIDs."""
    import glob
    import os
    server.stop()
    for name in glob.glob(os.path.join(server.dir, "home", user, "Maildir", "dovecot*")):
        os.unlink(name)
    time.sleep(1.1)         # UIDVALIDITY is a time
    server.start()


@pytest.mark.parametrize("after", ["nothing", "flag"])
def test_index_is_lost_and_uidvalidity_changes__nothing_lost_nothing_doubled(after):
    with Dovecot(location="maildir:~/Maildir") as server:
        server.append(USER, [mail(i) for i in range(150)])
        with rig_for(server, "  after = %s\n  poll = 1s" % after) as rig:
            rig.start()
            rig.wait_tickets(150, 30)
            rig.daemon.stop()
            renumber(server, USER, rig)
            server.append(USER, [mail(i) for i in range(150, 160)])
            rig.daemon.start()
            rig.wait_tickets(160, 30)
            wait_for(lambda: "renumbered" in rig.daemon.log(), 5, "the warning")
            wait_for(lambda: rig.daemon.ctl("reconcile", "support", check=False).returncode == 0,
                     15, "nothing unexplained")
            assert subjects(rig) == sorted("Question %d" % i for i in range(160))
            # Known by their headers: they did not go into the journal again.
            assert rig.daemon.status()["journal"]["last_lsn"] == 160
            if after == "flag":
                wait_for(lambda: all("\\Seen" in f for f in server.flags(USER).values()), 10,
                         "flags")


def test_mailbox_moves_to_another_server__nothing_lost_nothing_doubled(server):
    """As a migration does it: the mails are copied, in another order, with UIDs of their own."""
    server.append(USER, [mail(i) for i in range(20)])
    with rig_for(server, "  poll = 1s") as rig:
        rig.start()
        rig.wait_tickets(20)
        rig.daemon.stop()
        with Dovecot() as other:
            # UIDVALIDITY is a time stamp: the new folder must not be of the same second.
            time.sleep(1.1)
            other.append(USER, [mail(i) for i in reversed(range(22))])
            rig.more = rig.more.replace(str(server.imaps_port), str(other.imaps_port)).replace(
                server.ca_file, other.ca_file)
            rig.daemon.config.write_text(rig.text())
            rig.daemon.start()
            rig.wait_tickets(22, 20)
            other.append(USER, [mail(30)])
            rig.wait_tickets(23, 20)
            wait_for(lambda: rig.daemon.ctl("reconcile", "support", check=False).returncode == 0,
                     15, "nothing unexplained")
            assert subjects(rig) == sorted("Question %d" % i for i in [*range(22), 30])
            assert "all of it is looked at again" in rig.daemon.log()


def test_renumbered_folder__what_import_left_out_stays_out():
    with Dovecot(location="maildir:~/Maildir") as server:
        c = server.client(USER)
        for i in range(20):
            c.append("INBOX", None, '"01-Jan-2020 10:00:00 +0000"', mail(i))
        c.logout()
        with rig_for(server, "  poll = 1s", import_="none") as rig:
            rig.start()
            wait_for(lambda: "idling" in rig.daemon.log(), 10, "the first look")
            server.append(USER, [mail(i) for i in range(20, 25)])
            rig.wait_tickets(5)
            rig.daemon.stop()
            renumber(server, USER, rig)
            server.append(USER, [mail(25)])
            rig.daemon.start()
            rig.wait_tickets(6, 20)
            wait_for(lambda: rig.daemon.ctl("reconcile", "support", check=False).returncode == 0,
                     15, "nothing unexplained")
            assert subjects(rig) == sorted("Question %d" % i for i in range(20, 26))
            c = server.client(USER)
            # An old mail that somebody moves there now is news.
            c.append("INBOX", None, '"01-Jan-2021 10:00:00 +0000"', mail(77))
            c.logout()
            rig.wait_tickets(7, 20)


def test_journal_has_let_go_and_uidvalidity_changes__the_queue_knows_the_content():
    import shutil
    with Dovecot(location="maildir:~/Maildir") as server:
        server.append(USER, [mail(i) for i in range(30)])
        with rig_for(server, "  poll = 1s") as rig:
            rig.start()
            rig.wait_tickets(30, 30)
            rig.daemon.stop()
            shutil.rmtree(rig.dir / "state" / "journal")
            renumber(server, USER, rig)
            server.append(USER, [mail(30)])
            rig.daemon.start()
            rig.wait_tickets(31, 30)
            wait_for(lambda: rig.daemon.ctl("reconcile", "support", check=False).returncode == 0,
                     15, "nothing unexplained")
            assert subjects(rig) == sorted("Question %d" % i for i in range(31))


def test_more_mailboxes_than_connections_allowed__take_turns():
    with Dovecot() as server:
        users = ["user%d@example.net" % i for i in range(5)]
        rig = Rig("".join('''
imap "box%d" {
  host = "localhost"
  port = %d
  security = tls
  tls_ca_file = "%s"
  user = "%s"
  password_file = "@DIR@/imap.password"
  import = all
  poll = 2s
  max_per_host = 2
}
''' % (i, server.imaps_port, server.ca_file, user) for i, user in enumerate(users)))
        (rig.dir / "imap.password").write_text(server.password + "\n")
        (rig.dir / "imap.password").chmod(0o600)
        for i, user in enumerate(users):
            server.append(user, [mail(i)])
        with rig:
            rig.start()
            rig.wait_tickets(5, 20)
            for i, user in enumerate(users):
                server.append(user, [mail(10 + i)])
            rig.wait_tickets(10, 30)
            metrics = rig.admin("/metrics")[1]
            assert all('intaked_mailbox_up{channel="box%d"} 1' % i in metrics for i in range(5))
            assert 'intaked_mailbox_failures_total{' not in metrics
            for _ in range(20):
                open_now = sum(("%d" % server.imaps_port) in line for line in connections(rig))
                assert open_now <= 2
                time.sleep(0.1)


def connections(rig):
    """The remote ports that the daemon is connected to."""
    import os
    pid = rig.daemon.process.pid
    inodes = set()
    for fd in os.listdir("/proc/%d/fd" % pid):
        try:
            target = os.readlink("/proc/%d/fd/%s" % (pid, fd))
        except OSError:
            continue
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    found = []
    for name in ("tcp", "tcp6"):
        with open("/proc/net/" + name) as f:
            for line in list(f)[1:]:
                words = line.split()
                if words[9] in inodes and words[3] == "01":
                    found.append(str(int(words[2].rsplit(":", 1)[1], 16)))
    return found
