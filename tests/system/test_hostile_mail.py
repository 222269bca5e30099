# SPDX-License-Identifier: ISC
"""Hostile, cut and damaged mails on the whole way, through the real workers:
each ends as exactly one valid ticket, soon and in bounded memory.

INTAKED_HOSTILE=N makes the bombs and the number of damaged mails N times as
large ("make check-hostile")."""
import hashlib
import json
import os
import pathlib
import time

import jsonschema
import pytest

from hostile_mails import bombs, damaged
from rig import INTAKED, SOURCE, Rig, wait_for

SCALE = int(os.environ.get("INTAKED_HOSTILE", "1"))
SANITIZED = b"__asan_init" in INTAKED.read_bytes()
MB = 1 << 20
SIZE = MB * SCALE
SECONDS = 2             # of CPU, all processes together; the clock may be shared
SCHEMA = jsonschema.Draft202012Validator(
    json.loads((SOURCE / "doc" / "ticket.schema.json").read_text()))


def unique(n, raw):
    return b"Message-ID: <hostile.%d@customer.example>\n" % n + raw


def family(rig):
    """The daemon and its workers."""
    pid = rig.daemon.process.pid
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, children)]


def cpu_seconds(rig):
    """Of the daemon, its workers, and those workers that have ended."""
    ticks = 0
    for pid in family(rig):
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += sum(map(int, fields[11:15] if pid == rig.daemon.process.pid else fields[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def peak_memory(rig):
    return max(int(pathlib.Path(f"/proc/{pid}/status").read_text().split("VmHWM:")[1].split()[0]) * 1024
               for pid in family(rig))


def check_one_each(rig, raws):
    """Exactly one event for each, with a ticket that is as the schema says."""
    wanted = {hashlib.sha256(raw).hexdigest() for raw in raws}
    seen = []
    for ticket in rig.tickets():
        SCHEMA.validate(ticket)
        if ticket["message"]["raw"]["sha256"] in wanted:
            seen.append(ticket["message"]["raw"]["sha256"])
            assert not ticket["message"]["minimal"], ticket["message"]["warnings"]
    assert sorted(seen) == sorted(wanted)


# CPU is what is measured: the clock also counts what else the machine does.
PATIENT = "workers { parse_timeout = 30s }\n"


@pytest.fixture(scope="module")
def rig():
    with Rig(PATIENT) as rig:
        yield rig.start()


@pytest.mark.parametrize("name,bomb", [pytest.param(n, b, id=n) for n, b in bombs(SIZE)])
def test_intake__bomb__is_one_ticket_in_two_seconds(rig, name, bomb):
    raw = unique(hash(name) % 10**9, bomb)
    before, clock, known = cpu_seconds(rig), time.monotonic(), len(rig.entries())
    rig.drop_mail(raw)
    wait_for(lambda: len(rig.entries()) > known, 60, f"a ticket for {name}")
    used, passed = cpu_seconds(rig) - before, time.monotonic() - clock
    check_one_each(rig, [raw])
    if not SANITIZED:
        assert used < SECONDS * SCALE and passed < 10 * SECONDS * SCALE, (used, passed)
        assert peak_memory(rig) < 64 * MB + 24 * SIZE


def test_intake__damaged_mails__are_one_ticket_each(rig):
    raws = [unique(n, raw) for n, raw in enumerate(damaged(300 * SCALE, seed=SCALE))]
    before, known = cpu_seconds(rig), len(rig.entries())
    for raw in raws:
        rig.drop_mail(raw)
    wait_for(lambda: len(rig.entries()) >= known + len(raws), 100 * SCALE, "the tickets")
    check_one_each(rig, raws)
    if not SANITIZED:
        assert cpu_seconds(rig) - before < 0.1 * len(raws)
    assert rig.daemon.ctl("quarantine", "ls").stdout == ""
