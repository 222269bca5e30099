# SPDX-License-Identifier: ISC
"""An IMAP server that does what a test tells it, also what no server should.

One folder, INBOX, whose mails are in .mails (UID -> bytes).  A test overrides
the answer to a command by an entry in .on: a function of (connection, tag,
arguments) that returns True if it has answered.
"""
import re
import socket
import ssl
import threading


def uids_of(text, highest):
    found = []
    for part in text.split(","):
        first, _, last = part.partition(":")
        first = highest if first == "*" else int(first)
        last = first if not last else (highest if last == "*" else int(last))
        found += range(min(first, last), max(first, last) + 1)
    return found


class Connection:
    def __init__(self, server, sock):
        self.server = server
        self.sock = sock
        self.buffer = b""
        self.secured = False

    def read_line(self):
        while b"\n" not in self.buffer:
            data = self.sock.recv(65536)
            if not data:
                raise EOFError
            self.server.received.append((self.secured, data))
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.rstrip(b"\r").decode("utf-8", "replace")

    def send(self, *lines):
        for line in lines:
            self.raw(line.encode("utf-8", "surrogateescape") + b"\r\n")

    def raw(self, data):
        limit = self.server.drop_after
        if limit is not None:
            data = data[:max(0, limit - self.server.sent)]
        self.server.sent += len(data)
        self.sock.sendall(data)
        if limit is not None and self.server.sent >= limit:
            self.server.drop_after = None
            raise EOFError

    def secure(self):
        self.sock = self.server.context.wrap_socket(self.sock, server_side=True)
        self.buffer = b""
        self.secured = True


class ScriptedImap:
    password = "secret"

    def __init__(self, certificates=None, implicit_tls=False):
        self.mails = {}
        self.flags = {}
        self.uidvalidity = 77
        self.uidnext = None
        self.capabilities = "IMAP4rev1 IDLE UIDPLUS MOVE"
        self.greeting = "* OK ready"
        self.on = {}
        self.commands = []
        self.received = []          # (was it encrypted, bytes)
        self.connections = 0
        self.sent = 0
        self.drop_after = None      # close the connection after so many bytes
        self.idle_push = threading.Event()
        self.implicit_tls = implicit_tls
        self.ca_file = None
        if certificates:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(certificates + "/server.pem",
                                         certificates + "/server.key")
            self.ca_file = certificates + "/ca.pem"
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.imap_port = self.imaps_port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def close(self):
        self.listener.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def serve(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.talk, args=(sock,), daemon=True).start()

    def talk(self, sock):
        c = Connection(self, sock)
        try:
            if self.implicit_tls:
                c.secure()
            c.send(self.greeting)
            while True:
                line = c.read_line()
                tag, _, rest = line.partition(" ")
                self.commands.append(rest)
                words = rest.split(" ", 2)
                name = words[0].upper()
                if name == "UID" and len(words) > 1:
                    name = "UID " + words[1].upper()
                    rest = words[2] if len(words) > 2 else ""
                else:
                    rest = rest.partition(" ")[2]
                if name in self.on and self.on[name](c, tag, rest):
                    continue
                getattr(self, "do_" + name.lower().replace(" ", "_"), self.unknown)(c, tag, rest)
                if name == "LOGOUT":
                    return
        except (EOFError, OSError):
            pass
        finally:
            try:
                c.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            c.sock.close()

    def unknown(self, c, tag, args):
        c.send(tag + " BAD unknown command")

    def do_capability(self, c, tag, args):
        # libcurl 7.88 does not forget LOGINDISABLED after STARTTLS: it needs an AUTH=
        extra = (" AUTH=PLAIN" if c.secured else
                 " STARTTLS LOGINDISABLED" if self.ca_file else "")
        c.send("* CAPABILITY " + self.capabilities + extra, tag + " OK done")

    def do_starttls(self, c, tag, args):
        c.send(tag + " OK begin TLS")
        c.secure()

    def do_login(self, c, tag, args):
        c.send(tag + " OK welcome")

    def do_authenticate(self, c, tag, args):
        if " " not in args:
            c.send("+ ")
            self.commands.append(c.read_line())
        c.send(tag + " OK welcome")

    def do_noop(self, c, tag, args):
        c.send(tag + " OK done")

    do_id = do_check = do_noop

    def do_select(self, c, tag, args):
        nxt = self.uidnext or max(self.mails, default=0) + 1
        c.send("* %d EXISTS" % len(self.mails), "* OK [UIDVALIDITY %d] ok" % self.uidvalidity,
               "* OK [UIDNEXT %d] ok" % nxt, tag + " OK [READ-WRITE] selected")

    do_examine = do_select

    def do_list(self, c, tag, args):
        c.send('* LIST (\\HasNoChildren) "/" INBOX', tag + " OK done")

    def do_status(self, c, tag, args):
        c.send("* STATUS %s (MESSAGES %d UIDNEXT %d UIDVALIDITY %d)" % (
            args.split(" (")[0], len(self.mails), self.uidnext or max(self.mails, default=0) + 1,
            self.uidvalidity), tag + " OK done")

    def do_uid_search(self, c, tag, args):
        found = sorted(self.mails)
        m = re.match(r"UID (\S+)$", args)
        if m and found:
            wanted = set(uids_of(m.group(1), found[-1]))
            found = [u for u in found if u in wanted]
        if args == "UNSEEN":
            found = [u for u in found if "\\Seen" not in self.flags.get(u, "")]
        c.send("* SEARCH" + "".join(" %d" % u for u in found), tag + " OK done")

    def do_uid_fetch(self, c, tag, args):
        uids, _, items = args.partition(" ")
        wanted = set(uids_of(uids, max(self.mails, default=0)))
        for n, uid in enumerate(sorted(self.mails), 1):
            if uid in wanted:
                self.send_fetch(c, n, uid, items)
        c.send(tag + " OK done")

    def send_fetch(self, c, n, uid, items):
        mail = self.mails[uid]
        if "BODY.PEEK[HEADER]" in items:
            header = mail[:mail.index(b"\r\n\r\n") + 4]
            c.raw(b"* %d FETCH (UID %d BODY[HEADER] {%d}\r\n%s)\r\n" % (n, uid, len(header), header))
        elif "BODY.PEEK[]" in items:
            c.raw(b"* %d FETCH (UID %d BODY[] {%d}\r\n%s)\r\n" % (n, uid, len(mail), mail))
        else:
            c.send("* %d FETCH (UID %d RFC822.SIZE %d FLAGS (%s))" % (
                n, uid, len(mail), self.flags.get(uid, "")))

    def do_uid_store(self, c, tag, args):
        uids, _, rest = args.partition(" ")
        for uid in uids_of(uids, max(self.mails, default=0)):
            self.flags[uid] = self.flags.get(uid, "") + rest[rest.index("("):]
        c.send(tag + " OK done")

    def do_uid_expunge(self, c, tag, args):
        for uid in uids_of(args, max(self.mails, default=0)):
            self.mails.pop(uid, None)
        c.send(tag + " OK done")

    def do_uid_copy(self, c, tag, args):
        c.send(tag + " OK done")

    def do_uid_move(self, c, tag, args):
        self.do_uid_expunge(c, tag, args.split(" ")[0])

    def do_idle(self, c, tag, args):
        c.send("+ idling")
        c.read_line()
        c.send(tag + " OK done")

    def do_logout(self, c, tag, args):
        c.send("* BYE", tag + " OK done")
