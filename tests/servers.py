"""A server on this machine that plays GitHub and Kaggle, with faults on demand."""

import contextlib
import hashlib
import io
import sys
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

ARTICLES = (
    "headline,newDesk\n" + "".join(f"Headline Number {n},Metro\n" for n in range(5000))
).encode()
REVIEWS = (
    "id\tdocument\tlabel\n" + "".join(f"{n}\t리뷰 {n}\t{n % 2}\n" for n in range(5000))
).encode()
NAMES = {"ratings_train.txt": REVIEWS, "ArticlesApril2018.csv": ARTICLES}


def zipped(**members):
    """A zip of these members; ``__`` in a keyword stands for the dot of a file's name."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "."), data)
    return packed.getvalue()


class Handler(BaseHTTPRequestHandler):
    """GitHub's raw files; Kaggle's address that leads on to a store, where a zip may lie."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        play = self.server.play
        play.calls.append(self.path)
        play.asked.set()
        self.wait(play.answers)
        if self.path.startswith("/kaggle/"):
            self.answer(302, b"", Location=self.path if play.fault == "circle" else play.store)
        elif self.path.startswith("/store/"):
            self.answer(play.status, play.articles)
        else:
            self.answer(play.status, play.reviews)

    def wait(self, event):
        """Hold the line until a test lets go, or for so long that the loader waits for ever."""
        if not event.wait(30):
            self.server.play.gave_up = True

    def answer(self, status, body, **headers):
        fault = self.server.play.fault if body else None
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if fault == "chunks":
            self.send_header("Transfer-Encoding", "chunked")
        elif fault != "no length":
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(ConnectionError):  # who asked has given up
            self.send(body, fault)
        self.close_connection = fault is not None

    def send(self, body, fault):
        end = self.server.play.end
        if fault in ("dribble", "chunks"):
            for byte in body:
                piece = bytes([byte])
                self.wfile.write(b"1\r\n%s\r\n" % piece if fault == "chunks" else piece)
                self.wfile.flush()
                if end.wait(0.02):
                    return
        self.wfile.write(body if fault is None else body[: len(body) // 2])
        self.wfile.flush()
        if fault == "stall":
            self.wait(end)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """Say nothing of a loader that has given up."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(*_)


@contextlib.contextmanager
def serving():
    """Yield what the server serves and how; `url` is its address, `calls` are its requests,
    `asked` is set by the first."""
    server = Server(("127.0.0.1", 0), Handler)
    server.play = play = SimpleNamespace(
        url=f"http://127.0.0.1:{server.server_port}",
        reviews=REVIEWS,
        articles=zipped(ArticlesApril2018__csv=ARTICLES),
        sha256={name: hashlib.sha256(data).hexdigest() for name, data in NAMES.items()},
        store="/store/ArticlesApril2018.csv.zip?X-Id=1",  # where Kaggle's address leads
        status=200,
        fault=None,
        calls=[],
        asked=threading.Event(),
        answers=threading.Event(),
        end=threading.Event(),
        gave_up=False,
    )
    play.answers.set()
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
    yield play
    play.answers.set()
    play.end.set()
    server.shutdown()
    server.server_close()
