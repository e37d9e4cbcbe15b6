"""Start a JupyterHub on loopback, let two students work in it, and stop it again.

    python -m tools.hub.try_two_users            # chapter 1 from top to bottom, twice
    python -m tools.hub.try_two_users --quick    # its first five code cells

Each student logs in with cookies of their own, follows an nbgitpuller link, opens the notebook
that it brought and runs it through the server's interfaces, as JupyterLab does. Then the course
publishes a newer notebook, and both follow the link again. Needs the extra `hub` and
configurable-http-proxy (`make hub` has both). The exit status says whether all went well.
"""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import nbformat
import psutil
import requests
import websocket

from course.jupyterhub.links import link
from lstm_utils import command_line
from tools.contents import CHAPTERS, ROOT
from tools.course import handouts
from tools.course.exercises import STUB

CONFIG = Path(__file__).with_name("jupyterhub_config.py")
CHAPTER = CHAPTERS[0]
STUDENTS = ("student-one", "student-two")
COURSE = "lstm-book"  # the folder that nbgitpuller makes
ANSWER = "My own answer: it overshoots, and each step doubles the error."
NEWS = "An exercise that was added after the first lesson."


class Fault(Exception):
    """Something that a student would have stumbled over."""


def expect(truth, words):
    if not truth:
        raise Fault(words)


def proxy_program():
    """Where configurable-http-proxy is, or None."""
    name, beside = "configurable-http-proxy", ROOT / "tools" / "node_modules" / ".bin"
    return (
        os.environ.get("COURSE_HUB_PROXY") or shutil.which(name) or shutil.which(name, path=beside)
    )


def free_ports():
    """The first of three ports in a row that nobody listens on."""
    for first in range(18200, 19000, 3):
        with contextlib.ExitStack() as stack:
            try:
                for port in range(first, first + 3):
                    stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                continue
            return first
    raise Fault("no three free ports in a row")


@contextlib.contextmanager
def a_hub(folder):
    """A running hub: its process and its address."""
    port = free_ports()
    environment = {
        **os.environ,
        "COURSE_HUB_FOLDER": str(folder),
        "COURSE_HUB_PORT": str(port),
        "COURSE_HUB_PROXY": proxy_program(),
        # git reads no settings of whoever runs this
        "GIT_CONFIG_GLOBAL": os.devnull,
    }
    log = (folder / "hub.log").open("w", encoding="utf-8")
    command = [sys.executable, "-m", "jupyterhub", "--config", str(CONFIG)]
    hub = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT
    )
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 90
        while True:
            expect(hub.poll() is None, "the hub ended at once")
            with contextlib.suppress(requests.ConnectionError):
                if requests.get(f"{address}/hub/health", timeout=5).ok:
                    break
            expect(time.monotonic() < deadline, "the hub did not answer within 90 seconds")
            time.sleep(0.2)
        yield hub, address
    finally:
        family = []
        if hub.poll() is None:
            family = [hub, *psutil.Process(hub.pid).children(recursive=True)]
        hub.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            hub.wait(timeout=30)
        for process in family:
            with contextlib.suppress(psutil.Error, ProcessLookupError):
                process.kill()
        log.close()


class Student:
    """One person's browser: their cookies, and what they do with them."""

    def __init__(self, address, name):
        self.address, self.name = address, name
        self.browser = requests.Session()

    def url(self, path):
        return f"{self.address}/user/{self.name}/{path}"

    def cookie(self, name, path):
        """The cookie of that name which the browser would send to that path."""
        found = [c for c in self.browser.cookies if c.name == name and path.startswith(c.path)]
        return max(found, key=lambda c: len(c.path)).value

    def log_in(self):
        login = f"{self.address}/hub/login"
        self.browser.get(login, timeout=30).raise_for_status()
        form = {"username": self.name, "password": "any", "_xsrf": self.cookie("_xsrf", "/hub/")}
        answer = self.browser.post(login, params={"next": "/hub/home"}, data=form, timeout=30)
        return answer.ok

    def follow(self, link):
        """Open an nbgitpuller link: the server starts, the course is pulled. Where it is."""
        deadline = time.monotonic() + 150
        while True:
            page = self.browser.get(link, timeout=120)
            expect(page.ok, f"the link answered {page.status_code}")
            if page.url.startswith(self.url("git-pull")):
                break
            expect(time.monotonic() < deadline, f"the server did not start: still at {page.url}")
            time.sleep(0.3)
        asked = {k: v[0] for k, v in parse_qs(urlsplit(page.url).query).items()}
        # What the page's script asks for; it shows the lines and then goes on to `urlpath`.
        pull = {"repo": asked["repo"], "branch": asked["branch"], "targetpath": COURSE}
        events = self.browser.get(self.url("git-pull/api"), params=pull, timeout=120)
        phases = [json.loads(line[6:]) for line in events.text.splitlines() if line[:6] == "data: "]
        expect(phases and phases[-1]["phase"] == "finished", f"the pull ended with {phases[-1:]}")
        return asked["urlpath"].removeprefix("lab/tree/")

    def api(self, method, path, **options):
        headers = {"X-XSRFToken": self.cookie("_xsrf", f"/user/{self.name}/")}
        answer = self.browser.request(
            method, self.url(f"api/{path}"), headers=headers, timeout=60, **options
        )
        expect(answer.ok, f"{method} {path} answered {answer.status_code}: {answer.text[:200]}")
        return answer.json() if answer.content else None

    def open(self, path):
        return nbformat.from_dict(self.api("GET", f"contents/{path}")["content"])

    def save(self, path, notebook):
        body = {"type": "notebook", "format": "json", "content": notebook}
        self.api("PUT", f"contents/{path}", json=body)

    def run(self, path, cells, patience=120):
        """Execute code cells in a new kernel of that notebook; fill in their outputs."""
        body = {"path": path, "type": "notebook", "name": "", "kernel": {"name": "python3"}}
        session = self.api("POST", "sessions", json=body)
        channels = self.url(f"api/kernels/{session['kernel']['id']}/channels")
        request = requests.Request("GET", channels)
        cookies = self.browser.prepare_request(request).headers["Cookie"]
        line = websocket.create_connection(
            channels.replace("http:", "ws:", 1) + f"?session_id={uuid.uuid4().hex}",
            cookie=cookies,
            timeout=patience,
        )
        try:
            for number, cell in enumerate(cells, 1):
                cell.execution_count, cell.outputs = number, list(outputs_of(line, cell.source))
                for output in cell.outputs:
                    if output.output_type == "error":
                        last = f"{output.ename}: {output.evalue}"
                        raise Fault(f"cell {cell.id} of {path} raised {last}")
            ask = "import resource as r\nr.getrusage(r.RUSAGE_SELF).ru_maxrss"
            *_, peak = outputs_of(line, ask)
            return int(peak.data["text/plain"]) / 1024
        finally:
            line.close()
            self.api("DELETE", f"sessions/{session['id']}")


def outputs_of(line, source):
    """Send one cell through an open channel; its outputs until the kernel is idle again."""
    header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "version": "5.3"}
    header |= {"username": "", "session": uuid.uuid4().hex}
    content = {"code": source, "silent": False, "store_history": True, "allow_stdin": False}
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": content}
    line.send(json.dumps({**message, "channel": "shell", "buffers": []}))
    while True:
        answer = json.loads(line.recv())
        if answer["parent_header"].get("msg_id") != header["msg_id"]:
            continue
        kind, content = answer["header"]["msg_type"], answer["content"]
        if kind == "status" and content["execution_state"] == "idle":
            return
        if kind in ("stream", "display_data", "execute_result", "error"):
            yield nbformat.v4.output_from_msg({"header": {"msg_type": kind}, **answer})


def git(folder, *words):
    identity = ["-c", "user.name=The course", "-c", "user.email=course@example.org"]
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


def publish(folder, notebook, subject):
    """A newer student notebook on the branch `student`."""
    nbformat.write(notebook, folder / CHAPTER.name)
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", subject)


def lesson(address, repository, name, quick):
    """What one student does on the first day."""
    student = Student(address, name)
    begin = time.monotonic()
    expect(student.log_in(), f"{name} could not log in")
    path = student.follow(link(address, CHAPTER.name, repository.as_uri()))
    ready = time.monotonic()
    notebook = student.open(path)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    cells = cells[:5] if quick else cells
    memory = student.run(path, cells)
    end = time.monotonic()
    figures = sum("image/png" in o.get("data", {}) for cell in cells for o in cell.outputs)
    print(
        f"{name}: server and notebook after {ready - begin:.1f} s; {len(cells)} code cells in "
        f"{end - ready:.1f} s, no error, {figures} pictures; the kernel's peak {memory:.0f} MiB"
    )
    return student, path, notebook


def second_day(student, path, repository, new_id):
    """After the link was followed again: the new cell is there, and the notebook is sound."""
    again = student.follow(link(student.address, CHAPTER.name, repository.as_uri()))
    expect(again == path, "the link leads elsewhere")
    notebook = student.open(path)
    nbformat.validate(notebook)
    expect([c for c in notebook.cells if c.id == new_id], f"{student.name} lacks the new exercise")
    return notebook


def try_it(quick, folder):
    repository = folder / "published" / COURSE
    repository.mkdir(parents=True)
    git(repository, "init", "--quiet", "--initial-branch=student")
    source = handouts.student(CHAPTER)  # as the branch `student` holds it
    print(f"{CHAPTER.name} for students: {len(source.cells)} cells")
    publish(repository, source, "Publish chapter 1")
    with a_hub(folder) as (hub, address):
        stranger = Student(address, "somebody-else")
        expect(not stranger.log_in(), "a name that is not on the list was let in")
        with ThreadPoolExecutor(len(STUDENTS)) as pool:
            work = [pool.submit(lesson, address, repository, name, quick) for name in STUDENTS]
            (one, path, notebook), (two, _, _) = [job.result() for job in work]

        for reader, owner in ((one, two), (two, one)):
            answer = reader.browser.get(owner.url("api/contents/"), timeout=30)
            expect(answer.status_code in (403, 404), f"{reader.name} reads {owner.name}'s files")
        homes = [folder / "homes" / name / path for name in STUDENTS]
        expect(all(home.exists() for home in homes), "a student's home lacks the notebook")
        print("each in a home of their own; neither reads the other's files")

        # Student one saves the executed notebook with an answer in it; student two changes nothing.
        cell = next(c for c in notebook.cells if STUB in c.metadata.get("tags", []))
        cell.source = f"# {ANSWER}\n{cell.source}"
        one.save(path, notebook)
        source.cells[0].source += "\n\nThis sentence was mended after the first lesson."
        added = nbformat.v4.new_markdown_cell(NEWS, id="ex-1-99")
        publish(repository, nbformat.from_dict({**source, "cells": [*source.cells, added]}), "Add")

        mine = second_day(one, path, repository, added.id)
        theirs = second_day(two, path, repository, added.id)
        kept = next(c for c in mine.cells if c.id == cell.id)
        expect(ANSWER in kept.source, "a student's work is gone")
        if cell.outputs:
            expect(kept.outputs == cell.outputs, "a student's outputs are gone")
        expect(ANSWER not in json.dumps(theirs), "one student's work appears in another's notebook")
        for book in (mine, theirs):
            expect("mended after the first" in book.cells[0].source, "the mended text is missing")
        print("a newer notebook was published: both have it, and student one's work is still there")

        servers = [
            p for p in psutil.Process(hub.pid).children() if "singleuser" in str(p.cmdline())
        ]
        sizes = ", ".join(f"{p.memory_info().rss / 2**20:.0f} MiB" for p in servers)
        print(f"the two Jupyter servers without a kernel: {sizes}")
        family = psutil.Process(hub.pid).children(recursive=True)
        listening = {
            c.laddr.ip
            for process in [psutil.Process(hub.pid), *family]
            for c in process.net_connections("tcp")
            if c.status == psutil.CONN_LISTEN
        }
        expect(listening <= {"127.0.0.1", "::1"}, f"something listens on {listening}")
        print("everything listens on loopback only")
    left = [p.pid for p in family if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
    expect(not left, f"processes are left: {left}")
    print("stopped; no process is left")


def main(arguments=None):
    parser = command_line.parser(__doc__)
    parser.add_argument("--quick", action="store_true", help="the first five code cells only")
    quick = parser.parse_args(arguments).quick
    if proxy_program() is None:
        sys.exit("configurable-http-proxy is missing: npm install --prefix tools")
    with tempfile.TemporaryDirectory(prefix="course-hub-", ignore_cleanup_errors=True) as folder:
        try:
            try_it(quick, Path(folder))
        except Fault as fault:
            log = (Path(folder) / "hub.log").read_text(encoding="utf-8").splitlines()[-25:]
            sys.exit("\n".join([*log, f"FAULT: {fault}"]))


if __name__ == "__main__":
    command_line.run(main)
