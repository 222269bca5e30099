# SPDX-License-Identifier: ISC
"""Attachments in an S3-compatible bucket: sent once, signed, never a dead
reference in a ticket, and nothing is held up by a bucket that is away."""
import base64
import contextlib
import hashlib
import json
import os
import re
import signal
import socket
import subprocess
import time
from email.message import EmailMessage

import pytest

import s3
from ports import free_port
from rig import INTAKED, SOURCE, Rig, wait_for
from s3 import S3, SECRET

LOGO = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def mail(n, *files):
    m = EmailMessage()
    m["From"] = f"c{n}@customer.example"
    m["To"] = "support@shop.example"
    m["Subject"] = f"Order {n}"
    m["Message-ID"] = f"<m{n}.{time.time_ns()}@customer.example>"
    m.set_content(f"see the file of order {n}")
    for i, data in enumerate(files):
        m.add_attachment(data, maintype="image", subtype="png", filename=f"f{i}.png")
    return m.as_bytes()


def rig_for(url, more="", secret=SECRET, prefix="in/"):
    rig = Rig(f'''
bucket {{
  name = "support"
  endpoint = "{url}"
  region = "eu-test-1"
  prefix = "{prefix}"
  access_key = "{s3.KEY}"
  secret_key_file = "@DIR@/s3.key"
  retry_max = 1s
{more}
}}
''')
    write_key(rig, secret)
    return rig


def write_key(rig, secret):
    (rig.dir / "s3.key").write_text(secret + "\n")
    (rig.dir / "s3.key").chmod(0o600)


def locations(ticket):
    return [a["location"] for a in ticket["message"]["attachments"]]


def pending(rig):
    return rig.daemon.status()["bucket"]["pending"]


def local(rig, digest):
    return rig.dir / "state" / "blobs" / digest[:2] / digest


# --- the check of signatures itself ---

@pytest.mark.parametrize("method,target,more,payload,good", [
    ("GET", "/test.txt", {"range": "bytes=0-9"}, b"",
     "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
    ("PUT", "/test%24file.text", {"date": "Fri, 24 May 2013 00:00:00 GMT",
                                  "x-amz-storage-class": "REDUCED_REDUNDANCY"},
     b"Welcome to Amazon S3.", "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"),
    ("GET", "/?lifecycle", {}, b"",
     "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
    ("GET", "/?max-keys=2&prefix=J", {}, b"",
     "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
])
def test_our_test_server__agrees_with_amazons_examples(method, target, more, payload, good):
    headers = dict(more, host="examplebucket.s3.amazonaws.com")
    headers["x-amz-date"] = "20130524T000000Z"
    headers["x-amz-content-sha256"] = sha256(payload)
    assert good == s3.signature(
        method, target, headers, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "20130524/us-east-1/s3/aws4_request", sorted(headers), sha256(payload))


# --- when all is well ---

def test_attachment__is_in_the_bucket_before_the_ticket_names_it():
    with S3() as server, rig_for(server.url) as rig:
        rig.start()
        rig.drop_mail(mail(1, LOGO, b"", b"x" * 200000))
        ticket, = rig.wait_tickets(1)
        for data, place in zip((LOGO, b"", b"x" * 200000), locations(ticket)):
            assert place == "s3://support/in/" + sha256(data)
            body, meta = server.objects[place.removeprefix("s3://")]
            assert body == data
            assert meta["content-type"] == "application/octet-stream"
            assert meta["content-disposition"] == "attachment"
        status = rig.daemon.status()
        assert status["bucket"] == {"up": True, "place": "s3://support/in/", "problem": "",
                                    "pending": 0, "tickets_waiting": 0}
        metrics = rig.admin("/metrics")[1]
        assert 'intaked_bucket_up{bucket="support"} 1' in metrics
        assert 'intaked_bucket_objects_total{outcome="sent"} 3' in metrics
        assert f"intaked_bucket_sent_bytes_total {len(LOGO) + 200000}" in metrics
        assert SECRET not in rig.daemon.log()


def test_html__is_in_the_bucket_too():
    with S3() as server, rig_for(server.url) as rig:
        rig.start()
        m = EmailMessage()
        m["From"] = "c@customer.example"
        m["Message-ID"] = "<h@customer.example>"
        m.set_content("hello")
        m.add_alternative("<p>hello <b>you</b></p>", subtype="html")
        rig.drop_mail(m.as_bytes())
        ticket, = rig.wait_tickets(1)
        html = ticket["message"]["html"]
        assert html["location"] == "s3://support/in/" + html["sha256"]
        assert sha256(server.objects["support/in/" + html["sha256"]][0]) == html["sha256"]


def test_same_logo__is_sent_once_over_restarts_and_daemons():
    with S3() as server, rig_for(server.url) as rig:
        rig.start()
        for n in range(5):
            rig.drop_mail(mail(n, LOGO, b"file %d" % n))
        rig.wait_tickets(5)
        rig.daemon.stop()
        rig.daemon.start()
        rig.drop_mail(mail(5, LOGO))
        tickets = rig.wait_tickets(6)
        assert server.puts().count("support/in/" + sha256(LOGO)) == 1
        assert len(server.puts()) == 6
        assert all(locations(t)[0] == "s3://support/in/" + sha256(LOGO) for t in tickets)
        # Known to this daemon for a while: not even asked about.
        asked = len(server.log)
        rig.drop_mail(mail(6, LOGO))
        rig.wait_tickets(7)
        assert len(server.log) == asked
    with S3() as other:
        other.objects = server.objects
        with rig_for(other.url) as rig:
            rig.start()
            rig.drop_mail(mail(7, LOGO))
            rig.wait_tickets(1)
            assert other.puts() == []


def test_many_files__go_a_few_at_a_time():
    with S3() as server, rig_for(server.url, "transfers = 3\nwait = 30s") as rig:
        server.delay = 0.05
        rig.start()
        files = [b"file %d" % n for n in range(100)]
        rig.drop_mail(mail(1, *files))
        ticket, = rig.wait_tickets(1)
        assert all(place.startswith("s3://") for place in locations(ticket))
        assert len(server.objects) == 100
        assert server.most_under_way == 3


@pytest.mark.parametrize("more,headers", [
    ('encryption = "AES256"', {"x-amz-server-side-encryption": "AES256"}),
    ('encryption = "aws:kms"', {"x-amz-server-side-encryption": "aws:kms"}),
])
def test_encryption__is_asked_for_and_signed(more, headers):
    with S3() as server, rig_for(server.url, more) as rig:
        rig.start()
        rig.drop_mail(mail(1, LOGO))
        assert locations(rig.wait_tickets(1)[0])[0].startswith("s3://")
        meta = server.objects["support/in/" + sha256(LOGO)][1]
        assert headers.items() <= meta.items()


def test_host_style__puts_the_bucket_into_the_name():
    with S3() as server:
        url = server.url.replace("127.0.0.1", "localhost")
        with rig_for(url, 'style = "host"', prefix="") as rig:
            rig.start()
            rig.drop_mail(mail(1, LOGO))
            assert locations(rig.wait_tickets(1)[0]) == ["s3://support/" + sha256(LOGO)]
            assert server.puts() == ["support/" + sha256(LOGO)]


def test_tls__is_verified(tmp_path):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=s3",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", tmp_path / "key.pem",
                    "-out", tmp_path / "cert.pem"], check=True, capture_output=True)
    with S3(tls=(tmp_path / "cert.pem", tmp_path / "key.pem")) as server:
        with rig_for(server.url) as rig:
            rig.start()
            rig.drop_mail(mail(1, LOGO))
            assert locations(rig.wait_tickets(1)[0]) == ["blob:" + sha256(LOGO)]
            assert "certificate" in rig.admin("/readyz")[1]
            assert server.log == []
        with rig_for(server.url, f'tls_ca_file = "{tmp_path}/cert.pem"') as rig:
            rig.start()
            rig.drop_mail(mail(1, LOGO))
            assert locations(rig.wait_tickets(1)[0])[0].startswith("s3://")


def test_local_copy__stays_as_long_as_somebody_was_told_of_it():
    with S3() as server, rig_for(server.url, "keep_local = 1h") as rig:
        rig.more += '\nredis { ticket_retention = 10d }\n'
        rig.more = rig.more.replace("redis {", f'redis {{ address = "{rig.redis.path}"')
        text = rig.text().replace(f'redis {{ address = "{rig.redis.path}" }}\n', "", 1)
        rig.text = lambda: text
        rig.start()
        rig.drop_mail(mail(1, LOGO))
        rig.wait_tickets(1)
        # As old as it takes for the sweep to have it in an hour.
        wait_for(lambda: abs(time.time() - local(rig, sha256(LOGO)).stat().st_mtime
                             - (240 - 1) * 3600) < 60, 5, "an aged file")
        server.fail = (503, "SlowDown")
        rig.drop_mail(mail(2, b"late"))
        assert locations(rig.wait_tickets(2)[1]) == ["blob:" + sha256(b"late")]
        server.fail = None
        wait_for(lambda: pending(rig) == 0, 10, "the bucket to have it")
        time.sleep(0.3)
        assert time.time() - local(rig, sha256(b"late")).stat().st_mtime < 60
        # Here again, and named to somebody again: as new.
        server.fail = (503, "SlowDown")
        rig.drop_mail(mail(3, LOGO, b"more"))
        rig.wait_tickets(3)
        assert time.time() - local(rig, sha256(LOGO)).stat().st_mtime < 60


# --- when it is not ---

def test_bucket_is_away__tickets_go_on_and_it_gets_all_later():
    port = free_port()
    with rig_for(f"http://127.0.0.1:{port}") as rig:
        rig.start()
        files = {sha256(b"%d" % n): b"%d" % n for n in range(20)}
        for n, data in enumerate(files.values()):
            rig.drop_mail(mail(n, data, LOGO))
        tickets = rig.wait_tickets(20, 10)
        for ticket in tickets:
            for place in locations(ticket):
                digest = place.removeprefix("blob:")
                assert sha256(local(rig, digest).read_bytes()) == digest
        assert pending(rig) == 21
        code, body = rig.admin("/readyz")
        assert code == 200
        assert json.loads(body)["status"] == "degraded" and "bucket: " in body
        assert "intaked_bucket_pending_objects 21" in rig.admin("/metrics")[1]
        assert "pending" in rig.daemon.ctl("status").stdout
        with S3(port=port) as server:
            wait_for(lambda: pending(rig) == 0, 20, "all to be sent")
            assert {k.removeprefix("support/in/"): v[0] for k, v in server.objects.items()} == \
                dict(files, **{sha256(LOGO): LOGO})
            assert json.loads(rig.admin("/readyz")[1])["status"] == "ready"
            assert not list((rig.dir / "state" / "uploads").iterdir())
            rig.drop_mail(mail(99, b"new"))
            tickets = rig.wait_tickets(21, 10)
            assert [locations(t) for t in tickets if t["subject"] == "Order 99"] == \
                [["s3://support/in/" + sha256(b"new")]]
        # Away again.
        rig.drop_mail(mail(100, b"newer"))
        rig.wait_tickets(22, 10)
        assert pending(rig) == 1


def test_wrong_secret__is_told_with_what_to_do_and_corrected_without_a_restart():
    with S3() as server, rig_for(server.url, secret="wrong") as rig:
        rig.start()
        rig.drop_mail(mail(1, LOGO))
        assert locations(rig.wait_tickets(1)[0]) == ["blob:" + sha256(LOGO)]
        issue = wait_for(lambda: "SignatureDoesNotMatch" in rig.admin("/readyz")[1] and
                         rig.admin("/readyz")[1], 5, "the issue")
        assert "correct the secret key" in issue
        assert server.objects == {} and pending(rig) == 1
        assert "wrong" not in rig.daemon.log() and SECRET not in rig.daemon.log()
        write_key(rig, SECRET)
        wait_for(lambda: pending(rig) == 0, 10, "the file to be sent")
        assert server.objects["support/in/" + sha256(LOGO)][0] == LOGO


@pytest.mark.parametrize("change,code,advice", [
    (("name = \"support\"", "name = \"other\""), "NoSuchBucket", "make the bucket"),
    (("eu-test-1", "eu-test-2"), "AuthorizationHeaderMalformed", "correct bucket.region"),
    ((s3.KEY, "AKIANOBODY"), "InvalidAccessKeyId", "correct bucket.access_key"),
    (("s3.key\"", "nothing.key\""), "nothing.key", "secret key"),
])
def test_what_is_wrong__is_named_and_holds_nothing_up(change, code, advice):
    with S3() as server, rig_for(server.url) as rig:
        rig.more = rig.more.replace(*change)
        if "nothing.key" in change[1]:
            (rig.dir / "nothing.key").write_text("x")
            (rig.dir / "nothing.key").chmod(0o600)
        rig.start()
        if "nothing.key" in change[1]:
            (rig.dir / "nothing.key").unlink()
        rig.drop_mail(mail(1, LOGO))
        assert locations(rig.wait_tickets(1, 5)[0]) == ["blob:" + sha256(LOGO)]
        wait_for(lambda: code in rig.admin("/readyz")[1], 5, "the issue")
        assert advice in rig.admin("/readyz")[1]
        assert advice in rig.daemon.log()


def test_silent_bucket__is_waited_for_no_longer_than_configured():
    with S3() as server, rig_for(server.url, "wait = 1s\ntimeout = 2s") as rig:
        server.delay = 60
        rig.start()
        began = time.monotonic()
        rig.drop_mail(mail(1, LOGO))
        ticket, = rig.wait_tickets(1)
        assert 0.9 < time.monotonic() - began < 4
        assert locations(ticket) == ["blob:" + sha256(LOGO)]
        wait_for(lambda: "bucket: " in rig.admin("/readyz")[1], 10, "the silence to be noticed")
        began = time.monotonic()
        rig.drop_mail(mail(2, b"another"))
        rig.wait_tickets(2)
        assert time.monotonic() - began < 1
        server.delay = 0
        wait_for(lambda: pending(rig) == 0, 20, "both to be sent")
        assert len(server.objects) == 2


def test_one_file_that_is_refused__does_not_hold_up_the_others():
    bad = b"this one"
    with S3() as server, rig_for(server.url) as rig:
        server.fail_key = (sha256(bad), 400, "EntityTooLarge")
        rig.start()
        rig.drop_mail(mail(1, bad, b"good"))
        assert locations(rig.wait_tickets(1)[0])[0] == "blob:" + sha256(bad)
        wait_for(lambda: pending(rig) == 1, 5, "only the bad one to be left")
        rig.drop_mail(mail(2, b"better"))
        tickets = rig.wait_tickets(2)
        assert "s3://support/in/" + sha256(b"better") in [p for t in tickets for p in locations(t)]
        assert json.loads(rig.admin("/readyz")[1])["status"] == "ready"
        assert "is not taken, others are" in rig.daemon.log()


def test_file_that_fails_in_an_odd_way__is_set_back_after_three_times():
    bad = b"this one"
    with S3() as server, rig_for(server.url) as rig:
        server.fail_key = (sha256(bad), 400, "WhoKnows")
        rig.start()
        rig.drop_mail(mail(1, bad))
        rig.wait_tickets(1)
        n = 2
        while "is not taken, others are" not in rig.daemon.log():
            assert n < 60, rig.daemon.log()[-3000:]
            rig.drop_mail(mail(n, b"good %d" % n))
            rig.wait_tickets(n)
            time.sleep(0.3)
            n += 1
        wait_for(lambda: pending(rig) == 1, 10, "only the bad one to be left")
        tried = len([k for m, k, _ in server.log if m == "PUT" and sha256(bad) in k])
        assert tried <= 4


def test_key_that_may_not_look__still_sends():
    with S3() as server, rig_for(server.url) as rig:
        server.head_code = 403
        rig.start()
        rig.drop_mail(mail(1, LOGO))
        assert locations(rig.wait_tickets(1)[0])[0].startswith("s3://")
        assert server.puts() == ["support/in/" + sha256(LOGO)]


@pytest.mark.parametrize("nth", [1, 2])
def test_connection_closed_when_it_is_used__is_no_failure(nth):
    with S3() as server, rig_for(server.url) as rig:
        rig.start()
        rig.drop_mail(mail(1, b"first"))
        rig.wait_tickets(1)
        check, seen = s3.check, []

        def drop_the_nth(*args, **kw):
            seen.append(args[0])
            if len(seen) == nth:
                raise ConnectionResetError
            return check(*args, **kw)
        s3.check = drop_the_nth
        try:
            rig.drop_mail(mail(2, LOGO))
            tickets = rig.wait_tickets(2)
        finally:
            s3.check = check
        assert ["s3://support/in/" + sha256(LOGO)] in [locations(t) for t in tickets]
        assert seen[:nth] == ["HEAD", "PUT"][:nth]
        assert "takes nothing" not in rig.daemon.log()


# --- restarts ---

def test_restart__finds_what_was_still_to_be_sent():
    port = free_port()
    with rig_for(f"http://127.0.0.1:{port}") as rig:
        rig.start()
        for n in range(3):
            rig.drop_mail(mail(n, b"%d" % n))
        rig.wait_tickets(3)
        wait_for(lambda: rig.daemon.status()["journal"]["waiting"] == 0, 5, "an empty journal")
        rig.daemon.stop()
        with S3(port=port) as server:
            rig.daemon.start()
            wait_for(lambda: pending(rig) == 0, 10, "all to be sent")
            assert sorted(v[0] for v in server.objects.values()) == [b"0", b"1", b"2"]


@pytest.mark.parametrize("point,up", [
    ("pending-before-link", False), ("pending-before-sync", False), ("bucket-before-put", False),
    ("bucket-before-put", True), ("bucket-after-put", True)])
def test_killed_at(point, up):
    with S3() as server, rig_for(server.url) as rig:
        server.fail = None if up else (503, "SlowDown")
        rig.start(env={"INTAKED_FAULT": f"{point}:1:kill"})
        rig.drop_mail(mail(1, LOGO, b"other"))
        wait_for(lambda: rig.daemon.process.poll() is not None, 10, f"death at {point}")
        assert rig.daemon.process.returncode == -signal.SIGKILL
        rig.daemon.start(env={"INTAKED_FAULT": ""})
        ticket, = rig.wait_tickets(1)
        for place in locations(ticket):
            assert place.startswith("s3://") or local(rig, place.removeprefix("blob:")).exists()
        server.fail = None
        wait_for(lambda: pending(rig) == 0 and len(server.objects) == 2, 15, "both to be sent")
        time.sleep(0.3)
        assert len(rig.entries()) == 1


@pytest.mark.parametrize("point", ["pending-before-link", "pending-before-sync",
                                   "bucket-before-put", "bucket-after-put"])
def test_failed_once_at(point):
    with S3() as server, rig_for(server.url) as rig:
        if point.startswith("pending"):
            server.fail = (503, "SlowDown")
        rig.start(env={"INTAKED_FAULT": f"{point}:1:eio"})
        rig.drop_mail(mail(1, LOGO))
        ticket, = rig.wait_tickets(1)
        assert len(locations(ticket)) == 1
        server.fail = None
        wait_for(lambda: pending(rig) == 0, 15, "it to be sent")
        assert server.objects["support/in/" + sha256(LOGO)][0] == LOGO


def test_reload__begins_and_ends_to_use_it():
    with S3() as server, rig_for(server.url) as rig:
        with_bucket, rig.more = rig.more, ""
        rig.start()
        rig.drop_mail(mail(1, b"one"))
        assert locations(rig.wait_tickets(1)[0]) == ["blob:" + sha256(b"one")]
        assert "bucket" not in rig.daemon.status()
        rig.more = with_bucket
        rig.daemon.config.write_text(rig.text())
        rig.daemon.ctl("reload")
        rig.drop_mail(mail(2, b"two"))
        tickets = rig.wait_tickets(2)
        assert "s3://support/in/" + sha256(b"two") in [p for t in tickets for p in locations(t)]
        rig.more = ""
        rig.daemon.config.write_text(rig.text())
        rig.daemon.ctl("reload")
        rig.drop_mail(mail(3, b"three"))
        tickets = rig.wait_tickets(3)
        assert "blob:" + sha256(b"three") in [p for t in tickets for p in locations(t)]


# --- a real server ---

@pytest.fixture
def s3rver(tmp_path):
    """The S3 server of npm.  It checks no signatures: ours stands in front of it."""
    program = SOURCE / "build-npm" / "node_modules" / ".bin" / "s3rver"
    assert program.exists(), f"{program} is not there: run tests/system/npm/install"
    port = free_port()
    process = subprocess.Popen(
        [str(program), "-d", str(tmp_path), "-a", "127.0.0.1", "-p", str(port), "-s",
         "--no-vhost-buckets", "--configure-bucket", "support"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def answers():
        assert process.poll() is None, "s3rver has ended"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
    try:
        wait_for(answers, 20, "s3rver")
        yield port
    finally:
        process.kill()
        process.wait()


def test_real_server__takes_and_gives_back_what_was_attached(s3rver):
    large = os.urandom(3 << 20)
    with S3(behind=s3rver) as front, rig_for(front.url) as rig:
        rig.start()
        for n in range(3):
            rig.drop_mail(mail(n, LOGO, b"file %d" % n, large))
        for ticket in rig.wait_tickets(3):
            for place, a in zip(locations(ticket), ticket["message"]["attachments"]):
                assert place == "s3://support/in/" + a["sha256"]
                body, headers = front.get(place.removeprefix("s3:/"))
                assert sha256(body) == a["sha256"] and len(body) == a["size"]
                assert headers["Content-Type"] == "application/octet-stream"
                assert headers["Content-Disposition"] == "attachment"
        assert sorted(front.puts()) == sorted(
            "support/in/" + sha256(d) for d in (LOGO, large, b"file 0", b"file 1", b"file 2"))
        # Not ours to remember: the server knows.
        rig.daemon.stop()
        rig.daemon.start()
        rig.drop_mail(mail(4, LOGO, large))
        rig.wait_tickets(4)
        assert len(front.puts()) == 5


def test_real_server_without_that_bucket__is_named(s3rver):
    with S3(bucket="nowhere", behind=s3rver) as front, rig_for(front.url) as rig:
        rig.more = rig.more.replace('name = "support"', 'name = "nowhere"')
        rig.start()
        rig.drop_mail(mail(1, LOGO))
        assert locations(rig.wait_tickets(1)[0]) == ["blob:" + sha256(LOGO)]
        wait_for(lambda: "NoSuchBucket" in rig.admin("/readyz")[1], 5, "the issue")


# --- size ---

def memory(pid, name):
    return int(re.search(name + r":\s+(\d+) kB", open(f"/proc/{pid}/status").read()).group(1))


def test_large_file__is_sent_in_small_pieces():
    data = base64.b85encode(os.urandom(1 << 20)) * 28
    port = free_port()
    with rig_for(f"http://127.0.0.1:{port}") as rig:
        rig.start()
        rig.drop_mail(mail(1, data))
        rig.wait_tickets(1, 40)
        wait_for(lambda: rig.daemon.status()["journal"]["waiting"] == 0, 10, "an empty journal")
        time.sleep(1.5)         # Redis is told once a second how far we are
        rig.daemon.stop()
        # A process that does nothing else.
        with S3(port=port) as server:
            server.fail = (503, "SlowDown")
            rig.daemon.start()
            pid = rig.daemon.process.pid
            wait_for(lambda: "SlowDown" in rig.admin("/readyz")[1], 10, "a first try")
            open(f"/proc/{pid}/clear_refs", "w").write("5")     # the peak so far
            before = memory(pid, "VmRSS")
            server.fail = None
            wait_for(lambda: pending(rig) == 0, 30, "it to be sent")
            assert server.objects["support/in/" + sha256(data)][0] == data
            grown = memory(pid, "VmHWM") - before
            print(f"{grown} kB for {len(data)} bytes")
            assert grown < 8000 or "asan" in str(INTAKED), f"{grown} kB for {len(data)} bytes"


# --- intaked -t ---

@pytest.mark.parametrize("change,line,complaint", [
    (("name = \"support\"", "name = \"Support Files\""), True, "is no bucket's name"),
    (("http://127.0.0.1", "http://s3.example.net"), True, "neither https nor on this host"),
    (("s3.key\"", "missing.key\""), True, "missing.key"),
    (("secret_key_file = \"@DIR@/s3.key\"", ""), True, "secret_key_command"),
])
def test_configuration__is_checked_with_file_and_line(change, line, complaint):
    rig = rig_for("http://127.0.0.1:9")
    rig.more = rig.more.replace(*change)
    config = rig.dir / "intaked.conf"
    config.write_text(rig.text())
    done = subprocess.run([str(INTAKED), "-t", "-c", str(config)], capture_output=True, text=True,
                          timeout=30)
    assert done.returncode == 78
    assert complaint in done.stderr
    assert re.match(re.escape(str(config)) + r":\d+: ", done.stderr)
