#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""A small routing worker for intaked: takes tickets, prints them, answers.

    worker.py                          print tickets as they come
    worker.py --reply 'We are on it.'  and answer each customer
    worker.py --once --close           take what is there, close it, end

It needs nothing but FCALL; doc/queue.md describes the functions.  A real
worker puts the ticket into its own system where this one prints it, and
remembers the event id there: an entry can come twice.
"""
import argparse
import json
import os
import socket
import sys

import redis

DONE_EVENTS_KEPT = 10000


def arguments():
    p = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    p.add_argument("--redis", default="redis://127.0.0.1:6379/0",
                   help="redis:// or unix:// URL (default %(default)s)")
    p.add_argument("--prefix", default="intake", help="first part of every key")
    p.add_argument("--partitions", type=int, default=1)
    p.add_argument("--group", default="routing", help="the kind of worker this is")
    p.add_argument("--name", default="%s-%d" % (socket.gethostname(), os.getpid()),
                   help="this worker's own name")
    p.add_argument("--department", action="append", default=[], help="only this one (repeatable)")
    p.add_argument("--reply", metavar="TEXT", help="answer every new ticket with this")
    p.add_argument("--close", action="store_true", help="close the ticket when done")
    p.add_argument("--once", action="store_true", help="end when nothing is left")
    return p.parse_args()


class Queue:
    """The partitions of one intaked, spoken to by names and values."""

    def __init__(self, args):
        self.redis = redis.Redis.from_url(args.redis, decode_responses=True)
        self.wake = self.redis.pubsub(ignore_subscribe_messages=True)
        self.wake.subscribe(args.prefix + ":wake")
        self.partitions = ["%s:{%d}" % (args.prefix, n) for n in range(args.partitions)]

    def call(self, function, partition, *pairs):
        words = [word for pair in pairs for word in pair]
        return self.redis.execute_command("FCALL", function, 1, partition, *words)

    def claim(self, partition, args):
        """Up to ten entries, each as a dict; see intake_claim."""
        departments = [("department", d) for d in args.department]
        found = self.call("intake_claim", partition, ("group", args.group),
                          ("consumer", args.name), ("count", 10), *departments)
        return [dict(zip(e[0::2], e[1::2])) for e in found]

    def wait(self, seconds):
        """Until something happens, or a moment has passed: messages can get lost."""
        self.wake.get_message(timeout=seconds)


def show(entry):
    ticket = json.loads(entry["data"])
    message = ticket.get("message") or {}
    print("%s %s %s/%s %s" % (entry["type"], entry["ticket"], ticket.get("department"),
                              entry["priority"], ticket.get("subject") or ""))
    for line in (message.get("text") or "").splitlines()[:5]:
        print("    " + line)
    sys.stdout.flush()


def handle(queue, partition, entry, args, handled):
    here = (("group", args.group), ("consumer", args.name),
            ("lane", entry["lane"]), ("entry", entry["entry"]))
    if entry["owner"] not in ("", args.name):
        print("%s belongs to %s" % (entry["ticket"], entry["owner"]))
    elif entry["event"] not in handled:
        show(entry)
        if args.reply and entry["type"] != "ticket.updated":
            # The id follows from the event: repeated, it is still one answer.
            queue.call("intake_reply", partition, ("ticket", entry["ticket"]),
                       ("id", "answer-" + entry["event"]), ("author", args.name),
                       ("text", args.reply))
        handled[entry["event"]] = True
        if len(handled) > DONE_EVENTS_KEPT:
            del handled[next(iter(handled))]
    status = (("status", "closed"),) if args.close else ()
    queue.call("intake_done", partition, *here, *status)


def main():
    args = arguments()
    queue = Queue(args)
    handled = {}
    while True:
        taken = 0
        for partition in queue.partitions:
            for entry in queue.claim(partition, args):
                handle(queue, partition, entry, args, handled)
                taken += 1
        if taken == 0:
            if args.once:
                return
            queue.wait(5)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
    except redis.RedisError as error:
        sys.exit("worker: %s" % error)
