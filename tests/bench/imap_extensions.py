#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Would COMPRESS, QRESYNC or ESEARCH pay?  Bytes and times on a Dovecot.

    MAILS=100000 tests/bench/imap_extensions.py

A folder of MAILS small mails is opened again a day later: ten mails are new,
a thousand were flagged and a hundred removed by people.  Then 1,000 mails of
a support desk (bench.py) are fetched, plain and compressed.
"""
import os
import pathlib
import re
import socket
import ssl
import sys
import time
import zlib

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "system")]

from dovecot import Dovecot                     # noqa: E402

MAILS = int(os.environ.get("MAILS", "100000"))


class Wire:
    """One connection that counts what comes over it."""

    def __init__(self, server, user):
        context = ssl.create_default_context(cafile=server.ca_file)
        self.sock = context.wrap_socket(socket.create_connection(
            ("localhost", server.imaps_port)), server_hostname="localhost")
        self.pipe, self.out, self.parts, self.bytes, self.cpu = None, None, [], 0, 0.0
        self.read()
        self.command("LOGIN %s %s" % (user, server.password))

    def command(self, text):
        """(answer, bytes on the wire, seconds)"""
        self.parts, self.bytes, began = [b""], 0, time.monotonic()
        line = b"x " + text.encode() + b"\r\n"
        self.sock.sendall(self.out.compress(line) + self.out.flush(zlib.Z_SYNC_FLUSH)
                          if self.out else line)
        while not (end := re.search(rb"(^|\n)x (OK|NO|BAD)[^\r]*\r\n\Z",
                                    b"".join(self.parts[-3:])[-2000:])):
            self.read()
        assert end[2] == b"OK", self.parts[-1][-300:]
        return b"".join(self.parts), self.bytes, time.monotonic() - began

    def read(self):
        data = self.sock.recv(1 << 18)
        assert data, "closed"
        self.bytes += len(data)
        began = time.process_time()
        self.parts.append(self.pipe.decompress(data) if self.pipe else data)
        self.cpu += time.process_time() - began

    def compress(self):
        self.command("COMPRESS DEFLATE")
        self.pipe, self.out = zlib.decompressobj(-15), zlib.compressobj(wbits=-15)


def tell(what, answer):
    print("%-52s %9d bytes  %7.1f ms" % (what, answer[1], answer[2] * 1000), flush=True)
    return answer[0]


def number(answer, word):
    return int(re.search(rb"%s (\d+)" % word, answer)[1])


def a_day_later(server, user):
    w = Wire(server, user)
    first = w.command("SELECT INBOX (CONDSTORE)")[0]
    validity, nxt, mod = (number(first, b"UIDVALIDITY"), number(first, b"UIDNEXT"),
                          number(first, b"HIGHESTMODSEQ"))
    tell("first start: UID SEARCH ALL", w.command("UID SEARCH ALL"))
    tell("first start: UID SEARCH RETURN (ALL) ALL", w.command("UID SEARCH RETURN (ALL) ALL"))
    w.command("UID STORE %d:%d +FLAGS.SILENT (\\Seen)" % (nxt - 1200, nxt - 201))
    w.command("UID STORE %d:%d +FLAGS.SILENT (\\Deleted)" % (nxt - 100, nxt - 1))
    w.command("EXPUNGE")
    server.append(user, [b"Subject: new %d\r\n\r\nnew\r\n" % i for i in range(10)])
    time.sleep(1)
    w = Wire(server, user)
    tell("as it is: SELECT", w.command("SELECT INBOX"))
    tell("as it is: UID SEARCH UID %d:*" % nxt, w.command("UID SEARCH UID %d:*" % nxt))
    w = Wire(server, user)
    w.command("ENABLE QRESYNC")
    tell("SELECT (QRESYNC (...))", w.command("SELECT INBOX (QRESYNC (%d %d))" % (validity, mod)))


def a_thousand_mails(server, user):
    from bench import make_mails
    server.append(user, make_mails(1000))
    for compressed in (False, True):
        w = Wire(server, user)
        if compressed:
            w.compress()
        w.command("SELECT INBOX")
        w.cpu = 0
        answer = w.command("UID FETCH 1:* (UID BODY.PEEK[])")
        tell("1,000 mails %s" % ("compressed" if compressed else "plain"), answer)
        print("    content %d bytes, unpacking %.0f ms of CPU" % (len(answer[0]), w.cpu * 1000))


def main():
    from folder import fill
    with Dovecot(location="maildir:~/Maildir",
                 extra="mail_plugins = zlib\nprotocol imap {\n  mail_plugins = imap_zlib\n}\n"
                 ) as server:
        user = "day@example.net"
        fill(server, user, MAILS)
        server.client(user).select()
        a_day_later(server, user)
        a_thousand_mails(server, "desk@example.net")


main()
