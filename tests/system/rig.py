# SPDX-License-Identifier: ISC
"""What a system test stands on: a private Redis, a daemon with its own state
directory, and something to talk to both.  Everything lives in one temporary
directory, listens on loopback or unix sockets only, and is ended with the
test."""
import contextlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import redis

from ports import free_port

BUILD = pathlib.Path(os.environ.get("top_builddir", "build")).resolve()
SOURCE = pathlib.Path(os.environ.get("top_srcdir", ".")).resolve()
INTAKED = BUILD / "intaked"
INTAKECTL = BUILD / "intakectl"


def wait_for(condition, seconds=15, what="condition"):
    """The condition's value as soon as it is true; fails after seconds."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s in vain for {what}")
        time.sleep(0.02)


class Redis:
    def __init__(self, directory, fsync="everysec"):
        self.dir = pathlib.Path(directory)
        self.dir.mkdir(parents=True, exist_ok=True)
        self.path = str(self.dir / "redis.sock")
        self.fsync = fsync
        self.process = None

    def start(self, *more):
        self.process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", self.path, "--dir", str(self.dir),
             "--appendonly", "yes", "--appendfsync", self.fsync, "--save", "",
             "--enable-debug-command", "local", *more],
            stdout=open(self.dir / "redis.log", "ab"), stderr=subprocess.STDOUT)
        self.client = redis.Redis(unix_socket_path=self.path, decode_responses=True)
        wait_for(self.is_up, what="redis")
        return self

    def is_up(self):
        try:
            return self.client.ping()
        except redis.exceptions.RedisError:
            return False

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(10)


class Daemon:
    """intaked with a configuration; `with` ends it and looks at its exit."""

    def __init__(self, directory, config, env=None):
        self.dir = pathlib.Path(directory)
        self.dir.mkdir(parents=True, exist_ok=True)
        self.config = self.dir / "intaked.conf"
        self.config.write_text(config)
        self.log_path = self.dir / "intaked.log"
        self.env = dict(os.environ, **(env or {}))
        self.process = None

    def start(self, wait=True, env=None):
        self.log_file = open(self.log_path, "ab")
        self.process = subprocess.Popen([str(INTAKED), "-c", str(self.config)],
                                        stderr=self.log_file, stdin=subprocess.DEVNULL,
                                        env=dict(self.env, **(env or {})))
        if wait:
            wait_for(lambda: self.process.poll() is not None or
                     self.control_answers(), what="intaked to run")
            if self.process.poll() is not None:
                raise AssertionError(f"intaked ended with {self.process.returncode}:\n{self.log()}")
        return self

    def control_answers(self):
        try:
            return self.get("/status")[0] == 200
        except OSError:
            return False

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def get(self, path, method="GET"):
        """Ask the control socket."""
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(10)
            s.connect(str(self.dir / "state" / "control.sock"))
            s.sendall(f"{method} {path} HTTP/1.0\r\nHost: x\r\n\r\n".encode())
            response = http.client.HTTPResponse(s)
            response.begin()
            return response.status, response.read()

    def status(self):
        return json.loads(self.get("/status")[1])

    def ctl(self, *args, stdin=None, check=True):
        done = subprocess.run([str(INTAKECTL), "-c", str(self.config), *args],
                              input=stdin, capture_output=True, text=True, timeout=60)
        if check and done.returncode != 0:
            raise AssertionError(f"intakectl {args}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.log_file.close()

    def stop(self, expect=0):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError("intaked does not stop:\n" + self.log()[-4000:])
        finally:
            self.log_file.close()
        assert status == expect, f"exit {status}\n{self.log()[-4000:]}"
        assert "Sanitizer" not in self.log(), self.log()[-8000:]
        assert "runtime error" not in self.log(), self.log()[-8000:]


class Rig:
    """A Redis and a daemon; `rig.config` may be changed before start()."""

    def __init__(self, config="", redis_fsync="everysec"):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="intaked-test-"))
        self.redis = Redis(self.dir / "redis", redis_fsync)
        self.http_port = free_port()
        self.admin_port = free_port()
        self.secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        self.more = config
        self.daemon = None
        (self.dir / "webhook.secret").write_text(self.secret + "\n")
        os.chmod(self.dir / "webhook.secret", 0o600)

    def text(self):
        return f"""
state_dir = "{self.dir}/state"
log {{ level = debug }}
redis {{ address = "{self.redis.path}" }}
http {{ listen = {{"127.0.0.1:{self.http_port}"}} max_per_client = 20000 }}
admin {{ listen = {{"127.0.0.1:{self.admin_port}"}} }}
maildir "drop" {{ path = "{self.dir}/drop" }}
webhook "shop" {{
  secret_files = {{"{self.dir}/webhook.secret"}}
  map "subject" {{ pointer = "/subject" }}
  map "text" {{ pointer = "/text" }}
  map "from" {{ pointer = "/customer/email" }}
  map "from_name" {{ pointer = "/customer/name" }}
  map "order_number" {{ pointer = "/order" }}
}}
""" + self.more.replace("@DIR@", str(self.dir))

    def start(self, env=None, redis=True):
        if redis:
            self.redis.start()
        self.daemon = Daemon(self.dir, self.text(), env).start()
        return self

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        try:
            if self.daemon:
                if kind is None:
                    self.daemon.stop()
                else:
                    print(self.daemon.log()[-12000:])
                    with contextlib.suppress(Exception):
                        self.daemon.kill()
        finally:
            self.redis.stop()
            shutil.rmtree(self.dir, ignore_errors=True)

    # --- customers ---

    def drop_mail(self, raw, name=None):
        """As a delivery agent does: tmp, then rename into new."""
        if isinstance(raw, str):
            raw = raw.encode()
        name = name or f"{time.time_ns()}.{os.getpid()}.test"
        for sub in ("tmp", "new", "cur"):
            (self.dir / "drop" / sub).mkdir(parents=True, exist_ok=True)
        (self.dir / "drop" / "tmp" / name).write_bytes(raw)
        os.rename(self.dir / "drop" / "tmp" / name, self.dir / "drop" / "new" / name)
        return name

    def post(self, path, body, headers=None, method="POST"):
        connection = http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=20)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return response.status, dict(response.getheaders()), response.read()
        finally:
            connection.close()

    def hook(self, document, message_id=None, name="shop", body=None):
        """A signed webhook, as Standard Webhooks says."""
        import base64
        import hashlib
        import hmac
        import uuid
        body = body if body is not None else json.dumps(document)
        message_id = message_id or "msg_" + uuid.uuid4().hex
        stamp = str(int(time.time()))
        key = base64.b64decode(self.secret[len("whsec_"):])
        mac = hmac.new(key, f"{message_id}.{stamp}.{body}".encode(), hashlib.sha256).digest()
        return self.post(f"/hooks/{name}", body, {
            "Content-Type": "application/json", "webhook-id": message_id,
            "webhook-timestamp": stamp, "webhook-signature": "v1," + base64.b64encode(mac).decode()})

    # --- workers ---

    def entries(self):
        """All queue entries as (stream, entry id, fields)."""
        found = []
        for stream in sorted(self.redis.client.scan_iter("intake:{*}:queue:*")):
            for entry, fields in self.redis.client.xrange(stream):
                found.append((stream, entry, fields))
        return found

    def tickets(self):
        return [json.loads(fields["data"]) for _, _, fields in self.entries()]

    def wait_tickets(self, count, seconds=20):
        wait_for(lambda: len(self.entries()) >= count, seconds, f"{count} tickets")
        return self.tickets()

    def admin(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=20)
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read().decode()
        connection.close()
        return response.status, body


class MailServer:
    """Takes every mail and keeps it: (sender, recipients, message).  With `tokens` only
    after a login with one of them; `logins` are those that were tried."""

    def __init__(self, answers=(), tokens=None):
        import base64
        import email
        import email.policy
        from aiosmtpd.controller import Controller
        from aiosmtpd.smtp import SMTP, AuthResult
        self.mails = []
        self.answers = list(answers)
        self.logins = []
        server = self

        class Handler:
            async def handle_DATA(self, smtp, session, envelope):
                answer = server.answers.pop(0) if server.answers else "250 taken"
                if answer.startswith("250"):
                    mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
                    server.mails.append((envelope.mail_from, envelope.rcpt_tos, mail))
                return answer

        class TokenHandler(Handler):
            async def auth_XOAUTH2(self, smtp, args):
                said = base64.b64decode(args[1]) if len(args) > 1 else await smtp.challenge_auth(b"", False)
                token = said.split(b"auth=Bearer ")[1].rstrip(b"\1").decode()
                server.logins.append(token)
                return AuthResult(success=token in tokens, handled=False)

        class Plain(Controller):
            def factory(self):
                return SMTP(self.handler, enable_SMTPUTF8=True, hostname="mail.test",
                            auth_required=tokens is not None, auth_require_tls=False)

        self.port = free_port()
        handler = Handler() if tokens is None else TokenHandler()
        self.controller = Plain(handler, hostname="127.0.0.1", port=self.port)
        self.controller.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.controller.stop()

    def wait(self, count, seconds=20):
        wait_for(lambda: len(self.mails) >= count, seconds, f"{count} mails to customers")
        return self.mails
