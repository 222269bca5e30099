# SPDX-License-Identifier: ISC
"""doc/queue.md is true: its users and its examples, run as they stand there."""
import os
import re
import shlex
import subprocess

import redis

from rig import SOURCE, Daemon, MailServer, Rig, wait_for

TEXT = (SOURCE / "doc" / "queue.md").read_text()
BLOCKS = re.findall(r"^```\w*\n(.*?)^```", TEXT, re.M | re.S)


def block(word):
    [found] = [b for b in BLOCKS if word in b]
    return found


def order(n):
    return {"subject": f"Invoice {n}", "text": "please look at it", "order": str(n),
            "customer": {"email": f"c{n}@customer.example", "name": "C"}}


def cli(rig, line, **changes):
    for old, new in changes.items():
        line = line.replace(old, new)
    args = shlex.split(line)
    assert args[:1] == ["redis-cli"]
    return subprocess.run(["redis-cli", "-s", rig.redis.path, "--user", "routing", "--pass",
                           "change-me-too", "--no-auth-warning", *args[1:]],
                          capture_output=True, text=True, timeout=20).stdout


def test_the_users_and_the_examples_work():
    with MailServer() as server, Rig() as rig:
        rig.redis.start()
        for user in ("ACL SETUSER intaked", "ACL SETUSER routing"):
            rig.redis.client.execute_command(*shlex.split(block(user).replace("\\\n", " ")))
        password = rig.dir / "redis.password"
        password.write_text("change-me\n")
        os.chmod(password, 0o600)
        text = rig.text().replace("redis {", f'redis {{ user = intaked password_file = "{password}"')
        text += (f'mail_out {{ from = "us@example.org" smtp = "127.0.0.1:{server.port}" }}\n'
                 "rule \"b\" { any = {'invoice'} department = billing }\n")
        rig.daemon = Daemon(rig.dir, text).start()
        for n in (1, 2):
            assert rig.hook(order(n))[0] == 202
        rig.wait_tickets(2)

        claim, reply = [b.splitlines()[0].lstrip("$ ") for b in BLOCKS if b.startswith("$ redis-cli")]
        claimed = cli(rig, claim)
        assert "lane" in claimed and "billing:medium" in claimed and "Invoice 1" in claimed
        ticket = re.search(r"[0-9A-Z]{5}-[0-9A-Z]{5}", claimed)[0]
        for expect in (["done", "answer-815"], ["known"]):
            said = cli(rig, reply, **{"7KQM2-XWA9F": ticket}).split()
            assert said[:len(expect)] == expect
        [(_, recipients, mail)] = server.wait(1)
        assert recipients == ["c1@customer.example"] and "It is paid." in mail.get_content()
        wait_for(lambda: rig.daemon.status()["redis"]["up"], 5, "still up")
        state = cli(rig, f"redis-cli FCALL intake_ticket 1 'intake:{{0}}' ticket {ticket}")
        assert "closed" in state

        class Known:
            """The example's redis.Redis(), connected to ours as the worker's user."""
            @staticmethod
            def Redis(**more):
                return redis.Redis(unix_socket_path=rig.redis.path, username="routing",
                                   password="change-me-too", **more)

        names = {"redis": Known, "json": __import__("json")}
        exec(block("r = redis.Redis"), names)
        assert names["ticket"]["subject"] == "Invoice 2"
        assert names["entry"]["type"] == "ticket.created"
