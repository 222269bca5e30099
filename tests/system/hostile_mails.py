# SPDX-License-Identifier: ISC
"""Mails that want to break whoever reads them: bombs that grow, and whole
mails cut and damaged.  Every one begins with a Message-ID of its own, so that
none is a duplicate of another."""
import base64
import pathlib
import random

GOLDEN = pathlib.Path(__file__).resolve().parents[1] / "golden" / "mail"
HEAD = b"From: Eve <eve@customer.example>\nSubject: bomb\nDate: Sat, 21 Nov 2026 10:00:00 +0000\n"


def typed(content_type, body, more=b""):
    return HEAD + b"MIME-Version: 1.0\nContent-Type: " + content_type + b"\n" + more + b"\n" + body


def nested(levels, inner=b"text\n"):
    return b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n)
                    for n in range(levels)) + b"\n" + inner


def enclosed(levels):
    return b"Content-Type: message/rfc822\n\n" * levels + b"Subject: inner\n\ntext\n"


def bombs(size):
    """(name, mail) of about "size" bytes each."""
    mixed = b"multipart/mixed; boundary=b"

    def fill(piece, limit=size):
        return piece * (limit // len(piece))

    base = b"Content-Transfer-Encoding: base64\n"
    quoted = b"Content-Transfer-Encoding: quoted-printable\n"
    line = fill(b"0123456789abcdef")
    return {
        "empty": b"",
        "one-byte": b"\0",
        "74-bytes": b"Content-Type:multipart/x;boundary=\"\";a*0=b;a*1*=c\n\n--\n--\n----\n",
        "nested-multiparts": HEAD + nested(5000),
        "nested-messages": HEAD + enclosed(size // 40),
        "many-parts": typed(mixed, fill(b"--b\n\nx\n")),
        "many-files": typed(mixed, fill(b"--b\nContent-Type: image/png\nContent-Disposition: attachment\n\nx\n")),
        "many-messages": typed(b"multipart/digest; boundary=b", fill(b"--b\n\nSubject: x\n\ny\n")),
        "many-ends": typed(mixed, fill(b"--b--\n")),
        "almost-boundaries": typed(mixed, fill(b"--bx\n")),
        "long-boundary": typed(b"multipart/mixed; boundary=" + b"b" * 60000, fill(b"--" + b"b" * 60000 + b"\n")),
        "guessed-boundaries": typed(b"multipart/mixed", b"".join(b"--x%d\n" % n for n in range(size // 8))),
        "many-headers": HEAD + fill(b"X-A: b\n") + b"\ntext\n",
        "long-header": HEAD + b"X-Long: " + line + b"\n\ntext\n",
        "long-subject": b"From: e@x.example\nSubject: " + fill(b"=?utf-8?q?=C3=A4?= ") + b"\n\ntext\n",
        "folded-for-ever": HEAD + b"X-A: b\n" + fill(b" c\n") + b"\ntext\n",
        "many-addresses": HEAD + b"To: " + fill(b"a@b.example, ") + b"\n\ntext\n",
        "open-comments": HEAD + b"To: " + fill(b"(") + b"\n\ntext\n",
        "open-quotes": HEAD + b"Cc: " + fill(b"\"a\" <") + b"\n\ntext\n",
        "many-ats": b"From: " + fill(b"@", 60000) + b"\nSubject: s\n\ntext\n",
        "many-references": HEAD + b"References: " + fill(b"<a@b> ") + b"\n\ntext\n",
        "many-parameters": typed(b"text/plain" + fill(b"; a*1*=%41", 60000), b"text\n"),
        "mbox-lines": fill(b"From a@b.example Sat Nov 21 10:00:00 2026\n") + HEAD + b"\ntext\n",
        "base64-padding": typed(b"text/plain", fill(b"="), base),
        "base64-lines": typed(b"text/plain", fill(b"QQ\n"), base),
        "quoted-equals": typed(b"text/plain", fill(b"="), quoted),
        "html-nested": typed(b"text/html", fill(b"<div>")),
        "html-tables": typed(b"text/html", fill(b"<table><tr><td>")),
        "html-attributes": typed(b"text/html", b"<p " + fill(b"a=b ") + b">x"),
        "html-entities": typed(b"text/html", fill(b"&amp")),
        "html-comments": typed(b"text/html", fill(b"<!--")),
        "html-styles": typed(b"text/html", fill(b"<style>a{display:none}") + b"</style>x"),
        "html-quotes": typed(b"text/html", fill(b"<blockquote type=cite>")),
        "html-pictures": typed(b"text/html", fill(b"<img src=cid:a>")),
        "quotes": HEAD + b"In-Reply-To: <a@b>\n\n" + fill(b">"),
        "quoted-lines": HEAD + b"In-Reply-To: <a@b>\n\n" + fill(b"> On Monday Ann wrote:\n"),
        "separators": HEAD + b"In-Reply-To: <a@b>\n\n" + fill(b"-----Original Message-----\nFrom: a\n"),
        "one-line": HEAD + b"\n" + line,
        "blank-lines": HEAD + b"\n" + fill(b"\n"),
        "nuls": HEAD + b"\n" + fill(b"\0"),
        "carriage-returns": HEAD.replace(b"\n", b"\r") + b"\r" + fill(b"a\r"),
        "high-bytes": HEAD + b"\n" + fill(b"\xe4\xf6 "),
        "bad-utf8": typed(b"text/plain; charset=utf-8", fill(b"\xc3\xa4\xff")),
        "mixed-lines": typed(b"text/plain; charset=utf-8", fill("ä\n".encode() + b"\xfc\n")),
        "many-charsets": typed(mixed, fill(b"--b\nContent-Type: text/plain; charset=iso-8859-1\n\n" +
                                           b"Pros\xea dzi\xeakuj\xea \xe4\xf6\xfc\xd0 " * 40 + b"\n")),
        "many-words": b"Subject: s\nFrom: a@b.example\n" + b"".join(
            b"X-%d: " % n + b"=?x?q?=E4=F6=FC=C4?= <a@b.example>, " * 7 + b"\n" for n in range(900)) + b"\ntext\n",
        "utf7": typed(b"text/plain; charset=utf-7", fill(b"+AGE")),
        "escapes": typed(b"text/plain; charset=iso-2022-jp", fill(b"\033$B\033(B")),
        "flowed": typed(b"text/plain; format=flowed", fill(b"> a \n")),
        "enriched": typed(b"text/enriched", fill(b"<param>")),
        "uuencode": HEAD + b"\n" + fill(b"begin 644 a\n"),
        "uuencode-data": HEAD + b"\n" + fill(b"begin 644 a\nM" + b"A" * 60 + b"\n"),
        "tnef": typed(b"application/ms-tnef; name=winmail.dat",
                      base64.encodebytes(b"\x78\x9f\x3e\x22\0\0" + fill(b"\2\5\x90\6\0\1\0\0\0A\0\0", size // 2)), base),
        "signed": typed(b"application/pkcs7-mime", base64.encodebytes(fill(b"\x30\x80", size // 2)), base),
        "delivery-status": typed(b"multipart/report; report-type=delivery-status; boundary=b",
                                 b"--b\n\nfailed\n--b\nContent-Type: message/delivery-status\n\n" +
                                 fill(b"Final-Recipient: rfc822; a@b\nStatus: 5.1.1\n\n") + b"--b--\n"),
    }.items()


def damage(raw, rng):
    """Cut, flip, double, insert, move and remove; once or several times."""
    raw = bytearray(raw)
    for _ in range(rng.choice((1, 1, 2, 5))):
        at = rng.randrange(len(raw) + 1)
        to = min(len(raw), at + rng.randrange(1, 80))
        kind = rng.randrange(8)
        if kind == 0:
            del raw[at:]
        elif kind == 1:
            for _ in range(min(len(raw), 20)):
                raw[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
        elif kind == 2:
            raw[at:at] = bytes([rng.choice(b"\0<(\"=?;:\xff\r\n-")]) * rng.choice((1, 3, 3000))
        elif kind == 3:
            raw[at:at] = raw[at:to] * rng.choice((1, 2, 50))
        elif kind == 4:
            del raw[at:to]
        elif kind == 5:
            raw = raw.replace(b"\n", rng.choice((b"\r", b"\r\n", b"", b"\n\n")), rng.choice((-1, 3)))
        elif kind == 6:
            raw[at:to] = rng.randbytes(to - at)
        else:
            raw = bytearray(raw.replace(b"boundary", b"charset", 1).replace(b"base64", b"7bit", 1))
    return bytes(raw)


def damaged(count, seed):
    rng = random.Random(seed)
    golden = [path.read_bytes() for path in sorted(GOLDEN.glob("*.eml"))]
    return [damage(rng.choice(golden), rng) for _ in range(count)]
