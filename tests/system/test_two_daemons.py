# SPDX-License-Identifier: ISC
"""Two daemons with journals of their own on one Redis: what one has begun the
other can end, and nothing is done twice."""
import contextlib
import json
import time
from collections import Counter

from chat import CONFIG as CHAT, Visitor
from dovecot import Dovecot
from rig import Daemon, MailServer, Rig, SOURCE, free_port, wait_for
from test_mail_path import FORMS, answer_to, mail

SHARED = 'secret_file = "@DIR@/shared.secret"\n'


def forms(server, wait):
    return SHARED + FORMS.format(port=server.port, wait=wait)


class Two(Rig):
    """The rig's daemon is A; B is another with the same channels and forms.
    maildir: B watches the same directory; without, one of its own."""

    def __init__(self, config, maildir=False):
        super().__init__(config)
        (self.dir / "shared.secret").write_text("0123456789abcdef" * 4 + "\n")
        (self.dir / "shared.secret").chmod(0o600)
        self.same_maildir = maildir
        self.b_port = free_port()
        self.b = None

    def text(self):
        text = super().text()
        assert "redis {" in text
        return text.replace("redis {", "redis { partitions = 2")

    def b_text(self):
        text = self.text().replace(f"{self.dir}/state", f"{self.dir}/b/state")
        text = text.replace(f"127.0.0.1:{self.http_port}", f"127.0.0.1:{self.b_port}")
        text = text.replace(f"127.0.0.1:{self.admin_port}", f"127.0.0.1:{free_port()}")
        if not self.same_maildir:
            text = text.replace(f'"{self.dir}/drop"', f'"{self.dir}/b/drop"')
        return 'instance = "b"\n' + text

    def start(self, env=None, redis=True):
        super().start(env, redis)
        self.b = Daemon(self.dir / "b", self.b_text(), env).start()
        return self

    def __exit__(self, kind, value, trace):
        try:
            if self.b and kind is None:
                self.b.stop()
            elif self.b:
                print(self.b.log()[-12000:])
                with contextlib.suppress(Exception):
                    self.b.kill()
        finally:
            super().__exit__(kind, value, trace)

    def waiting(self):
        return sum(self.redis.client.zcard("intake:{%d}:due" % n) for n in range(2))

    def replies_left(self):
        return sum(self.redis.client.xlen("intake:{%d}:replies" % n) for n in range(2))

    def call(self, function, *words):
        """A worker's call, in the partition that knows the ticket."""
        for n in range(2):
            answer = self.redis.client.execute_command("FCALL", function, 1, "intake:{%d}" % n, *words)
            if answer[0] != "none":
                return answer
        raise AssertionError(f"{function}: no such ticket")


def customers(count):
    return [f"Kay <kay{n}@customer.example>" for n in range(count)]


def events_of(rig):
    return Counter((fields["ticket"], fields["event"]) for _, _, fields in rig.entries())


def released_once(rig, server, count):
    """Each of count tickets is released, and a second look finds nothing to do."""
    tickets = rig.wait_tickets(count, 40)
    wait_for(lambda: rig.waiting() == 0, 20, "nobody to wait any more")
    time.sleep(1.5)
    assert len(rig.entries()) == count, events_of(rig)
    assert {t["event"] for t in tickets} == {"ticket.released"}
    assert len({t["id"] for t in tickets}) == count
    assert len(server.mails) == count, "each was asked once"


def test_tickets_of_a_daemon_that_was_killed_are_released_by_the_other_once():
    with MailServer() as server, Two(forms(server, "6s")).start() as rig:
        for n, sender in enumerate(customers(6)):
            rig.drop_mail(mail(f"My parcel {n} is not here.", sender=sender).as_bytes())
        wait_for(lambda: rig.waiting() == 6, 20, "six tickets to wait")
        server.wait(6)
        # A question is only over when its outcome is written down, too.
        wait_for(lambda: rig.replies_left() == 0, 20, "the questions to be over")
        assert rig.entries() == []
        rig.daemon.kill()
        released_once(rig, server, 6)
        # The one that was dead comes back and finds all done.
        rig.daemon.start()
        time.sleep(1.5)
        assert len(rig.entries()) == 6


def test_two_daemons_that_look_at_the_same_time_release_each_ticket_once():
    with MailServer() as server, Two(forms(server, "4s")).start() as rig:
        for n, sender in enumerate(customers(20)):
            rig.drop_mail(mail(f"My parcel {n} is not here.", sender=sender).as_bytes())
        wait_for(lambda: rig.waiting() == 20, 20, "twenty tickets to wait")
        released_once(rig, server, 20)


def test_an_answer_after_the_release_completes_the_same_ticket():
    with MailServer() as server, Two(forms(server, "3s")).start() as rig:
        rig.drop_mail(mail("My parcel is not here.").as_bytes())
        question = server.wait(1)[0][2]
        rig.wait_tickets(1)
        rig.drop_mail(answer_to(question, "1. 87654321\n2. Bonn\n").as_bytes())
        first, second = rig.wait_tickets(2)
        assert (first["event"], second["event"]) == ("ticket.released", "ticket.completed")
        assert first["id"] == second["id"]
        assert second["form"]["details"] == {"order_number": "87654321", "city": "Bonn"}


def test_both_on_one_maildir_make_one_event_of_each_mail():
    with MailServer() as server, Two(forms(server, "1h"), maildir=True).start() as rig:
        for n, sender in enumerate(customers(40)):
            rig.drop_mail(mail(f"My order 1234567{n % 10} is late ({n}).\nCity: Bonn\n",
                               sender=sender).as_bytes())
        tickets = rig.wait_tickets(40)
        time.sleep(2)
        assert len(rig.entries()) == 40, events_of(rig)
        assert len({t["id"] for t in tickets}) == 40
        assert server.mails == []


def test_both_on_one_imap_mailbox_make_one_event_and_ask_once():
    with Dovecot() as box, MailServer() as server:
        config = forms(server, "1h") + f"""
imap "box" {{
  host = "localhost" port = {box.imaps_port} security = tls tls_ca_file = "{box.ca_file}"
  user = "shared" password_file = "@DIR@/box.password" import = all poll = 2s
}}
"""
        rig = Two(config)
        (rig.dir / "box.password").write_text(box.password + "\n")
        (rig.dir / "box.password").chmod(0o600)
        box.append("shared", [mail(f"My order 1234567{n} is late.\nCity: Bonn\n", sender=sender).as_bytes()
                              for n, sender in enumerate(customers(10))])
        with rig.start():
            rig.wait_tickets(10, 40)
            box.append("shared", [mail("My parcel is not here.").as_bytes()])
            question = server.wait(1)[0][2]
            box.append("shared", [answer_to(question, "1. 87654321\n2. Bonn\n").as_bytes()])
            rig.wait_tickets(11, 40)
            time.sleep(3)
            events = [t["event"] for t in rig.tickets()]
            assert Counter(events) == {"ticket.created": 10, "ticket.completed": 1}, events
            assert len(server.mails) == 1
            # Both have seen all of them.
            for daemon in (rig.daemon, rig.b):
                assert daemon.status()["journal"]["last_lsn"] >= 12, daemon.status()["journal"]


def test_workers_answers_to_mails_go_out_once():
    with MailServer() as server, Two(forms(server, "1h")).start() as rig:
        for n, sender in enumerate(customers(15)):
            rig.drop_mail(mail(f"My order 1234567{n % 10} is late.\nCity: Bonn\n", sender=sender).as_bytes())
        tickets = rig.wait_tickets(15)
        for _ in range(2):
            for t in tickets:
                rig.call("intake_reply", "ticket", t["id"], "id", "answer-1", "author", "Eve",
                         "text", "It is on its way, " + t["id"])
        server.wait(15)
        wait_for(lambda: rig.replies_left() == 0, 20, "all answers to be over")
        time.sleep(1)
        assert Counter(to[0] for _, to, _ in server.mails) == \
            {f"kay{n}@customer.example": 1 for n in range(15)}


def test_workers_answers_to_chats_are_shown_once_at_either_daemon():
    config = SHARED + CHAT.replace("@TOP@", str(SOURCE)).replace(
        f'include("{SOURCE}/conf/forms.conf")\n', "")
    with Two(config).start() as rig:
        visitors = []
        for n in range(6):
            visitor = Visitor(rig, port=rig.b_port if n % 2 else rig.http_port).begin(name=f"Kay {n}")
            visitor.ear = visitor.listen()
            assert visitor.say(f"Hello, I am {n}")[0] in (200, 202)
            visitors.append(visitor)
        tickets = {t["message"]["text"]: t["id"] for t in rig.wait_tickets(6)}
        for n in range(6):
            rig.call("intake_reply", "ticket", tickets[f"Hello, I am {n}"], "id", "a", "author", "Eve",
                     "text", f"Good day, {n}")
        for n, visitor in enumerate(visitors):
            wait_for(lambda: f"Good day, {n}" in visitor.ear.texts(), 20, "the answer")
        wait_for(lambda: rig.replies_left() == 0, 20, "all answers to be over")
        time.sleep(1)
        for n, visitor in enumerate(visitors):
            assert visitor.ear.texts().count(f"Good day, {n}") == 1, visitor.ear.texts()
            visitor.ear.close()


def test_a_daemon_killed_while_it_answers_leaves_no_answer_behind():
    with MailServer() as server, Two(forms(server, "1h")).start() as rig:
        for n, sender in enumerate(customers(8)):
            rig.drop_mail(mail(f"My order 1234567{n} is late.\nCity: Bonn\n", sender=sender).as_bytes())
        tickets = rig.wait_tickets(8)
        rig.daemon.kill()
        for t in tickets:
            rig.call("intake_reply", "ticket", t["id"], "id", "answer-1", "author", "Eve",
                     "text", "It is on its way, " + t["id"])
        server.wait(8)
        wait_for(lambda: rig.replies_left() == 0, 20, "all answers to be over")
        assert len(server.mails) == 8
