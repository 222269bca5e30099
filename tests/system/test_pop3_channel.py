# SPDX-License-Identifier: ISC
"""The POP3 channel against a Dovecot, and against servers that behave badly."""
import hashlib
import os
import poplib
import random
import signal
import socket
import socketserver
import ssl
import threading
import time

import pytest

from dovecot import Dovecot
from probe import Probe
from rig import Rig, free_port, wait_for
from test_imap_path import connections

USER = "support@example.net"


class Pop3Dovecot(Dovecot):
    def __init__(self):
        self.pop3_port, self.pop3s_port = free_port(), free_port()
        super().__init__(extra="""
protocols = imap pop3
service pop3-login {
  chroot =
  inet_listener pop3 {
    port = %d
  }
  inet_listener pop3s {
    port = %d
    ssl = yes
  }
}
""" % (self.pop3_port, self.pop3s_port))

    def left(self, user=USER):
        context = ssl.create_default_context(cafile=self.ca_file)
        c = poplib.POP3_SSL("localhost", self.pop3s_port, context=context)
        c.user(user)
        c.pass_(self.password)
        count = c.stat()[0]
        c.quit()
        return count


@pytest.fixture(scope="module")
def server():
    with Pop3Dovecot() as s:
        yield s


@pytest.fixture
def user(request):
    return "u%d@example.net" % (abs(hash(request.node.name)) % 10 ** 9)


class Pop3Probe(Probe):
    """One POP3 channel named test."""

    def __init__(self, folder, port, user, options="", args=(), password="secret",
                 security="tls", ca_file=None):
        super().__init__(folder, args)
        with open(os.path.join(self.dir, "password"), "w") as f:
            f.write(password + "\n")
        with open(os.path.join(self.dir, "probe.conf"), "w") as f:
            f.write('state_dir = "%s"\n'
                    'pop3 test {\n  host = "localhost"\n  port = %d\n  security = %s\n%s'
                    '  user = "%s"\n  password_file = "%s/password"\n  poll = 1s\n%s\n}\n' % (
                        self.dir, port, security,
                        '  tls_ca_file = "%s"\n' % ca_file if ca_file else "",
                        user, self.dir, options))


def dovecot_probe(tmp_path, server, user, options="", **more):
    return Pop3Probe(tmp_path, server.pop3s_port, user, options, ca_file=server.ca_file, **more)


def mails(count, seed=0):
    rng = random.Random(seed)
    made = []
    for i in range(count):
        lines = [bytes(rng.choices(b"abc .\xe4", k=rng.randrange(80))) for _ in
                 range(rng.randrange(60))]
        lines += [b".", b"..", b"...", b". x", b"+OK", b"-ERR no"]
        rng.shuffle(lines)
        made.append(b"From: c%d@example.org\r\nSubject: mail %d\r\n"
                    b"Message-ID: <%d.%d@example.org>\r\n\r\n" % (i, i, i, seed) +
                    b"".join(line + b"\r\n" for line in lines))
    return made


def digests(made):
    return sorted(hashlib.sha256(m).hexdigest() for m in made)


def test_200_mails__are_taken_once_and_stay(tmp_path, server, user):
    made = mails(200)
    server.append(user, made)
    with dovecot_probe(tmp_path, server, user) as p:
        got = p.wait(200, 30)
        time.sleep(2.5)
        assert len(p.arrivals()) == 200
        server.append(user, mails(1, 1))
        p.wait(201)
    assert sorted(a[2] for a in got) == digests(made)
    assert server.left(user) == 201
    with p:
        p.wait_log("messages=201 new=0")
        assert len(p.arrivals()) == 201
    assert "error" not in p.log()


def test_200_mails__are_deleted_once_they_are_durable(tmp_path, server, user):
    made = mails(200)
    server.append(user, made)
    with dovecot_probe(tmp_path, server, user, "  after = delete\n  batch = 70") as p:
        got = p.wait(200, 30)
        p.wait_for(lambda: server.left(user) == 0)
    assert sorted(a[2] for a in got) == digests(made)


def test_killed_in_the_middle__nothing_is_lost_and_nothing_twice(tmp_path, server, user):
    made = mails(200)
    server.append(user, made)
    p = dovecot_probe(tmp_path, server, user, "  after = delete", args=["delay=150"])
    for count in (20, 90, 150):
        with p:
            p.wait(count, 30)
            p.kill()
    with p:
        got = p.wait(200, 30)
        p.wait_for(lambda: server.left(user) == 0, 20)
    assert sorted(a[2] for a in got) == digests(made)


def test_starttls__and_what_is_not_to_be_trusted(tmp_path, server, user):
    server.append(user, mails(3))
    with Pop3Probe(tmp_path, server.pop3_port, user, security="starttls",
                   ca_file=server.ca_file) as p:
        p.wait(3)
    other = tmp_path / "other"
    other.mkdir()
    with Pop3Probe(other, server.pop3s_port, user) as p:
        p.wait_log("certificate")
        p.process.send_signal(signal.SIGHUP)
        p.wait_log("STATUS pop3 test: ")
        assert p.arrivals() == []


def test_wrong_password__is_not_tried_again_at_once(tmp_path, server, user):
    with dovecot_probe(tmp_path, server, user, password="wrong") as p:
        p.wait_log("refuses the login")
        time.sleep(3)
        assert p.log().count("refuses the login") == 1
        retry = int(p.log().split("retry_s=")[1].split()[0])
        assert 40 <= retry <= 80


def test_refused_by_the_journal__comes_again(tmp_path, server, user):
    made = mails(10)
    server.append(user, made)
    p = dovecot_probe(tmp_path, server, user, "  after = delete", args=["refuse=4"])
    with p:
        got = p.wait(10, 30)
        p.wait_for(lambda: server.left(user) == 0, 20)
    assert sorted(a[2] for a in got) == digests(made)


def test_paused__nothing_is_taken_until_resumed(tmp_path, server, user):
    with dovecot_probe(tmp_path, server, user, "  after = delete") as p:
        p.wait_log("mailbox is up")
        p.process.send_signal(signal.SIGUSR1)
        server.append(user, mails(5))
        time.sleep(2.5)
        assert p.arrivals() == []
        p.process.send_signal(signal.SIGUSR2)
        p.wait(5, 25)
        p.wait_for(lambda: server.left(user) == 0)


def test_too_large__only_the_header_is_taken_and_the_mail_stays(tmp_path, server, user):
    small = mails(2)
    header = b"From: a@b.example\r\nSubject: large\r\n\r\n"
    large = header + b"x" * 70 + b"\r\n" + b"line\r\n" * 5000
    server.append(user, [small[0], large, small[1]])
    with dovecot_probe(tmp_path, server, user, "  after = delete", args=["max=9000"]) as p:
        got = p.wait(3)
        p.wait_for(lambda: server.left(user) == 1)
        time.sleep(2)
        assert len(p.arrivals()) == 3
    [cut] = [a for a in got if a[3] != "-"]
    assert cut[2] == hashlib.sha256(header).hexdigest()
    assert int(cut[3]) == len(large)


def test_import_none__old_mail_is_neither_taken_nor_ever_deleted(tmp_path, server, user):
    server.append(user, mails(4))
    with dovecot_probe(tmp_path, server, user, "  import = none") as p:
        p.wait_log("mailbox is up")
        server.append(user, mails(2, 1))
        p.wait(2)
    with dovecot_probe(tmp_path, server, user, "  import = none\n  after = delete") as p:
        p.wait_for(lambda: server.left(user) == 4)
        time.sleep(1.5)
        assert server.left(user) == 4
        assert len(p.arrivals()) == 2


def test_more_maildrops_than_connections_allowed__take_turns(server):
    users = ["turn%d@example.net" % i for i in range(4)]
    with Rig("".join('''
pop3 "drop%d" {
  host = "localhost"
  port = %d
  security = tls
  tls_ca_file = "%s"
  user = "%s"
  password_file = "@DIR@/pop3.password"
  poll = 1s
  max_per_host = 1
}
''' % (i, server.pop3s_port, server.ca_file, u) for i, u in enumerate(users))) as rig:
        (rig.dir / "pop3.password").write_text("secret\n")
        (rig.dir / "pop3.password").chmod(0o600)
        for i, user in enumerate(users):
            server.append(user, mails(2, seed=100 + i))
        rig.start()
        most = 0
        while len(rig.entries()) < 8:
            now = sum(port == str(server.pop3s_port) for port in connections(rig))
            most = max(most, now)
            assert now <= 1
            wait_for(lambda: rig.daemon.process.poll() is None, 1)
        assert most == 1
        metrics = rig.admin("/metrics")[1]
        assert 'intaked_mailbox_failures_total{' not in metrics


def test_whole_path__daemon_killed_before_it_could_delete__one_ticket_each(server, user):
    made = mails(30)
    server.append(user, made)
    port, ca = server.pop3s_port, server.ca_file
    config = f"""
pop3 "box" {{
  host = "localhost"
  port = {port}
  tls_ca_file = "{ca}"
  user = "{user}"
  password_command = "echo {server.password}"
  after = delete
  poll = 1s
}}
"""
    with Rig(config).start(env={"INTAKED_FAULT": "before-settle:7:kill"}) as rig:
        wait_for(lambda: rig.daemon.process.poll() is not None, 20, "death")
        assert rig.daemon.process.returncode == -signal.SIGKILL
        assert server.left(user) == 30
        rig.daemon.start(env={"INTAKED_FAULT": ""})
        rig.wait_tickets(30, 30)
        wait_for(lambda: server.left(user) == 0, 20, "an empty mailbox")
        time.sleep(0.5)
        assert sorted(t["subject"] for t in rig.tickets()) == sorted(
            f"mail {i}" for i in range(30))
        assert 'intaked_mailbox_up{channel="box"} 1' in rig.admin("/metrics")[1]


# --- servers of another kind ---

class Fake(socketserver.ThreadingTCPServer):
    """A POP3 server on loopback with as many quirks as asked for."""
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, mails, capa=("TOP", "UIDL"), quirk=None):
        self.mails = dict(enumerate(mails, 1))
        self.capa, self.quirk = capa, quirk
        self.commands = []
        self.sessions = 0
        super().__init__(("127.0.0.1", 0), FakeSession)
        self.port = self.server_address[1]
        self.thread = threading.Thread(target=self.serve_forever, args=(0.05,))
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.thread.join()
        self.server_close()

    def seen(self, verb):
        return [c for c in self.commands if c.split()[0] == verb]


class FakeSession(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text if isinstance(text, bytes) else text.encode() + b"\r\n")

    def lines(self, lines):
        self.say("+OK")
        for line in lines:
            self.say(line)
        self.say(".")

    def content(self, mail):
        self.say("+OK")
        self.say(b"".join((b"." if line.startswith(b".") else b"") + line
                          for line in mail.splitlines(True)) + b".\r\n")

    def handle(self):
        s = self.server
        s.sessions += 1
        gone = set()
        self.say("+OK ready")
        for line in self.rfile:
            command = line.decode().strip()
            word = command.split()
            verb, n = word[0].upper(), int(word[1]) if len(word) > 1 and word[1].isdigit() else 0
            s.commands.append(command)
            if s.quirk and s.quirk(self, verb, n):
                continue
            if verb == "CAPA" and s.capa is not None:
                self.lines(("USER",) + tuple(s.capa))
            elif verb in ("USER", "PASS"):
                self.say("+OK")
            elif verb == "STAT":
                self.say("+OK %d %d" % (max(s.mails, default=0), sum(map(len, s.mails.values()))))
            elif verb == "LIST":
                self.lines("%d %d" % (i, len(m)) for i, m in s.mails.items())
            elif verb == "UIDL" and s.capa and "UIDL" in s.capa:
                self.lines("%d %s" % (i, hashlib.md5(m).hexdigest()) for i, m in s.mails.items())
            elif verb == "RETR":
                self.content(s.mails[n])
            elif verb == "TOP" and s.capa and "TOP" in s.capa:
                self.content(s.mails[n].split(b"\r\n\r\n")[0] + b"\r\n\r\n")
            elif verb == "DELE":
                gone.add(n)
                self.say("+OK")
            elif verb == "QUIT":
                for i in gone:
                    del s.mails[i]
                self.say("+OK")
                return
            else:
                self.say("-ERR unknown")


def fake_probe(tmp_path, fake, options="  after = delete", **more):
    return Pop3Probe(tmp_path, fake.port, "u", options, security="none", **more)


def test_server_without_capa_uidl_and_top__content_tells(tmp_path):
    made = mails(20)
    with Fake(made, capa=None) as fake, fake_probe(tmp_path, fake) as p:
        got = p.wait(20)
        p.wait_for(lambda: fake.mails == {})
    assert sorted(a[2] for a in got) == digests(made)
    assert got[0][0].startswith("test/sha256:")


def test_server_without_uidl__kept_mail_is_taken_once_and_that_is_told(tmp_path):
    made = mails(20)
    with Fake(made, capa=("TOP",)) as fake, fake_probe(tmp_path, fake, "  batch = 5") as p:
        p.wait(20)
        p.wait_for(lambda: fake.sessions >= 3)
        p.process.send_signal(signal.SIGHUP)
        p.wait_log("has no UIDL")
        assert len(p.arrivals()) == 20 and len(fake.mails) == 20


def test_server_without_top__large_mail_is_cut_while_it_comes(tmp_path):
    header = b"Subject: large\r\n\r\n"
    with Fake([header + b"x\r\n" * 9000], capa=("UIDL",)) as fake, \
            fake_probe(tmp_path, fake, args=["max=5000"]) as p:
        [got] = p.wait(1)
        p.wait_for(lambda: fake.sessions >= 2)
        assert got[2] == hashlib.sha256(header).hexdigest()
        assert len(fake.mails) == 1 and len(fake.seen("RETR")) == 1


def test_pipelining__only_where_it_is_offered(tmp_path):
    for capa, expected in ((("UIDL", "PIPELINING"), True), (("UIDL",), False)):
        folder = tmp_path / str(expected)
        folder.mkdir()
        made = mails(40)
        with Fake(made, capa=capa) as fake:
            most = []

            def count(session, verb, n, most=most):
                if verb == "RETR":
                    time.sleep(0.05)
                    session.connection.setblocking(False)
                    try:
                        most.append(session.connection.recv(65536, socket.MSG_PEEK).count(b"\n"))
                    except BlockingIOError:
                        most.append(0)
                    session.connection.setblocking(True)
            fake.quirk = count
            with fake_probe(folder, fake) as p:
                p.wait(40, 20)
                p.wait_for(lambda fake=fake: fake.mails == {})
            # What the reader has buffered already is not seen by the peek.
            assert (max(most) > 0 or len(set(most)) > 1) if expected else max(most) == 0


def test_lost_quit__is_deleted_next_time_without_fetching_again(tmp_path):
    made = mails(10)

    def lose_first_quit(session, verb, n):
        if verb == "QUIT" and session.server.sessions == 1:
            session.connection.shutdown(socket.SHUT_RDWR)
            return True

    with Fake(made, quirk=lose_first_quit) as fake, fake_probe(tmp_path, fake) as p:
        p.wait(10)
        p.wait_for(lambda: fake.mails == {})
        assert len(fake.seen("RETR")) == 10 and len(fake.seen("DELE")) == 20
        assert len(p.arrivals()) == 10


def test_mail_that_cannot_be_fetched__does_not_hold_up_the_others(tmp_path):
    made = mails(5)

    def refuse_two(session, verb, n):
        if verb == "RETR" and n == 2:
            session.say("-ERR [SYS/TEMP] cannot read it")
            return True

    with Fake(made, quirk=refuse_two) as fake, fake_probe(tmp_path, fake) as p:
        p.wait(4)
        p.wait_for(lambda: list(fake.mails) == [2])
        fake.quirk = None
        p.wait(5)
        p.wait_for(lambda: fake.mails == {})


def unstuffed(session, verb, n):
    if verb == "RETR":
        session.say(b"+OK\r\nSubject: x\r\n\r\n.\r\n+what is this\r\n.\r\n")
        return True


def endless(session, verb, n):
    if verb == "RETR":
        session.say("+OK")
        try:
            while True:
                session.say(b"x" * 65536)
        except OSError:
            return True


def silent(session, verb, n):
    return verb == "RETR"


def crawling(session, verb, n):
    if verb == "RETR":
        session.say("+OK")
        try:
            while True:
                session.say(b"x")
                time.sleep(0.2)
        except OSError:
            return True


def babbling(session, verb, n):
    if verb == "STAT":
        session.say(b"+OK 1 " + b"9" * 5000 + b"\r\n")
        return True


def million(session, verb, n):
    if verb == "STAT":
        session.say("+OK 4294967295 1")
        return True


@pytest.mark.parametrize("quirk,words", [
    (endless, "more than it has told"),
    (silent, "no answer in time while fetching"),
    (crawling, "no answer in time while fetching"), (babbling, "two numbers|too long")])
def test_bad_server__is_given_up_with_a_reason_and_nothing_is_deleted(tmp_path, quirk, words):
    made = mails(2)
    with Fake(made, quirk=quirk) as fake, \
            fake_probe(tmp_path, fake, "  after = delete\n  timeout = 1s") as p:
        p.wait_for(lambda: any(w in p.log() for w in words.split("|")), 15)
        time.sleep(0.3)
        assert len(fake.mails) == 2
        fake.quirk = None
        p.wait_for(lambda: fake.mails == {}, 20)
        assert set(digests(made)) <= {a[2] for a in p.arrivals()}


VERBS = ["CAPA", "USER", "PASS", "STAT", "LIST", "UIDL", "RETR", "DELE", "QUIT"]


@pytest.mark.parametrize("way", ["silent", "closed", "no"])
@pytest.mark.parametrize("verb", VERBS)
def test_trouble_in_any_step__is_come_back_from_and_each_mail_taken_once(tmp_path, verb, way):
    made = mails(5)
    hit = []

    def trouble(session, word, n):
        if word != verb or hit:
            return False
        hit.append(word)
        if way == "silent":
            time.sleep(20)
        elif way == "closed":
            session.connection.shutdown(socket.SHUT_RDWR)
        elif verb in ("USER", "PASS"):
            session.connection.shutdown(socket.SHUT_RDWR)   # a refused login waits a minute
        else:
            session.say("-ERR not this time")
        return True

    with Fake(made, quirk=trouble) as fake, \
            fake_probe(tmp_path, fake, "  after = delete\n  timeout = 1s") as p:
        p.wait_for(lambda: fake.mails == {}, 20)
        assert hit
        # Without UIDL a mail is known by its content; else by its unique-id.
        assert sorted(a[2] for a in p.arrivals()) == digests(made)


def test_server_that_does_not_stuff_dots__cut_mail_is_taken_and_never_deleted(tmp_path):
    made = mails(2)
    with Fake(made, quirk=unstuffed) as fake, fake_probe(tmp_path, fake) as p:
        p.wait_log("speaks without being asked")
        p.wait(1)
        fake.quirk = None
        p.wait_for(lambda: len(fake.mails) == 1, 20)
        time.sleep(1.5)
        assert fake.mails == {1: made[0]} and len(p.arrivals()) == 2


def test_server_that_claims_billions__costs_little(tmp_path):
    with Fake(mails(3), quirk=million) as fake, fake_probe(tmp_path, fake) as p:
        p.wait(3)
        p.wait_log("only the first 200000")
        with open(f"/proc/{p.process.pid}/statm") as f:
            assert int(f.read().split()[1]) * 4096 < 200 << 20
