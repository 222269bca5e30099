# SPDX-License-Identifier: ISC
"""An S3 server for tests: buckets in memory, and every signature checked.

The check is written from Amazon's documentation of Signature Version 4
("Authenticating Requests: Using the Authorization Header"), and held against
its examples in test_bucket.py.  With `behind`, the server keeps nothing
itself: what is signed well is handed on to a real S3 server there, whose
answer goes back.
"""
import contextlib
import datetime
import hashlib
import hmac
import http.client
import http.server
import ssl
import threading
import time
import urllib.parse

KEY = "AKIAEXAMPLE"
SECRET = "wJalrXUtn/K7MDENG+bPxRfiCYEXAMPLEKEY"


def digest(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def canonical_query(query):
    pairs = urllib.parse.parse_qsl(query, keep_blank_values=True)
    quoted = sorted((urllib.parse.quote(k, safe="-_.~"), urllib.parse.quote(v, safe="-_.~"))
                    for k, v in pairs)
    return "&".join(f"{k}={v}" for k, v in quoted)


def signature(method, target, headers, secret, scope, signed, payload):
    """headers: names in lower case to values as they came."""
    path, _, query = target.partition("?")
    path = urllib.parse.quote(urllib.parse.unquote(path), safe="/-_.~")
    lines = "".join(f"{n}:{' '.join(headers[n].split())}\n" for n in signed)
    request = "\n".join([method, path, canonical_query(query), lines, ";".join(signed), payload])
    day, region, service, end = scope.split("/")
    to_sign = "\n".join(["AWS4-HMAC-SHA256", headers["x-amz-date"], scope,
                         hashlib.sha256(request.encode()).hexdigest()])
    key = ("AWS4" + secret).encode()
    for part in (day, region, service, end):
        key = digest(key, part)
    return hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()


class Refused(Exception):
    def __init__(self, code, name, message="no"):
        self.code, self.name, self.message = code, name, message


def check(method, target, headers, keys, region, skew=900):
    """The access key's name, or Refused."""
    scheme, _, rest = headers.get("authorization", "").partition(" ")
    if scheme != "AWS4-HMAC-SHA256":
        raise Refused(403, "AccessDenied", "it is not signed")
    parts = dict(p.strip().split("=", 1) for p in rest.split(","))
    name, _, scope = parts["Credential"].partition("/")
    signed = parts["SignedHeaders"].split(";")
    if name not in keys:
        raise Refused(403, "InvalidAccessKeyId", "The AWS Access Key Id does not exist")
    if scope.split("/")[1] != region:
        raise Refused(400, "AuthorizationHeaderMalformed", f"expecting '{region}'")
    if scope.split("/")[2:] != ["s3", "aws4_request"]:
        raise Refused(400, "AuthorizationHeaderMalformed", "scope")
    if signed != sorted(signed) or "host" not in signed:
        raise Refused(403, "SignatureDoesNotMatch", "SignedHeaders")
    if any(n.startswith("x-amz-") and n not in signed for n in headers):
        raise Refused(403, "AccessDenied", "There were headers present which were not signed")
    when = datetime.datetime.strptime(headers["x-amz-date"], "%Y%m%dT%H%M%SZ")
    when = when.replace(tzinfo=datetime.timezone.utc).timestamp()
    if abs(time.time() - when) > skew or headers["x-amz-date"][:8] != scope.split("/")[0]:
        raise Refused(403, "RequestTimeTooSkewed", "The difference is too large")
    good = signature(method, target, headers, keys[name], scope, signed,
                     headers["x-amz-content-sha256"])
    if not hmac.compare_digest(good, parts["Signature"]):
        raise Refused(403, "SignatureDoesNotMatch",
                      "The request signature we calculated does not match")
    return name


class S3:
    """`objects` is {"bucket/key": (bytes, headers)}; `log` is [(method, key, answer code)]."""

    def __init__(self, bucket="support", region="eu-test-1", tls=None, behind=None, port=0):
        self.bucket, self.region, self.behind = bucket, region, behind
        self.keys = {KEY: SECRET}
        self.objects = {}
        self.log = []
        self.fail = None        # (code, name): for each PUT
        self.fail_key = None    # (part of a key, code, name)
        self.head_code = None
        self.delay = 0
        self.under_way = self.most_under_way = 0
        self.gone = False
        self.lock = threading.Lock()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_expect_100(self):
                return True             # not before the head is good

            def do_any(self):
                outer.answer(self)

            do_GET = do_HEAD = do_PUT = do_DELETE = do_any

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, *_):
                pass                    # a client that went away

        self.server = Server(("127.0.0.1", port), Handler)
        scheme = "http"
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            scheme = "https"
        self.port = self.server.server_port
        self.url = f"{scheme}://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self):
        self.gone = True        # also for connections that are kept open
        self.server.shutdown()
        self.server.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def key_of(self, handler):
        """bucket/key, whether the bucket stands in the path or in the name of the host."""
        path = urllib.parse.unquote(handler.path.partition("?")[0]).lstrip("/")
        host = handler.headers["Host"].partition(":")[0]
        if host.endswith(".localhost"):
            return host[:-len(".localhost")] + "/" + path
        return path

    def answer(self, h):
        if self.gone:
            h.close_connection = True
            return
        with self.lock:
            self.under_way += 1
            self.most_under_way = max(self.most_under_way, self.under_way)
        key, code = self.key_of(h), 0
        try:
            time.sleep(self.delay)
            headers = {n.lower(): v for n, v in h.headers.items()}
            check(h.command, h.path, headers, self.keys, self.region)
            code = getattr(self, "on_" + h.command.lower())(h, key, headers)
        except Refused as r:
            code = r.code
            h.close_connection = True       # the body was not read
            self.reply(h, r.code, f"<?xml version=\"1.0\"?><Error><Code>{r.name}</Code>"
                       f"<Message>{r.message}</Message></Error>".encode())
        finally:
            with self.lock:
                self.log.append((h.command, key, code))
                self.under_way -= 1

    def reply(self, h, code, body=b"", headers=(), length=None):
        h.send_response(code)
        for name, value in headers:
            h.send_header(name, value)
        h.send_header("Content-Length", str(len(body) if length is None else length))
        h.end_headers()
        if h.command != "HEAD":
            h.wfile.write(body)
        return code

    def forward(self, h, body, headers):
        """To the real server, which has a key of its own and checks no signature."""
        conn = http.client.HTTPConnection("127.0.0.1", self.behind, timeout=20)
        keep = {n: v for n, v in headers.items() if n not in ("host", "connection", "expect")}
        keep["authorization"] = keep["authorization"].replace(KEY, "S3RVER")
        with contextlib.closing(conn):
            conn.request(h.command, h.path, body, keep)
            r = conn.getresponse()
            return self.reply(h, r.status, r.read(), [
                (n, v) for n, v in r.getheaders() if n.lower() not in
                ("content-length", "connection", "transfer-encoding", "date", "server")],
                length=r.getheader("Content-Length") if h.command == "HEAD" else None)

    def on_head(self, h, key, headers):
        if self.head_code:
            raise Refused(self.head_code, "AccessDenied")
        if self.behind:
            return self.forward(h, None, headers)
        if key not in self.objects:
            return self.reply(h, 404, length=300)
        return self.reply(h, 200, length=len(self.objects[key][0]))

    def on_get(self, h, key, headers):
        if self.behind:
            return self.forward(h, None, headers)
        body, meta = self.objects[key]
        return self.reply(h, 200, body, meta.items())

    def on_put(self, h, key, headers):
        if self.fail:
            raise Refused(*self.fail)
        if self.fail_key and self.fail_key[0] in key:
            raise Refused(*self.fail_key[1:])
        if key.split("/")[0] != self.bucket:
            raise Refused(404, "NoSuchBucket", "The specified bucket does not exist")
        if headers.get("expect", "").lower() == "100-continue":
            h.send_response_only(100)
            h.end_headers()
        body = h.rfile.read(int(headers["content-length"]))
        if hashlib.sha256(body).hexdigest() != headers["x-amz-content-sha256"]:
            raise Refused(400, "XAmzContentSHA256Mismatch", "not what was signed")
        if self.behind:
            return self.forward(h, body, headers)
        self.objects[key] = (body, {n: headers[n] for n in headers if n.startswith("x-amz-serv")
                                    or n in ("content-type", "content-disposition")})
        return self.reply(h, 200)

    def get(self, path):
        """As a worker would: body and headers of what is there."""
        now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        headers = {"host": f"127.0.0.1:{self.port}", "x-amz-date": now,
                   "x-amz-content-sha256": hashlib.sha256(b"").hexdigest()}
        scope = f"{now[:8]}/{self.region}/s3/aws4_request"
        good = signature("GET", path, headers, SECRET, scope, sorted(headers),
                         headers["x-amz-content-sha256"])
        headers["authorization"] = (f"AWS4-HMAC-SHA256 Credential={KEY}/{scope}, "
                                    f"SignedHeaders={';'.join(sorted(headers))}, Signature={good}")
        conn = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        with contextlib.closing(conn):
            conn.request("GET", path, headers=headers)
            r = conn.getresponse()
            assert r.status == 200, r.read()
            return r.read(), dict(r.getheaders())

    def puts(self, code=200):
        return [key for method, key, c in self.log if method == "PUT" and c == code]
