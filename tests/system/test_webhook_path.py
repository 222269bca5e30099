# SPDX-License-Identifier: ISC
"""A webhook's way into a queue, and what its sender is told."""
import concurrent.futures
import json
import os
import subprocess

from rig import SOURCE, Rig, wait_for


def order(n, **more):
    return {"subject": f"Order {n}", "text": f"order {n} is late", "order": str(n),
            "customer": {"email": f"c{n}@customer.example", "name": f"Customer {n}"}, **more}


def test_a_signed_webhook_becomes_a_ticket_that_fits_the_schema():
    with Rig().start() as rig:
        status, _, body = rig.hook(order(1))
        assert status == 202
        assert json.loads(body)["status"] == "accepted"
        [ticket] = rig.wait_tickets(1)
        assert ticket["event"] == "ticket.created"
        assert ticket["customer"]["address"] == "c1@customer.example"
        assert ticket["customer"]["verified"] == "hmac"
        assert ticket["message"]["text"].strip() == "order 1 is late"
        assert ticket["channel"] == {"kind": "webhook", "name": "shop"}
        assert {"name": "order_number", "value": "1"} in ticket["message"]["fields"]
        assert ticket["history"]["contacts"] == 1
        import jsonschema
        schema = json.loads((SOURCE / "doc" / "ticket.schema.json").read_text())
        jsonschema.validate(ticket, schema)


def test_a_repeated_webhook_is_known_also_after_a_restart():
    with Rig().start() as rig:
        assert rig.hook(order(1), "evt-1")[0] == 202
        assert rig.hook(order(1), "evt-1")[0] == 200
        rig.wait_tickets(1)
        rig.daemon.stop()
        rig.daemon.start()
        assert rig.hook(order(1), "evt-1")[0] == 200
        assert rig.hook(order(2), "evt-2")[0] == 202
        rig.wait_tickets(2)
        assert len(rig.entries()) == 2


def test_the_same_webhook_fifty_times_at_once_makes_one_ticket():
    with Rig().start() as rig:
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            codes = list(pool.map(lambda _: rig.hook(order(7), "evt-7")[0], range(50)))
        assert set(codes) <= {200, 202}
        assert 202 in codes
        rig.hook(order(8), "evt-8")
        wait_for(lambda: any(t["subject"] == "Order 8" for t in rig.tickets()))
        assert len(rig.entries()) == 2


def test_what_is_wrong_is_said_with_the_right_code():
    with Rig().start() as rig:
        good = {"Content-Type": "application/json"}
        assert rig.post("/hooks/shop", "{}", good)[0] == 401
        assert rig.post("/hooks/none", "{}", good)[0] == 404
        status, headers, _ = rig.post("/hooks/shop", None, method="GET")
        assert status == 405 and "POST" in headers["Allow"]
        assert rig.hook(None, body="{broken")[0] == 400
        assert rig.post("/hooks/shop", "a=b", {"Content-Type": "text/plain"})[0] in (401, 415)
        assert rig.post("/hooks/shop", "x" * 3_000_000, good)[0] == 413
        assert rig.entries() == []


def test_history_travels_with_the_second_contact():
    with Rig().start() as rig:
        rig.hook(order(1))
        [first] = rig.wait_tickets(1)
        again = order(1)
        again["subject"] = "Something else entirely"
        rig.hook(again)
        second = rig.wait_tickets(2)[1]
        assert second["id"] != first["id"]
        assert second["history"]["contacts"] == 2
        assert first["id"] in json.dumps(second["history"])


def test_metrics_and_readiness_tell_what_happened():
    with Rig().start() as rig:
        rig.hook(order(1), "evt-1")
        rig.hook(order(1), "evt-1")
        rig.wait_tickets(1)
        status, text = rig.admin("/metrics")
        assert status == 200
        assert 'intaked_received_messages_total{channel="shop"} 1' in text
        assert 'intaked_http_requests_total{code="202"} 1' in text
        assert 'intaked_http_requests_total{code="200"}' in text
        assert "intaked_redis_up 1" in text
        assert rig.admin("/livez")[0] == 200
        assert json.loads(rig.admin("/readyz")[1])["status"] == "ready"
        rig.redis.kill()
        wait_for(lambda: json.loads(rig.admin("/readyz")[1])["status"] == "degraded")
        assert rig.admin("/readyz")[0] == 200


def test_tap_shows_events_without_the_customers_words():
    with Rig().start() as rig:
        tap = subprocess.Popen([str(rig.daemon.process.args[0]).replace("intaked", "intakectl"),
                                "-c", str(rig.daemon.config), "tap", "1"],
                               stdout=subprocess.PIPE, text=True)
        wait_for(lambda: os.path.exists(f"/proc/{tap.pid}"))
        import time
        time.sleep(0.5)
        rig.hook(order(5))
        out, _ = tap.communicate(timeout=15)
        event = json.loads(out)
        assert event["event"] == "ticket.created" and event["pushed"] is True
        assert "is late" not in out
