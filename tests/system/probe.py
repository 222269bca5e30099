# SPDX-License-Identifier: ISC
"""Channels in a program of their own, with a sink that writes lines.

The program is tests/harness/channel_probe of the build directory that is
named in top_builddir (default: build).
"""
import os
import signal
import subprocess
import time

BUILD = os.environ.get("top_builddir", "build")
PROBE = os.path.join(BUILD, "tests", "harness", "channel_probe")


class Probe:
    """Runs <folder>/probe.conf; what arrives is in <folder>/arrivals."""

    def __init__(self, folder, args=()):
        self.dir = str(folder)
        self.args = args
        self.process = None
        self.log_path = os.path.join(self.dir, "log")

    def __enter__(self):
        self.log_file = open(self.log_path, "ab")
        env = dict(os.environ)
        env.pop("LSAN_OPTIONS", None)
        ready = self.log().count("READY\n")
        self.process = subprocess.Popen(
            [PROBE, os.path.join(self.dir, "probe.conf"), *self.args],
            stderr=self.log_file)
        self.wait_for(lambda: self.log().count("READY\n") > ready)
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            assert self.process.wait(10) == 0, self.log()
        self.log_file.close()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def log(self):
        with open(self.log_path, errors="replace") as f:
            return f.read()

    def arrivals(self):
        try:
            with open(os.path.join(self.dir, "arrivals")) as f:
                return [line.rstrip("\n").split("\t") for line in f]
        except FileNotFoundError:
            return []

    def wait(self, count, seconds=10):
        end = time.time() + seconds
        while time.time() < end:
            got = self.arrivals()
            if len(got) >= count:
                return got
            time.sleep(0.01)
        raise AssertionError("%d of %d arrivals\n%s" % (
            len(self.arrivals()), count, self.log()[-4000:]))

    def wait_log(self, text, seconds=10):
        end = time.time() + seconds
        while time.time() < end:
            if text in self.log():
                return
            time.sleep(0.02)
        raise AssertionError("no %r in\n%s" % (text, self.log()[-4000:]))

    def wait_for(self, condition, seconds=10):
        end = time.time() + seconds
        while time.time() < end:
            if condition():
                return
            time.sleep(0.05)
        raise AssertionError(self.log()[-4000:])


class ImapProbe(Probe):
    """One IMAP channel named test."""

    def __init__(self, folder, server, user, options="", args=(), password=None,
                 security="starttls", port=None, ca=True):
        super().__init__(folder, args)
        self.password_file = os.path.join(self.dir, "password")
        with open(self.password_file, "w") as f:
            f.write((password or server.password) + "\n")
        if port is None:
            port = server.imap_port if security == "starttls" else server.imaps_port
        secret = ("" if "password_command" in options
                  else '  password_file = "%s"\n' % self.password_file)
        with open(os.path.join(self.dir, "probe.conf"), "w") as f:
            f.write('state_dir = "%s"\n'
                    'imap test {\n  host = "localhost"\n  port = %d\n  security = %s\n'
                    '%s  user = "%s"\n%s%s\n}\n' % (
                        self.dir, port, security,
                        '  tls_ca_file = "%s"\n' % server.ca_file if ca else "",
                        user, secret, options))


class MaildirProbe(Probe):
    """One maildir channel named test, on <folder>/mail."""

    def __init__(self, folder, options="", args=()):
        super().__init__(folder, args)
        self.path = os.path.join(self.dir, "mail")
        with open(os.path.join(self.dir, "probe.conf"), "w") as f:
            f.write('state_dir = "%s"\nmaildir test {\n  path = "%s"\n%s\n}\n' % (
                self.dir, self.path, options))
