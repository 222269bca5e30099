# SPDX-License-Identifier: ISC
"""Chat over HTTP: who may, what is taken, and that each visitor is told all of
his own conversation and nothing of another's."""
import base64
import concurrent.futures
import gzip
import hashlib
import hmac
import json
import re
import socket
import time

import pytest

from chat import CONFIG, ORIGIN, Visitor
from rig import SOURCE, Rig, free_port, wait_for

NO_FORMS = CONFIG.replace('include("@TOP@/conf/forms.conf")\n', "")


def chat_rig(config=CONFIG, **changes):
    config = config.replace("@TOP@", str(SOURCE))
    for old, new in changes.get("replace", {}).items():
        assert old in config
        config = config.replace(old, new)
    return Rig(config)


@pytest.fixture(scope="module")
def rig():
    with chat_rig().start() as shared:
        yield shared


def spoken(rig, session):
    """The transcript in Redis."""
    return [json.loads(fields["data"]) for key in rig.redis.client.scan_iter("intake:{*}:chat:" + session)
            for _, fields in rig.redis.client.xrange(key)]


# --- who may ---

@pytest.mark.parametrize("origin,admitted", [
    ("https://shop.example", True), ("https://www.shop.example:8443", True), ("self", True),
    ("http://shop.example", False), ("https://shop.example:443", False), ("https://shop.example.evil.test", False),
    ("https://evil.test", False), ("https://SHOP.example", False), ("null", False), ("*", False), ("", False),
])
def test_only_pages_of_configured_origins_and_our_own_may(rig, origin, admitted):
    visitor = Visitor(rig, origin="http://127.0.0.1:%d" % rig.http_port if origin == "self" else origin)
    visitor.headers = lambda more=None: {"Origin": visitor.origin, **(more or {})}
    for method, path, body in (("GET", "config", None), ("POST", "session", "{}"), ("OPTIONS", "messages", None)):
        status, headers, _ = visitor.request(method, path, body, {"Content-Type": "application/json"})
        assert (status in (200, 204)) == admitted, (method, status)
        assert headers.get("Access-Control-Allow-Origin") == (visitor.origin if admitted else None)
        assert headers["Vary"] == "Origin"
        assert "Set-Cookie" not in headers and "Access-Control-Allow-Credentials" not in headers
        if not admitted:
            assert status == 403


def test_a_post_without_an_origin_is_refused(rig):
    assert Visitor(rig, origin=None).post("session", {})[0] == 403


def test_a_preflight_names_what_the_widget_sends(rig):
    status, headers, _ = Visitor(rig).request("OPTIONS", "messages", None, {
        "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"})
    assert status == 204
    assert "POST" in headers["Access-Control-Allow-Methods"]
    assert {"Authorization", "Content-Type", "Last-Event-ID"} <= set(
        headers["Access-Control-Allow-Headers"].split(", "))


def test_without_a_token_nothing_is_taken_and_nothing_told(rig):
    visitor = Visitor(rig)
    assert visitor.say("hello")[0] == 401
    assert visitor.request("GET", "events")[0] == 401
    visitor.begin()
    for token in ("", "x", visitor.token[:-8] + "AAAAAAA=", visitor.token[8:], "A" * 5000):
        visitor.token = token
        assert visitor.say("hello")[0] == 401
        status, headers, answer = visitor.request("GET", "events")
        assert status == 401 and answer["error"] == "no_session"
        assert headers["Access-Control-Allow-Origin"] == ORIGIN


def test_a_token_of_another_chat_is_no_good():
    with chat_rig(CONFIG + 'chat "other" { origins = {"https://shop.example"} }\n').start() as rig:
        here, there = Visitor(rig).begin(), Visitor(rig, name="other").begin()
        assert here.say("hello")[0] == 202
        here.token, there.token = there.token, here.token
        assert here.say("hello")[0] == 401
        assert there.say("hello")[0] == 401


def test_a_session_cannot_be_chosen_by_the_visitor(rig):
    first = Visitor(rig).begin()
    second = Visitor(rig).begin(session=first.session, s=first.session, token=first.token)
    assert second.session != first.session and re.fullmatch("[0-9a-f]{32}", second.session)


def test_a_session_ends_when_its_time_is_over():
    times = "rate = 1000\n  session_idle = 60s\n  session_max = 60s"
    with chat_rig(replace={"rate = 1000": times}).start() as rig:
        visitor = Visitor(rig)
        _, _, answer = visitor.post("session", {})
        left = time.mktime(time.strptime(answer["expires"][:19], "%Y-%m-%dT%H:%M:%S")) - time.mktime(time.gmtime())
        assert 50 < left <= 61


def test_a_used_token_is_renewed_in_answers_and_in_the_stream():
    with chat_rig(replace={"rate = 1000": "rate = 1000\n  session_idle = 60s"}).start() as rig:
        visitor = Visitor(rig).begin()
        ear = visitor.listen()
        wait_for(lambda: any(event == "token" for event, _ in ear.events), 15, "a new token")
        fresh = next(document["token"] for event, document in ear.events if event == "token")
        assert fresh != visitor.token
        status, _, answer = visitor.say("with the old one")
        assert status == 202 and "token" in answer
        visitor.token = fresh
        status, _, answer = visitor.say("with the new one")
        assert status == 202
        ear.close()


# --- what is taken ---

def test_a_message_is_a_ticket_with_all_that_is_known(rig):
    visitor = Visitor(rig).begin()
    before = len(rig.entries())
    status, _, answer = visitor.say("Please send me the catalogue", "m-1", page="https://shop.example/kitchen",
                                    language="en")
    assert (status, answer) == (202, {"status": "accepted", "client_id": "m-1"})
    [ticket] = rig.wait_tickets(before + 1)[before:]
    assert ticket["channel"] == {"kind": "chat", "name": "site"}
    assert ticket["message"]["text"] == "Please send me the catalogue"
    assert {"name": "page", "value": "https://shop.example/kitchen"} in ticket["message"]["fields"]
    assert visitor.say("Please send me the catalogue", "m-1")[0] == 200
    lines = wait_for(lambda: spoken(rig, visitor.session))
    assert lines[0]["client_id"] == visitor.session + "/m-1"
    assert len(rig.entries()) == before + 1


@pytest.mark.parametrize("body,code,error", [
    ("", 400, "malformed_json"), ("{", 400, "malformed_json"), ("[]", 400, "malformed_json"),
    ("\"x\"", 400, "malformed_json"), (b'{"client_id":"a","text":"\xff"}', 400, "malformed_json"),
    ('{"client_id":"a","client_id":"b","text":"x"}', 400, "malformed_json"),
    ('{"text":"x"}', 400, "bad_client_id"), ('{"client_id":7,"text":"x"}', 400, "bad_client_id"),
    ('{"client_id":"a/b","text":"x"}', 400, "bad_client_id"), ('{"client_id":"","text":"x"}', 400, "bad_client_id"),
    (json.dumps({"client_id": "a" * 65, "text": "x"}), 400, "bad_client_id"),
    ('{"client_id":"a"}', 400, "bad_text"), ('{"client_id":"a","text":["x"]}', 400, "bad_text"),
    ('{"client_id":"a","text":" \\n "}', 400, "empty"),
    ('{"client_id":"a","text":"x","fields":[]}', 400, "bad_field"),
    (json.dumps({"client_id": "a", "text": "x" * 8193}), 413, "too_long"),
    (json.dumps({"client_id": "a", "text": "x" * 40000}), 413, "too_large"),
])
def test_a_bad_message_is_refused_and_the_page_can_read_why(rig, body, code, error):
    visitor = Visitor(rig).begin()
    before = len(rig.entries())
    status, headers, answer = visitor.post("messages", body)
    assert (status, answer["error"]) == (code, error)
    assert headers["Access-Control-Allow-Origin"] == ORIGIN
    assert len(rig.entries()) == before


def test_only_json_is_taken(rig):
    visitor = Visitor(rig).begin()
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""):
        assert visitor.post("messages", '{"client_id":"a","text":"x"}', {"Content-Type": kind})[0] == 415


def test_a_wrong_method_or_name_is_said(rig):
    visitor = Visitor(rig).begin()
    status, headers, _ = visitor.request("GET", "messages")
    assert status == 405 and "POST" in headers["Allow"]
    assert visitor.post("config", {})[0] == 405
    assert visitor.request("GET", "nothing")[0] == 404
    assert visitor.request("GET", "../site2/config")[0] in (400, 404)


def test_the_longest_text_of_any_letters_goes_through(rig):
    visitor = Visitor(rig).begin()
    text = "größe 😀 \"quoted\" \\ \t <b>&amp;" + "€" * 2700
    assert len(text.encode()) <= 8192
    assert visitor.say(text)[0] == 202
    ear = visitor.listen()
    assert ear.wait(1)[0][1]["text"] == text
    ear.close()


def test_too_many_messages_are_put_off_and_other_visitors_are_not():
    with chat_rig(replace={"rate = 1000": "rate = 10"}).start() as rig:
        loud, quiet = Visitor(rig).begin(), Visitor(rig).begin()
        answers = [loud.say(f"spam {n}") for n in range(14)]
        assert [status for status, _, _ in answers[:10]] == [202] * 10
        assert 429 in [status for status, _, _ in answers]
        status, headers, answer = answers[-1]
        assert status == 429 and int(headers["Retry-After"]) > 0 and answer["error"] == "too_many_requests"
        assert quiet.say("hello")[0] == 202


# --- fields and identities ---

FIELDS = """rate = 1000
  field "name" { label = "Your name" required = yes }
  field "email" { label = "E-mail" type = email }
  field "topic" { label = "Topic" type = select options = {"order", "return"} }
"""


def test_required_fields_are_asked_by_the_server_too():
    with chat_rig(replace={"rate = 1000": FIELDS}).start() as rig:
        visitor = Visitor(rig)
        assert [f["name"] for f in visitor.request("GET", "config")[2]["fields"]] == ["name", "email", "topic"]
        for fields, error, which in (({}, "missing_field", "name"), ({"name": "  "}, "missing_field", "name"),
                                     ({"name": "Eve", "email": "nobody"}, "bad_field", "email"),
                                     ({"name": "Eve", "topic": "else"}, "bad_field", "topic"),
                                     ({"name": 7}, "bad_field", "name")):
            status, _, answer = visitor.post("session", {"fields": fields})
            assert (status, answer["error"], answer["detail"]) == (400, error, which)
        visitor.begin(fields={"name": "Eve", "email": "eve@customer.example", "topic": "order", "secret": "x"})
        visitor.say("Where are you?", fields={"topic": "order", "other": "x", "email": "mallory@evil.test"})
        [ticket] = rig.wait_tickets(1)
        assert ticket["message"]["from"] == {"name": "Eve", "address": "eve@customer.example"}
        assert ticket["customer"].get("verified") is None
        names = {field["name"]: field["value"] for field in ticket["message"]["fields"]}
        assert names["topic"] == "order" and "other" not in names and "secret" not in names


def signed(secret, **who):
    who = {"id": "", "name": "", "email": "", "exp": int(time.time()) + 600, "nonce": "", **who}
    text = "\n".join(str(who[part]) for part in ("id", "name", "email", "exp", "nonce"))
    return {**who, "hmac": hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()}


def identity_rig(mode):
    rig = chat_rig(replace={"rate = 1000":
                            f'rate = 1000\n  identity = {mode}\n  identity_secret_file = "@DIR@/identity"'})
    (rig.dir / "identity").write_text("topsecret\n")
    (rig.dir / "identity").chmod(0o600)
    return rig


def test_where_identities_are_required_nobody_else_gets_in():
    with identity_rig("require").start() as rig:
        visitor = Visitor(rig)
        good = signed("topsecret", id="4711", name="Carla", email="carla@customer.example")
        assert visitor.post("session", {})[0] == 401
        assert visitor.post("session", {"identity": None})[0] == 401
        for bad, error in ((signed("guess", id="4711"), "identity_forged"),
                           ({**good, "email": "other@customer.example"}, "identity_forged"),
                           ({**good, "exp": good["exp"] + 1}, "identity_forged"),
                           ({**good, "hmac": ""}, "identity_forged"), ({"id": "4711"}, "identity_malformed"),
                           (signed("topsecret", name="No id"), "identity_malformed"),
                           (signed("topsecret", id="4711", exp=int(time.time()) - 1), "identity_expired")):
            status, _, answer = visitor.post("session", {"identity": bad})
            assert (status, answer["error"]) == (401, error)
        visitor.begin(identity=good, fields={"name": "Mallory", "email": "mallory@evil.test"})
        assert visitor.say("Where are you?")[0] == 202
        [ticket] = rig.wait_tickets(1)
        assert ticket["customer"]["verified"] == "identity"
        assert ticket["message"]["from"] == {"name": "Carla", "address": "carla@customer.example"}
        assert {"name": "customer_id", "value": "4711"} in ticket["message"]["fields"]


def test_an_anonymous_session_is_over_when_identities_become_required():
    with identity_rig("mark").start() as rig:
        visitor = Visitor(rig).begin()
        assert visitor.say("hello")[0] == 202
        rig.daemon.config.write_text(rig.text().replace("identity = mark", "identity = require"))
        rig.daemon.ctl("reload")
        wait_for(lambda: visitor.say("again")[0] == 401)


def test_where_identities_are_noted_strangers_stay_strangers():
    with identity_rig("mark").start() as rig:
        known = Visitor(rig).begin(identity=signed("topsecret", id="1", email="carla@customer.example"))
        forged = Visitor(rig).begin(identity=signed("guess", id="2", email="carla@customer.example"))
        known.say("I am known")
        [ticket] = rig.wait_tickets(1)
        assert ticket["customer"]["verified"] == "identity"
        forged.say("I am not")
        other = rig.wait_tickets(2)[1]
        assert (other["customer"] or {}).get("verified") != "identity"
        assert other["message"]["from"] is None or other["message"]["from"]["address"] != "carla@customer.example"


# --- the stream ---

def test_a_question_and_a_workers_answer_are_told_with_their_kind(rig):
    visitor = Visitor(rig).begin()
    ear = visitor.listen()
    visitor.say("I want to return my order")
    lines = ear.wait(2)
    assert [line["direction"] for _, line in lines] == ["in", "out"]
    assert lines[1][1]["kind"] == "question" and "Order number" in lines[1][1]["text"]
    before = len(rig.entries())
    visitor.say("Order number: 12345678\nReason: damaged")
    ticket = rig.wait_tickets(before + 1)[-1]
    assert ticket["event"] == "ticket.completed"
    assert ticket["form"]["details"]["order_number"]
    rig.redis.client.fcall("intake_reply", 1, "intake:{0}", "ticket", ticket["id"], "id", "answer-1",
                           "author", "Eve", "text", "A label is on its way.")
    wait_for(lambda: "A label is on its way." in ear.texts())
    answer = next(line for _, line in ear.lines if line["text"] == "A label is on its way.")
    assert (answer["kind"], answer["author"]) == ("answer", "Eve")
    ear.close()


def test_the_stream_goes_on_after_the_last_line_seen(rig):
    visitor = Visitor(rig).begin()
    for n in range(40):
        assert visitor.say(f"line {n}", f"c{n}")[0] == 202
    ear = visitor.listen()
    lines = ear.wait(40)
    ear.close()
    order = [ident for ident, _ in lines]
    assert len(set(order)) == len(order)
    for cut in (0, 1, 15, 16, 17, len(lines) - 1):
        again = visitor.listen(after=order[cut])
        expected = [line for _, line in lines[cut + 1:]]
        if expected:
            again.wait(len(expected))
        else:
            time.sleep(0.3)
        assert [line for _, line in again.lines] == expected
        again.close()


def test_heartbeats_come_and_a_fifth_tab_ends_the_first(rig):
    visitor = Visitor(rig).begin()
    ears = [visitor.listen() for _ in range(4)]
    wait_for(lambda: all(len(ear.beats) >= 2 for ear in ears), 10, "heartbeats")
    assert all(ear.events[0] == ("hello", {"heartbeat_ms": 1000}) for ear in ears)
    assert f"intaked_chat_connections {4}" in rig.admin("/metrics")[1]
    fifth = visitor.listen()
    wait_for(lambda: ears[0].over, what="the first stream to end")
    assert ears[0].events[-1][0] == "full"
    assert not any(ear.over for ear in ears[1:] + [fifth])
    visitor.say("to all")
    for ear in ears[1:] + [fifth]:
        ear.wait(1)
        ear.close()
    wait_for(lambda: "intaked_chat_connections 0" in rig.admin("/metrics")[1], what="all streams to be gone")


def test_a_client_that_does_not_read_is_cut_off_and_loses_nothing():
    with chat_rig(NO_FORMS, replace={"rate = 1000": "rate = 100000"}).start() as rig:
        visitor = Visitor(rig).begin()
        deaf = socket.socket()
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect(("127.0.0.1", rig.http_port))
        deaf.sendall(f"GET /chat/site/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {visitor.token}\r\n\r\n".encode())
        wait_for(lambda: "intaked_chat_connections 1" in rig.admin("/metrics")[1])
        count = 800
        assert visitor.say("hello")[0] == 202
        key = wait_for(lambda: next(rig.redis.client.scan_iter("intake:{*}:chat:" + visitor.session), None))
        for n in range(count):
            rig.redis.client.xadd(key, {"data": json.dumps({"direction": "in", "text": "x" * 8000, "client_id": str(n)})})
        assert visitor.say("hello again")[0] == 202
        wait_for(lambda: "intaked_chat_connections 0" in rig.admin("/metrics")[1], 30, "the deaf client to be cut off")
        deaf.close()
        ear, seen = visitor.listen(), {}

        def all_seen():
            nonlocal ear
            seen.update({line["client_id"]: ident for ident, line in list(ear.lines) if line["direction"] == "in"})
            if ear.over:
                ear = visitor.listen(after=ear.lines[-1][0] if ear.lines else None)
            return len(seen) == count + 2
        wait_for(all_seen, 30, "all lines")
        ear.close()


def test_a_thousand_visitors_see_only_their_own():
    count = 1000
    config = NO_FORMS.replace("rate = 1000", "rate = 100000").replace("heartbeat = 1s", "heartbeat = 5s")
    rig = chat_rig(config)
    text = rig.text().replace("max_per_client = 20000", "max_per_client = 20000 max_connections = 3000")
    rig.text = lambda: text
    with rig.start():
        visitors = [Visitor(rig).begin() for _ in range(count)]
        assert len({v.session for v in visitors}) == count
        idle = memory(rig)
        streams = [Stream(visitor) for visitor in visitors]
        wait_for(lambda: f"intaked_chat_connections {count}" in rig.admin("/metrics")[1])
        for stream in streams:
            stream.read_until(b"hello")
        print("bytes for each open stream:", (memory(rig) - idle) / count)
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            codes = set(pool.map(lambda v: v.say(f"canary {v.session}")[0], visitors))
        assert codes == {202}
        for visitor, stream in zip(visitors, streams):
            text = stream.read_until(b"canary " + visitor.session.encode())
            assert set(re.findall(rb"canary ([0-9a-f]{32})", text)) == {visitor.session.encode()}
            stream.close()
        tokens = [visitor.token for visitor in visitors]
        assert not any(token in rig.daemon.log() for token in tokens)


class Stream:
    """A stream on a bare socket: a thousand threads would be too many."""

    def __init__(self, visitor):
        self.got = b""
        self.socket = socket.create_connection(("127.0.0.1", visitor.port), timeout=30)
        self.socket.sendall((f"GET {visitor.base}events HTTP/1.1\r\nHost: x\r\n"
                             f"Authorization: Bearer {visitor.token}\r\n\r\n").encode())

    def read_until(self, mark):
        while mark not in self.got:
            chunk = self.socket.recv(65536)
            assert chunk, self.got
            self.got += chunk
        return self.got

    def close(self):
        self.socket.close()


def memory(rig):
    with open(f"/proc/{rig.daemon.process.pid}/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS"))


# --- when things break ---

def test_with_redis_away_messages_are_taken_and_told_when_it_is_back():
    with chat_rig(NO_FORMS).start() as rig:
        visitor = Visitor(rig).begin()
        ear = visitor.listen()
        assert visitor.say("before", "c1")[0] == 202
        ear.wait(1)
        rig.redis.stop()
        assert visitor.say("while it is away", "c2")[0] == 202
        late = Visitor(rig).begin()
        late_ear = late.listen()
        assert late_ear.status == 200
        assert late.say("first words", "c1")[0] == 202
        time.sleep(1)
        rig.redis.start()
        wait_for(lambda: "while it is away" in ear.texts(), 30, "the line")
        wait_for(lambda: "first words" in late_ear.texts(), 30, "the first line")
        wait_for(lambda: len(rig.entries()) >= 3, 30)
        time.sleep(0.5)
        assert ear.texts().count("while it is away") == 1 and ear.texts().count("before") == 1
        assert [entry for entry in ear.texts() if "canary" in entry] == []
        ear.close()
        late_ear.close()


def test_a_killed_daemon_loses_and_doubles_nothing():
    with chat_rig(NO_FORMS).start() as rig:
        visitor = Visitor(rig).begin()
        accepted, seen, last = [], [], None
        for round_number in range(4):
            ear = visitor.listen(after=last)
            for n in range(10):
                ident = f"r{round_number}n{n}"
                if visitor.say(ident, ident)[0] in (200, 202):
                    accepted.append(ident)
            rig.daemon.kill()
            wait_for(lambda: ear.over, what="the stream to break")
            seen += ear.lines
            if seen:
                last = seen[-1][0]
            rig.daemon.start()
            assert visitor.say(ident, ident)[0] == 200
        ear = visitor.listen(after=last)
        wait_for(lambda: sum(line["direction"] == "in" for _, line in seen + ear.lines) >= len(accepted), 30)
        time.sleep(0.5)
        texts = [line["text"] for _, line in seen + ear.lines if line["direction"] == "in"]
        assert sorted(texts) == sorted(accepted) and len(accepted) == 40
        ear.close()


def test_a_full_journal_puts_the_visitor_off():
    with chat_rig(NO_FORMS).start(env={"INTAKED_FAULTS": ""}) as rig:
        visitor = Visitor(rig).begin()
        assert visitor.say("hello")[0] == 202
        rig.daemon.stop()
        small = rig.text().replace('log { level = debug }',
                                   'log { level = debug }\njournal { max_size = 64M reserve = 900G }')
        rig.daemon.config.write_text(small)
        rig.daemon.start()
        status, headers, answer = visitor.say("no room for this", "c1")
        assert status == 503 and int(headers["Retry-After"]) > 0 and answer["error"] == "unavailable"
        assert headers["Access-Control-Allow-Origin"] == ORIGIN
        rig.daemon.stop()
        rig.daemon.config.write_text(rig.text())
        rig.daemon.start()
        assert visitor.say("no room for this", "c1")[0] == 202


# --- what is served ---

def test_the_widget_is_cached_and_never_changes_under_its_long_name(rig):
    visitor = Visitor(rig, origin=None)
    config = visitor.request("GET", "config")[2]
    status, headers, script = visitor.request("GET", "widget.js")
    assert status == 200 and headers["Content-Type"].startswith("text/javascript")
    assert visitor.request("GET", "widget.js", headers={"If-None-Match": headers["ETag"]})[0] == 304
    status, fixed, same = visitor.request("GET", config["widget"]["name"])
    assert status == 200 and same == script and "immutable" in fixed["Cache-Control"]
    assert visitor.request("GET", "widget-0000000000000000.js")[0] == 404
    assert len(script) < 26000
    for accept, encoding in (("gzip, deflate, br", "gzip"), ("br;q=1.0, gzip;q=0.8, *;q=0.1", "gzip"),
                             ("gzip;q=0", None), ("identity", None), ("x-gzip", None)):
        status, packed, body = visitor.request("GET", "widget.js", headers={"Accept-Encoding": accept})
        assert packed.get("Content-Encoding") == encoding and packed["Vary"] == "Accept-Encoding"
        assert (gzip.decompress(body) if encoding else body) == script
        assert len(body) < 10000 or not encoding
    digest = "sha256-" + base64.b64encode(hashlib.sha256(script).digest()).decode()
    assert config["widget"]["integrity"] == digest


def test_the_widget_has_nothing_that_makes_html_of_text():
    source = (SOURCE / "src/channel/chat/widget.js").read_text()
    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function",
                 "DOMParser", "createContextualFragment", "srcdoc", "document.cookie", "setAttribute('on",
                 "setAttribute('style"):
        assert word not in source
    assert "mode: 'closed'" in source


def test_no_token_is_ever_logged():
    with chat_rig(NO_FORMS).start() as rig:
        visitor = Visitor(rig).begin()
        ear = visitor.listen()
        visitor.say("hello")
        ear.wait(1)
        ear.close()
        visitor.token += "x"
        visitor.say("hello")
        assert visitor.request("GET", "events?token=" + visitor.token)[0] == 401
        assert visitor.token[:40] not in rig.daemon.log()
