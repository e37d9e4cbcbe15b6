"""Measure every page of the built site as a reader's browser meets it: `make report`.

The site is served from this machine as a static host would: compressed, cacheable. axe-core looks
at each page in light and in dark, the Tab key goes through it, and Lighthouse (npm,
`tools/package.json`) rates it on its simulated desktop and phone, and counts what it fetches and
how far anything jumps. The figures go into `reports/site.json` page by page, so that a run
can be cut short and taken up, and from there into `reports/README.md`.
"""

import contextlib
import functools
import gzip
import http.server
import json
import os
import statistics
import subprocess
import tempfile
import threading
from datetime import date
from pathlib import Path

from lstm_utils import command_line
from tools.browser.access import axe_findings, keyboard_findings
from tools.browser.chromium import FLAGS, MISSING, PROGRAM, open_chromium
from tools.contents import FOLDERS, ROOT, pages, require_built

REPORT = ROOT / "reports" / "site.json"
TABLE = ROOT / "reports" / "README.md"
LIGHTHOUSE = ROOT / "tools" / "node_modules" / "lighthouse" / "cli" / "index.js"
SIZES = ("desktop", "phone")
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
# What Lighthouse rates, and its three measurements in milliseconds that matter most here.
TIMES = {
    "first words": "first-contentful-paint",
    "largest part": "largest-contentful-paint",
    "blocked": "total-blocking-time",
}
# What each page has to reach; tests/site/test_report.py holds the report to it.
GOALS = {
    "desktop": {"performance": 95, "accessibility": 100, "best-practices": 100, "seo": 100},
    "phone": {"performance": 80, "accessibility": 100, "best-practices": 100, "seo": 100},
}
PAGES = [f"{place}{page}" for place in FOLDERS.values() for page in pages()]  # of both editions
MOST_BYTES = 1_200_000  # over the wire, before figures
MOST_SHIFT = 0.02


class StaticHost(http.server.SimpleHTTPRequestHandler):
    """Serve files compressed and cacheable for ten minutes, as GitHub Pages does."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    @staticmethod
    @functools.cache
    def compressed(path, _changed):
        return gzip.compress(Path(path).read_bytes())

    def do_GET(self):
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        if not path.is_file():
            self.send_error(404)
            return
        kind = self.guess_type(path)
        text = kind.startswith("text/") or kind.endswith(("javascript", "json", "xml"))
        body = self.compressed(path, path.stat().st_mtime) if text else path.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", f"{kind}; charset=utf-8" if text else kind)
        if text:
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "max-age=600")
        self.end_headers()
        self.send_body(body)

    def send_body(self, body):
        self.wfile.write(body)


@contextlib.contextmanager
def served(site, host=StaticHost):
    """Serve a folder, and yield its address."""
    handler = functools.partial(host, directory=site)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def look(url):
    """Return what the Tab key and axe-core find on a page."""
    with open_chromium() as browser:
        tab = browser.new_page(viewport={"width": 1440, "height": 900})
        tab.goto(url, wait_until="load")
        stops, faults = keyboard_findings(tab)
        findings = axe_findings(tab)
    print(*faults, *findings, sep="\n", end="")
    return {"keyboard": {"stops": stops, "faults": len(faults)}, "axe": len(findings)}


def slowdown():
    """Return by how much to slow this machine, as it is now, for a middling phone.

    Lighthouse slows any machine four times, which fits a fast and idle desktop (a benchmark index
    of about 1700); its guide to throttling asks to calibrate it elsewhere. So this measures with
    Lighthouse's own benchmark, a second before.
    """
    show = f"import('{LIGHTHOUSE.parents[1]}/core/lib/page-functions.js').then(module =>"
    show += " console.log(module.pageFunctions.computeBenchmarkIndex.toString()))"
    benchmark = subprocess.check_output(["node", "-e", show], encoding="utf-8")
    with open_chromium() as browser:
        index = browser.new_page().evaluate(f"({benchmark})()")
    return round(min(4, max(1, index / 425)), 1)


def rate(url, size):
    """Let Lighthouse rate a page: return four scores, three times, its jumps and its bytes."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "lighthouse.json"
        slower = 1 if size == "desktop" else slowdown()
        throttled = f"--throttling.cpuSlowdownMultiplier={slower}"
        command = ["node", str(LIGHTHOUSE), url, "--quiet", "--output=json"]
        command += [f"--output-path={output}", "--disable-full-page-screenshot"]
        command += [f"--chrome-flags=--headless=new {' '.join(FLAGS)}"]
        command += ["--preset=desktop" if size == "desktop" else throttled]
        environment = os.environ | {"CHROME_PATH": PROGRAM}
        subprocess.run(command, env=environment, check=True, timeout=180, stderr=subprocess.DEVNULL)
        report = json.loads(output.read_text(encoding="utf-8"))
    audits = report["audits"]
    rating = {name: round(100 * report["categories"][name]["score"]) for name in CATEGORIES}
    rating |= {name: round(audits[audit]["numericValue"]) for name, audit in TIMES.items()}
    rating["shift"] = round(audits["cumulative-layout-shift"]["numericValue"], 4)
    rating["bytes"] = {"before figures": 0, "figures": 0}
    for fetched in audits["network-requests"]["details"]["items"]:
        if not fetched["url"].startswith("data:"):
            kind = "figures" if "/_images/" in fetched["url"] else "before figures"
            rating["bytes"][kind] += fetched["transferSize"]
    return rating | {"slowdown": slower}


def middle_rating(url, size, runs):
    """Rate up to `runs` times, fewer where the first reaches the goals; return the middle one."""
    ratings = [rate(url, size)]
    if any(ratings[0][name] < goal for name, goal in GOALS[size].items()):
        ratings += [rate(url, size) for _ in range(runs - 1)]
    ratings.sort(key=lambda rating: rating["performance"])
    return ratings[len(ratings) // 2] | {"runs": len(ratings)}


def site_as_markdown(report):
    """Return the report as Markdown."""
    rows = []
    for name, page in report["pages"].items():
        desktop, phone = page["desktop"], page["phone"]
        ratings = [" / ".join(str(of[score]) for score in CATEGORIES) for of in (desktop, phone)]
        shift = max(desktop["shift"], phone["shift"])
        needed = phone["bytes"]["before figures"]
        rows.append(
            f"| {name.replace('chapters/', '', 1)} | {ratings[0]} | {ratings[1]} "
            f"| {phone['first words'] / 1000:.1f} s | {phone['blocked']} ms "
            f"| {needed / 1000:.0f} kB | {shift:.3f} | {page['axe']} "
            f"| {page['keyboard']['stops']} / {page['keyboard']['faults']} |"
        )
    measured = report["pages"].values()
    performance = {size: [page[size]["performance"] for page in measured] for size in SIZES}
    slow = [page["phone"].get("slowdown", 4) for page in measured]
    return f"""# The site, measured
`make report` builds the site, serves it compressed from the machine that measures, and writes this page and [site.json](site.json). The suite holds the figures to their goals and to the list of pages.

Goals: Lighthouse at least 95 / 100 / 100 / 100 on a desktop (performance, accessibility, best practices, SEO) and performance 80 on a phone; at most {MOST_BYTES / 1e6:.1f} MB over the wire before figures; layout shift at most {MOST_SHIFT}; nothing found by axe-core, in light and in dark.

| page | desktop | phone | first words, phone | blocked, phone | before figures | shift | axe | Tab stops / faults |
|---|---|---|---|---|---|---|---|---|
{chr(10).join(rows)}

Performance: on a desktop between {min(performance["desktop"])} and {max(performance["desktop"])}, median {statistics.median(performance["desktop"]):.0f}; on a phone between {min(performance["phone"])} and {max(performance["phone"])}, median {statistics.median(performance["phone"]):.0f}. Lighthouse {report["lighthouse"]}, {report["chromium"]}, {report["day"]}. Lighthouse's phone is simulated: a slow 4G line, and the machine that measures slowed until it is a middling phone ({min(slow)} to {max(slow)} times here, by Lighthouse's own benchmark just before each rating). A page that misses a goal is rated {report["runs"]} times, and its middle rating counts.
"""  # noqa: E501


def add_to_report(page, found, made):
    """Add a page's figures to the report, which another run may have written to meanwhile."""
    known = json.loads(REPORT.read_text(encoding="utf-8"))["pages"] if REPORT.exists() else {}
    known[page] = found
    report = made | {"pages": {name: known[name] for name in PAGES if name in known}}
    REPORT.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    TABLE.write_text(site_as_markdown(report), encoding="utf-8")


def main(arguments=None):
    parser = command_line.parser(__doc__)
    parser.add_argument("site", nargs="?", type=command_line.path, default=ROOT / "_build" / "html")
    parser.add_argument("--pages", nargs="+", default=PAGES, help="only these")
    parser.add_argument("--runs", type=int, default=3, help="ratings where a goal is missed")
    options = parser.parse_args(arguments)
    if unknown := sorted(set(options.pages) - set(PAGES)):
        parser.error(f"no page {', '.join(unknown)} in the book")
    if options.runs < 1:
        parser.error(f"--runs counts from 1; got {options.runs}")
    require_built(options.site)
    if PROGRAM is None:
        raise FileNotFoundError(MISSING)
    package = json.loads((LIGHTHOUSE.parents[1] / "package.json").read_text(encoding="utf-8"))
    browser_version = subprocess.check_output([PROGRAM, "--version"], encoding="utf-8")
    made = {
        "day": str(date.today()),
        "runs": options.runs,
        "lighthouse": package["version"],
        "chromium": " ".join(browser_version.split()[:2]),
    }
    with served(options.site) as address:
        for page in options.pages:
            url = f"{address}/{page}.html"
            ratings = {size: middle_rating(url, size, options.runs) for size in SIZES}
            found = look(url) | ratings
            add_to_report(page, found, made)
            print(page, found, flush=True)


if __name__ == "__main__":
    command_line.run(main)
