# SPDX-License-Identifier: ISC
"""A Dovecot of our own: private, in a temporary directory, thrown away.

    with Dovecot() as server:
        server.append("support@example.net", [b"Subject: x\\r\\n\\r\\nhello"])
        server.imap_port, server.imaps_port, server.ca_file

Any user name is taken with the password server.password.  IMAP offers and
wants STARTTLS, IMAPS is TLS from the start, both with a certificate for
localhost and 127.0.0.1 made by a CA of its own.
"""
import imaplib
import os
import pwd
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time

from ports import free_port


def make_certificates(folder, names=("DNS:localhost", "IP:127.0.0.1")):
    """ca.pem, server.pem and server.key in the folder."""
    def openssl(*args):
        subprocess.run(["openssl", *args], cwd=folder, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "2",
            "-subj", "/CN=Test CA")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
    with open(os.path.join(folder, "ext"), "w") as f:
        f.write("subjectAltName=%s\n" % ",".join(names))
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-out", "server.pem", "-days", "2", "-extfile", "ext")


CONFIG = """
base_dir = {run}
state_dir = {run}
log_path = {dir}/log
protocols = imap
listen = 127.0.0.1
first_valid_uid = 1
ssl = required
ssl_cert = <{dir}/server.pem
ssl_key = <{dir}/server.key
ssl_min_protocol = TLSv1.2
disable_plaintext_auth = yes
auth_mechanisms = plain login
auth_failure_delay = 0
mail_location = {location}
mail_max_userip_connections = 100
default_internal_user = {internal}
default_internal_group = {internal_group}
default_login_user = {login}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={dir}/home/%u
}}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap_port}
  }}
  inet_listener imaps {{
    port = {imaps_port}
    ssl = yes
  }}
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
{extra}
"""


class Dovecot:
    password = "s3cret word"

    def __init__(self, location="sdbox:~/mail", extra="", imap_port=None, imaps_port=None):
        self.dir = tempfile.mkdtemp(prefix="intaked-dovecot-")
        os.chmod(self.dir, 0o755)
        self.imap_port = imap_port or free_port()
        self.imaps_port = imaps_port or free_port()
        self.location = location
        self.extra = extra
        self.process = None
        make_certificates(self.dir)
        self.ca_file = os.path.join(self.dir, "ca.pem")
        self._configure()

    def _configure(self):
        root = os.getuid() == 0
        me = pwd.getpwnam("nobody") if root else pwd.getpwuid(os.getuid())
        names = (("dovecot", "dovecot", "dovenull") if root else (me.pw_name,) * 3)
        home = os.path.join(self.dir, "home")
        os.makedirs(home, exist_ok=True)
        if root:
            os.chown(home, me.pw_uid, me.pw_gid)
        self.password = "secret"
        with open(os.path.join(self.dir, "dovecot.conf"), "w") as f:
            f.write(CONFIG.format(
                dir=self.dir, run=os.path.join(self.dir, "run"), location=self.location,
                internal=names[0], internal_group=names[1], login=names[2],
                password=self.password, uid=me.pw_uid, gid=me.pw_gid,
                imap_port=self.imap_port, imaps_port=self.imaps_port, extra=self.extra))

    def start(self):
        self.process = subprocess.Popen(
            ["dovecot", "-F", "-c", os.path.join(self.dir, "dovecot.conf")],
            stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, start_new_session=True)
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", self.imap_port), 1).close()
                return self
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("Dovecot does not start: " + self.log())

    def stop(self, kill=False):
        """Ends the master and, with it, every process it has started."""
        if self.process is None:
            return
        if kill:
            os.killpg(self.process.pid, signal.SIGKILL)
        else:
            self.process.terminate()
        self.process.wait(10)
        self.process = None

    def log(self):
        try:
            with open(os.path.join(self.dir, "log"), errors="replace") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def close(self):
        self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.close()

    def client(self, user):
        """A logged-in imaplib connection."""
        context = ssl.create_default_context(cafile=self.ca_file)
        for attempt in range(10):
            try:
                c = imaplib.IMAP4_SSL("localhost", self.imaps_port, ssl_context=context)
                c.login(user, self.password)
                return c
            except (OSError, imaplib.IMAP4.abort):
                # A server that was killed and started again takes a moment.
                if attempt == 9:
                    raise
                time.sleep(0.3)

    def append(self, user, mails, folder="INBOX"):
        c = self.client(user)
        for mail in mails:
            status, data = c.append(folder, None, None, mail)
            assert status == "OK", data
        c.logout()

    def create(self, user, *folders):
        c = self.client(user)
        for folder in folders:
            c.create('"%s"' % folder)
        c.logout()

    def flags(self, user, folder="INBOX"):
        """UID -> set of flags."""
        c = self.client(user)
        c.select('"%s"' % folder, readonly=True)
        result = {}
        for line in c.uid("FETCH", "1:*", "(FLAGS)")[1]:
            # A line without its UID is the server's own news of somebody else's change.
            uid = re.search(r"UID (\d+)", line.decode()) if line is not None else None
            if uid is not None:
                result[int(uid[1])] = set(imaplib.ParseFlags(line))
        c.logout()
        return {u: {f.decode() for f in v} for u, v in result.items()}
