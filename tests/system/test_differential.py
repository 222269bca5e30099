# SPDX-License-Identifier: ISC
"""What Python's email package writes, intakectl normalize reads the same:
sender, recipients, subject, text and files, in every charset and encoding.
Then the same mails damaged: always one valid ticket each."""
import hashlib
import json
import random
import subprocess
from email.headerregistry import Address
from email.message import EmailMessage

from rig import INTAKECTL

SENTENCES = {
    "us-ascii": "When will my parcel arrive?",
    "iso-8859-1": "Où est ma commande, déjà payée?",
    "iso-8859-2": "Kdy přijde moje objednávka? Děkuji.",
    "windows-1251": "Здравствуйте, когда придёт мой заказ?",
    "koi8-r": "Подскажите, пожалуйста, где посылка.",
    "iso-2022-jp": "注文はいつ届きますか。",
    "shift_jis": "よろしくお願いします。",
    "euc-kr": "주문은 언제 배송되나요?",
    "gb18030": "请问我的订单什么时候发货？",
    "big5": "請問我的訂單什麼時候出貨？",
    "utf-8": "Grüße – naïve 😀 日本 שלום",
}


def letter(charset, sentence, rng, html, files):
    m = EmailMessage()
    m["From"] = Address(f"Änn Ł. {charset}", "ann", "example.com")
    m["To"] = (Address("Sup, Port", "support", "example.org"), Address("", "b", "example.org"))
    m["Subject"] = f"{sentence} {rng.randrange(10**6)}"
    m["Date"] = "Mon, 06 May 2024 10:00:00 +0200"
    m["Message-ID"] = f"<{rng.randrange(10**9)}@example.com>"
    body = "\n".join([sentence] * rng.randrange(1, 5))
    cte = "7bit" if charset in ("us-ascii", "iso-2022-jp") else rng.choice(["base64", "quoted-printable", "8bit"])
    m.set_content(body, charset=charset, cte=cte)
    if html:
        m.add_alternative(f"<p>{sentence}</p>", subtype="html", charset=charset)
    for n in range(files):
        m.add_attachment(rng.randbytes(rng.randrange(1, 5000)), maintype="application",
                         subtype="octet-stream", filename=f"Bericht {n} März {'x' * n * 30}.bin")
    return m, body


def normalize(tmp_path, mails):
    paths = []
    for n, raw in enumerate(mails):
        paths.append(tmp_path / f"{n}.eml")
        paths[-1].write_bytes(raw)
    done = subprocess.run([INTAKECTL, "normalize", *map(str, paths)], capture_output=True,
                          timeout=120, check=True)
    lines = done.stdout.decode("utf-8").split("\n")
    assert lines.pop() == "" and len(lines) == len(mails)
    return [json.loads(line)["message"] for line in lines]


def letters():
    rng = random.Random(7)
    return [letter(charset, sentence, rng, html, files)
            for charset, sentence in SENTENCES.items() for html in (False, True) for files in (0, 1, 3)]


def test_normalize__mails_of_another_library__says_what_that_library_meant(tmp_path):
    written = letters()
    for (m, body), read in zip(written, normalize(tmp_path, [bytes(m) for m, _ in written])):
        sender = m["From"].addresses[0]
        assert read["from"] == {"name": sender.display_name, "address": sender.addr_spec}
        assert [a["address"] for a in read["to"]] == [a.addr_spec for a in m["To"].addresses]
        assert read["subject"] == m["Subject"]
        assert read["text"] == body
        files = [(p.get_filename(), p.get_content()) for p in m.iter_attachments()]
        assert [(a["filename"], a["size"], a["sha256"]) for a in read["attachments"]] == [
            (name, len(data), hashlib.sha256(data).hexdigest()) for name, data in files]


def damage(raw, rng):
    raw = bytearray(raw)
    kind = rng.randrange(5)
    at = rng.randrange(len(raw))
    if kind == 0:
        del raw[at:]
    elif kind == 1:
        for _ in range(30):
            raw[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
    elif kind == 2:
        raw[at:at] = bytes([rng.choice(b"\0<(\"=\xff")]) * 20000
    elif kind == 3:
        raw[:0] = b"Content-Type: multipart/mixed; boundary=x\n" * rng.randrange(1, 2000)
    else:
        raw = raw.replace(b"\n", rng.choice([b"\r", b"\r\n", b""]))
    return bytes(raw)


def test_normalize__damaged_mails__always_gives_one_ticket_each(tmp_path):
    rng = random.Random(11)
    raws = [bytes(m) for m, _ in letters()]
    normalize(tmp_path, [damage(rng.choice(raws), rng) for _ in range(500)])
