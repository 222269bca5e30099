# SPDX-License-Identifier: ISC
"""How many attachments a ticket carries, and what becomes of the others."""
import hashlib
import time
from email.message import EmailMessage

from rig import Rig, wait_for


def mail(n, files, answers=None):
    m = EmailMessage()
    m["From"] = "c@customer.example"
    m["To"] = "support@shop.example"
    m["Subject"] = f"Order {n}"
    m["Message-ID"] = f"<m{n}.{time.time_ns()}@customer.example>"
    if answers:
        m["In-Reply-To"] = answers
    m.set_content(f"see the files of order {n}")
    for i, data in enumerate(files):
        m.add_attachment(data, maintype="application", subtype="pdf", filename=f"f{i}.pdf")
    return m


def kept(rig, digest):
    return (rig.dir / "state" / "blobs" / digest[:2] / digest).exists()


def test_message_with_too_many_files__makes_a_ticket_and_is_set_aside_as_a_whole():
    with Rig("attachments { max_files = 3 }").start() as rig:
        files = [b"file %d" % n for n in range(5)]
        raw = mail(1, files).as_bytes()
        rig.drop_mail(raw)
        ticket, = rig.wait_tickets(1)
        attachments = ticket["message"]["attachments"]
        assert [a["location"] is not None for a in attachments] == [True] * 3 + [False] * 2
        assert [a["sha256"] for a in attachments] == [hashlib.sha256(f).hexdigest() for f in files]
        assert [kept(rig, a["sha256"]) for a in attachments] == [True] * 3 + [False] * 2
        assert "attachments-over-limit: 2 of 5" in ticket["message"]["warnings"]
        assert any("attachments-over-limit" in line for line in ticket["trail"])
        listed = rig.daemon.ctl("quarantine", "ls").stdout
        assert "attachments-over-limit" in listed
        assert rig.daemon.status()["quarantine"] == 1
        # With room for them, it is released and all are there.
        rig.more = "attachments { max_files = 30 }"
        rig.daemon.config.write_text(rig.text())
        rig.daemon.ctl("reload")
        entry = next(word for line in listed.splitlines() if "attachments-over-limit" in line
                     for word in line.split()[:1])
        rig.daemon.ctl("quarantine", "release", entry)
        tickets = rig.wait_tickets(2)
        whole, = [t for t in tickets if all(a["location"] for a in t["message"]["attachments"])]
        assert whole["id"] == ticket["id"] and whole["event"] == "ticket.updated"
        assert all(kept(rig, a["sha256"]) for a in attachments)
        wait_for(lambda: rig.daemon.status()["quarantine"] == 0, 5, "an empty quarantine")


def test_ticket_with_too_many_bytes__keeps_what_it_does_not_hand_on():
    with Rig("attachments { max_size = 10K }").start() as rig:
        first = mail(1, [b"a" * 6000])
        rig.drop_mail(first.as_bytes())
        rig.wait_tickets(1)
        rig.drop_mail(mail(2, [b"b" * 6000, b"c" * 2000], first["Message-ID"]).as_bytes())
        tickets = rig.wait_tickets(2)
        assert tickets[0]["id"] == tickets[1]["id"]
        second, = [t for t in tickets if t["event"] == "ticket.updated"]
        large, small = second["message"]["attachments"]
        assert large["location"] is None and small["location"] == "blob:" + small["sha256"]
        assert kept(rig, large["sha256"]) and kept(rig, small["sha256"])
        assert "attachments-over-limit: 1 of 2" in second["message"]["warnings"]
        assert rig.daemon.status()["quarantine"] == 0
