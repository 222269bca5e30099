# SPDX-License-Identifier: ISC
"""Whose ticket is it: forwarded mail, two of our addresses, mail without ids,
mail of our own, and what a stranger writes into his headers."""
import time

from rig import MailServer, Rig, wait_for
from test_mail_path import answer_to, config, mail

OUR_WORD = "Authentication-Results: mx.our.example; "
FULL = "My order 12345678 is not here.\nCity: Bonn\n"


def settings(server):
    text = config(server).replace('domain = "our.example"',
                                  'domain = "our.example"\n  agents = {"@staff.example"}\n'
                                  '  authserv_id = "mx.our.example"')
    return text.replace('{"support@our.example"}', '{"support@our.example", "sales@our.example"}')


def forwarded(text, original="Carla Miller <carla@customer.example>"):
    return mail(f"please help her\n\n---------- Forwarded message ---------\nFrom: {original}\n"
                "Date: Mon, 3 May 2026 at 10:00\nSubject: Where is my order?\nTo: <bob@staff.example>\n"
                f"\n\n{text}\n", "Fwd: Where is my order?", "Bob <bob@staff.example>").as_bytes()


def by_address(rig, address):
    return [t for t in rig.tickets() if t["customer"]["address"] == address]


def settled(rig, server, mails=0):
    """Nothing more comes: the negative tests have to wait a little."""
    time.sleep(1)
    assert len(server.mails) == mails
    return rig.tickets()


def test_what_an_agent_forwards_is_asked_about_at_the_customers_who_completes_it():
    with MailServer() as server, Rig(settings(server)).start() as rig:
        rig.drop_mail(OUR_WORD.encode() + b"dmarc=pass header.from=staff.example\r\n" +
                      forwarded("My parcel is not here."))
        sender, recipients, question = server.wait(1)[0]
        assert recipients == ["carla@customer.example"]
        rig.drop_mail(answer_to(question, "1. 87654321\n2. Bonn").as_bytes())
        [ticket] = rig.wait_tickets(1)
        assert ticket["event"] == "ticket.completed"
        assert ticket["customer"]["address"] == "carla@customer.example"
        assert ticket["customer"]["verified"] is None
        assert ticket["form"]["details"] == {"order_number": "87654321", "city": "Bonn"}


def test_a_forged_agent_makes_us_write_to_nobody_he_names():
    with MailServer() as server, Rig(settings(server)).start() as rig:
        text = forwarded("My order 12345678 is not here.\nCity: Bonn", "Victim <victim@other.example>")
        rig.drop_mail(text)
        rig.drop_mail(OUR_WORD.encode() + b"dmarc=fail header.from=staff.example\r\n" +
                      text.replace(b"please help", b"please now help"))
        rig.drop_mail(b"Authentication-Results: evil.example; dmarc=pass header.from=staff.example\r\n" +
                      text.replace(b"please help", b"please do help"))
        rig.wait_tickets(3)
        for ticket in settled(rig, server):
            assert ticket["customer"]["address"] == "bob@staff.example"
            assert any("forward-unproven" in w for w in ticket["message"]["warnings"])


def test_one_mail_to_two_of_our_addresses_is_one_ticket_or_one_for_each():
    raw = mail(FULL).as_bytes()
    copies = [b"Delivered-To: %s@our.example\r\n%s" % (name, raw) for name in (b"support", b"sales")]
    with MailServer() as server, Rig(settings(server)).start() as rig:
        for copy in copies:
            rig.drop_mail(copy)
        wait_for(lambda: "duplicate" in rig.daemon.log())
        assert len(rig.wait_tickets(1)) == 1
    with MailServer() as server, Rig("two_addresses = per_mailbox\n" + settings(server)).start() as rig:
        for copy in copies + copies:
            rig.drop_mail(copy)
        tickets = rig.wait_tickets(2)
        wait_for(lambda: rig.daemon.log().count("duplicate") >= 2)
        assert len({t["id"] for t in rig.tickets()}) == len(tickets) == 2


def test_the_same_content_again_without_any_id_is_known():
    m = mail(FULL)
    del m["Message-ID"]
    with MailServer() as server, Rig(settings(server)).start() as rig:
        rig.drop_mail(m.as_bytes())
        rig.drop_mail(b"Received: by b.example; Sat, 21 Nov 2026 10:00:00 +0000\r\n" + m.as_bytes())
        wait_for(lambda: "duplicate" in rig.daemon.log())
        other = mail(FULL.replace("Bonn", "Ulm"))
        del other["Message-ID"]
        rig.drop_mail(other.as_bytes())
        assert len(rig.wait_tickets(2)) == 2


def test_our_own_mail_that_comes_back_is_no_ticket_and_is_not_answered():
    with MailServer() as server, Rig(settings(server)).start() as rig:
        rig.drop_mail(mail("My parcel is not here.").as_bytes())
        question = server.wait(1)[0][2]
        rig.drop_mail(question.as_bytes())
        bcc = answer_to(question, "1. 11111111\n2. Ulm", "Our support <support@our.example>")
        rig.drop_mail(bcc.as_bytes())
        tickets = settled(rig, server, 1)
        assert all(t["form"]["details"].get("order_number") is None for t in tickets)


def test_a_message_id_that_a_stranger_chose_neither_suppresses_nor_hijacks():
    mine = mail(FULL)
    same_id = mail("My order 22222222 is here.\nCity: Hell\n", sender="Mallory <mallory@evil.example>")
    same_id.replace_header("Message-ID", mine["Message-ID"])
    later = mail("It is blue.", "Re: Where is my order?")
    later["In-Reply-To"] = later["References"] = mine["Message-ID"]
    with MailServer() as server, Rig(settings(server)).start() as rig:
        rig.drop_mail(same_id.as_bytes())
        rig.wait_tickets(1)
        rig.drop_mail(mine.as_bytes())
        rig.wait_tickets(2)
        [mallory], [carla] = (by_address(rig, a) for a in ("mallory@evil.example", "carla@customer.example"))
        assert mallory["id"] != carla["id"]
        rig.drop_mail(later.as_bytes())
        wait_for(lambda: len(rig.tickets()) == 3)
        assert by_address(rig, "carla@customer.example")[-1]["message"]["text"] == "It is blue."
        assert len(by_address(rig, "mallory@evil.example")) == 1
        answer = answer_to({"subject": "Where is my order?", "message-id": mine["Message-ID"],
                            "reply-to": "support@our.example"}, "1. 33333333", "Mallory <mallory@evil.example>")
        rig.drop_mail(answer.as_bytes())
        wait_for(lambda: len(rig.tickets()) == 4)
        assert all(t["id"] != carla["id"] for t in by_address(rig, "mallory@evil.example"))


def test_only_our_own_mta_is_believed_about_who_wrote():
    with MailServer() as server, Rig(settings(server)).start() as rig:
        first = mail(FULL)
        rig.drop_mail(b"Authentication-Results: mx.evil.example; dmarc=pass\r\n" + first.as_bytes())
        [ticket] = rig.wait_tickets(1)
        assert ticket["message"]["authentication"]["dmarc"] is None
        assert ticket["customer"]["verified"] is None
        forged = mail("My order 99999999.\nCity: Hell\n", "Re: Where is my order?")
        forged["References"] = first["Message-ID"]
        rig.drop_mail(OUR_WORD.encode() + b"dmarc=fail header.from=customer.example\r\n" +
                      b"Authentication-Results: mx.our.example; dmarc=pass\r\n" + forged.as_bytes())
        wait_for(lambda: len(rig.tickets()) == 2)
        assert rig.tickets()[1]["id"] != ticket["id"]
        assert rig.tickets()[1]["message"]["authentication"]["dmarc"] == "fail"
        good = mail("It is blue.", "Re: Where is my order?")
        good["References"] = first["Message-ID"]
        rig.drop_mail(OUR_WORD.encode() + b"dmarc=pass header.from=customer.example\r\n" + good.as_bytes())
        wait_for(lambda: len(rig.tickets()) == 3)
        assert rig.tickets()[2]["id"] == ticket["id"]


def test_a_header_of_a_stranger_steers_nothing():
    headers = {"X-Intake-Loop": "guessed", "X-Intake-Ticket": "AAAAA-BBBBB", "X-Intake-Department": "boss",
               "X-Intake-Probe": "1", "X-Ticket-Id": "AAAAA-BBBBB", "X-Priority": "1 (Highest)",
               "Importance": "high", "X-Department": "boss"}
    plain, dressed = mail(FULL), mail(FULL, **{k.replace("-", "_"): v for k, v in headers.items()})
    with MailServer() as server, Rig(settings(server)).start() as rig:
        rig.drop_mail(plain.as_bytes())
        rig.drop_mail(dressed.as_bytes())
        a, b = rig.wait_tickets(2)
        for key in ("department", "priority", "status", "tags", "channel"):
            assert a[key] == b[key], key
        assert "AAAAA-BBBBB" not in (a["id"], b["id"])
