# SPDX-License-Identifier: ISC
"""The chat window in a real browser, on a page with a strict policy."""
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from browser import Browser
from chat import CONFIG
from rig import SOURCE, Rig, free_port, wait_for

FIELDS = """
  field "name" { label = "Your name" required = yes }
  field "email" { label = "E-mail" type = email }
"""

SHOP_PAGE = """<!DOCTYPE html>
<html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Shop</title><link rel="icon" href="data:,"></head>
<body><h1>Shop</h1><script src="%s/chat/site/widget.js" async></script></body></html>
"""


class Shop:
    """A customer's page, of another origin, that allows itself very little."""

    def __init__(self, chat_url, port):
        page = (SHOP_PAGE % chat_url).encode()
        policy = (f"default-src 'none'; img-src data:; script-src {chat_url}; connect-src {chat_url}; "
                  "require-trusted-types-for 'script'; trusted-types 'none'")

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Security-Policy", policy)
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, *_):
                pass

        self.server = HTTPServer(("127.0.0.1", port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Scene:
    def __init__(self, fields=FIELDS, **window):
        self.port = free_port()
        config = CONFIG.replace("@TOP@", str(SOURCE)).replace(
            '"https://shop.example"', f'"http://localhost:{self.port}"').replace("rate = 1000", "rate = 1000" + fields)
        self.rig = Rig(config)
        self.window = {"width": 1280, "height": 800, **window}

    def __enter__(self):
        self.rig.start()
        self.shop = Shop(f"http://127.0.0.1:{self.rig.http_port}", self.port)
        self.browser = Browser(**self.window)
        self.browser.get(f"http://localhost:{self.port}/")
        self.browser.wait_widget()
        return self

    def __exit__(self, *what):
        self.browser.__exit__()
        self.shop.close()
        self.rig.__exit__(*what)

    def begin(self):
        browser = self.browser
        browser.press(".launch")
        browser.type("input[name=name]", "Carla Customer")
        browser.type("input[name=email]", "carla@customer.example")
        browser.press("button.go")
        browser.wait(".bar textarea")

    def shows(self, text, seconds=20):
        wait_for(lambda: any(text in shown for shown in self.browser.texts()), seconds, repr(text))

    def delivered(self, text, seconds=20):
        wait_for(lambda: any(mine and done and shown == text for mine, shown, done in self.browser.lines()),
                 seconds, f"{text!r} to be delivered")


def test_a_visitor_is_asked_for_what_is_missing_and_answers_in_the_page():
    with Scene() as scene:
        browser, rig = scene.browser, scene.rig
        browser.press(".launch")
        browser.press("button.go")
        assert browser.ask("return root.querySelector('.bad').textContent") == "Please fill this in."
        browser.type("input[name=name]", "Carla Customer")
        browser.type("input[name=email]", "no address")
        browser.press("button.go")
        wait_for(lambda: "valid e-mail" in browser.ask("return root.querySelector('form').textContent"))
        browser.ask("root.querySelector('input[name=email]').value = ''")
        browser.type("input[name=email]", "carla@customer.example")
        browser.press("button.go")
        browser.say("I want to return my order")
        scene.shows("Order number")
        scene.delivered("I want to return my order")
        assert rig.entries() == []
        browser.say("Order number: 12345678\nReason: damaged")
        scene.delivered("Order number: 12345678\nReason: damaged")
        [ticket] = rig.wait_tickets(1)
        assert ticket["event"] == "ticket.completed" and ticket["form"]["missing"] == []
        assert ticket["message"]["from"] == {"name": "Carla Customer", "address": "carla@customer.example"}
        rig.redis.client.fcall("intake_reply", 1, "intake:{0}", "ticket", ticket["id"], "id", "a-1", "author",
                               "Eve", "text", "See https://shop.example/label?n=1.")
        scene.shows("See https://shop.example/label?n=1.")
        href, rel, who = browser.ask("""
            const a = root.querySelector('a');
            return [a.getAttribute('href'), a.rel, a.closest('.m').querySelector('.who').textContent];""")
        assert href == "https://shop.example/label?n=1" and "noopener" in rel and who == "Eve"
        browser.get(f"http://localhost:{scene.port}/")
        browser.wait_widget()
        browser.press(".launch")
        scene.shows("See https://shop.example/label?n=1.")
        texts = browser.texts()
        assert len(texts) == len(set(texts)) and "I want to return my order" in texts
        assert [entry for entry in browser.logs() if "Security" in entry["message"] or "Trusted" in entry["message"]] == []
        assert browser.ask("return document.cookie") == ""


def test_a_killed_daemon_loses_and_doubles_nothing_in_an_open_page():
    with Scene(fields="") as scene:
        browser, rig = scene.browser, scene.rig
        browser.press(".launch")
        said = []

        def say(text):
            said.append(text)
            browser.say(text)

        say("one")
        scene.delivered("one")
        for round_number in range(2):
            rig.daemon.kill()
            say(f"away {round_number}")
            wait_for(lambda: browser.is_there(".note"), 20, "the banner")
            rig.daemon.start()
            scene.delivered(f"away {round_number}", 40)
            wait_for(lambda: not browser.is_there(".note"), 40, "the banner to go")
            say(f"back {round_number}")
            scene.delivered(f"back {round_number}")
        rig.daemon.kill()
        say("typed before the reload")
        browser.get(f"http://localhost:{scene.port}/")
        rig.daemon.start()
        browser.wait_widget()
        browser.press(".launch")
        scene.delivered("typed before the reload", 40)
        wait_for(lambda: set(said) <= set(browser.texts(mine=True)), 30, "all lines")
        assert sorted(browser.texts(mine=True)) == sorted(said)
        lines = [json.loads(fields["data"]) for key in rig.redis.client.scan_iter("intake:{*}:chat:*")
                 for _, fields in rig.redis.client.xrange(key)]
        assert sorted(line["text"] for line in lines if line["direction"] == "in") == sorted(said)


HOSTILE = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>", "javascript:alert(1)",
    "<a href='javascript:alert(1)'>x</a>", "https://evil.test/\"onmouseover=\"alert(1)", "&lt;b&gt;",
    "<iframe srcdoc='<script>parent.alert(1)</script>'>", "<form id=config name=base><input name=textContent>",
    "]]><!--", "{{constructor.constructor('alert(1)')()}}", "data:text/html,<script>alert(1)</script>",
]


def test_hostile_text_is_shown_as_text():
    with Scene(fields="") as scene:
        browser, rig = scene.browser, scene.rig
        browser.press(".launch")
        for text in HOSTILE:
            browser.say(text)
        for text in HOSTILE:
            scene.delivered(text)
        ticket = rig.wait_tickets(1)[0]
        for number, text in enumerate(HOSTILE):
            rig.redis.client.fcall("intake_reply", 1, "intake:{0}", "ticket", ticket["id"], "id", f"a-{number}",
                                   "author", "<b>" + text[:40], "text", text + " ")
        wait_for(lambda: all(text + " " in browser.texts(mine=False) for text in HOSTILE), 30, "all answers")
        assert browser.ask("return window.chatAlerts") == 0
        assert browser.ask("return root.querySelectorAll('script, img, iframe, b, form[id=config]').length") == 0
        hrefs = browser.ask("return [...root.querySelectorAll('a')].map(a => a.href)")
        assert hrefs and all(href == "https://evil.test/" for href in hrefs)


def test_an_answer_while_the_window_is_closed_is_counted_and_keys_work():
    with Scene(fields="") as scene:
        browser, rig = scene.browser, scene.rig
        browser.press(".launch")
        browser.say("first line\nsecond line")
        scene.delivered("first line\nsecond line")
        ticket = rig.wait_tickets(1)[0]
        browser.press(".bar textarea")
        browser.key("Escape", 27)
        wait_for(lambda: browser.is_there(".launch") and not browser.is_there(".panel"))
        rig.redis.client.fcall("intake_reply", 1, "intake:{0}", "ticket", ticket["id"], "id", "a-1", "author", "Eve",
                               "text", "Are you there?")
        wait_for(lambda: browser.is_there(".badge"), what="the badge")
        assert browser.ask("return root.querySelector('.badge').textContent") == "1"
        browser.enter()          # the focus is on the button
        wait_for(lambda: browser.is_there(".panel"))
        assert not browser.is_there(".badge")
        scene.shows("Are you there?")


def test_when_the_session_is_over_the_page_begins_another_by_itself():
    with Scene(fields="") as scene:
        browser, rig = scene.browser, scene.rig
        browser.press(".launch")
        browser.say("in the first session")
        scene.delivered("in the first session")
        rig.daemon.stop()
        (rig.dir / "state" / "secret").unlink()
        rig.daemon.start()
        browser.say("in the second session")
        scene.delivered("in the second session", 40)
        assert browser.texts(mine=True) == ["in the first session", "in the second session"]
        wait_for(lambda: len(list(rig.redis.client.scan_iter("intake:{*}:chat:*"))) == 2, 10,
                 "both transcripts")


@pytest.mark.parametrize("language,word", [("de", "Ihre Nachricht"), ("fr", "Votre message"), ("es", "Su mensaje"),
                                           ("pt", "Your message")])
def test_the_window_speaks_the_configured_language(language, word):
    config = CONFIG.replace("@TOP@", str(SOURCE)).replace("rate = 1000", f'rate = 1000\n  language = "{language}"')
    with Rig(config).start() as rig, Browser(390, 844) as browser:
        browser.get(f"http://127.0.0.1:{rig.http_port}/chat/site/")
        browser.wait(".bar textarea")
        assert browser.ask("return root.querySelector('.bar textarea').placeholder") == word
        wait_for(lambda: browser.ask("const b = root.querySelector('.panel').getBoundingClientRect();"
                                     "return [b.x, b.y, b.width, b.height]") == [0, 0, 390, 844])
