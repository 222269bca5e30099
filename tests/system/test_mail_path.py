# SPDX-License-Identifier: ISC
"""Mail in, the question out, the answer in, the complete ticket on its queue;
and what must never happen on that way."""
import email.policy
import email.utils
import json
import time
from email.message import EmailMessage

from rig import MailServer, Rig, wait_for

FORMS = """
identity {{ addresses = {{"support@our.example"}} domain = "our.example" }}
mail_out {{
  from_name = "Our support"
  from = "support@our.example"
  reply_to = "support+%@our.example"
  smtp = "127.0.0.1:{port}"
}}
rule "orders" {{ any = {{'\\border\\b', '\\bparcel\\b'}} department = "orders" }}
rule "fire" {{ any = {{'\\burgent\\b'}} priority = high urgent = yes }}
form "order" {{
  departments = {{"orders"}}
  rounds = 2
  wait = {wait}
  detail "order_number" {{
    label = "Order number"
    question = "Which order is it about?"
    patterns = {{'\\b(\\d{{8}})\\b'}}
    valid = '\\d{{8}}'
    hint = "8 digits"
  }}
  detail "city" {{ label = "City" question = "Where should it have gone?" }}
}}
"""


def config(server, wait="1h"):
    return FORMS.format(port=server.port, wait=wait)


def mail(text, subject="Where is my order?", sender="Carla <carla@customer.example>", **headers):
    m = EmailMessage(policy=email.policy.SMTP)
    m["From"] = sender
    m["To"] = "support@our.example"
    m["Subject"] = subject
    m["Date"] = email.utils.formatdate()
    m["Message-ID"] = email.utils.make_msgid(domain="customer.example")
    for name, value in headers.items():
        m[name.replace("_", "-")] = value
    m.set_content(text)
    return m


def answer_to(question, text, sender="Carla <carla@customer.example>", with_references=True):
    m = mail(text, "Re: " + question["subject"], sender)
    m.replace_header("To", question["reply-to"])
    if with_references:
        m["In-Reply-To"] = question["message-id"]
        m["References"] = question["message-id"]
    return m


def test_a_mail_with_everything_in_it_goes_straight_to_its_queue():
    with MailServer() as server, Rig(config(server)).start() as rig:
        rig.drop_mail(mail("My order 12345678 is not here.\nCity: Bonn\n").as_bytes())
        [ticket] = rig.wait_tickets(1)
        assert ticket["form"]["state"] == "complete"
        assert ticket["form"]["details"] == {"order_number": "12345678", "city": "Bonn"}
        assert ticket["department"] == "orders"
        assert rig.entries()[0][0] == "intake:{0}:queue:orders:medium"
        time.sleep(0.5)
        assert server.mails == []


def test_missing_details_are_asked_for_and_the_answer_completes_the_ticket():
    with MailServer() as server, Rig(config(server)).start() as rig:
        rig.drop_mail(mail("My parcel is not here.").as_bytes())
        [(envelope_from, to, question)] = server.wait(1)
        assert envelope_from in ("", "<>")
        assert to == ["carla@customer.example"]
        assert question["auto-submitted"].startswith("auto-")
        assert question["from"].startswith("Our support")
        text = question.get_body().get_content()
        assert "1." in text and "2." in text and "Which order is it about?" in text
        assert rig.entries() == []
        rig.drop_mail(answer_to(question, "1. 87654321\n2. Köln\n").as_bytes())
        [ticket] = rig.wait_tickets(1)
        assert ticket["event"] == "ticket.completed"
        assert ticket["form"]["state"] == "complete"
        assert ticket["form"]["details"] == {"order_number": "87654321", "city": "Köln"}
        # What the customer wrote first travels along.
        assert "parcel is not here" in json.dumps(ticket)
        assert len(ticket["conversation"]) >= 2


def test_an_answer_that_still_lacks_something_is_asked_again_then_released():
    with MailServer() as server, Rig(config(server)).start() as rig:
        rig.drop_mail(mail("My parcel is not here.").as_bytes())
        question = server.wait(1)[0][2]
        rig.drop_mail(answer_to(question, "1. not sure\n").as_bytes())
        again = server.wait(2)[1][2]
        assert "8 digits" in again.get_body().get_content()
        assert rig.entries() == []
        rig.drop_mail(answer_to(again, "I do not know!\n").as_bytes())
        [ticket] = rig.wait_tickets(1)
        assert ticket["form"]["state"] == "incomplete"
        assert ticket["form"]["missing"]
        time.sleep(0.5)
        assert len(server.mails) == 2


def test_no_answer_in_time_releases_the_ticket_also_by_another_run():
    with MailServer() as server, Rig(config(server, wait="3s")).start() as rig:
        rig.drop_mail(mail("My parcel is not here.").as_bytes())
        server.wait(1)
        assert rig.entries() == []
        rig.daemon.kill()
        rig.daemon.start()
        [ticket] = rig.wait_tickets(1, 15)
        assert ticket["event"] == "ticket.released"
        assert ticket["form"]["state"] == "incomplete"
        assert "parcel is not here" in json.dumps(ticket)
        time.sleep(1.5)
        assert len(rig.entries()) == 1


def test_urgent_tickets_are_not_held_back():
    with MailServer() as server, Rig(config(server)).start() as rig:
        rig.drop_mail(mail("URGENT: my parcel is not here, the party is tonight").as_bytes())
        [ticket] = rig.wait_tickets(1)
        assert ticket["priority"] == "high"
        assert any("fire" in reason for reason in ticket["priority_reasons"])
        question = server.wait(1)[0][2]
        rig.drop_mail(answer_to(question, "1. 87654321\n2. Bonn").as_bytes())
        later = rig.wait_tickets(2)[1]
        assert later["id"] == ticket["id"]
        assert later["form"]["details"]["order_number"] == "87654321"


def test_machines_are_not_asked_and_never_answered():
    with MailServer() as server, Rig(config(server)).start() as rig:
        rig.drop_mail(mail("My parcel is late. I am away.", "Out of office: order",
                           Auto_Submitted="auto-replied").as_bytes())
        rig.drop_mail(mail("Your parcel of order news", "Order news", "News <news@shop.example>",
                           List_Unsubscribe="<mailto:x@shop.example>",
                           Precedence="bulk").as_bytes())
        rig.drop_mail(mail("order", "Order", "noreply@shop.example").as_bytes())
        rig.wait_tickets(3)
        time.sleep(1)
        assert server.mails == []


def test_a_forged_sender_is_not_asked__whoever_has_the_address_did_not_write():
    with MailServer() as server, Rig(config(server).replace(
            'domain = "our.example"', 'domain = "our.example" authserv_id = "mx.our.example"')).start() as rig:
        for word in ("fail", "none", "pass"):
            rig.drop_mail(mail(f"My parcel is not here, {word}.", sender=f"{word}@customer.example",
                               Authentication_Results=f"mx.our.example; dmarc={word} header.from=customer.example"
                               ).as_bytes())
        # A stranger's own header says nothing.
        rig.drop_mail(mail("My parcel is not here, stranger.", sender="stranger@customer.example",
                           Authentication_Results="mx.else.example; dmarc=fail").as_bytes())
        asked = {to for _, [to], _ in server.wait(3)}
        [ticket] = rig.wait_tickets(1)
        assert asked == {f"{who}@customer.example" for who in ("none", "pass", "stranger")}
        assert ticket["customer"]["address"] == "fail@customer.example"
        assert ticket["message"]["no_answer"] == "dmarc-failed"
        assert ticket["form"]["state"] == "incomplete"


def test_two_responders_do_not_play_ping_pong():
    with MailServer() as server, Rig(config(server)).start() as rig:
        rig.drop_mail(mail("My parcel is not here.").as_bytes())
        question = server.wait(1)[0][2]
        for n in range(12):
            # A responder that does not say that it is one.
            reply = answer_to(question, f"Thank you for your mail number {n}.")
            rig.drop_mail(reply.as_bytes())
            time.sleep(0.15)
        time.sleep(1.5)
        assert len(server.mails) <= 3


def test_a_stranger_cannot_get_into_a_ticket():
    with MailServer() as server, Rig(config(server)).start() as rig:
        rig.drop_mail(mail("My parcel is not here.").as_bytes())
        question = server.wait(1)[0][2]
        stranger = "Mallory <mallory@evil.example>"
        number = question["subject"]
        rig.drop_mail(answer_to(question, "1. 11111111\n2. Hell", stranger).as_bytes())
        rig.drop_mail(mail("order 22222222\nCity: Hell", "Re: " + number, stranger).as_bytes())
        tickets = rig.wait_tickets(1)
        rig.drop_mail(answer_to(question, "1. 87654321\n2. Bonn").as_bytes())
        wait_for(lambda: any(t["event"] == "ticket.completed" and
                             t["customer"]["address"] == "carla@customer.example"
                             for t in rig.tickets()), what="Carla's ticket")
        tickets = rig.tickets()
        [carla] = [t for t in tickets if t["customer"]["address"] == "carla@customer.example"]
        assert carla["form"]["details"]["order_number"] == "87654321"
        for other in tickets:
            if other["customer"]["address"] == "mallory@evil.example":
                assert other["id"] != carla["id"]
        assert "11111111" not in json.dumps(carla)
        assert "22222222" not in json.dumps(carla)


def test_the_token_alone_finds_the_ticket_when_references_are_lost():
    with MailServer() as server, Rig(config(server)).start() as rig:
        rig.drop_mail(mail("My parcel is not here.").as_bytes())
        question = server.wait(1)[0][2]
        assert "+" in question["reply-to"]
        rig.drop_mail(answer_to(question, "1. 87654321\n2. Bonn", with_references=False).as_bytes())
        [ticket] = rig.wait_tickets(1)
        assert ticket["event"] == "ticket.completed"


def test_the_same_mail_delivered_twice_makes_one_ticket():
    with MailServer() as server, Rig(config(server)).start() as rig:
        raw = mail("My order 12345678 is not here.\nCity: Bonn\n").as_bytes()
        rig.drop_mail(raw)
        rig.drop_mail(b"Received: by another.way.example; Sat, 21 Nov 2026 10:00:00 +0000\r\n" + raw)
        rig.wait_tickets(1)
        wait_for(lambda: "duplicate" in rig.daemon.log())
        assert len(rig.entries()) == 1


def test_a_mail_server_that_is_away_is_tried_again_and_the_customer_asked_once():
    with MailServer(["451 4.3.0 later", "250 ok"]) as server, \
            Rig(config(server)).start() as rig:
        rig.drop_mail(mail("My parcel is not here.").as_bytes())
        wait_for(lambda: "to be tried again" in rig.daemon.log())
        assert server.mails == []
        assert rig.daemon.status()["queues"][0]["replies_deferred"] == 1


def test_killed_around_sending__a_question_is_asked_at_most_twice_under_one_id():
    for point in ("before-send", "after-send"):
        with MailServer() as server, \
                Rig(config(server)).start(env={"INTAKED_FAULT": f"{point}:1:kill"}) as rig:
            rig.drop_mail(mail("My parcel is not here.").as_bytes())
            wait_for(lambda: rig.daemon.process.poll() is not None, 15, point)
            rig.daemon.start(env={"INTAKED_FAULT": ""})
            # Whoever takes over waits for the lease; Redis is told it is over.
            for stream in rig.redis.client.scan_iter("intake:{*}:replies"):
                assert rig.redis.client.xlen(stream) == 1
            ids = {m["message-id"] for _, _, m in server.mails}
            assert len(ids) <= 1


def test_attachments_and_html_are_kept_apart_by_digest():
    with MailServer() as server, Rig(config(server)).start() as rig:
        m = mail("order 12345678\nCity: Bonn")
        m.add_alternative("<p>order <b>12345678</b></p><script>alert(1)</script>", subtype="html")
        m.add_attachment(b"%PDF-1.4 hello", maintype="application", subtype="pdf",
                         filename="../../etc/pass wd.pdf")
        rig.drop_mail(m.as_bytes())
        [ticket] = rig.wait_tickets(1)
        [attachment] = ticket["message"]["attachments"]
        assert "/" not in attachment["filename"]
        for what in (attachment, ticket["message"]["html"]):
            digest = what["sha256"]
            assert what["location"] == f"blob:{digest}"
            blob = rig.dir / "state" / "blobs" / digest[:2] / digest
            assert blob.stat().st_size == what["size"]
        html = ticket["message"]["html"]["sha256"]
        stored = (rig.dir / "state" / "blobs" / html[:2] / html).read_text()
        assert "script" not in stored and "<b>" in stored


def test_oversize_mail_is_a_ticket_and_is_answered_once_with_the_reason():
    with MailServer() as server, Rig(config(server) + 'journal { max_message = 20K }\n') as rig:
        rig.start()
        rig.drop_mail(mail("My order, see below.\n" + "x" * 60 + "\n", X_Big="1").as_bytes() +
                      b"padding " * 4000)
        (ticket,) = rig.wait_tickets(1)
        assert ticket["message"]["subject"] == "Where is my order?"
        assert any("mail-not-fetched" in w for w in ticket["message"]["warnings"])
        (sender, recipients, notice) = server.wait(1)[0]
        assert recipients == ["carla@customer.example"]
        assert notice["auto-submitted"] == "auto-replied"
        assert "large" in notice.get_content().lower()
        time.sleep(1)
        assert len(server.mails) == 1


def test_oversize_mail_of_a_machine_is_a_ticket_without_an_answer():
    with MailServer() as server, Rig(config(server) + 'journal { max_message = 20K }\n') as rig:
        rig.start()
        rig.drop_mail(mail("My order.", Auto_Submitted="auto-generated").as_bytes() +
                      b"padding " * 4000)
        rig.wait_tickets(1)
        time.sleep(1)
        assert server.mails == []


def test_answer_that_is_too_large_is_told_and_the_ticket_waits_on():
    with MailServer() as server, Rig(config(server) + 'journal { max_message = 20K }\n') as rig:
        rig.start()
        rig.drop_mail(mail("My order has not come.").as_bytes())
        question = server.wait(1)[0][2]
        rig.drop_mail(answer_to(question, "12345678").as_bytes() + b"padding " * 4000)
        notice = server.wait(2)[1][2]
        assert "large" in notice.get_content().lower()
        assert rig.entries() == []
        rig.drop_mail(answer_to(question, "It is 12345678.\nCity: Bremen\n").as_bytes())
        (ticket,) = rig.wait_tickets(1)
        assert ticket["form"]["details"]["order_number"] == "12345678" or \
            "12345678" in json.dumps(ticket["form"]["details"])
