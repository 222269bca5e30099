# SPDX-License-Identifier: ISC
"""Access tokens for IMAP and POP3: a token server and mail servers that want them."""
import base64
import http.server
import json
import os
import re
import socketserver
import subprocess
import threading
import time
import urllib.parse

import pytest

import rig as rigs
from rig import INTAKECTL, Rig, wait_for

USER = "support@example.net"


class TokenServer:
    """Gives T1, T2, ...; `rotate` replaces the refresh token each time."""

    def __init__(self, refresh="R0", rotate=False, expires=3600, shape="google"):
        self.asked = []
        self.refresh = refresh
        self.rotate = rotate
        self.expires = expires
        self.shape = shape
        self.refuse = None
        self.delay = 0
        self.under_way = self.most_under_way = 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                form = dict(urllib.parse.parse_qsl(
                    self.rfile.read(int(self.headers["Content-Length"])).decode()))
                outer.under_way += 1
                outer.most_under_way = max(outer.most_under_way, outer.under_way)
                time.sleep(outer.delay)
                code, doc = outer.answer(form)
                body = json.dumps(doc).encode()
                outer.under_way -= 1
                self.send_response(code)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d/token" % self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, form):
        self.asked.append(form)
        if self.refuse:
            return 400, {"error": self.refuse, "error_description": "AADSTS70008: expired."}
        if form["grant_type"] == "refresh_token" and form.get("refresh_token") != self.refresh:
            return 400, {"error": "invalid_grant", "error_description": "not this one"}
        doc = {"access_token": "T%d" % len(self.asked), "token_type": "Bearer",
               "expires_in": self.expires if self.shape == "google" else str(self.expires)}
        if self.rotate:
            self.refresh = "R%d" % len(self.asked)
            doc["refresh_token"] = self.refresh
        return 200, doc

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class MailServer:
    """As much IMAP as a login and an empty folder need; `good` are the tokens it takes."""

    kind = "imap"
    greeting = "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2 AUTH=PLAIN IDLE] hello"

    def __init__(self, good=("T1",)):
        self.good = set(good)
        self.logins = []
        self.passwords = []
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                self.say(outer.greeting)
                while True:
                    line = self.rfile.readline().decode().rstrip("\r\n")
                    if not line:
                        return
                    if not outer.on_line(self, line):
                        return

            def say(self, line):
                self.wfile.write(line.encode() + b"\r\n")

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def on_line(self, h, line):
        tag, verb, rest = (line.split(" ", 2) + ["", ""])[:3]
        verb = verb.upper()
        if verb == "AUTHENTICATE":
            return self.authenticate(h, tag, rest)
        if verb == "LOGIN":
            self.passwords.append(rest)
            h.say(tag + " NO [AUTHENTICATIONFAILED] no")
        elif verb in ("SELECT", "EXAMINE"):
            h.say("* 0 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 1] ok\r\n"
                  + tag + " OK [READ-WRITE] done")
        elif verb == "CAPABILITY":
            h.say("* CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2 AUTH=PLAIN\r\n" + tag + " OK done")
        elif verb == "LOGOUT":
            h.say("* BYE bye\r\n" + tag + " OK done")
            return False
        else:
            h.say(tag + " OK done")
        return True

    def authenticate(self, h, tag, rest):
        mechanism, _, first = rest.partition(" ")
        if mechanism.upper() != "XOAUTH2":
            self.passwords.append(rest)
            h.say(tag + " NO [AUTHENTICATIONFAILED] no")
            return True
        if not first:
            h.say("+ ")
            first = h.rfile.readline().decode().strip()
        fields = base64.b64decode(first).decode().split("\x01")
        assert fields[0] == "user=" + USER, fields
        token = fields[1].removeprefix("auth=Bearer ")
        self.logins.append(token)
        if token in self.good:
            h.say(tag + " OK logged in")
            return True
        h.say("+ " + base64.b64encode(b'{"status":"401"}').decode())
        h.rfile.readline()
        h.say(tag + " NO [AUTHENTICATIONFAILED] the token is not good")
        return True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class PopServer(MailServer):
    """The same for POP3.  Microsoft takes the mechanism alone and then asks, and just
    refuses; Google explains first why it will refuse."""

    def __init__(self, good=("T1",), shape="google"):
        self.shape = shape
        super().__init__(good)

    kind = "pop3"
    greeting = "+OK ready"

    def on_line(self, h, line):
        verb, _, rest = line.partition(" ")
        verb = verb.upper()
        if verb == "CAPA":
            h.say("+OK\r\nTOP\r\nUIDL\r\nSASL PLAIN XOAUTH2\r\n.")
        elif verb == "AUTH":
            return self.authenticate(h, rest)
        elif verb in ("USER", "PASS", "APOP"):
            self.passwords.append(line)
            h.say("-ERR no")
        elif verb == "STAT":
            h.say("+OK 0 0")
        else:
            h.say("+OK")
        return verb != "QUIT"

    def authenticate(self, h, rest):
        if rest.upper() != "XOAUTH2":
            self.passwords.append(rest)
            h.say("-ERR Protocol error. Connection is closed. 10")
            return False
        h.say("+ ")
        fields = base64.b64decode(h.rfile.readline()).decode().split("\x01")
        assert fields[0] == "user=" + USER, fields
        token = fields[1].removeprefix("auth=Bearer ")
        self.logins.append(token)
        if token in self.good:
            h.say("+OK User successfully authenticated.")
            return True
        if self.shape == "google":
            h.say("+ " + base64.b64encode(b'{"status":"400"}').decode())
            h.rfile.readline()
        h.say("-ERR [AUTH] the token is not good")
        return True


def secret(path, text):
    path.write_text(text + "\n")
    path.chmod(0o600)


def section(tokens, mail, name, more="", client_secret=True, refresh=True):
    return '''
%s "%s" {
  host = "127.0.0.1"
  port = %d
  security = none
  user = "%s"
  auth = "xoauth2"
  oauth_token_url = "%s"
  oauth_client_id = "client & co"
%s%s%s
}
''' % (mail.kind, name, mail.port, USER, tokens.url,
       '  oauth_client_secret_file = "@DIR@/client.secret"\n' if client_secret else "",
       '  oauth_refresh_token_file = "@DIR@/refresh"\n' if refresh else "", more)


def rig_for(tokens, mail, *args, names=("box",), also="", **more):
    rig = Rig("".join(section(tokens, mail, name, *args, **more) for name in names) + also)
    secret(rig.dir / "client.secret", "c+s/=")
    secret(rig.dir / "refresh", "R0")
    return rig


def up(rig, name="box"):
    return 'intaked_mailbox_up{channel="%s"} 1' % name in rig.admin("/metrics")[1]


both = pytest.mark.parametrize("server", [MailServer, PopServer])


@both
def test_refresh_token__gives_an_access_token_that_logs_in(server):
    with TokenServer() as tokens, server() as mail, rig_for(tokens, mail) as rig:
        rig.start()
        wait_for(lambda: up(rig), 10, "the mailbox")
        assert mail.logins == ["T1"]
        assert tokens.asked == [{"grant_type": "refresh_token", "client_id": "client & co",
                                 "client_secret": "c+s/=", "refresh_token": "R0"}]
        metrics = rig.admin("/metrics")[1]
        assert 'intaked_oauth_token_expires_timestamp_seconds{channel="box"}' in metrics
        assert 'intaked_oauth_refresh_token_timestamp_seconds{channel="box"}' in metrics
        assert "T1" not in rig.daemon.log() and "R0" not in rig.daemon.log()


def mail_out(tokens, server):
    return '''
mail_out {
  from = "%s"
  smtp = "127.0.0.1:%d"
  user = "%s"
  auth = "xoauth2"
  oauth_token_url = "%s"
  oauth_client_id = "client & co"
  oauth_client_secret_file = "@DIR@/client.secret"
  oauth_refresh_token_file = "@DIR@/refresh"
}
acknowledge = yes
''' % (USER, server.port, USER, tokens.url)


def test_mail_to_customers__is_sent_with_the_token_of_the_mailbox():
    with TokenServer() as tokens, MailServer() as mail, \
            rigs.MailServer(tokens=["T1"]) as server, \
            rig_for(tokens, mail, also=mail_out(tokens, server)) as rig:
        rig.start()
        wait_for(lambda: up(rig), 10, "the mailbox")
        for n in range(3):
            assert rig.hook({"subject": "s%d" % n, "text": "t", "customer":
                             {"email": "c%d@customer.example" % n}})[0] == 202
        assert sorted(to for _, [to], _ in server.wait(3)) == ["c%d@customer.example" % n for n in range(3)]
        assert set(server.logins) == {"T1"}
        assert len(tokens.asked) == 1
        assert not re.search(r"\bT1\b", rig.daemon.log())     # T1EB may be a ticket


def test_mail_to_customers__no_token_to_be_had__is_kept_and_said():
    with TokenServer() as tokens, MailServer() as mail, \
            rigs.MailServer(tokens=["T1"]) as server, \
            rig_for(tokens, mail, names=(), also=mail_out(tokens, server)) as rig:
        tokens.refuse = "invalid_grant"
        rig.start()
        assert rig.hook({"subject": "s", "text": "t", "customer": {"email": "c@customer.example"}})[0] == 202
        rig.wait_tickets(1)
        wait_for(lambda: "invalid_grant" in rig.daemon.log() or "AADSTS70008" in rig.daemon.log(),
                 10, "a word about it")
        assert server.mails == []
        assert rig.daemon.status()["queues"][0]["replies_deferred"] == 1


@both
def test_client_credentials__need_no_refresh_token(server):
    with TokenServer(shape="microsoft") as tokens, server() as mail, rig_for(
            tokens, mail, '  oauth_scope = "https://outlook.office365.com/.default"',
            refresh=False) as rig:
        rig.start()
        wait_for(lambda: up(rig), 10, "the mailbox")
        assert tokens.asked == [{"grant_type": "client_credentials", "client_id": "client & co",
                                 "client_secret": "c+s/=",
                                 "scope": "https://outlook.office365.com/.default"}]


@both
def test_rotated_refresh_token__is_on_disk_before_the_login_and_used_next(server):
    with TokenServer(rotate=True, expires=60) as tokens, server(("T1", "T2")) as mail, \
            rig_for(tokens, mail) as rig:
        stored = []
        take = mail.authenticate
        mail.authenticate = lambda *a: stored.append((rig.dir / "refresh").read_text()) or take(*a)
        rig.start()
        wait_for(lambda: up(rig), 10, "the mailbox")
        assert stored == ["R1\n"]
        assert os.stat(rig.dir / "refresh").st_mode & 0o777 == 0o600
        rig.daemon.stop()
        rig.daemon.start()
        wait_for(lambda: up(rig), 10, "the mailbox")
        assert [f["refresh_token"] for f in tokens.asked] == ["R0", "R1"]


@both
def test_token_is_refused__is_renewed_once_and_then_backs_off(server):
    with TokenServer() as tokens, server(("T2",)) as mail, rig_for(tokens, mail) as rig:
        rig.start()
        wait_for(lambda: up(rig), 10, "the mailbox")
        assert mail.logins == ["T1", "T2"]
    with TokenServer() as tokens, server(()) as mail, rig_for(tokens, mail) as rig:
        rig.start()
        wait_for(lambda: len(mail.logins) == 2, 10, "two logins")
        time.sleep(4)
        assert mail.logins == ["T1", "T2"]
        assert mail.passwords == []
        assert "refuses the login" in rig.admin("/readyz")[1]


@both
def test_refused_account__is_told_and_not_hammered(server):
    with TokenServer() as tokens, server() as mail, rig_for(tokens, mail) as rig:
        tokens.refuse = "invalid_grant"
        rig.start()
        wait_for(lambda: "invalid_grant" in rig.admin("/readyz")[1], 10, "the issue")
        assert "AADSTS70008" in rig.admin("/readyz")[1]
        time.sleep(4)
        assert len(tokens.asked) == 1
        assert mail.logins == [] and mail.passwords == []
        assert 'intaked_oauth_failures_total{channel="box"} 1' in rig.admin("/metrics")[1]


def test_two_channels_of_one_account__share_one_request():
    with TokenServer() as tokens, MailServer() as mail, rig_for(
            tokens, mail, names=("one", "two")) as rig:
        tokens.delay = 0.5
        rig.start()
        wait_for(lambda: up(rig, "one") and up(rig, "two"), 10, "both mailboxes")
        assert len(tokens.asked) == 1
        assert mail.logins == ["T1", "T1"]


def test_imap_and_pop3_of_one_account__share_one_request():
    with TokenServer() as tokens, MailServer() as mail, PopServer() as pop, rig_for(
            tokens, mail, also=section(tokens, pop, "pop")) as rig:
        tokens.delay = 0.5
        rig.start()
        wait_for(lambda: up(rig, "box") and up(rig, "pop"), 10, "both mailboxes")
        assert len(tokens.asked) == 1
        assert mail.logins == ["T1"] and pop.logins == ["T1"]


def test_pop3_at_microsoft__mechanism_alone_and_a_bare_refusal():
    with TokenServer(shape="microsoft") as tokens, PopServer(("T2",), "microsoft") as mail, \
            rig_for(tokens, mail) as rig:
        rig.start()
        wait_for(lambda: up(rig), 10, "the mailbox")
        assert mail.logins == ["T1", "T2"]
        assert mail.passwords == []


def test_several_processes__ask_one_after_the_other():
    with TokenServer(rotate=True) as tokens, MailServer("T%d" % i for i in range(9)) as mail, \
            rig_for(tokens, mail) as rig:
        tokens.delay = 0.5
        rig.start()
        wait_for(lambda: up(rig), 10, "the mailbox")
        tests = [subprocess.Popen([str(INTAKECTL), "-c", str(rig.daemon.config), "mailbox",
                                   "test", "box"], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.PIPE) for _ in range(4)]
        for t in tests:
            assert t.wait(30) == 0, t.stderr.read()
            t.stderr.close()
        assert tokens.most_under_way == 1
        assert (rig.dir / "refresh").read_text() == "R5\n"


def test_old_refresh_token__is_warned_of():
    with TokenServer() as tokens, MailServer() as mail, rig_for(tokens, mail) as rig:
        old = time.time() - 61 * 86400
        os.utime(rig.dir / "refresh", (old, old))
        rig.start()
        wait_for(lambda: up(rig), 10, "the mailbox")
        assert "is 61 days old" in rig.daemon.log()


@pytest.mark.parametrize("change,complaint", [
    (("http://127.0.0.1:1/token", "http://tokens.example/token"), "is not https"),
    (("http://127.0.0.1:1/token", "http://127.0.0.1:1@tokens.example/"), "is not https"),
    (("http://127.0.0.1:1/token", "http://localhost.example/"), "is not https"),
    (('auth = "xoauth2"', 'auth = "login"'), "needs auth"),
    (('oauth_client_id = "c"', ""), "oauth_client_id"),
    (('oauth_client_id = "c"', 'oauth_client_id = "c"\n  password_command = "x"'),
     "takes the place"),
])
def test_configuration__is_checked(tmp_path, change, complaint):
    text = '''
imap "box" {
  host = "127.0.0.1"
  user = "u"
  auth = "xoauth2"
  oauth_token_url = "http://127.0.0.1:1/token"
  oauth_client_id = "c"
  oauth_refresh_token_file = "/nowhere/refresh"
}
'''
    config = tmp_path / "intaked.conf"
    config.write_text(text.replace(*change))
    done = subprocess.run([str(INTAKECTL), "-c", str(config), "mailbox", "test", "box"],
                          capture_output=True, text=True, timeout=20)
    assert done.returncode == 78
    assert complaint in done.stderr
