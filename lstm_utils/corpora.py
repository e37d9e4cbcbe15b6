"""Find, fetch, verify and parse the two corpora of the course, or their small stand-ins.

`load_nsmc` and `load_headlines` look in three places, in this order: the folder that the
environment variable ``LSTM_BOOK_DATA`` names, the cache that a verified download fills, and the
samples that lie in the package. ``LSTM_BOOK_DATA=sample`` asks for the samples and nothing else.
"""

import contextlib
import csv
import io
import logging
import os
import shutil
import threading
import warnings
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from lstm_utils.text import clean_headline

DATA_VARIABLE = "LSTM_BOOK_DATA"
CACHE_VARIABLE = "LSTM_BOOK_CACHE"
SAMPLES = Path(__file__).parent / "samples"

NSMC_URL = "https://raw.githubusercontent.com/e9t/nsmc/cc0670e872d4ac27bfe36c87456783004b39ef6c"
KAGGLE_URL = "https://api.kaggle.com"
KAGGLE_DATASET = "aashita/nyt-comments"
HEADLINES_FILE = "ArticlesApril2018.csv"
SHA256 = {
    "ratings_train.txt": "e03b7d14e9e41be8d464a28057cd25d7396c53e67aa7fd5f7e552c59b0ee2940",
    "ratings_test.txt": "8ac9f64052f11dbf6ae0acb5e038f03d90a76f0eda7820cfb3a92d02edfcebda",
    HEADLINES_FILE: "da7bacf7f7fffd5f75e1b0ab4064a058045120688d04f94dc46fd6e671f6baf3",
}
CONNECT_SECONDS = 4  # how long a server may take to answer at all, before the samples step in
STALL_SECONDS = 15  # how long a transfer may stand still


class CorpusError(ValueError):
    """A file of a corpus is not what it should be; the message names the file and the line."""


class _NoDownload(OSError):
    """The network, the server or the transfer failed: the sample serves instead."""


@dataclass(frozen=True, eq=False)
class Reviews:
    """Film reviews with a label each.

    Attributes
    ----------
    texts : list of str
        The reviews as they stand in the file, white space at both ends removed.
    labels : numpy.ndarray of int64, shape (n_reviews,)
        1 for a positive review, 0 for a negative one.
    source : {"folder", "download", "sample"}
        Where the file was found.
    path : str
        The file.
    dropped : dict of str to int
        How many rows were left out, by the reason: ``blank``.
    reason : str
        Why the sample serves although nobody asked for it, else empty.
    """

    texts: list[str]
    labels: np.ndarray
    source: str
    path: str
    dropped: dict[str, int]
    reason: str = ""

    def describe(self) -> str:
        """Say in one line what was loaded, from where, and what was left out."""
        return _describe(self, "reviews")


@dataclass(frozen=True, eq=False)
class Headlines:
    """Newspaper headlines.

    Attributes
    ----------
    texts : list of str
        The headlines as they stand in the files, white space at both ends removed.
    snippets : list of str
        The first words of each headline's article, as they stand beside it; "" without any.
    source : {"folder", "download", "sample"}
        Where the files were found.
    paths : tuple of str
        Every file that was read, in the order of `texts`.
    dropped : dict of str to int
        How many rows were left out, by what `missing_kind` says of the headline.
    reason : str
        Why the sample serves although nobody asked for it, else empty.
    """

    texts: list[str]
    snippets: list[str]
    source: str
    paths: tuple[str, ...]
    dropped: dict[str, int]
    reason: str = ""

    def describe(self) -> str:
        """Say in one line what was loaded, from where, and what was left out."""
        return _describe(self, "headlines")


def _describe(corpus, noun):
    place = {
        "folder": f"the folder that {DATA_VARIABLE} names",
        "download": "the verified download",
        "sample": "the sample that comes with the package",
    }[corpus.source]
    dropped = ", ".join(f"{count:,} {kind}" for kind, count in corpus.dropped.items())
    reason = f"; {corpus.reason}" if corpus.reason else ""
    return f"{len(corpus.texts):,} {noun} from {place} (dropped: {dropped}){reason}"


def load_nsmc(split: str = "train") -> Reviews:
    """Load the Naver Sentiment Movie Corpus, or the sample in its layout.

    Parameters
    ----------
    split : {"train", "test"}
        Which of the two files.

    Returns
    -------
    Reviews
        n texts (str) and n labels (int64): 150,000 or 50,000, fewer in the sample.

    Raises
    ------
    CorpusError
        A file is empty, not UTF-8, has another header, a row with another number of columns
        than three, or a label that is neither 0 nor 1; or a download is not the pinned file.
    FileNotFoundError, PermissionError
        ``LSTM_BOOK_DATA`` names a folder without the file, or one that can't be read.

    Notes
    -----
    Park (2015), https://github.com/e9t/nsmc, at commit cc0670e.
    """
    path, source, reason = _find_nsmc(split)
    texts, labels, blank = [], [], 0
    header, *lines = _read_text(path).removesuffix("\n").split("\n")
    if header.removesuffix("\r").split("\t") != ["id", "document", "label"]:
        raise _bad(path, 1, "the header id, document, label, separated by tabs", header)
    for number, line in enumerate(lines, start=2):
        columns = line.removesuffix("\r").split("\t")
        if len(columns) != 3:
            raise _bad(path, number, "3 columns separated by tabs", f"{len(columns)}")
        _, document, label = columns
        if label not in ("0", "1"):
            raise _bad(path, number, "the label 0 or 1", label)
        if document.strip():
            texts.append(document.strip())
            labels.append(label == "1")
        else:
            blank += 1
    if not texts:
        raise CorpusError(f"{path}: expected reviews below the header, found none")
    labels = np.array(labels, dtype=np.int64)
    return Reviews(texts, labels, source, str(path), {"blank": blank}, reason)


def load_headlines() -> Headlines:
    """Load headlines of the New York Times, or the sample in their layout.

    Every ``nyt/Articles*.csv`` of the folder is read, in the order of the names. The download
    brings one month, April 2018.

    Returns
    -------
    Headlines
        n texts and n snippets (str), in the order of the files.

    Raises
    ------
    CorpusError
        A file is empty, not UTF-8, not CSV, has no column ``headline`` or a row with another
        number of columns than the header; or a download is not the pinned file.
    FileNotFoundError, PermissionError
        ``LSTM_BOOK_DATA`` names a folder without such a file, or one that can't be read.

    Notes
    -----
    Kesarwani (2018), https://www.kaggle.com/datasets/aashita/nyt-comments.
    """
    paths, source, reason = _find_headlines()
    dropped = Counter(blank=0, unknown=0)
    texts, snippets = [], []
    for path in paths:
        for headline, snippet in _read_headlines(path):
            if missing := missing_kind(headline):
                dropped[missing] += 1
            else:
                texts.append(headline)
                snippets.append(snippet)
    if not texts:
        raise CorpusError(f"{paths[0]}: expected headlines below the header, found none")
    return Headlines(texts, snippets, source, tuple(map(str, paths)), dict(dropped), reason)


def missing_kind(headline: str) -> str:
    """Say why a headline is none, or "" for one that is, judged by what `clean_headline` leaves.

    ``"blank"`` is nothing at all, or the word NaN; ``"unknown"`` the word Unknown, which the
    data set has where a headline is missing.
    """
    return {"": "blank", "nan": "blank", "unknown": "unknown"}.get(clean_headline(headline), "")


def nsmc_path(split: str = "train") -> Path:
    """Return the file that `load_nsmc` reads, to look at it raw."""
    return _find_nsmc(split)[0]


def headline_files() -> list[Path]:
    """Return the files that `load_headlines` reads, to look at them raw."""
    return _find_headlines()[0]


def _find_nsmc(split):
    if split not in ("train", "test"):
        raise ValueError(f"split must be 'train' or 'test', not {split!r}")
    name = f"ratings_{split}.txt"
    if _folder() is not None:
        path = _folder() / "nsmc" / name
        with _explained(path):
            path.stat()
        return path, "folder", ""
    return _fetch_or_sample(name, f"{NSMC_URL}/{name}", SAMPLES / name)


def _find_headlines():
    if _folder() is not None:
        folder = _folder() / "nyt"
        with _explained(folder / "Articles*.csv"):
            paths = sorted(folder / name for name in os.listdir(folder))
            paths = [path for path in paths if path.match("Articles*.csv")]
            if not paths:
                raise FileNotFoundError
        return paths, "folder", ""
    path, *rest = _fetch_or_sample(HEADLINES_FILE, KAGGLE_URL, SAMPLES / "ArticlesSample.csv")
    return [path], *rest


def _folder():
    """Return the folder that the reader named, or None: then a download or the sample serves."""
    value = os.environ.get(DATA_VARIABLE, "")
    return Path(value).expanduser().absolute() if value not in ("", "sample") else None


def _fetch_or_sample(name, url, sample):
    if os.environ.get(DATA_VARIABLE) == "sample":
        return sample, "sample", ""
    try:
        return _fetch(name, url), "download", ""
    except _NoDownload as error:
        return sample, "sample", f"no download: {error}"
    except OSError:
        return sample, "sample", "no download: the cache folder can't be written"


def _fetch(name, url):
    """Return the verified file from the cache, after a download where it is not there.

    pooch writes to a temporary file and moves it to its name only when the checksum is right,
    so whatever lies in the cache under that name is whole.
    """
    with warnings.catch_warnings():  # tqdm's, which it brings: a notebook may have no widgets
        warnings.simplefilter("ignore")
        import pooch

    pooch.get_logger().setLevel(logging.WARNING)
    cache = Path(os.environ.get(CACHE_VARIABLE) or pooch.os_cache("lstm-book"))
    download = _download_from_kaggle if name == HEADLINES_FILE else _download
    try:
        return Path(pooch.retrieve(url, SHA256[name], name, cache, downloader=download))
    except ValueError as error:
        raise CorpusError(
            f"{name}: the download is altered or incomplete and was deleted (expected SHA-256 "
            f"{SHA256[name]}). Try again, name a folder in {DATA_VARIABLE}, or set it to 'sample'."
        ) from error


def _download(url, target, _):
    import pooch
    import requests

    _ask_for_an_answer(url)
    timeout = (CONNECT_SECONDS, STALL_SECONDS)
    host, name = urlsplit(url).hostname, Path(url).name
    try:
        pooch.HTTPDownloader(chunk_size=2**16, timeout=timeout)(url, target, None)
    except requests.HTTPError as error:
        raise _NoDownload(f"{host} answers {error.response.status_code} for {name}") from error
    except requests.RequestException as error:
        raise _NoDownload(f"the transfer of {name} from {host} broke off") from error


def _download_from_kaggle(url, target, _):
    """Fetch one CSV by kagglehub, which takes up a broken transfer where it stopped."""
    _ask_for_an_answer(url)
    import kagglehub
    from kagglehub.exceptions import DataCorruptionError

    partial = Path(target).parent / "kagglehub"
    try:
        with _tamed_kagglehub(partial):
            shutil.copyfile(kagglehub.dataset_download(KAGGLE_DATASET, HEADLINES_FILE), target)
    except DataCorruptionError as error:
        raise ValueError(f"kagglehub found a wrong checksum in {HEADLINES_FILE}") from error
    except Exception as error:  # kagglehub's errors have no common base
        raise _NoDownload(
            f"kagglehub can't bring {HEADLINES_FILE}: {type(error).__name__}"
        ) from error
    shutil.rmtree(partial, ignore_errors=True)


def _ask_for_an_answer(url):
    """Raise OSError where no server answers soon; slow name look-ups count as no answer."""
    import requests

    answers = []

    def ask():
        with contextlib.suppress(requests.RequestException):
            answers.append(requests.head(url, timeout=CONNECT_SECONDS))

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(CONNECT_SECONDS)
    if not answers:
        raise _NoDownload(f"no answer from {urlsplit(url).hostname}")


@contextlib.contextmanager
def _tamed_kagglehub(cache):
    """Give kagglehub a cache of its own, a time limit, and no voice, for the length of a block.

    Its first request waits for ever, its log and progress bar would land in a notebook.
    """
    import requests

    send = requests.Session.send

    def send_with_limit(session, request, **options):
        options["timeout"] = options.get("timeout") or (CONNECT_SECONDS, STALL_SECONDS)
        return send(session, request, **options)

    before = os.environ.get("KAGGLEHUB_CACHE")
    os.environ["KAGGLEHUB_CACHE"] = str(cache)
    requests.Session.send = send_with_limit
    logging.getLogger("kagglehub").setLevel(logging.CRITICAL)
    nowhere = io.StringIO()
    try:
        with contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
            yield
    finally:
        requests.Session.send = send
        del os.environ["KAGGLEHUB_CACHE"]
        if before is not None:
            os.environ["KAGGLEHUB_CACHE"] = before


def _read_headlines(path):
    """Yield the cells of each row's headline and snippet; "" where there is no such column."""
    rows = csv.reader(io.StringIO(_read_text(path), newline=""), strict=True)
    try:
        header = next(rows)
        if "headline" not in header:
            raise _bad(path, 1, "a column named headline", ", ".join(header))
        headline = header.index("headline")
        snippet = header.index("snippet") if "snippet" in header else None
        for row in rows:
            if row and len(row) != len(header):
                raise _bad(path, rows.line_num, f"{len(header)} columns", f"{len(row)}")
            if row:
                yield row[headline].strip(), "" if snippet is None else row[snippet].strip()
    except csv.Error as error:
        raise CorpusError(f"{path}, line {rows.line_num}: expected CSV, but {error}") from error


def _read_text(path):
    with _explained(path):
        data = path.read_bytes()
    if not data.strip():
        raise CorpusError(f"{path} is empty: expected a header and rows below it")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise CorpusError(
            f"{path}, line {line}: expected UTF-8, found the byte 0x{data[error.start]:02x}"
        ) from error


def _bad(path, line, expected, found):
    found = found if len(found) <= 60 else found[:60] + "…"
    return CorpusError(f"{path}, line {line}: expected {expected}, found {found!r}")


@contextlib.contextmanager
def _explained(path):
    """Turn the system's errors on `path` into ones that say what to do."""
    try:
        yield
    except (FileNotFoundError, NotADirectoryError) as error:
        raise FileNotFoundError(
            f"{path} is missing. {DATA_VARIABLE} must name a folder with nsmc/ratings_train.txt, "
            "nsmc/ratings_test.txt and nyt/Articles*.csv; unset it to download the corpora, or "
            "set it to 'sample' for the small ones in the package."
        ) from error
    except PermissionError as error:
        raise PermissionError(f"{path} can't be read: check the permissions") from error
