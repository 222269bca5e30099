# SPDX-License-Identifier: ISC
"""A chat visitor without a browser: says things, and listens to the stream."""
import json
import http.client
import threading
import time
import uuid

from rig import wait_for

ORIGIN = "https://shop.example"

CONFIG = """
include("@TOP@/conf/rules.conf")
include("@TOP@/conf/forms.conf")
chat "site" {
  origins = {"https://shop.example", "https://www.shop.example:8443"}
  title = "Shop support"
  heartbeat = 1s
  rate = 1000
}
"""


class Visitor:
    def __init__(self, rig, name="site", origin=ORIGIN, port=None):
        self.port = port or rig.http_port
        self.base = f"/chat/{name}/"
        self.origin = origin
        self.token = None

    def request(self, method, path, body=None, headers=None):
        """(status, headers, parsed body)"""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, self.base + path, body, self.headers(headers))
            response = connection.getresponse()
            text = response.read()
            kind = response.getheader("Content-Type") or ""
            return (response.status, dict(response.getheaders()),
                    json.loads(text) if "json" in kind else text)
        finally:
            connection.close()

    def headers(self, more=None):
        headers = {"Origin": self.origin} if self.origin else {}
        if self.token:
            headers["Authorization"] = "Bearer " + self.token
        return {**headers, **(more or {})}

    def post(self, path, document, headers=None):
        body = document if isinstance(document, (str, bytes)) else json.dumps(document)
        return self.request("POST", path, body, {"Content-Type": "application/json", **(headers or {})})

    def begin(self, **document):
        self.token = None
        status, _, answer = self.post("session", document)
        assert status == 200, (status, answer)
        self.token, self.session = answer["token"], answer["session"]
        return self

    def say(self, text, client_id=None, **more):
        return self.post("messages", {"client_id": client_id or uuid.uuid4().hex, "text": text, **more})

    def listen(self, after=None):
        return Ear(self, after)


class Ear:
    """An open stream, read on a thread of its own."""

    def __init__(self, visitor, after=None):
        self.lines = []         # (id, document)
        self.events = []        # (event, document)
        self.beats = []
        self.over = False
        self.connection = http.client.HTTPConnection("127.0.0.1", visitor.port, timeout=60)
        self.connection.request("GET", visitor.base + "events", headers=visitor.headers(
            {"Last-Event-ID": after} if after else None))
        self.response = self.connection.getresponse()
        self.status = self.response.status
        self.socket = self.connection.sock
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        event, data, ident = "message", "", None
        try:
            for raw in self.response:
                line = raw.decode().rstrip("\n")
                if line.startswith(":"):
                    self.beats.append(time.monotonic())
                elif line.startswith("id: "):
                    ident = line[4:]
                elif line.startswith("event: "):
                    event = line[7:]
                elif line.startswith("data: "):
                    data = line[6:]
                elif line == "" and data:
                    document = json.loads(data)
                    if event == "message":
                        self.lines.append((ident, document))
                    else:
                        self.events.append((event, document))
                    event, data = "message", ""
        except (OSError, http.client.HTTPException, ValueError, AttributeError):
            pass
        self.over = True

    def texts(self):
        return [document["text"] for _, document in list(self.lines)]

    def wait(self, count, seconds=20):
        wait_for(lambda: len(self.lines) >= count, seconds, f"{count} lines, have {self.texts()}")
        return list(self.lines)

    def close(self):
        self.connection.close()
        self.response.close()
