"""The two corpora: three sources, every kind of bad file, and a download that may go wrong.

A local HTTP server plays GitHub and Kaggle; pooch and kagglehub themselves do the fetching.
"""

import csv
import hashlib
import io
import json
import os
import re
import socket
import subprocess
import sys
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lstm_utils import corpora
from lstm_utils.corpora import CorpusError, load_headlines, load_nsmc
from lstm_utils.text import clean_headline

NSMC = "id\tdocument\tlabel\n1\t재미있다\t1\n2\t지루하다\t0\n"
NYT = "articleID,headline,newDesk\n1,A Quiet Day,Metro\n2,Unknown,Metro\n3,,Metro\n"


def nsmc_folder(root, text, split="train"):
    (root / "nsmc").mkdir(exist_ok=True)
    data = text if isinstance(text, bytes) else text.encode()
    (root / "nsmc" / f"ratings_{split}.txt").write_bytes(data)


def nyt_folder(root, text, name="ArticlesMay2017.csv"):
    (root / "nyt").mkdir(exist_ok=True)
    (root / "nyt" / name).write_bytes(text if isinstance(text, bytes) else text.encode())


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("LSTM_BOOK_DATA", str(tmp_path))
    return tmp_path


@pytest.fixture
def sample(monkeypatch):
    monkeypatch.setenv("LSTM_BOOK_DATA", "sample")


# --- the folder -------------------------------------------------------------------------------


def test_reviews_come_from_the_folder_that_the_variable_names(folder):
    nsmc_folder(folder, NSMC)
    nsmc_folder(folder, "id\tdocument\tlabel\n7\t그저 그렇다\t0\n", "test")
    train, test = load_nsmc("train"), load_nsmc("test")
    assert train.texts == ["재미있다", "지루하다"]
    assert train.labels.tolist() == [1, 0]
    assert train.labels.dtype == np.int64
    assert (train.source, train.dropped, train.reason) == ("folder", {"blank": 0}, "")
    assert train.path == str(folder / "nsmc" / "ratings_train.txt")
    assert (test.texts, test.labels.tolist()) == (["그저 그렇다"], [0])
    assert corpora.nsmc_path("test").read_text(encoding="utf-8").endswith("그저 그렇다\t0\n")


def test_headlines_of_several_months_are_read_in_the_order_of_their_names(folder):
    nyt_folder(folder, "headline,snippet\nSecond,It was so.\n", "ArticlesMay2017.csv")
    nyt_folder(folder, "headline\nFirst\n", "ArticlesApril2017.csv")
    nyt_folder(folder, "not read", "CommentsApril2017.csv")
    headlines = load_headlines()
    assert headlines.texts == ["First", "Second"]
    assert headlines.snippets == ["", "It was so."]
    files = [folder / "nyt" / f"Articles{month}2017.csv" for month in ("April", "May")]
    assert headlines.paths == tuple(map(str, files))
    assert corpora.headline_files() == files


def test_snippets_stay_beside_their_headlines_when_rows_are_dropped(folder):
    rows = " Kept ,0,First \nDropped,1,Unknown\nDropped,2,?!\n ,3,Last\n"
    nyt_folder(folder, "snippet,id,headline\n" + rows)
    headlines = load_headlines()
    pairs = list(zip(headlines.texts, headlines.snippets, strict=True))
    assert pairs == [("First", "Kept"), ("Last", "")]


def test_what_was_loaded_is_said_in_one_line_without_an_absolute_path(folder):
    nsmc_folder(folder, NSMC + "3\t \t1\n")
    nyt_folder(folder, NYT)
    place = "from the folder that LSTM_BOOK_DATA names"
    assert load_nsmc().describe() == f"2 reviews {place} (dropped: 1 blank)"
    assert load_headlines().describe() == f"1 headlines {place} (dropped: 1 blank, 1 unknown)"


def test_blank_reviews_are_dropped_and_counted(folder):
    nsmc_folder(folder, NSMC + "3\t\t1\n4\t  \t0\n")
    reviews = load_nsmc()
    assert len(reviews.texts) == len(reviews.labels) == 2
    assert reviews.dropped == {"blank": 2}


def test_unknown_empty_and_nan_headlines_are_dropped_and_counted(folder):
    rows = ["Unknown", "unknown? ", "", "NaN", "…", "The Unknown Soldier", "Nan’s Kitchen"]
    nyt_folder(folder, "headline,desk\n" + "".join(f"{row},Metro\n" for row in rows))
    headlines = load_headlines()
    assert headlines.texts == ["The Unknown Soldier", "Nan’s Kitchen"]
    assert headlines.dropped == {"blank": 3, "unknown": 2}


def test_windows_line_ends_and_a_byte_order_mark_change_nothing(folder):
    nsmc_folder(folder, b"\xef\xbb\xbf" + NSMC.replace("\n", "\r\n").encode())
    nyt_folder(folder, b"\xef\xbb\xbf" + NYT.replace("\n", "\r\n").encode())
    assert load_nsmc().texts == ["재미있다", "지루하다"]
    assert load_headlines().texts == ["A Quiet Day"]


def test_quotes_in_a_review_are_letters_like_any_other(folder):
    nsmc_folder(folder, 'id\tdocument\tlabel\n1\t"최고\t1\n2\t그 "대사" 별로"\t0\n')
    assert load_nsmc().texts == ['"최고', '그 "대사" 별로"']


def test_a_headline_may_hold_commas_quotes_and_a_line_break(folder):
    nyt_folder(folder, 'headline,desk\n"One, ""Two""\r\nThree",Metro\n')
    assert load_headlines().texts == ['One, "Two"\r\nThree']


REVIEW = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\t\n\r"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.lists(st.tuples(REVIEW, st.sampled_from([0, 1])), min_size=1))
def test_any_reviews_written_in_the_layout_are_read_back(folder, rows):
    lines = [f"{number}\t{text}\t{label}\n" for number, (text, label) in enumerate(rows)]
    nsmc_folder(folder, "id\tdocument\tlabel\n" + "".join(lines) + "9\t끝\t1\n")
    kept = [(text.strip(), label) for text, label in rows if text.strip()]
    reviews = load_nsmc()
    assert list(zip(reviews.texts, reviews.labels.tolist(), strict=True)) == [*kept, ("끝", 1)]
    assert reviews.dropped["blank"] == len(rows) - len(kept)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"])), min_size=1))
def test_any_headlines_written_by_the_csv_module_are_read_back(folder, rows):
    buffer = io.StringIO()
    csv.writer(buffer).writerows([["headline", "desk"], *([row, "Metro"] for row in rows)])
    nyt_folder(folder, buffer.getvalue() + "The End,Metro\n")
    kept = [row.strip() for row in rows if clean_headline(row) not in ("", "nan", "unknown")]
    headlines = load_headlines()
    assert headlines.texts == [*kept, "The End"]
    assert sum(headlines.dropped.values()) == len(rows) - len(kept)


# --- bad files: the message names the file, the line and what was expected ---------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "ratings_train.txt is empty: expected a header and rows below it"),
        (" \n\n", "ratings_train.txt is empty: expected a header"),
        (NSMC.encode("cp949"), r"ratings_train.txt, line 2: expected UTF-8, found the byte 0xc0"),
        ("id,document,label\n", "line 1: expected the header id, document, label, separated by"),
        ("id\tlabel\tdocument\n", "line 1: expected the header id, document, label"),
        (NSMC + "3\t좋다\n", "line 4: expected 3 columns separated by tabs, found '2'"),
        (NSMC + "3\t좋\t다\t1\n", "line 4: expected 3 columns separated by tabs, found '4'"),
        (NSMC + "\n3\t좋다\t1\n", "line 4: expected 3 columns separated by tabs, found '1'"),
        (NSMC + "3\t좋다\t2\n", "ratings_train.txt, line 4: expected the label 0 or 1, found '2'"),
        (NSMC + "3\t좋다\t\n", "line 4: expected the label 0 or 1, found ''"),
        ("id\tdocument\tlabel\n", "ratings_train.txt: expected reviews below the header, found"),
        ("id\tdocument\tlabel\n1\t \t1\n", "expected reviews below the header, found none"),
    ],
)
def test_a_bad_file_of_reviews_is_named_with_its_line(folder, text, message):
    nsmc_folder(folder, text)
    with pytest.raises(CorpusError, match=message):
        load_nsmc()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "ArticlesMay2017.csv is empty: expected a header and rows below it"),
        (NYT.replace("Quiet", "Café").encode("latin-1"), "line 2: expected UTF-8, found.*0xe9"),
        ("title,desk\nA,B\n", "line 1: expected a column named headline, found 'title, desk'"),
        (NYT + "4,Too Short\n", "ArticlesMay2017.csv, line 5: expected 3 columns, found '2'"),
        (NYT + "4,Too,Long,By One\n", "line 5: expected 3 columns, found '4'"),
        (NYT + '4,"An Open Quote,Metro\n', "line 5: expected CSV, but unexpected end of data"),
        ("headline\nUnknown\n", "ArticlesMay2017.csv: expected headlines below the header, found"),
    ],
)
def test_a_bad_file_of_headlines_is_named_with_its_line(folder, text, message):
    nyt_folder(folder, text)
    with pytest.raises(CorpusError, match=message):
        load_headlines()


def test_a_long_bad_line_is_cut_in_the_message(folder):
    nsmc_folder(folder, "x" * 1000)
    with pytest.raises(CorpusError, match=r"found 'x{60}…'$"):
        load_nsmc()


@pytest.mark.parametrize("load", [load_nsmc, load_headlines])
def test_a_folder_without_the_file_is_an_error_that_says_what_to_do(folder, load):
    name = {load_nsmc: "ratings_train.txt", load_headlines: r"Articles\*.csv"}[load]
    with pytest.raises(
        FileNotFoundError, match=rf"{name} is missing. LSTM_BOOK_DATA must"
    ) as error:
        load()
    assert "set it to 'sample'" in str(error.value)
    (folder / "nyt").mkdir()
    (folder / "nsmc").mkdir()
    with pytest.raises(FileNotFoundError, match=f"{name} is missing"):
        load()


def test_a_relative_folder_is_shown_in_full_so_that_the_mistake_is_seen(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LSTM_BOOK_DATA", "nowhere")
    with pytest.raises(FileNotFoundError, match=re.escape(str(tmp_path / "nowhere"))):
        load_nsmc()


@pytest.mark.parametrize(("load", "call"), [(load_nsmc, "stat"), (load_headlines, "listdir")])
def test_an_unreadable_folder_is_an_error_that_names_it(folder, monkeypatch, load, call):
    def refuse(*_, **__):  # the tests may run as root, whom no permission stops
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path if call == "stat" else os, call, refuse)
    with pytest.raises(PermissionError, match="can't be read: check the permissions") as error:
        load()
    assert str(folder) in str(error.value)


def test_an_unreadable_file_is_an_error_that_names_it(folder, monkeypatch):
    def refuse(_):
        raise PermissionError(13, "Permission denied")

    nyt_folder(folder, NYT)
    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(PermissionError, match=r"ArticlesMay2017.csv can't be read: check"):
        load_headlines()


def test_a_split_that_does_not_exist_is_refused(sample):
    with pytest.raises(ValueError, match="split must be 'train' or 'test', not 'validation'"):
        load_nsmc("validation")


# --- the download -----------------------------------------------------------------------------

ARTICLES = (
    "headline,newDesk\n" + "".join(f"Headline Number {n},Metro\n" for n in range(5000))
).encode()
REVIEWS = (
    "id\tdocument\tlabel\n" + "".join(f"{n}\t리뷰 {n}\t{n % 2}\n" for n in range(5000))
).encode()


class Handler(BaseHTTPRequestHandler):
    """GitHub's raw files and the two calls that kagglehub makes, with faults on demand."""

    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        self.wait(self.server.play.answers)
        self.answer(200, b"", {})

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        call = self.path.rsplit("/", 1)[-1]
        self.server.play.calls.append(call)
        if call == "GetDataset":
            body = json.dumps({"currentVersionNumber": 3}).encode()
            self.answer(200, body, {"Content-Type": "application/json"})
        else:
            self.answer(302, b"", {"Location": "/kaggle/ArticlesApril2018.csv"})

    def do_GET(self):
        play = self.server.play
        play.calls.append(f"GET {self.headers.get('Range', 'all')}")
        kaggle = self.path.startswith("/kaggle/")
        body = play.articles if kaggle else play.reviews
        start = 0
        if "Range" in self.headers:
            start = int(re.match(r"bytes=(\d+)-", self.headers["Range"])[1])
        headers = {"Accept-Ranges": "bytes"} | (play.headers if kaggle else {})
        self.answer(play.status or (206 if start else 200), body[start:], headers, play.fault)

    def wait(self, event):
        """Hold the line until a test lets go, or for so long that the loader waits for ever."""
        if not event.wait(30):
            self.server.play.gave_up = True

    def answer(self, status, body, headers, fault=None):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if fault == "no length":
            self.send_header("Connection", "close")
        else:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body if fault is None else body[: len(body) // 2])
        if fault == "stall":
            self.wfile.flush()
            self.wait(self.server.play.end)
        self.close_connection = fault is not None

    def log_message(self, *_):
        pass


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A server whose `play` says what it serves; the loader's addresses lead to it."""
    pytest.importorskip("kagglehub")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    play = SimpleNamespace(
        reviews=REVIEWS, articles=ARTICLES, status=None, fault=None, headers={}, calls=[]
    )
    play.answers, play.end, play.gave_up = threading.Event(), threading.Event(), False
    play.answers.set()
    play.cache = tmp_path / "cache"
    server.play = play
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
    url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.delenv("LSTM_BOOK_DATA", raising=False)
    monkeypatch.setenv("LSTM_BOOK_CACHE", str(play.cache))
    monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(tmp_path))
    monkeypatch.delenv("KAGGLEHUB_CACHE", raising=False)
    for proxy in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(proxy, raising=False)
    monkeypatch.setattr(corpora, "CONNECT_SECONDS", 30)  # a busy machine is no missing network
    monkeypatch.setattr(corpora, "NSMC_URL", url)
    monkeypatch.setattr(corpora, "KAGGLE_URL", url)
    monkeypatch.setattr("kagglesdk.kaggle_http_client.get_endpoint", lambda _: url)
    for name, data in [("ratings_train.txt", REVIEWS), ("ArticlesApril2018.csv", ARTICLES)]:
        monkeypatch.setitem(corpora.SHA256, name, hashlib.sha256(data).hexdigest())
    yield play
    play.answers.set()
    play.end.set()
    server.shutdown()
    server.server_close()


def test_the_pinned_files_are_the_published_ones():
    assert "/cc0670e872d4ac27bfe36c87456783004b39ef6c" in corpora.NSMC_URL
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in corpora.SHA256.values())


def test_pooch_brings_the_reviews_once_and_the_cache_serves_them_then(server):
    for _ in range(2):
        reviews = load_nsmc("train")
        assert (reviews.source, reviews.reason, len(reviews.texts)) == ("download", "", 5000)
        assert "from the verified download" in reviews.describe()
    assert server.calls == ["GET all"]
    assert (server.cache / "ratings_train.txt").read_bytes() == REVIEWS


def test_kagglehub_brings_the_headlines_once_and_the_cache_serves_them_then(server, capfd):
    send = requests.Session.send
    for _ in range(2):
        headlines = load_headlines()
        assert (headlines.source, len(headlines.texts)) == ("download", 5000)
    assert server.calls == ["GetDataset", "DownloadDataset", "GET all"]
    assert os.listdir(server.cache) == ["ArticlesApril2018.csv"]
    assert capfd.readouterr() == ("", "")  # no log line, no progress bar
    assert "KAGGLEHUB_CACHE" not in os.environ
    assert requests.Session.send is send


@pytest.mark.parametrize("load", [load_nsmc, load_headlines])
def test_a_cached_file_that_someone_altered_is_fetched_again(server, load):
    load()
    (path,) = server.cache.iterdir()
    path.write_bytes(path.read_bytes()[:-100])
    assert len(load().texts) == 5000
    assert server.calls.count("GET all") == 2


@pytest.mark.parametrize("load", [load_nsmc, load_headlines])
def test_an_altered_download_is_an_error_and_leaves_nothing_behind(server, load):
    server.reviews = REVIEWS.replace("리뷰 7".encode(), "리뷰 8".encode(), 1)
    server.articles = ARTICLES.replace(b"Number 7", b"Number 8", 1)
    for _ in range(2):
        with pytest.raises(CorpusError, match="altered or incomplete and was deleted") as error:
            load()
        assert "set it to 'sample'" in str(error.value)
        assert [path for path in server.cache.rglob("*") if path.is_file()] == []
    server.reviews, server.articles = REVIEWS, ARTICLES
    assert load().source == "download"


def test_a_checksum_that_kaggle_sends_and_the_bytes_do_not_match_is_an_error(server):
    server.headers = {"x-goog-hash": "md5=AAAAAAAAAAAAAAAAAAAAAA=="}
    with pytest.raises(CorpusError, match=r"ArticlesApril2018.csv: the download is altered"):
        load_headlines()
    server.headers = {}
    assert load_headlines().source == "download"


@pytest.mark.parametrize("load", [load_nsmc, load_headlines])
def test_a_download_cut_short_without_a_word_is_not_taken_for_whole(server, load):
    server.fault = "no length"
    with pytest.raises(CorpusError, match="altered or incomplete"):
        load()
    server.fault = None
    assert len(load().texts) == 5000


@pytest.mark.parametrize("fault", ["cut", "stall"])
@pytest.mark.parametrize("load", [load_nsmc, load_headlines])
def test_a_broken_transfer_gives_the_sample_and_the_next_run_the_whole(
    server, monkeypatch, load, fault
):
    monkeypatch.setattr(corpora, "STALL_SECONDS", 0.3)
    server.fault = fault
    broken = load()
    assert (broken.source, server.gave_up) == ("sample", False)
    said = {
        load_nsmc: "no download: the transfer of ratings_train.txt from 127.0.0.1 broke off",
        load_headlines: "no download: kagglehub can't bring ArticlesApril2018.csv",
    }
    assert broken.reason.startswith(said[load])
    assert len(broken.texts) < 5000
    monkeypatch.setattr(corpora, "STALL_SECONDS", 30)
    server.fault = None
    server.end.set()
    whole = load()
    assert (whole.source, len(whole.texts)) == ("download", 5000)


def test_loading_brings_no_warning_into_a_notebook_without_widgets(server, monkeypatch, recwarn):
    for name in list(sys.modules):
        if name.split(".")[0] in ("pooch", "tqdm"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "ipykernel.zmqshell", SimpleNamespace())  # a kernel
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: None))
    monkeypatch.setitem(sys.modules, "ipywidgets", None)  # not installed
    assert load_nsmc("train").source == "download"
    assert not recwarn.list


def test_kagglehub_takes_up_a_broken_transfer_where_it_stopped(server, monkeypatch):
    monkeypatch.setattr("kagglehub.clients.CHUNK_SIZE", 4096)  # it keeps whole chunks only
    server.fault = "cut"
    assert load_headlines().source == "sample"
    server.fault = None
    assert load_headlines().source == "download"
    kept = int(re.fullmatch(r"GET bytes=(\d+)-", server.calls[-1])[1])
    assert len(ARTICLES) // 2 - 4096 <= kept <= len(ARTICLES) // 2
    assert (server.cache / "ArticlesApril2018.csv").read_bytes() == ARTICLES


def test_a_resumed_transfer_of_another_file_is_caught(server, monkeypatch):
    monkeypatch.setattr("kagglehub.clients.CHUNK_SIZE", 4096)
    server.fault = "cut"
    load_headlines()
    server.fault, server.articles = None, ARTICLES.upper()
    with pytest.raises(CorpusError, match="altered or incomplete"):
        load_headlines()
    server.articles = ARTICLES
    assert load_headlines().source == "download"


@pytest.mark.parametrize("status", [404, 403, 500])
def test_a_file_that_the_server_does_not_have_gives_the_sample_and_the_reason(server, status):
    server.status = status
    reviews, headlines = load_nsmc("train"), load_headlines()
    assert (reviews.source, headlines.source) == ("sample", "sample")
    assert f"127.0.0.1 answers {status} for ratings_train.txt" in reviews.describe()
    assert "kagglehub can't bring ArticlesApril2018.csv" in headlines.describe()
    assert "\n" not in reviews.describe() + headlines.describe()


@pytest.mark.parametrize("load", [load_nsmc, load_headlines])
def test_a_server_that_never_answers_gives_the_sample_soon(server, monkeypatch, load):
    monkeypatch.setattr(corpora, "CONNECT_SECONDS", 0.3)
    server.answers.clear()
    assert load().reason == "no download: no answer from 127.0.0.1"
    assert not server.gave_up


def test_a_name_that_is_looked_up_for_ever_gives_the_sample_soon(server, monkeypatch):
    found, gave_up = threading.Event(), []

    def look_up(*_):
        gave_up.append(not found.wait(30))
        raise socket.gaierror("no such name")

    monkeypatch.setattr(corpora, "CONNECT_SECONDS", 0.3)
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    assert load_nsmc().source == "sample"
    assert gave_up == [], "the look-up is still going on"
    found.set()


@pytest.mark.parametrize("load", [load_nsmc, load_headlines])
def test_no_network_gives_the_sample_and_says_so(server, monkeypatch, load):
    for name in ("NSMC_URL", "KAGGLE_URL"):
        monkeypatch.setattr(corpora, name, "http://127.0.0.1:9")
    data = load()
    assert data.source == "sample"
    assert data.describe().endswith("; no download: no answer from 127.0.0.1")


def test_a_cache_that_cannot_be_written_gives_the_sample_and_says_so(server, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way of a folder", encoding="utf-8")
    monkeypatch.setenv("LSTM_BOOK_CACHE", str(tmp_path / "file" / "cache"))
    assert load_nsmc().describe().endswith("; no download: the cache folder can't be written")


def test_asking_for_the_samples_asks_no_server(server, monkeypatch):
    monkeypatch.setenv("LSTM_BOOK_DATA", "sample")
    assert load_nsmc().source == load_headlines().source == "sample"
    assert load_nsmc().reason == load_headlines().reason == ""
    assert server.calls == []
    assert not server.cache.exists()


def test_importing_the_loader_brings_none_of_the_libraries_that_fetch():
    code = "import sys, lstm_utils.corpora; print(*sys.modules)"
    modules = subprocess.check_output([sys.executable, "-c", code], encoding="utf-8").split()
    assert not {"pandas", "pooch", "kagglehub", "requests"} & set(modules)


# --- the samples ------------------------------------------------------------------------------


def words(text):
    return re.findall(r"\w+", text.lower().replace("’", ""))


def test_the_sample_has_enough_reviews_and_as_many_good_as_bad(sample):
    train, test = load_nsmc("train"), load_nsmc("test")
    assert len(train.texts) >= 640
    assert len(test.texts) >= 200
    assert train.labels.mean() == test.labels.mean() == 0.5
    assert train.dropped["blank"] + test.dropped["blank"] == 3


def test_no_review_of_the_sample_stands_twice_or_in_both_splits(sample):
    texts = load_nsmc("train").texts + load_nsmc("test").texts
    assert Counter("".join(words(text)) for text in texts).most_common(1)[0][1] == 1
    assert len(set(" ".join(texts).split())) > 3500  # written one by one: a varied vocabulary


def test_the_sample_has_enough_headlines_none_twice_and_i_love_goes_on(sample):
    headlines = load_headlines()
    assert len(headlines.texts) >= 620
    assert len({tuple(words(text)) for text in headlines.texts}) == len(headlines.texts)
    assert headlines.dropped == {"blank": 1, "unknown": 11}
    lengths = [len(text.split()) for text in headlines.texts]
    assert 2 <= min(lengths) <= max(lengths) <= 14
    love = {tuple(words(text))[2] for text in headlines.texts if words(text)[:2] == ["i", "love"]}
    assert len(love) >= 5


def test_no_line_of_the_samples_comes_from_a_corpus(monkeypatch):
    if os.environ.get("LSTM_BOOK_DATA", "sample") in ("", "sample"):
        pytest.skip("LSTM_BOOK_DATA names no folder with the real corpora")
    real = {
        "reviews": load_nsmc("train").texts + load_nsmc("test").texts,
        "headlines": load_headlines().texts,
    }
    monkeypatch.setenv("LSTM_BOOK_DATA", "sample")
    ours = {
        "reviews": load_nsmc("train").texts + load_nsmc("test").texts,
        "headlines": load_headlines().texts,
    }
    for kind, texts in ours.items():
        lines = {"".join(words(text)) for text in real[kind]}
        runs = {tuple(w[k : k + 5]) for t in texts for w in [words(t)] for k in range(len(w) - 4)}
        assert not [text for text in texts if "".join(words(text)) in lines]
        for text in real[kind]:
            tokens = words(text)
            shared = {tuple(tokens[k : k + 5]) for k in range(len(tokens) - 4)} & runs
            assert not shared, f"{kind}: five words in a row from a corpus: {shared}"


# --- the page about the data ------------------------------------------------------------------

PAGE = Path(__file__).parents[2] / "chapters" / "reference" / "data.md"


def test_the_page_about_the_data_prints_the_checksums_that_the_loader_uses():
    page = PAGE.read_text(encoding="utf-8")
    assert all(digest in page for digest in corpora.SHA256.values())


def test_the_page_about_the_data_prints_what_its_code_prints(capsys):
    if os.environ.get("LSTM_BOOK_DATA", "sample") in ("", "sample"):
        pytest.skip("LSTM_BOOK_DATA names no folder with the real corpora")
    page = PAGE.read_text(encoding="utf-8")
    for name in ("ratings_train.txt", "ratings_test.txt"):
        split = name.removeprefix("ratings_").removesuffix(".txt")
        digest = hashlib.sha256(corpora.nsmc_path(split).read_bytes()).hexdigest()
        if f"| `{name}`, rebuilt | `{digest}` |" not in page:
            pytest.skip("the folder holds other files than the page speaks of")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.S)
    exec(compile(code, str(PAGE), "exec"), {})
    (printed,) = re.findall(r"it prints the following.*?```text\n(.*?)```", page, re.S)
    assert capsys.readouterr().out == printed
