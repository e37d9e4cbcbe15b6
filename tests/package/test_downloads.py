"""A download arrives whole or leaves nothing, and the reason is a true sentence."""

import errno
import os
import socket
import subprocess
import sys
import tempfile
import threading
import zipfile
from pathlib import Path

import pytest
from filelock import FileLock

from lstm_utils import corpora, downloads
from lstm_utils.corpora import load_headlines, load_nsmc
from tests.servers import ARTICLES, REVIEWS, serving, zipped

BOTH = pytest.mark.parametrize("load", [load_nsmc, load_headlines])
FILE = {load_nsmc: "ratings_train.txt", load_headlines: "ArticlesApril2018.csv"}


@pytest.fixture
def server(tmp_path, monkeypatch):
    """What a server does; the loader's addresses lead to it, and the cache is empty."""
    for proxy in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(proxy, raising=False)
    monkeypatch.delenv("LSTM_BOOK_DATA", raising=False)
    monkeypatch.setenv("LSTM_BOOK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(downloads, "CONNECT_SECONDS", 30)  # a busy machine is no missing network
    with serving() as play:
        play.cache = tmp_path / "cache"
        monkeypatch.setattr(corpora, "NSMC_URL", play.url)
        monkeypatch.setattr(corpora, "KAGGLE_URL", f"{play.url}/kaggle")
        for name, digest in play.sha256.items():
            monkeypatch.setitem(corpora.SHA256, name, digest)
        yield play


def left(server):
    """Everything that lies in the cache, by its path."""
    return sorted(str(path.relative_to(server.cache)) for path in server.cache.rglob("*"))


def the_sample_serves(load, reason):
    """The sample serves, for this reason and in one line that names no class of exceptions."""
    data = load()
    assert data.source == "sample"
    assert data.reason == f"no download: {reason}"
    assert data.describe().endswith(f"; no download: {reason}")
    assert "\n" not in data.describe()
    assert "Error" not in data.describe()


# --- what goes well ---------------------------------------------------------------------------


def test_the_pinned_files_are_the_published_ones():
    assert "/cc0670e872d4ac27bfe36c87456783004b39ef6c" in corpora.NSMC_URL
    assert all(len(bytes.fromhex(digest)) == 32 for digest in corpora.SHA256.values())


def test_the_reviews_come_once_and_the_cache_serves_them_then(server):
    for _ in range(2):
        reviews = load_nsmc("train")
        assert (reviews.source, reviews.reason, len(reviews.texts)) == ("download", "", 5000)
        assert "from the verified download" in reviews.describe()
    assert server.calls == ["/ratings_train.txt"]
    assert left(server) == ["ratings_train.txt"]
    assert (server.cache / "ratings_train.txt").read_bytes() == REVIEWS


@pytest.mark.parametrize("sent", ["the file", "a zip", "a zip with a folder", "one of a Mac"])
def test_the_headlines_come_as_kaggle_sends_them_with_no_word_and_no_warning(
    server, capfd, recwarn, sent
):
    server.articles = {
        "the file": ARTICLES,
        "a zip": zipped(ArticlesApril2018__csv=ARTICLES),
        "a zip with a folder": zipped(**{"nyt/ArticlesApril2018.csv": ARTICLES, "x": b"y"}),
        "one of a Mac": zipped(
            **{"__MACOSX/._ArticlesApril2018.csv": b"\0", "ArticlesApril2018.csv": ARTICLES}
        ),
    }[sent]
    for _ in range(2):
        headlines = load_headlines()
        assert (headlines.source, len(headlines.texts)) == ("download", 5000)
    assert server.calls == [
        "/kaggle/ArticlesApril2018.csv",
        "/store/ArticlesApril2018.csv.zip?X-Id=1",
    ]
    assert left(server) == ["ArticlesApril2018.csv"]
    assert (server.cache / "ArticlesApril2018.csv").read_bytes() == ARTICLES
    assert capfd.readouterr() == ("", "")
    assert not recwarn.list


@BOTH
def test_a_cached_file_that_someone_altered_is_fetched_again(server, load):
    load()
    (path,) = server.cache.iterdir()
    path.write_bytes(path.read_bytes()[:-100])
    before = len(server.calls)
    assert load().source == "download"
    assert len(server.calls) > before
    assert len(load().texts) == 5000


def test_a_whole_file_is_read_without_a_lock_a_write_a_request_or_a_home(server, monkeypatch):
    load_nsmc()

    def refuse(*_, **__):
        raise AssertionError("nothing of this is needed")

    monkeypatch.setattr(Path, "home", refuse)
    monkeypatch.setattr(Path, "mkdir", refuse)
    monkeypatch.setattr(FileLock, "acquire", refuse)
    monkeypatch.setattr(threading.Thread, "start", refuse)
    monkeypatch.setattr(tempfile, "mkdtemp", refuse)
    assert load_nsmc().source == "download"


def test_what_a_killed_process_left_is_swept_and_what_is_not_ours_stays(server):
    for folder in (".lstm-book-abc", "lstm-book-mine"):
        (server.cache / folder).mkdir(parents=True)
        (server.cache / folder / "received").write_bytes(REVIEWS[:1000])
    (server.cache / ".lstm-book-lock").write_bytes(b"")
    assert load_nsmc().source == "download"
    assert left(server) == ["lstm-book-mine", "lstm-book-mine/received", "ratings_train.txt"]
    (server.cache / ".lstm-book-xyz").mkdir()  # killed after the move
    assert load_nsmc().source == "download"
    assert left(server) == ["lstm-book-mine", "lstm-book-mine/received", "ratings_train.txt"]


def test_the_place_of_a_living_process_stays_while_its_lock_is_held(server):
    load_nsmc()
    (server.cache / ".lstm-book-at-work").mkdir()
    with FileLock(server.cache / ".lstm-book-lock"):
        assert load_nsmc().source == "download"
        assert ".lstm-book-at-work" in left(server)


def test_a_process_that_holds_the_cache_for_ever_is_not_waited_for(server, monkeypatch):
    monkeypatch.setattr(downloads, "WAIT_SECONDS", 0.1)
    server.cache.mkdir()
    with FileLock(server.cache / ".lstm-book-lock"):
        reason = f"another process has held {server.cache} for 0.1 seconds"
        the_sample_serves(load_nsmc, reason)
    assert load_nsmc().source == "download"


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_good_enough(server, monkeypatch, recwarn, number):
    fcntl = pytest.importorskip("fcntl")

    def no_locks(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", no_locks)
    assert load_headlines().source == "download"
    assert [name for name in left(server) if name != ".lstm-book-lock"] == ["ArticlesApril2018.csv"]
    assert not recwarn.list


def test_asking_for_the_samples_asks_no_server(server, monkeypatch):
    monkeypatch.setenv("LSTM_BOOK_DATA", "sample")
    assert load_nsmc().source == load_headlines().source == "sample"
    assert load_nsmc().reason == load_headlines().reason == ""
    assert server.calls == []
    assert not server.cache.exists()


def test_importing_the_loader_brings_none_of_the_libraries_that_fetch():
    code = "import sys, lstm_utils.corpora; print(*sys.modules)"
    modules = subprocess.check_output([sys.executable, "-c", code], encoding="utf-8").split()
    assert not {"pandas", "requests", "filelock", "platformdirs"} & set(modules)


# --- what goes wrong on the way ---------------------------------------------------------------


@BOTH
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("cut", "the transfer of {name} from 127.0.0.1 broke off"),
        ("no length", "an altered or cut file came from 127.0.0.1 in the place of {name}"),
        ("stall", "127.0.0.1 sends {name} too slowly: less than 64 KB in 0.3 s"),
        ("dribble", "127.0.0.1 sends {name} too slowly: less than 64 KB in 0.3 s"),
        ("chunks", "127.0.0.1 sends {name} too slowly: less than 64 KB in 0.3 s"),
    ],
)
def test_a_broken_transfer_gives_the_sample_and_the_next_run_the_whole(
    server, monkeypatch, load, fault, reason
):
    server.articles, server.fault = ARTICLES, fault
    if fault not in ("cut", "no length"):
        monkeypatch.setattr(downloads, "STALL_SECONDS", 0.3)
    broken = load()
    assert (broken.source, server.gave_up) == ("sample", False)
    assert broken.reason.startswith(f"no download: {reason.format(name=FILE[load])}")
    assert left(server) == []
    monkeypatch.setattr(downloads, "STALL_SECONDS", 30)
    server.fault = None
    server.end.set()
    assert (load().source, left(server)) == ("download", [FILE[load]])


@BOTH
def test_an_altered_download_gives_the_sample_and_leaves_nothing_behind(server, load):
    server.reviews = REVIEWS.replace("리뷰 7".encode(), "리뷰 8".encode(), 1)
    server.articles = zipped(ArticlesApril2018__csv=ARTICLES.upper())
    place = f"from 127.0.0.1 in the place of {FILE[load]}, and was deleted"
    for _ in range(2):
        the_sample_serves(load, f"an altered or cut file came {place}")
        assert left(server) == []
    server.reviews = server.articles = b"\n<!DOCTYPE html><title>Log in to the network</title>"
    the_sample_serves(load, f"a web page came {place}")
    server.reviews, server.articles = REVIEWS, ARTICLES
    assert load().source == "download"


def encrypted():
    """A zip whose member says that it needs a password: bit 0 of both flags."""
    data = bytearray(zipped(ArticlesApril2018__csv=ARTICLES))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


WHOLE = zipped(ArticlesApril2018__csv=ARTICLES)
BROKEN = "the zip that 127.0.0.1 sends for ArticlesApril2018.csv is broken"


@pytest.mark.parametrize(
    ("archive", "reason"),
    [
        (WHOLE[: len(WHOLE) // 2], BROKEN),
        (WHOLE[:60] + b"\xff" * 40 + WHOLE[100:], BROKEN),
        (encrypted(), BROKEN),
        (
            zipped(CommentsApril2018__csv=ARTICLES),
            "the zip that 127.0.0.1 sends holds no ArticlesApril2018.csv",
        ),
        (zipped(), "an altered or cut file came from 127.0.0.1 in the place of "),
    ],
)
def test_a_zip_that_is_broken_or_holds_something_else_gives_the_sample(server, archive, reason):
    server.articles = archive
    headlines = load_headlines()
    assert headlines.source == "sample"
    assert headlines.reason.startswith(f"no download: {reason}")
    assert left(server) == []


@BOTH
def test_a_transfer_or_a_zip_without_end_stops_before_the_disk_is_full(server, monkeypatch, load):
    monkeypatch.setattr(downloads, "LARGEST", 70_000)
    if load is load_headlines:
        the_sample_serves(load, "the zip that 127.0.0.1 sends holds no ArticlesApril2018.csv")
    else:
        the_sample_serves(load, "127.0.0.1 sends far more than ratings_train.txt holds")
    assert left(server) == []


@BOTH
@pytest.mark.parametrize("status", [404, 403, 500])
def test_a_file_that_the_server_does_not_have_gives_the_sample_and_the_reason(server, load, status):
    server.status = status
    the_sample_serves(load, f"127.0.0.1 answers {status} for {FILE[load]}")
    assert left(server) == []


def test_a_server_that_sends_in_a_circle_gives_the_sample(server):
    server.fault = "circle"
    the_sample_serves(load_headlines, "127.0.0.1 redirects without end")


@BOTH
def test_a_server_that_never_answers_gives_the_sample_soon(server, monkeypatch, load):
    monkeypatch.setattr(downloads, "CONNECT_SECONDS", 0.3)
    server.answers.clear()
    the_sample_serves(load, "no answer from 127.0.0.1")
    assert not server.gave_up


def test_a_name_that_is_looked_up_for_ever_gives_the_sample_soon(server, monkeypatch):
    found, gave_up = threading.Event(), []

    def look_up(*_):
        gave_up.append(not found.wait(30))
        raise socket.gaierror("no such name")

    monkeypatch.setattr(downloads, "CONNECT_SECONDS", 0.3)
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    the_sample_serves(load_nsmc, "no answer from 127.0.0.1")
    assert gave_up == [], "the look-up is still going on"
    found.set()


@BOTH
def test_no_network_gives_the_sample_and_says_so(server, monkeypatch, load):
    for name in ("NSMC_URL", "KAGGLE_URL"):
        monkeypatch.setattr(corpora, name, "http://127.0.0.1:9")
    the_sample_serves(load, "no answer from 127.0.0.1")
    assert left(server) == []


@pytest.mark.parametrize(
    ("proxy", "reason"),
    [
        ("http://127.0.0.1:9", "the proxy opens no way to lstm-book.invalid"),
        ("::::", "no request to lstm-book.invalid can be made: "),
    ],
)
def test_a_proxy_that_is_not_there_is_named(server, monkeypatch, proxy, reason):
    monkeypatch.setattr(corpora, "NSMC_URL", "http://lstm-book.invalid")
    monkeypatch.setenv("http_proxy", proxy)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert load_nsmc().reason.startswith(f"no download: {reason}")


def test_certificates_that_are_not_there_are_named(server, monkeypatch):
    monkeypatch.setattr(corpora, "NSMC_URL", server.url.replace("http:", "https:"))
    the_sample_serves(load_nsmc, "127.0.0.1 gives no connection that can be trusted")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")
    assert "/nowhere.pem" in load_nsmc().reason


@pytest.mark.parametrize(
    ("to", "reason"),
    [
        ("file:///etc/passwd", "no request to 127.0.0.1 can be made: No connection adapters"),
        ("http://127.0.0.1:9/x", "no answer from 127.0.0.1"),
        ("http://[half", "no request to 127.0.0.1 can be made: "),
    ],
)
def test_a_redirect_that_leads_nowhere_gives_the_sample(server, to, reason):
    server.store = to
    assert load_headlines().reason.startswith(f"no download: {reason}")


# --- the cache folder -------------------------------------------------------------------------


def test_a_file_in_the_caches_place_gives_the_sample_and_says_so(server, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way of a folder", encoding="utf-8")
    for cache in (tmp_path / "file", tmp_path / "file" / "cache"):
        monkeypatch.setenv("LSTM_BOOK_CACHE", str(cache))
        reason = f"the cache folder {cache} can't be made: a file is in its place"
        the_sample_serves(load_nsmc, reason)
    assert (tmp_path / "file").read_text(encoding="utf-8") == "in the way of a folder"


def failing(number):
    def fail(*_, **__):
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.ENOSPC, "the cache folder {cache} is on a disk that is full"),
        (errno.EDQUOT, "the cache folder {cache} is on a disk that is full"),
        (errno.EROFS, "the cache folder {cache} can't be written"),
        (errno.EACCES, "the cache folder {cache} can't be written"),
        (errno.EIO, f"the cache folder {{cache}} can't be used: {os.strerror(errno.EIO)}"),
    ],
)
@pytest.mark.parametrize("step", ["folder", "place", "move"])
def test_a_cache_that_takes_nothing_gives_the_sample_and_says_why(
    server, monkeypatch, number, reason, step
):
    target = {"folder": (Path, "mkdir"), "place": (tempfile, "mkdtemp"), "move": (os, "replace")}
    monkeypatch.setattr(*target[step], failing(number))
    the_sample_serves(load_headlines, reason.format(cache=server.cache))
    assert left(server) == []


def test_a_disk_that_is_full_half_way_keeps_nothing_of_the_download(server, monkeypatch):
    opened = Path.open

    def small(path, mode="r", *more):
        file = opened(path, mode, *more)
        if mode == "wb":
            file = SmallFile(file)
        return file

    monkeypatch.setattr(Path, "open", small)
    the_sample_serves(load_nsmc, f"the cache folder {server.cache} is on a disk that is full")
    assert left(server) == []


class SmallFile:
    """A file on a disk with room for 70,000 bytes."""

    def __init__(self, file):
        self.file, self.room = file, 70_000

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()

    def write(self, data):
        self.room -= self.file.write(data)
        if self.room < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_user_without_a_home_folder_gets_the_sample_and_the_reason(server, monkeypatch):
    reason = "there is no home folder to keep it in; name a folder in LSTM_BOOK_CACHE"
    monkeypatch.setenv("LSTM_BOOK_CACHE", "~no-such-user-as-this/cache")
    the_sample_serves(load_nsmc, reason)
    monkeypatch.delenv("LSTM_BOOK_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # as without HOME and a name
    the_sample_serves(load_nsmc, reason)
    assert server.calls == []


def test_a_folder_in_the_files_place_is_not_deleted(server):
    (server.cache / "ratings_train.txt").mkdir(parents=True)
    (server.cache / "ratings_train.txt" / "mine").write_text("kept", encoding="utf-8")
    assert load_nsmc().reason.startswith(
        f"no download: the cache folder {server.cache} can't be used: "
    )
    assert left(server) == ["ratings_train.txt", "ratings_train.txt/mine"]


@pytest.mark.skipif(os.name != "posix", reason="a link needs a right on Windows")
def test_a_cached_file_that_cannot_be_read_is_replaced(server, monkeypatch):
    server.cache.mkdir()
    os.symlink(server.cache / "nowhere", server.cache / "ratings_train.txt")
    assert load_nsmc().source == "download"
    assert (server.cache / "ratings_train.txt").read_bytes() == REVIEWS


def test_ctrl_c_leaves_nothing_behind(server, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(zipfile.ZipFile, "read", interrupt)
    with pytest.raises(KeyboardInterrupt):
        load_headlines()
    assert left(server) == []
