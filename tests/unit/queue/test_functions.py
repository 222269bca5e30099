#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""The Redis Functions of src/queue/lua against a redis-server of our own.

Every function is called as a worker in any language would call it: FCALL,
one key, names and values.  Time is passed in, so nothing sleeps.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

try:
    import pytest
    import redis
except ImportError:
    sys.exit(77)

TOP = os.path.abspath(os.environ.get("top_srcdir") or
                      os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../.."))
BASE = "intake:{0}"
T0 = 1_800_000_000_000
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000

if shutil.which("redis-server") is None:
    sys.exit(77)


class Server:
    """redis-server on a Unix socket in a directory of its own."""

    def __init__(self, *extra):
        self.dir = tempfile.mkdtemp(prefix="functions-")
        self.socket = os.path.join(self.dir, "s")
        self.process = None
        self.start(*extra)

    def start(self, *extra):
        self.process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", self.socket, "--dir", self.dir,
             "--save", "", "--logfile", "log", *extra])
        for _ in range(3000):
            try:
                if self.client().ping():
                    return
            except redis.RedisError:
                time.sleep(0.02)
        raise RuntimeError("redis-server does not start")

    def client(self, **more):
        return redis.Redis(unix_socket_path=self.socket, decode_responses=True, **more)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def close(self):
        self.kill()
        shutil.rmtree(self.dir)


def library():
    return subprocess.run(["sh", os.path.join(TOP, "src/queue/lua/bundle.sh")],
                          check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def server():
    s = Server()
    yield s
    s.close()


@pytest.fixture
def r(server):
    c = server.client()
    c.flushall()
    c.execute_command("FUNCTION", "LOAD", "REPLACE", library())
    return c


def call(r, function, *pairs, **named):
    """pairs: (name, value) of lists; named: single values."""
    words = [w for pair in pairs for w in pair]
    for name, value in named.items():
        words += [name.rstrip("_"), value]
    return r.execute_command("FCALL", function, 1, BASE, *words)


def table(reply):
    return dict(zip(reply[0::2], reply[1::2]))


def commit(r, ticket="AAAAA-00001", version=0, seen=("s1",), thread=(), own=(), considered=(),
           chat=(), **more):
    """As the daemon calls it: keys and arguments by place (doc/queue.md)."""
    a = dict(event="ticket.created", id="event-" + seen[0], origin="origin-" + ticket,
             customer="ann", contact=1, state='{"v":1}', status="open", department="billing",
             priority="high", subject="Invoice", at="2027-01-15T08:00:00.000Z", messages="",
             held="", audit="", seen_ms=DAY, thread_ms=DAY, ticket_ms=DAY)
    a.update({k: v for k, v in more.items() if k in a})
    rare = [w for c in chat for w in ("chat", c)] + (["chat_ms", HOUR] if chat else [])
    rare += [w for k, v in more.items() if k not in a and k != "doc" for w in (k, v)]
    about = {"id": ticket, "subject": a["subject"], "department": a["department"],
             "created_at": a["at"]}
    doc = more.get("doc", json.dumps({**about, "priority": a["priority"]})[:-1])
    key = BASE + ":ticket:" + ticket
    keys = [BASE, key, key + ":turns", key + ":out",
            "%s:queue:%s:%s" % (BASE, a["department"], a["priority"]), BASE + ":audit",
            BASE + ":customer:" + a["customer"], *[BASE + ":seen:" + s for s in seen],
            *[BASE + ":thread:" + o for o in own], *[BASE + ":thread:" + t for t in thread]]
    return r.execute_command(
        "FCALL", "intake_commit", len(keys), *keys, ticket, version, a["id"], a["event"],
        a["status"], a["priority"], a["at"], json.dumps(about), a["state"], doc, a["messages"],
        a["origin"] + " " + a["customer"], "1" if a["contact"] else "", a["held"], a["audit"],
        a["seen_ms"], a["thread_ms"], a["ticket_ms"], len(seen), len(own), len(considered),
        *considered, *rare)


def everything(r):
    """All that is in the database, to see that a call wrote nothing."""
    out = {}
    for key in sorted(r.keys("*")):
        out[key] = content(r, key)
    return out


def content(r, key):
    kind = r.type(key)
    if kind == "string":
        return r.get(key)
    if kind == "hash":
        return r.hgetall(key)
    if kind == "set":
        return sorted(r.smembers(key))
    if kind == "zset":
        return r.zrange(key, 0, -1, withscores=True)
    if kind == "list":
        return r.lrange(key, 0, -1)
    return r.xrange(key)


def claim(r, consumer="w1", group="routing", count=10, **more):
    pairs = [("department", d) for d in more.pop("departments", ())]
    return [table(e) for e in call(r, "intake_claim", *pairs, group=group, consumer=consumer,
                                   count=count, **more)]


# ------------------------------------------------------------------ arguments

@pytest.mark.parametrize("words, problem", [
    (["ticket"], "pairs"),
    (["nonsense", "1"], "unknown argument nonsense"),
    ([], "is missing"),
    (["consumer", "a", "count", "x"], "count must be a number"),
])
def test_arguments__wrong__are_named(r, words, problem):
    with pytest.raises(redis.ResponseError, match=problem):
        r.execute_command("FCALL", "intake_reply_take", 1, BASE, *words)


def test_commit__too_few_or_wrong_arguments__is_refused_and_writes_nothing(r):
    with pytest.raises(redis.ResponseError, match="other arguments"):
        r.execute_command("FCALL", "intake_commit", 1, BASE, "ticket", "a")
    with pytest.raises(redis.ResponseError, match="unknown argument nonsense"):
        commit(r, nonsense=1)
    with pytest.raises(redis.ResponseError, match="reply_id is missing"):
        commit(r, reply="{}")
    with pytest.raises(redis.ResponseError, match="session is missing"):
        commit(r, chat=("{}",))
    with pytest.raises(redis.ResponseError, match="mark is missing"):
        commit(r, journal="j")
    assert r.keys("*") == []


def test_arguments__no_partition__is_refused(r):
    with pytest.raises(redis.ResponseError, match="one key"):
        r.execute_command("FCALL", "intake_stats", 0)


def test_values__binary__come_back_unchanged(server, r):
    raw = redis.Redis(unix_socket_path=server.socket)
    text = bytes(range(256)) + b"\r\n$5\r\n"
    commit(r)
    raw.execute_command("FCALL", "intake_reply", 1, BASE, "ticket", "AAAAA-00001", "id", "r1",
                        "text", text, "author", "Eve")
    entry = raw.xrange(BASE + ":replies")[0][1]
    assert entry[b"text"] == text


# -------------------------------------------------------------------- commit

def test_commit__new__writes_everything_once(r):
    reply = commit(r, seen=("s1", "s2"), own=("m-1",), reply='{"id":"q1"}', reply_id="q1",
                   session="chat1", chat=('{"in":1}',), journal="j", mark=7, audit="why")
    assert reply[:3] == ["done", "AAAAA-00001", "event-s1"]
    entries = r.xrange(BASE + ":queue:billing:high")
    assert len(entries) == 1 and entries[0][0] == reply[3]
    fields = entries[0][1]
    assert fields["ticket"] == "AAAAA-00001" and fields["event"] == "event-s1"
    assert fields["type"] == "ticket.created" and fields["priority"] == "high"
    doc = json.loads(fields["data"])
    assert doc["history"] == {"open": [], "previous": [], "contacts": 1,
                              "first_contact": "2027-01-15T08:00:00.000Z", "last_contact": None}
    assert r.hget(BASE + ":ticket:AAAAA-00001", "version") == "1"
    assert r.get(BASE + ":mark:j") == "7"
    assert [e[1]["id"] for e in r.xrange(BASE + ":replies")] == ["q1"]
    assert r.xrange(BASE + ":chat:chat1")[0][1]["data"] == '{"in":1}'
    assert r.xrange(BASE + ":audit")[0][1]["text"] == "why"
    for key in (":seen:s1", ":seen:s2", ":thread:m-1", ":ticket:AAAAA-00001", ":chat:chat1"):
        assert r.pttl(BASE + key) > 0


def test_commit__repeated__changes_nothing(r):
    args = dict(seen=("s1", "s2"), own=("m-1",), reply='{"id":"q1"}', reply_id="q1",
                session="chat1", chat=('{"in":1}',), journal="j", mark=7)
    commit(r, **args)
    before = everything(r)
    for _ in range(3):
        assert commit(r, **args) == ["known", "AAAAA-00001", "event-s1"]
    assert everything(r) == before


def test_commit__one_of_two_identities_known__is_known_and_remembers_the_other(r):
    commit(r, seen=("content",))
    assert commit(r, "AAAAA-00002", seen=("other-mailbox", "content")) == \
        ["known", "AAAAA-00001", "event-content"]
    assert r.get(BASE + ":seen:other-mailbox") == "AAAAA-00001 event-content"
    assert r.xlen(BASE + ":queue:billing:high") == 1


def test_commit__duplicate__still_moves_the_mark_but_never_back(r):
    commit(r, journal="j", mark=7)
    commit(r, journal="j", mark=9)
    assert call(r, "intake_marks", journal="j") == ["j", "9"]
    commit(r, seen=("s2",), ticket="AAAAA-00002", journal="j", mark=8)
    call(r, "intake_mark", journal="j", mark=3)
    assert call(r, "intake_marks", journal="j") == ["j", "9"]
    call(r, "intake_mark", journal="k", mark=2)
    assert call(r, "intake_marks", journal="k") == ["k", "2"]
    assert call(r, "intake_marks", journal="unknown") == []


def test_commit__id_taken_by_another_origin__is_a_collision_and_writes_nothing(r):
    commit(r)
    before = everything(r)
    assert commit(r, seen=("s2",), origin="someone-else") == ["collision"]
    assert everything(r) == before


def test_commit__same_origin_without_dedup_key__is_known(r):
    commit(r)
    r.delete(BASE + ":seen:s1")
    assert commit(r)[0] == "known"
    assert r.xlen(BASE + ":queue:billing:high") == 1


def test_commit__older_version__is_stale_with_the_record_and_writes_nothing(r):
    commit(r)
    commit(r, version=1, seen=("s2",), state='{"v":2}')
    before = everything(r)
    reply = commit(r, version=1, seen=("s3",))
    assert reply[0] == "stale"
    assert reply[1] == [["AAAAA-00001", "2", "open", "", '{"v":2}', []]]
    assert everything(r) == before
    assert commit(r, version=2, seen=("s3",))[0] == "done"


def test_commit__held__the_record_gets_its_messages_from_the_document(r):
    doc = '{"id":"A","message":{"text":"x"},"earlier_messages":[],"z":1'
    commit(r, held=T0 + HOUR, doc=doc, state='{"v":1',
           messages="%d %d" % (doc.index(',"message"') + 1, doc.index(',"z"')))
    due = call(r, "intake_due", now=T0 + HOUR, count=1, lease=MINUTE)
    assert due[0][4] == '{"v":1,"message":{"text":"x"},"earlier_messages":[]}'
    commit(r, version=1, seen=("s2",), state='{"v":2}')
    assert call(r, "intake_find", ("ticket", "AAAAA-00001"))[1][0][4] == '{"v":2}'


def test_commit__ticket_that_redis_forgot__is_stale_with_nothing(r):
    assert commit(r, version=4) == ["stale", []]
    assert r.keys("*") == []


def test_commit__thread_key_points_at_a_ticket_not_considered__is_stale(r):
    commit(r, own=("m-1",))
    reply = commit(r, "AAAAA-00002", seen=("s2",), thread=("m-1",))
    assert reply[0] == "stale" and reply[1][0][0] == "AAAAA-00001"
    assert commit(r, "AAAAA-00002", seen=("s2",), thread=("m-1",),
                  considered=("AAAAA-00001",))[0] == "done"


def test_commit__two_messages_of_one_thread_at_once__second_joins_after_stale(server, r):
    other = server.client()
    assert call(r, "intake_find", ("thread", "m-1"), ("seen", "s1")) == ["found", [], []]
    assert call(other, "intake_find", ("thread", "m-1"), ("seen", "s2")) == ["found", [], []]
    assert commit(r, "AAAAA-00001", seen=("s1",), thread=("m-1",), own=("m-1",))[0] == "done"
    reply = commit(other, "AAAAA-00002", seen=("s2",), thread=("m-1",), own=("m-1", "m-2"))
    assert reply[0] == "stale"
    assert commit(other, reply[1][0][0], version=int(reply[1][0][1]), seen=("s2",),
                  thread=("m-1",), own=("m-1", "m-2"), event="ticket.updated")[0] == "done"
    assert [e[1]["ticket"] for e in r.xrange(BASE + ":queue:billing:high")] == ["AAAAA-00001"] * 2
    assert r.exists(BASE + ":ticket:AAAAA-00002") == 0


def test_commit__held__is_on_no_queue_and_does_not_expire(r):
    reply = commit(r, held=T0 + HOUR, status="awaiting_customer",
                   event="ticket.asked", reply='{}', reply_id="q1")
    assert reply == ["done", "AAAAA-00001", "event-s1", ""]
    assert r.exists(BASE + ":queue:billing:high") == 0
    assert r.zscore(BASE + ":due", "AAAAA-00001") == T0 + HOUR
    assert r.pttl(BASE + ":ticket:AAAAA-00001") == -1
    assert r.pttl(BASE + ":ticket:AAAAA-00001:out") == -1
    commit(r, version=1, seen=("s2",), event="ticket.completed")
    assert r.zcard(BASE + ":due") == 0
    assert r.xlen(BASE + ":queue:billing:high") == 1
    assert r.pttl(BASE + ":ticket:AAAAA-00001") > 0


def test_commit__forged_message_id__neither_takes_over_nor_pushes_out(r):
    commit(r, own=("m-1",))
    for n in range(20):
        commit(r, "EVIL0-%05d" % n, seen=("evil%d" % n,), thread=("m-1",), own=("m-1",),
               considered=["AAAAA-00001"] + ["EVIL0-%05d" % i for i in range(n)])
    found = [c[0] for c in call(r, "intake_find", ("thread", "m-1"))[1]]
    assert found[0] == "AAAAA-00001" and "EVIL0-00019" in found and len(found) <= 8


@pytest.mark.parametrize("key, kind", [
    ("queue:billing:high", "string"), ("ticket:AAAAA-00001", "string"), ("audit", "string"),
    ("replies", "string"), ("due", "string"), ("chat:c", "string"),
    ("ticket:AAAAA-00001:out", "string"), ("queues", "string"),
])
def test_commit__a_key_of_a_wrong_type__writes_nothing(r, key, kind):
    r.set(BASE + ":" + key, "in the way")
    before = everything(r)
    with pytest.raises(redis.ResponseError, match="is a " + kind):
        commit(r, own=("m-1",), reply="{}", reply_id="q", session="c", chat=("{}",),
               journal="j", mark=1, **(dict(held=T0 + HOUR) if key == "due" else {}))
    after = everything(r)
    if key != "audit":
        assert after.pop(BASE + ":audit", []) == []
    assert after == before
    r.delete(BASE + ":" + key)
    assert commit(r, own=("m-1",))[0] == "done"


@pytest.mark.parametrize("key", ["mark:j", "thread:m-1", "customer:ann", "seen:s1"])
def test_commit__a_key_of_a_wrong_type_where_a_text_belongs__is_replaced(r, key):
    r.lpush(BASE + ":" + key, "in the way")
    assert commit(r, own=("m-1",), journal="j", mark=1)[0] == "done"
    assert r.type(BASE + ":" + key) == "string"
    assert commit(r, own=("m-1",), journal="j", mark=1)[0] == "known"


def test_trim__audit__goes_by_its_age_on_the_servers_clock(r):
    commit(r)
    call(r, "intake_trim", audit_ms=DAY)
    assert r.xlen(BASE + ":audit") == 1
    time.sleep(0.01)
    call(r, "intake_trim", audit_ms=1)
    assert r.xlen(BASE + ":audit") == 0


def test_commit__customer_with_earlier_tickets__document_tells_them(r):
    commit(r, "AAAAA-00001", seen=("s1",), subject='He said "no" \u00e4')
    commit(r, "AAAAA-00002", seen=("s2",))
    call(r, "intake_close", ticket="AAAAA-00001", author="eve")
    commit(r, "AAAAA-00003", seen=("s3",), at="2027-01-16T08:00:00.000Z")
    doc = json.loads(r.xrange(BASE + ":queue:billing:high")[-1][1]["data"])
    assert [t["id"] for t in doc["history"]["open"]] == ["AAAAA-00002"]
    previous = doc["history"]["previous"]
    assert previous == [{"id": "AAAAA-00001", "subject": 'He said "no" \u00e4',
                         "status": "closed", "department": "billing",
                         "created_at": "2027-01-15T08:00:00.000Z"}]
    assert doc["history"]["contacts"] == 3
    assert doc["history"]["last_contact"] == "2027-01-15T08:00:00.000Z"


def test_commit__release_without_contact__is_not_counted(r):
    commit(r)
    commit(r, version=1, seen=("release",), contact=0)
    assert r.get(BASE + ":customer:ann").split()[0] == "1"


# ---------------------------------------------------------------- find, due

def test_find__dedup_key_known__says_since_which_event(r):
    commit(r, own=("m-1",))
    assert call(r, "intake_find", ("seen", "s1"), ("thread", "m-1")) == \
        ["known", "AAAAA-00001", "event-s1"]


def test_find__token_first_then_threads__each_ticket_once(r):
    commit(r, "AAAAA-00001", seen=("s1",), own=("m-1", "m-2"))
    commit(r, "AAAAA-00002", seen=("s2",), own=("m-3", "sim"))
    reply = call(r, "intake_find", ("ticket", "AAAAA-00002"), ("ticket", "ZZZZZ-ZZZZZ"),
                 ("thread", "m-1"), ("thread", "m-2"), ("thread", "m-3"), ("similar", "sim"),
                 ("hint", "AAAAA-00001"), ("hint", "no-such"))
    assert [c[0] for c in reply[1]] == ["AAAAA-00002", "AAAAA-00001"]
    assert reply[2] == ["AAAAA-00001", "AAAAA-00002"]


def test_due__two_daemons__each_ticket_is_lent_to_one_until_the_lease_is_over(server, r):
    other = server.client()
    commit(r, held=T0 + HOUR, status="awaiting_customer")
    due = dict(count=10, lease=MINUTE)
    assert call(r, "intake_due", now=T0 + HOUR - 1, **due) == []
    assert [t[0] for t in call(r, "intake_due", now=T0 + HOUR, **due)] == ["AAAAA-00001"]
    assert call(other, "intake_due", now=T0 + HOUR + 1, **due) == []
    assert [t[0] for t in call(other, "intake_due", now=T0 + HOUR + MINUTE, **due)] == \
        ["AAAAA-00001"]
    commit(r, version=1, seen=("release-1",), event="ticket.released", contact=0)
    assert call(r, "intake_due", now=T0 + DAY, **due) == []


# -------------------------------------------------------------------- guard

LIMITS = dict(address_hour=2, address_day=4, ticket_hour=3, ticket_day=5, all_minute=6)


def guard(r, id_, now, address="ann", ticket="T1", **more):
    return call(r, "intake_guard", id=id_, address=address, ticket=ticket, now=now,
                **{**LIMITS, **more})[0]


def test_guard__same_id__is_counted_once(r):
    for _ in range(10):
        assert guard(r, "a", T0) == "ok"
    assert guard(r, "b", T0) == "ok"
    assert guard(r, "c", T0) == "address-hour"
    assert guard(r, "a", T0 + 5) == "ok"


def test_guard__window_slides__not_by_the_clock(r):
    assert guard(r, "a", T0) == "ok"
    assert guard(r, "b", T0 + 50 * MINUTE) == "ok"
    assert guard(r, "c", T0 + 59 * MINUTE) == "address-hour"
    assert guard(r, "c", T0 + 60 * MINUTE) == "ok"
    assert guard(r, "d", T0 + 61 * MINUTE) == "address-hour"


def test_guard__refused__is_not_counted(r):
    guard(r, "a", T0), guard(r, "b", T0)
    for n in range(10):
        assert guard(r, "x%d" % n, T0 + 1) == "address-hour"
    assert guard(r, "c", T0 + HOUR) == "ok"


def test_guard__day_limit__holds_after_quiet_hours(r):
    for n in range(4):
        assert guard(r, "m%d" % n, T0 + n * 2 * HOUR) == "ok"
    assert guard(r, "m5", T0 + 10 * HOUR) == "address-day"
    assert guard(r, "m5", T0 + DAY) == "ok"


def test_guard__one_ticket_many_addresses__ticket_limit(r):
    for n in range(3):
        assert guard(r, "m%d" % n, T0, address="a%d" % n) == "ok"
    assert guard(r, "m9", T0, address="a9") == "ticket-hour"


def test_guard__everybody_at_once__minute_limit(r):
    for n in range(6):
        assert guard(r, "m%d" % n, T0, address="a%d" % n, ticket="T%d" % n) == "ok"
    assert guard(r, "m9", T0, address="a9", ticket="T9") == "all-minute"
    assert guard(r, "m9", T0 + MINUTE, address="a9", ticket="T9") == "ok"


# ------------------------------------------------------------------- workers

def test_claim__priorities__high_first_over_departments(r):
    for n, (d, p) in enumerate([("sales", "low"), ("billing", "medium"), ("sales", "high"),
                                ("billing", "high")]):
        commit(r, "AAAAA-0000%d" % n, seen=("s%d" % n,), department=d, priority=p)
    assert [e["lane"] for e in claim(r)] == \
        ["billing:high", "sales:high", "billing:medium", "sales:low"]
    assert claim(r, "w2") == []
    assert len(claim(r, "x1", group="archive")) == 4


def test_claim__department__only_that_one(r):
    commit(r, "AAAAA-00001", seen=("s1",))
    commit(r, "AAAAA-00002", seen=("s2",), department="sales")
    assert [e["ticket"] for e in claim(r, departments=("sales", "unknown"))] == ["AAAAA-00002"]


def test_claim__ticket__has_one_owner_and_is_in_progress(r):
    commit(r)
    assert claim(r, "w1")[0]["owner"] == "w1"
    assert r.hget(BASE + ":ticket:AAAAA-00001", "status") == "in_progress"
    commit(r, version=2, seen=("s2",), status="in_progress", event="ticket.updated")
    second = claim(r, "w2")[0]
    assert (second["owner"], second["status"]) == ("w1", "in_progress")


def test_claim__changes_the_version__so_that_a_commit_in_flight_sees_the_status(r):
    commit(r)
    claim(r)
    reply = commit(r, version=1, seen=("s2",))
    assert reply[0] == "stale" and reply[1][0][2] == "in_progress" and reply[1][0][3] == "w1"


def test_claim__worker_died__another_takes_over_entry_and_ticket(r):
    commit(r)
    claim(r, "w1")
    assert claim(r, "w2", idle=HOUR) == []
    taken = claim(r, "w2", idle=0)
    assert (taken[0]["owner"], taken[0]["deliveries"]) == ("w2", "2")
    e = taken[0]
    assert call(r, "intake_done", group="routing", consumer="w1", lane=e["lane"],
                entry=e["entry"]) == ["lost", "w2"]


def test_claim__delivered_too_often__goes_to_the_dead_with_the_reason(r):
    call(r, "intake_configure", max_deliveries=3, ticket_ms=DAY)
    commit(r)
    for n in range(3):
        assert len(claim(r, "w%d" % n, idle=0)) == 1
    assert claim(r, "w9", idle=0) == []
    dead = r.xrange(BASE + ":dead")
    assert len(dead) == 1
    assert dead[0][1]["reason"] == "delivered 3 times" and dead[0][1]["lane"] == "billing:high"
    assert dead[0][1]["ticket"] == "AAAAA-00001" and dead[0][1]["event"] == "event-s1"
    assert json.loads(dead[0][1]["data"])["id"] == "AAAAA-00001"
    assert r.xlen(BASE + ":queue:billing:high") == 0
    reply = call(r, "intake_revive", entry=dead[0][0])
    assert reply[0] == "done" and r.xlen(BASE + ":dead") == 0
    assert claim(r, "w1")[0]["event"] == "event-s1"
    assert call(r, "intake_revive", entry=dead[0][0]) == ["none"]


def test_done__entry__is_removed_when_every_group_has_it(r):
    commit(r)
    e = claim(r, "w1")[0]
    x = claim(r, "x1", group="archive")[0]
    done = dict(lane=e["lane"], entry=e["entry"])
    assert call(r, "intake_done", group="routing", consumer="w1", status="closed", **done) == ["done"]
    assert r.xlen(BASE + ":queue:billing:high") == 1
    assert r.hget(BASE + ":ticket:AAAAA-00001", "status") == "closed"
    assert call(r, "intake_done", group="routing", consumer="w1", **done) == ["known"]
    assert call(r, "intake_done", group="archive", consumer="x1", **done) == ["done"]
    assert r.xlen(BASE + ":queue:billing:high") == 0
    assert x["event"] == e["event"]


def test_release__entry__is_up_for_the_next_at_once(r):
    commit(r)
    e = claim(r, "w1")[0]
    assert call(r, "intake_release", group="routing", consumer="w1", lane=e["lane"],
                entry=e["entry"], reason="not my language") == ["done"]
    assert r.hget(BASE + ":ticket:AAAAA-00001", "status") == "open"
    assert r.hget(BASE + ":ticket:AAAAA-00001", "owner") == ""
    assert claim(r, "w2")[0]["owner"] == "w2"
    assert "not my language" in r.xrange(BASE + ":audit")[-1][1]["text"]
    assert call(r, "intake_release", group="routing", consumer="w1", lane=e["lane"],
                entry=e["entry"]) == ["lost", "w2"]


def test_trim__never_removes_what_a_group_has_not_acknowledged(r):
    for n in range(5):
        commit(r, "AAAAA-0000%d" % n, seen=("s%d" % n,))
    assert call(r, "intake_trim") == 0
    ids = [e[0] for e in r.xrange(BASE + ":queue:billing:high")]
    claim(r, "w1", count=4)
    r.xack(BASE + ":queue:billing:high", "routing", ids[0], ids[1], ids[3])
    assert call(r, "intake_trim") == 2
    assert [e[0] for e in r.xrange(BASE + ":queue:billing:high")] == ids[2:]
    r.xack(BASE + ":queue:billing:high", "routing", ids[2])
    claim(r, "x1", group="archive", count=1)
    assert call(r, "intake_trim") == 0
    assert ids[4] in [e[0] for e in r.xrange(BASE + ":queue:billing:high")]


def test_stats__after_some_work__count_it(r):
    commit(r)
    commit(r, "AAAAA-00002", seen=("s2",), held=T0 + HOUR, reply="{}", reply_id="q")
    claim(r, "w1")
    s = json.loads(call(r, "intake_stats"))
    assert s["queues"]["billing:high"]["length"] == 1
    assert s["queues"]["billing:high"]["groups"] == \
        [{"name": "routing", "consumers": 1, "pending": 1, "lag": 0}]
    assert (s["waiting"], s["next_deadline_ms"], s["replies"]["length"]) == (1, T0 + HOUR, 1)
    assert s["dead"] == 0 and s["partition"] == BASE


# ------------------------------------------------------------------- replies

def take(r, consumer="d1", now=T0, lease=MINUTE):
    return [(e[0], table(e[1]), e[2]) for e in
            call(r, "intake_reply_take", consumer=consumer, count=10, lease=lease, now=now)]


def answer(r, id_="r1", **more):
    return call(r, "intake_reply", ticket="AAAAA-00001", id=id_, text="Hello Ann", author="Eve",
                now=T0, **more)


def test_reply__answer__is_queued_once_and_a_turn_of_the_ticket(r):
    commit(r)
    assert answer(r) == ["done", "r1"]
    assert answer(r) == ["known", "queued"]
    entries = take(r)
    assert len(entries) == 1
    assert entries[0][1] == {"ticket": "AAAAA-00001", "id": "r1", "kind": "answer",
                             "text": "Hello Ann", "author": "Eve", "at": str(T0)}
    record = entries[0][2]
    assert record[1] == "2"
    assert json.loads(record[5][0]) == {"at": str(T0), "direction": "out", "who": "Eve",
                                        "text": "Hello Ann"}
    commit(r, version=2, seen=("s2",))
    assert r.exists(BASE + ":ticket:AAAAA-00001:turns") == 0


def test_reply__unknown_ticket_or_no_text__is_refused(r):
    assert answer(r) == ["none"]
    commit(r)
    with pytest.raises(redis.ResponseError, match="text is empty"):
        call(r, "intake_reply", ticket="AAAAA-00001", id="r1", text="", author="Eve")


def test_reply__with_close__closes(r):
    commit(r)
    answer(r, close=1)
    assert r.hget(BASE + ":ticket:AAAAA-00001", "status") == "closed"
    assert call(r, "intake_close", ticket="AAAAA-00001", author="eve") == ["known"]


def test_reply_take__two_daemons__share_and_take_over_after_the_lease(server, r):
    other = server.client()
    commit(r)
    answer(r)
    assert len(take(r, "d1")) == 1
    assert take(other, "d2") == []
    assert len(take(other, "d2", lease=0)) == 1


def test_reply__sent__is_over_and_its_message_id_leads_to_the_ticket(r):
    commit(r)
    answer(r)
    entry = take(r)[0][0]
    who = dict(ticket="AAAAA-00001", id="r1", entry=entry, now=T0)
    assert call(r, "intake_reply_begin", **who) == ["go", "1"]
    assert call(r, "intake_reply_begin", **who) == ["unsure", "2"]
    end = dict(who, state="sent", thread_ms=DAY, session="chat1", chat='{"out":1}', chat_ms=HOUR)
    assert call(r, "intake_reply_end", ("own", "m-9"), **end) == ["done", "sent"]
    assert call(r, "intake_reply_end", ("own", "m-9"), **end) == ["known", "sent"]
    assert call(r, "intake_reply_begin", **who) == ["over", "sent"]
    assert r.xlen(BASE + ":replies") == 0
    assert len(r.xrange(BASE + ":chat:chat1")) == 1
    assert call(r, "intake_find", ("thread", "m-9"))[1][0][0] == "AAAAA-00001"
    assert r.hget(BASE + ":ticket:AAAAA-00001:out", "r1").startswith("sent 2 ")
    assert answer(r) == ["known", "sent"]


def test_reply__suppressed__keeps_the_reason(r):
    commit(r, reply='{"id":"q1"}', reply_id="q1")
    entry = take(r)[0][0]
    call(r, "intake_reply_end", ticket="AAAAA-00001", id="q1", entry=entry, state="suppressed",
         reason="auto-reply", now=T0)
    assert r.hget(BASE + ":ticket:AAAAA-00001:out", "q1") == "suppressed 0 %d auto-reply" % T0
    assert json.loads(table(call(r, "intake_ticket", ticket="AAAAA-00001")[1:])["outgoing"]) == \
        {"q1": "suppressed 0 %d auto-reply" % T0}


def test_reply__deferred__comes_back_when_its_time_has_come_and_counts_attempts(r):
    commit(r)
    answer(r)
    entry, fields, _ = take(r)[0]
    who = dict(ticket="AAAAA-00001", id="r1")
    call(r, "intake_reply_begin", entry=entry, now=T0, **who)
    assert call(r, "intake_reply_end", entry=entry, state="deferred", until=T0 + HOUR,
                reason="451 greylisted", now=T0, **who) == ["done", "deferred"]
    assert take(r, now=T0 + HOUR - 1, lease=0) == []
    again = take(r, now=T0 + HOUR)
    assert [e[1] for e in again] == [fields]
    assert call(r, "intake_reply_begin", entry=again[0][0], now=T0, **who) == ["go", "2"]


def test_reply_end__unknown_state__writes_nothing(r):
    commit(r)
    answer(r)
    entry = take(r)[0][0]
    with pytest.raises(redis.ResponseError, match="state must be"):
        call(r, "intake_reply_end", ticket="AAAAA-00001", id="r1", entry=entry, state="lost")
    assert r.xlen(BASE + ":replies") == 1


def test_note__once__and_for_unknown_ticket_none(r):
    commit(r)
    note = dict(ticket="AAAAA-00001", id="n1", text="called back", author="Eve", now=T0)
    assert call(r, "intake_note", **note) == ["done", "n1"]
    assert call(r, "intake_note", **note) == ["known", "note"]
    assert len(r.lrange(BASE + ":ticket:AAAAA-00001:turns", 0, -1)) == 1
    assert r.xlen(BASE + ":replies") == 0
    assert call(r, "intake_note", **dict(note, ticket="none")) == ["none"]


def test_close__waiting_ticket__is_no_longer_due(r):
    commit(r, held=T0 + HOUR, status="awaiting_customer")
    assert call(r, "intake_close", ticket="AAAAA-00001", author="eve", reason="spam") == ["done"]
    assert call(r, "intake_due", now=T0 + DAY, count=10, lease=1) == []
    assert r.pttl(BASE + ":ticket:AAAAA-00001") > 0
    assert call(r, "intake_close", ticket="none", author="eve") == ["none"]


def test_wake__commit_and_reply__are_published(server, r):
    p = server.client().pubsub()
    p.subscribe("intake:wake", "intake:replies", "intake:chat")
    for _ in range(3):
        p.get_message(timeout=30)
    commit(r, session="chat1", chat=("{}",), reply="{}", reply_id="q1")
    got = [(m["channel"], m["data"]) for m in (p.get_message(timeout=30) for _ in range(3))]
    assert got == [("intake:replies", "replies"), ("intake:chat", "chat1"), ("intake:wake", "queue")]


# ---------------------------------------------------------------- worker, users

def worker(server, *words):
    return subprocess.run(
        [sys.executable, os.path.join(TOP, "contrib/worker/worker.py"), "--once", "--name", "w1",
         "--redis", "unix://" + server.socket, *words],
        check=True, capture_output=True, text=True, timeout=100).stdout


def test_worker__takes_prints_answers_and_finishes_once(server, r):
    commit(r, doc='{"id":"AAAAA-00001","department":"billing","subject":"Invoice",'
           '"message":{"text":"Where is it?"}')
    out = worker(server, "--reply", "We are on it.", "--close")
    assert "ticket.created AAAAA-00001 billing/high Invoice" in out
    assert "    Where is it?" in out
    assert r.xlen(BASE + ":queue:billing:high") == 0
    assert r.hget(BASE + ":ticket:AAAAA-00001", "status") == "closed"
    assert [e[1]["text"] for e in r.xrange(BASE + ":replies")] == ["We are on it."]
    assert worker(server, "--reply", "We are on it.") == ""
    assert r.xlen(BASE + ":replies") == 1


def test_user_of_the_manual__worker_may_work_and_no_more(server, r):
    with open(os.path.join(TOP, "doc/queue.md"), encoding="utf-8") as f:
        text = f.read()
    words = text[text.index("ACL SETUSER routing"):].split("```")[0].replace("\\", " ").split()
    r.execute_command(*words)
    w = server.client(username="routing", password="change-me-too")
    commit(r)
    e = claim(w)[0]
    call(w, "intake_configure", max_deliveries=1, ticket_ms=DAY)
    note = dict(ticket="AAAAA-00001", author="Eve", text="x")
    assert call(w, "intake_note", id="n", **note) == ["done", "n"]
    assert call(w, "intake_reply", id="r", close=1, **note) == ["done", "r"]
    assert call(w, "intake_ticket", ticket="AAAAA-00001")[0] == "found"
    here = dict(group="routing", consumer="w1", lane=e["lane"], entry=e["entry"])
    assert call(w, "intake_release", **here) == ["done"]
    assert claim(w, idle=0) == []
    assert r.xlen(BASE + ":dead") == 1
    commit(r, "AAAAA-00002", seen=("s2",))
    e = claim(w)[0]
    assert call(w, "intake_done", group="routing", consumer="w1", lane=e["lane"],
                entry=e["entry"], status="closed") == ["done"]
    w.publish("intake:wake", "queue")
    for command in (["FLUSHALL"], ["SET", "other", "1"], ["CONFIG", "GET", "*"],
                    ["FUNCTION", "DELETE", "intake"], ["DEL", BASE + ":settings"], ["KEYS", "*"]):
        with pytest.raises(redis.ResponseError, match="(?i)permission"):
            w.execute_command(*command)
    r.execute_command("ACL", "DELUSER", "routing")


# ----------------------------------------------------------------- the manual

def test_manual__names_every_function_and_no_other(r):
    with open(os.path.join(TOP, "doc/queue.md"), encoding="utf-8") as f:
        text = f.read()
    import re
    named = set(re.findall(r"\bintake_[a-z_]+\b", text))
    reply = r.execute_command("FUNCTION", "LIST", "LIBRARYNAME", "intake")
    functions = {table(f)["name"] for f in table(reply[0])["functions"]}
    assert functions == named


if __name__ == "__main__":
    sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", os.path.abspath(__file__), *sys.argv[1:]]))
