#!/usr/bin/env python3
"""browser_test.py SIMUL BUNDLE [HOSTILE_PAGE]: looks at the page of a bundle through headless Chromium.

Speaks the WebDriver protocol (W3C) to chromedriver by itself, so that nothing but Debian's chromium and chromium-driver
is needed. Exits with 77, and the reason, where they are not there."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

WIDTHS = {"phone": (360, 740), "tablet": (700, 900), "laptop": (1200, 800), "desk": (1440, 900)}

# Everything that would be cut off: what sticks out of the page and of no region that scrolls.
CUT_OFF = """
return [...document.querySelectorAll('main *')].filter(e => {
  const r = e.getBoundingClientRect();
  if (r.width === 0 || r.height === 0 || e.closest('.unseen')) return false;
  for (let p = e.parentElement; p; p = p.parentElement)
    if (/auto|scroll/.test(getComputedStyle(p).overflowX) && p.tabIndex === 0) return false;
  return r.left < -0.5 || r.right > document.documentElement.clientWidth + 0.5;
}).map(e => e.tagName + '.' + (e.getAttribute('class') || '') + ' ' + e.textContent.slice(0, 40))
"""
# Lettering that is cut off within a drawing.
LETTERS = """
return [...document.querySelectorAll('figure svg[viewBox] text')].filter(t => {
  const r = t.getBoundingClientRect(), s = t.ownerSVGElement.getBoundingClientRect();
  return r.width > 0 && (r.left < s.left - 1 || r.right > s.right + 1 || r.bottom > s.bottom + 1);
}).map(t => t.textContent)
"""
# Labels of an axis that run together.
TOGETHER = """
return [...document.querySelectorAll('thead svg.strip')].filter(s => {
  const r = [...s.querySelectorAll('text')].map(t => t.getBoundingClientRect()).filter(r => r.width > 0);
  return r.some((one, i) => i > 0 && one.left < r[i - 1].right + 1);
}).map(s => s.textContent)
"""
# Rows of the answer of which neither the interval nor the verdict can be seen.
UNJUDGED = """
return [...document.querySelectorAll('table.rows:not(.narrow) tbody tr')].filter(r => r.querySelector('td.plot') &&
  !(/fastest|slower|faster|no difference shown|not enough data/.test(r.innerText) && /\\.\\.|\\s-/.test(r.innerText)))
  .map(r => r.innerText)
"""
# What a screen reader goes by.
SPOKEN = """
const wrong = [];
if (document.querySelectorAll('h1').length !== 1) wrong.push('not one h1');
for (const role of ['header', 'nav', 'main', 'footer'])
  if (!document.querySelector(role)) wrong.push('no ' + role);
let level = 1;
document.querySelectorAll('h1,h2,h3,h4').forEach(h => {
  const now = +h.tagName[1];
  if (now > level + 1) wrong.push('a level is left out before ' + h.textContent);
  level = now;
});
document.querySelectorAll('svg').forEach(s => {
  if (s.closest('[aria-hidden=true],[role=img]') === null) wrong.push('a drawing without words: ' + s.outerHTML.slice(0, 80));
});
document.querySelectorAll('main table').forEach(t => {
  if (!t.querySelector('th[scope=col]') || !t.querySelector('tbody th[scope=row]'))
    wrong.push('a table without heads: ' + t.textContent.slice(0, 60));
});
document.querySelectorAll('a[href^="#"]').forEach(a => {
  if (!document.getElementById(a.getAttribute('href').slice(1))) wrong.push('a link to nothing: ' + a.textContent);
});
const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
if (new Set(ids).size !== ids.length) wrong.push('an id stands twice');
document.querySelectorAll('[aria-labelledby]').forEach(e => {
  if (!document.getElementById(e.getAttribute('aria-labelledby'))) wrong.push('no label for ' + e.id);
});
document.querySelectorAll('button').forEach(b => { if (!b.textContent.trim()) wrong.push('a button without words'); });
return wrong;
"""
# The contrast of text against the page, WCAG 2.1, 1.4.3: the least there is.
CONTRAST = """
const light = c => { const v = c.match(/[\\d.]+/g).slice(0, 3).map(x => { x /= 255;
  return x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4; }); return 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2]; };
const paper = light(getComputedStyle(document.body).backgroundColor);
return Math.min(...[...document.querySelectorAll('p, a, td, th, caption, summary, .mild, .tic')].map(e => {
  const s = getComputedStyle(e), ink = light(e.matches('.tic') ? s.fill : s.color);
  return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05); }));
"""


class Browser:
    def __init__(self, folder):
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for line in self.driver.stdout:
            found = re.search(r"successfully on port (\d+)", line)
            if found:
                self.base = f"http://127.0.0.1:{found.group(1)}"
                break
        options = {
            "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                     "--disable-background-networking", f"--user-data-dir={folder}/profile"],
        }
        capabilities = {"browserName": "chrome", "goog:chromeOptions": options,
                        "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}
        self.session = ""
        try:
            answer = self.call("POST", "/session", {"capabilities": {"alwaysMatch": capabilities}})
        except urllib.error.HTTPError:
            self.driver.kill()
            raise
        self.session = "/session/" + answer["sessionId"]

    def look(self, page, width, height, scheme):
        self.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                      mobile=width < 500)
        self.call("POST", "/url", {"url": "file://" + page})

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + self.session + path, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["value"]

    def devtools(self, command, **parameters):
        return self.call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def run(self, script):
        return self.call("POST", "/execute/sync", {"script": script, "args": []})

    def log(self, kind):
        return self.call("POST", "/se/log", {"type": kind})

    def close(self):
        try:
            self.call("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait()


failures = []


def expect(truth, what):
    if not truth:
        failures.append(what)
        print("FAILED:", what)


def check_quiet(browser, where):
    """No message on the console, and no request but for the page itself."""
    for entry in browser.log("browser"):
        expect(False, f"{where}: the console says {entry['message']}")
    for entry in browser.log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            url = message["params"]["request"]["url"]
            if message["params"].get("documentURL", "").startswith(("chrome:", "about:")):
                continue  # the browser's own first tab
            expect(url.startswith(("file:", "data:")), f"{where}: requests {url[:100]}")


def check_toggles(browser, where):
    colour = "return getComputedStyle(document.body).backgroundColor"
    before = browser.run(colour)
    browser.run("document.getElementById('theme').click()")
    expect(browser.run(colour) != before, f"{where}: the toggle of light and dark changes nothing")
    expect(browser.run(CONTRAST) >= 4.5, f"{where}: contrast after the toggle is {browser.run(CONTRAST):.2f}")
    browser.run("document.getElementById('theme').click()")
    expect(browser.run(colour) == before, f"{where}: the toggle does not lead back")
    shown = "return document.querySelectorAll('.figure .series:not([hidden])').length"
    everything = browser.run(shown)
    if browser.run("return document.querySelectorAll('.legend button').length") == 0:
        return
    browser.run("document.querySelector('.legend button').click()")
    expect(browser.run(shown) < everything, f"{where}: a runtime cannot be hidden")
    expect(browser.run("return document.querySelector('.legend button').getAttribute('aria-pressed')") == "false",
           f"{where}: what is hidden is not told")
    browser.run("document.querySelector('.legend button').click()")
    expect(browser.run(shown) == everything, f"{where}: a runtime does not come back")


def check_keyboard(browser, where):
    """Tab goes to the link past the contents first, and every stop can be seen."""
    seen = []
    for _ in range(6):
        browser.call("POST", "/actions", {"actions": [{"type": "key", "id": "k", "actions": [
            {"type": "keyDown", "value": "\ue004"}, {"type": "keyUp", "value": "\ue004"}]}]})
        seen.append(browser.run("const e = document.activeElement; return [e.className || e.id || e.textContent,"
                                "getComputedStyle(e).outlineStyle, e.getBoundingClientRect().right > 0]"))
    expect(seen[0][0] == "skip", f"{where}: the first stop is {seen[0][0]}")
    for name, outline, visible in seen:
        expect(outline != "none" and visible, f"{where}: the focus on {name} cannot be seen")


def check_sizes(browser, where):
    for shown in "closed", "open":
        cut = browser.run(CUT_OFF)
        expect(not cut, f"{where}, {shown}: cut off: {cut[:5]}")
        wide = browser.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth")
        expect(wide <= 0, f"{where}, {shown}: the page is {wide} px too wide")
        letters = browser.run(LETTERS)
        expect(not letters, f"{where}, {shown}: lettering is cut off: {letters[:5]}")
        together = browser.run(TOGETHER)
        expect(not together, f"{where}, {shown}: labels run together: {together[:5]}")
        unjudged = browser.run(UNJUDGED)
        expect(not unjudged, f"{where}, {shown}: rows without interval or verdict: {unjudged[:3]}")
        browser.run("document.querySelectorAll('details').forEach(d => d.open = true)")


def check_page(browser, page, name, scheme, hostile):
    where = f"{'hostile, ' if hostile else ''}{name}, {scheme}"
    browser.look(page, *WIDTHS[name], scheme)
    expect(browser.run("return document.querySelectorAll('script').length") == 1, f"{where}: not one script")
    expect(browser.run("return window.owned === undefined"), f"{where}: the bundle's script ran")
    if not hostile:
        wrong = browser.run(SPOKEN)
        expect(not wrong, f"{where}: {wrong[:5]}")
        expect(browser.run(CONTRAST) >= 4.5, f"{where}: contrast is {browser.run(CONTRAST):.2f}")
        check_keyboard(browser, where)
        check_toggles(browser, where)
    check_sizes(browser, where)
    check_quiet(browser, where)


def check_pages(folder, page, hostile):
    try:
        browser = Browser(folder)
    except urllib.error.HTTPError as error:
        print("skipped: the browser starts no session here:", json.load(error)["value"]["message"])
        sys.exit(77)
    try:
        check_page(browser, page, "phone", "dark", False)
        for name in ("tablet", "laptop", "desk"):
            check_page(browser, page, name, "light", False)
        if hostile:
            check_page(browser, os.path.abspath(hostile), "phone", "light", True)
    finally:
        browser.close()


def main():
    if not shutil.which("chromedriver") or not shutil.which("chromium"):
        print("skipped: Debian's packages chromium and chromium-driver are not installed")
        sys.exit(77)
    with tempfile.TemporaryDirectory(prefix="simul-browser-", ignore_cleanup_errors=True) as folder:
        page = folder + "/page.html"
        subprocess.run([sys.argv[1], "report", sys.argv[2], "--out=" + page], check=True, stdout=subprocess.DEVNULL)
        check_pages(folder, page, sys.argv[3] if len(sys.argv) > 3 else None)
    print(f"{len(failures)} failures")
    sys.exit(1 if failures else 0)


main()
