#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""A mail server for tests of the mail helper.

usage: smtp_server.py MODE [CERTIFICATE KEY]

Prints "PORT n", then one JSON line for each mail or attempt.  MODE "real" and
"tls" are aiosmtpd; all others speak SMTP themselves and misbehave, within TLS
if "smtps:" stands before the mode:

good         everything is accepted
slow-rcpt    RCPT is answered after a while
busy         421 instead of a greeting
rcpt-450, rcpt-550, mail-550, data-451, data-552, dot-451, dot-554
             this answer at that place
stall-dot    the mail is taken, and no word any more
close-dot    the mail is taken, and the connection closed
close-data   the connection is closed instead of 354
stall-hello  no answer to EHLO
garbage      an answer that is none
no-starttls  offers no STARTTLS
auth         wants AUTH PLAIN with user "u", password "p"
xoauth2      wants AUTH XOAUTH2 with user "u", token "t"
early        says something before it is asked
"""
import base64
import json
import socket
import ssl
import sys
import threading
import time

LOCK = threading.Lock()


def say(what):
    with LOCK:
        print(json.dumps(what), flush=True)


def read_data(lines):
    data = b""
    for line in lines:
        if line == b".\r\n":
            return data
        data += line[1:] if line.startswith(b".") else line
    return data


def reply_to(mode, verb):
    """The answer that the mode gives instead of the good one, or None."""
    place, _, code = mode.partition("-")
    if code.isdigit() and place.upper() == verb:
        return "%s 4.0.0 not now" % code if code[0] == "4" else "%s 5.1.1 <carla@customer.example>: no" % code
    return None


def is_welcome(mode, line):
    """After AUTH: is it the right user?"""
    said = base64.b64decode(line.split()[-1])
    if mode == "xoauth2":
        return said == b"user=u\1auth=Bearer t\1\1"
    return said == b"\0u\0p"


def serve(conn, mode):
    commands, seen = [], {"login": False}
    out = lambda text: conn.sendall(text.encode() + b"\r\n")
    if mode == "busy":
        out("421 4.3.2 too busy")
        conn.close()
        say({"commands": []})
        return
    out("220 test ESMTP")
    lines = conn.makefile("rb")
    for line in lines:
        commands.append(line.decode("latin-1").rstrip("\r\n"))
        verb = line.split(b" ")[0].strip().upper().decode()
        wrong = reply_to(mode, verb)
        if mode in ("auth", "xoauth2") and verb == "MAIL" and not seen["login"]:
            wrong = "530 5.7.0 log in first"
        if wrong:
            out(wrong)
        elif verb == "EHLO":
            if mode == "stall-hello":
                time.sleep(30)
            if mode == "garbage":
                out("this is no reply")
                continue
            out("250-test")
            if mode in ("auth", "xoauth2"):
                out("250-AUTH " + ("PLAIN LOGIN" if mode == "auth" else "XOAUTH2"))
            out("250 SIZE 1000000")
        elif verb == "AUTH":
            if len(line.split()) == 2:
                out("334 ")
                line = next(lines)
            good = is_welcome(mode, line)
            seen["login"] = good
            out("235 2.7.0 welcome" if good else "535 5.7.8 who are you")
        elif verb in ("MAIL", "RCPT"):
            if mode == "slow-rcpt" and verb == "RCPT":
                time.sleep(1.5)
            out("250 2.1.0 good")
        elif verb == "DATA" and mode.startswith("rcpt-"):
            out("554 5.5.1 no valid recipients")
        elif verb == "DATA":
            if mode == "close-data":
                break
            out("354 go" if mode != "early" else "354 go\r\n250 taken already")
            data = read_data(lines)
            say({"commands": commands, "data": data.decode("latin-1")})
            wrong = reply_to(mode, "DOT")
            if mode == "stall-dot":
                time.sleep(30)
            if mode == "close-dot":
                break
            out(wrong or "250 2.0.0 taken")
            commands = []
        elif verb == "QUIT":
            out("221 bye")
            break
        else:
            out("250 good")
    if commands != ["QUIT"]:
        say({"commands": commands})
    conn.close()


def scripted(mode, files):
    within_tls = mode.startswith("smtps:")
    mode = mode.removeprefix("smtps:")
    server = socket.create_server(("127.0.0.1", 0))
    print("PORT %d" % server.getsockname()[1], flush=True)
    while True:
        conn, _ = server.accept()
        if within_tls:
            try:
                conn = tls_context(files).wrap_socket(conn, server_side=True)
            except (ssl.SSLError, OSError):
                say({"commands": None})
                continue
        threading.Thread(target=serve, args=(conn, mode), daemon=True).start()


class Handler:
    async def handle_DATA(self, server, session, envelope):
        say({"from": envelope.mail_from, "rcpt": envelope.rcpt_tos, "tls": session.ssl is not None,
             "auth": bool(session.authenticated), "data": envelope.content.decode("latin-1")})
        return "250 2.0.0 taken"


def tls_context(files):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    return context


def real(mode, files):
    from aiosmtpd.controller import Controller
    from aiosmtpd.smtp import AuthResult
    options = {}
    if mode == "tls":
        def check(server, session, envelope, mechanism, data):
            return AuthResult(success=data.login == b"u" and data.password == b"p")
        options = {"tls_context": tls_context(files), "require_starttls": True, "auth_required": True,
                   "authenticator": check}
    probe = socket.create_server(("127.0.0.1", 0))
    port = probe.getsockname()[1]
    probe.close()
    controller = Controller(Handler(), hostname="127.0.0.1", port=port, **options)
    controller.start()
    print("PORT %d" % port, flush=True)
    sys.stdin.read()


def main():
    mode = sys.argv[1]
    if mode in ("real", "tls"):
        real(mode, sys.argv[2:])
        return
    threading.Thread(target=scripted, args=(mode, sys.argv[2:]), daemon=True).start()
    sys.stdin.read()


main()
