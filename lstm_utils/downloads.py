"""Bring a published file into a cache: whole or not at all, whatever else runs or breaks."""

import contextlib
import errno
import hashlib
import os
import queue
import re
import shutil
import tempfile
import threading
import time
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

CACHE_VARIABLE = "LSTM_BOOK_CACHE"
CONNECT_SECONDS = 4  # how long a server may take to answer at all, a slow name look-up included
STALL_SECONDS = 15  # how long it may take for the next `PIECE`
WAIT_SECONDS = 300  # how long another process may hold the cache
PIECE = 2**16  # bytes
LARGEST = 2**26  # bytes; the largest file of the course has 15 million
OURS = ".lstm-book-"  # so begin the names of all that lies in the cache while a download runs


class NoDownload(Exception):
    """The file can't be brought; the message is the reason, in plain words."""


def fetch(name, url, sha256):
    """Return the path of a file in the cache, downloaded first where it is not there whole.

    A download gets a folder of its own inside the cache, and the file moves to its name in one
    step once its checksum is right. Of several processes one downloads and the others wait for it.
    Kaggle sends larger files as a zip: of an archive the member called `name` is taken. `sha256` is
    the checksum in hexadecimal digits. Raises NoDownload, whatever goes wrong, and leaves nothing.
    """
    cache = _cache()
    path = cache / name
    if _is_whole(path, sha256):
        _sweep(cache)
        return path
    with _in_plain_words(cache):
        cache.mkdir(parents=True, exist_ok=True)
        with _alone(cache, WAIT_SECONDS):
            if not _is_whole(path, sha256):  # another process may have brought it
                _bring(path, url, sha256)
    return path


def _cache():
    import platformdirs

    try:
        folder = os.environ.get(CACHE_VARIABLE) or platformdirs.user_cache_dir("lstm-book")
        return Path(folder).expanduser().absolute()
    except (RuntimeError, OSError) as error:
        raise NoDownload(
            f"there is no home folder to keep it in; name a folder in {CACHE_VARIABLE}"
        ) from error


def _is_whole(path, sha256):
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except OSError:
        return False


def _bring(path, url, sha256):
    name, host = path.name, urlsplit(url).hostname
    with tempfile.TemporaryDirectory(
        prefix=OURS, dir=path.parent, ignore_cleanup_errors=True
    ) as place:
        received, inside = Path(place, "received"), Path(place, "inside")
        with received.open("wb") as file:
            for piece in _receive(url, name):
                file.write(piece)
        with received.open("rb") as file:
            begins = file.read(64).lstrip()
        if begins.startswith(b"PK\x03\x04"):
            inside.write_bytes(_unzipped(received, name, host))
            received = inside
        if not _is_whole(received, sha256):
            what = "a web page came" if begins.startswith(b"<") else "an altered or cut file came"
            raise NoDownload(f"{what} from {host} in the place of {name}, and was deleted")
        os.replace(received, path)


def _unzipped(archive, name, host):
    try:
        with zipfile.ZipFile(archive) as opened:
            members = [m for m in opened.infolist() if re.split(r"[\\/]", m.filename)[-1] == name]
            if members and members[0].file_size <= LARGEST:
                return opened.read(members[0])
    except Exception as error:  # what zipfile raises has no common base
        raise NoDownload(f"the zip that {host} sends for {name} is broken") from error
    raise NoDownload(f"the zip that {host} sends holds no {name}")


def _receive(url, name):
    """Yield the bytes that come from `url`; no wait lasts for ever, whoever lets us wait.

    A thread asks, because nothing ends a look-up of a name, nor a transfer of a byte a second.
    """
    import requests

    news, answered, given_up = queue.SimpleQueue(), threading.Event(), threading.Event()

    def ask():
        hooks = {"response": lambda *_, **__: news.put(b"")}  # each redirect too
        try:
            # The main thread gives up earlier; the time-out only ends this one.
            with requests.get(url, stream=True, timeout=60, hooks=hooks) as response:
                response.raise_for_status()
                answered.set()
                for piece in response.iter_content(PIECE):
                    news.put(piece)
                    if given_up.is_set():
                        return
            news.put(None)
        except Exception as error:  # raised again below
            news.put(error)

    threading.Thread(target=ask, daemon=True).start()
    host, size, goal = urlsplit(url).hostname, 0, 0
    deadline = time.monotonic() + CONNECT_SECONDS
    try:
        while (piece := news.get(timeout=max(0, deadline - time.monotonic()))) is not None:
            if isinstance(piece, Exception):
                raise NoDownload(_reason(piece, host, name, answered.is_set())) from piece
            size += len(piece)
            if size > LARGEST:
                raise NoDownload(f"{host} sends far more than {name} holds")
            if not piece or size >= goal:
                deadline, goal = time.monotonic() + STALL_SECONDS, size + PIECE
            yield piece
    except queue.Empty:
        slow = f"{host} sends {name} too slowly: less than {PIECE // 1024} KB in {STALL_SECONDS} s"
        raise NoDownload(slow if goal else f"no answer from {host}") from None
    finally:
        given_up.set()


def _reason(error, host, name, answered):
    import requests

    if getattr(error, "request", None) is not None:  # a redirect may have led elsewhere
        host = urlsplit(error.request.url).hostname
    if isinstance(error, requests.HTTPError):
        return f"{host} answers {error.response.status_code} for {name}"
    if isinstance(error, requests.TooManyRedirects):
        return f"{host} redirects without end"
    if isinstance(error, requests.exceptions.ProxyError):
        return f"the proxy opens no way to {host}"
    if isinstance(error, requests.exceptions.SSLError):
        return f"{host} gives no connection that can be trusted"
    if answered:
        return f"the transfer of {name} from {host} broke off"
    if isinstance(error, (requests.ConnectionError, requests.Timeout)):
        return f"no answer from {host}"
    return f"no request to {host} can be made: {' '.join(str(error).split())[:100]}"


@contextlib.contextmanager
def _alone(cache, seconds):
    """Keep other processes out, and take away what killed ones left.

    Where a file system has no locks two processes may download the same file, each in a folder of
    its own, and nothing is taken away.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(cache / f"{OURS}lock", timeout=seconds, fallback_to_soft=False)
    try:
        lock.acquire()
    except Timeout as error:
        raise NoDownload(f"another process has held {cache} for {seconds} seconds") from error
    except OSError:
        yield
        return
    try:
        for left in cache.glob(f"{OURS}*"):
            shutil.rmtree(left, ignore_errors=True)
        yield
    finally:
        with contextlib.suppress(OSError):  # Windows: releasing deletes it
            os.unlink(lock.lock_file)  # those who wait for a deleted file's lock open it anew
        lock.release()


def _sweep(cache):
    """Take away what killed processes left beside a whole file, unless another is at work."""
    with contextlib.suppress(NoDownload, OSError):
        if any(cache.glob(f"{OURS}*")):
            with _alone(cache, seconds=0):
                pass


@contextlib.contextmanager
def _in_plain_words(cache):
    try:
        yield
    except OSError as error:
        match error.errno:
            case errno.ENOSPC | errno.EDQUOT:
                reason = "is on a disk that is full"
            case errno.EACCES | errno.EPERM | errno.EROFS:
                reason = "can't be written"
            case errno.ENOTDIR | errno.EEXIST:
                reason = "can't be made: a file is in its place"
            case _:
                reason = f"can't be used: {error.strerror or error}"
        raise NoDownload(f"the cache folder {cache} {reason}") from error
