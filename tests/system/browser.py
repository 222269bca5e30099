# SPDX-License-Identifier: ISC
"""A headless Chromium that looks into the chat window.

The window's shadow root is closed, so the page cannot see into it; a script
that runs before the page's keeps a way in for the test."""
import shutil
import tempfile

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

from rig import wait_for

WAY_IN = """
const attach = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (how) {
	const root = attach.call(this, how);
	if (how.mode === 'closed')
		window.chatRoot = root;
	return root;
};
window.chatAlerts = 0;
window.alert = () => { window.chatAlerts++; };
"""


class Browser:
    def __init__(self, width, height, dark=False, language="en"):
        self.profile = tempfile.mkdtemp(prefix="intaked-chromium-")
        options = Options()
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                         "--disable-background-networking", "--disable-component-update",
                         "--disable-sync", "--disable-dev-shm-usage", f"--lang={language}",
                         f"--user-data-dir={self.profile}", f"--window-size={width},{height}"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
        self.driver.set_script_timeout(20)
        self.command("Page.addScriptToEvaluateOnNewDocument", source=WAY_IN)
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=height,
                     deviceScaleFactor=1, mobile=width < 500)
        if dark:
            self.command("Emulation.setEmulatedMedia",
                         features=[{"name": "prefers-color-scheme", "value": "dark"}])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.driver.quit()
        shutil.rmtree(self.profile, ignore_errors=True)

    def command(self, name, **arguments):
        return self.driver.execute_cdp_cmd(name, arguments)

    def get(self, url):
        self.driver.get(url)

    def ask(self, script, *arguments):
        return self.driver.execute_script("const root = window.chatRoot; " + script, *arguments)

    def find(self, selector):
        return self.ask("return root && root.querySelector(arguments[0]);", selector)

    def is_there(self, selector):
        return self.ask("const el = root && root.querySelector(arguments[0]);"
                        "return !!el && el.getClientRects().length > 0;", selector)

    def wait(self, selector, seconds=15):
        wait_for(lambda: self.is_there(selector), seconds, selector)
        return self.find(selector)

    def wait_widget(self):
        wait_for(lambda: self.is_there(".launch") or self.is_there(".panel"), what="the widget")

    def press(self, selector):
        """With the mouse: an element in a closed shadow root is out of WebDriver's reach."""
        self.wait(selector)
        x, y = self.ask("""
            const el = root.querySelector(arguments[0]);
            el.scrollIntoView({ block: 'center' });
            const box = el.getBoundingClientRect();
            return [box.x + box.width / 2, box.y + box.height / 2];""", selector)
        for kind in ("mousePressed", "mouseReleased"):
            self.command("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def key(self, name, code, text="", shift=False):
        modifiers = 8 if shift else 0
        self.command("Input.dispatchKeyEvent", type="keyDown", key=name, code=name, text=text,
                     windowsVirtualKeyCode=code, modifiers=modifiers)
        self.command("Input.dispatchKeyEvent", type="keyUp", key=name, code=name,
                     windowsVirtualKeyCode=code, modifiers=modifiers)

    def type(self, selector, text):
        self.press(selector)
        self.command("Input.insertText", text=text)

    def choose(self, selector, value):
        self.ask("""
            const el = root.querySelector(arguments[0]);
            el.value = arguments[1];
            el.dispatchEvent(new Event('change'));""", selector, value)

    def enter(self, shift=False):
        self.key("Enter", 13, "\r", shift)

    def say(self, text):
        self.press(".bar textarea")
        for number, line in enumerate(text.split("\n")):
            if number > 0:
                self.enter(shift=True)
            self.command("Input.insertText", text=line)
        self.enter()

    def lines(self):
        """[(mine, text, delivered)] as shown."""
        return [tuple(line) for line in self.ask("""
            return [...root.querySelectorAll('.m')].map(m => [m.classList.contains('in'),
                m.querySelector('.b').textContent, !!m.querySelector('[aria-label="delivered"]')]);""")]

    def texts(self, mine=None):
        return [text for is_mine, text, _ in self.lines() if mine is None or is_mine == mine]

    def shot(self, path):
        self.driver.save_screenshot(str(path))

    def logs(self):
        return [entry for entry in self.driver.get_log("browser")]
