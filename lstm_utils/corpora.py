"""Find, fetch, verify and parse the two corpora of the course, or their small stand-ins.

`load_nsmc` and `load_headlines` look in three places, in this order: the folder that the
environment variable ``LSTM_BOOK_DATA`` names, the cache that a verified download fills, and the
samples that lie in the package. ``LSTM_BOOK_DATA=sample`` asks for the samples and nothing else.
`find_bicycles` looks in the first two for the numbers that `lstm_utils.series` reads.
"""

import contextlib
import csv
import hashlib
import os
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lstm_utils import downloads
from lstm_utils.inputs import as_texts
from lstm_utils.text import clean_headline, composed

DATA_VARIABLE = "LSTM_BOOK_DATA"
SAMPLES = Path(__file__).parent / "samples"

HEADLINES_FILE = "ArticlesApril2018.csv"
NSMC_URL = "https://raw.githubusercontent.com/e9t/nsmc/cc0670e872d4ac27bfe36c87456783004b39ef6c"
# Where Kaggle's own client asks, for public data without a login (kaggle-cli, pull request 564);
# it redirects to the file, or to a zip with the file inside.
KAGGLE_URL = "https://www.kaggle.com/api/v1/datasets/download/aashita/nyt-comments"
BICYCLES_FILE = "SeoulBikeData.csv"  # the archive's only file
UCI_URL = "https://archive.ics.uci.edu/static/public/560/seoul+bike+sharing+demand.zip"
SHA256 = {
    "ratings_train.txt": "e03b7d14e9e41be8d464a28057cd25d7396c53e67aa7fd5f7e552c59b0ee2940",
    "ratings_test.txt": "8ac9f64052f11dbf6ae0acb5e038f03d90a76f0eda7820cfb3a92d02edfcebda",
    HEADLINES_FILE: "da7bacf7f7fffd5f75e1b0ab4064a058045120688d04f94dc46fd6e671f6baf3",
    BICYCLES_FILE: "373339b71a8935d69e9af0abf26a70744632119862eeb3919efb389a7b749c60",
}

# Whatever a browser, a file manager or a hand makes of the name of a copy, it holds the month.
_ARTICLES = re.compile(r"(?:.* (?:of|von|de) )?articles([a-z]+\d{4})?.*\.csv")


class CorpusError(ValueError):
    """A file of a corpus is not what it should be; the message names the file and the line."""


PLACES = {
    "folder": f"the folder that {DATA_VARIABLE} names",
    "download": "the verified download",
    "sample": "the sample that comes with the package",
}
"""Where data were found, in words, by `source`."""


@dataclass(frozen=True, eq=False)
class Reviews:
    """Film reviews with a label each.

    Attributes
    ----------
    texts : list of str
        The reviews as they stand in the file, in the form that `text.composed` gives, white space
        at both ends removed.
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
        return describe(f"{len(self.texts):,} reviews", self, self.dropped, before="dropped: ")


@dataclass(frozen=True, eq=False)
class Headlines:
    """Newspaper headlines.

    Attributes
    ----------
    texts : list of str
        The headlines as they stand in the files, in the form that `text.composed` gives, white
        space at both ends removed.
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
        return describe(f"{len(self.texts):,} headlines", self, self.dropped, before="dropped: ")


def describe(what, corpus, counts, places=PLACES, before=""):
    """Say in one line what was loaded, from where, what was done, and why the sample serves.

    `counts` are of rows or hours by what was done to them, `places` words by `source`.
    """
    done = ", ".join(f"{count:,} {kind}" for kind, count in counts.items())
    reason = f"; {corpus.reason}" if corpus.reason else ""
    return f"{what} from {places[corpus.source]} ({before}{done}){reason}"


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
        A file is empty, no text in UTF-8, has another header, a row with another number of
        columns than three, or a label that is neither 0 nor 1.
    FileNotFoundError, PermissionError
        ``LSTM_BOOK_DATA`` names a folder without the file, or one that can't be read.

    Notes
    -----
    Park (2015), https://github.com/e9t/nsmc, at commit cc0670e.
    """
    path, source, reason = _find_nsmc(split)
    texts, labels, blank = [], [], 0
    header, *lines = _read_text(path, "utf-8").removesuffix("\n").split("\n")
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

    Every ``nyt/Articles*.csv`` of the folder is read, in the order of the names, and copies of a
    file once. The download brings one month, April 2018.

    Returns
    -------
    Headlines
        n texts and n snippets (str), in the order of the files.

    Raises
    ------
    CorpusError
        What `read_csv` refuses; or a file that is a copy by its name and holds other text.
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
        for cells in read_csv(path, ["headline"], ["snippet"]):
            headline, snippet = (cell.strip() for cell in cells)
            if missing := missing_kind(headline):
                dropped[missing] += 1
            else:
                texts.append(headline)
                snippets.append(snippet)
    if not texts:
        raise CorpusError(f"{paths[0]}: expected headlines below the header, found none")
    return Headlines(texts, snippets, source, tuple(map(str, paths)), dict(dropped), reason)


def read_csv(path, required, optional=(), encoding="utf-8"):
    """Yield some columns of a CSV file, row by row, and refuse whatever is not quite CSV.

    Blank lines are passed over. A cell may hold commas, quotes and line breaks if it is quoted.

    Parameters
    ----------
    path : path-like
        A file with a header, a comma between columns.
    required, optional : sequence of str
        Names of columns, white space at both ends aside.
    encoding : str

    Yields
    ------
    tuple of str
        The cells as they stand, but `text.composed`: those of the required columns, then those of
        the optional ones, "" where the file has no such column.

    Raises
    ------
    CorpusError
        The file is empty or no text in this encoding; a quote is not closed; a column is missing
        or there twice; a row has another number of columns than the header, or repeats it.
    ValueError
        Python knows no such encoding.
    FileNotFoundError, PermissionError, OSError
        The file is missing or can't be read.
    """
    header, wanted = None, [*as_texts(required, "required"), *as_texts(optional, "optional")]
    for line, row in _csv_rows(path, _read_text(Path(path), encoding)):
        names = [cell.strip() for cell in row]
        if header is None:
            header = names
            places = [_column(path, line, header, name, name in required) for name in wanted]
        elif names == header:
            raise _bad(path, line, "a row", "the header once more")
        elif len(row) != len(header):
            raise _bad(path, line, f"{len(header)} columns", f"{len(row)}")
        else:
            yield tuple("" if place is None else row[place] for place in places)


def _csv_rows(path, text):
    """Yield every row that is not blank, and the line it begins on."""
    csv.field_size_limit(2**31 - 1)  # a cell may hold a whole article; the module stops at 128 KiB
    lines = re.finditer(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+", text)
    rows = csv.reader((line[0] for line in lines), strict=True)
    while True:
        line = rows.line_num + 1
        try:
            row = next(rows, None)
        except csv.Error as error:
            open_quote = "end of data" in str(error)
            what = "is opened here and never closed" if open_quote else "closes inside a cell"
            raise CorpusError(f"{path}, line {line}: expected CSV, but a quote {what}") from error
        if row is None:
            return
        if len(row) > 1 or (row and row[0].strip()):
            yield line, row


def _column(path, line, header, name, required):
    """The place of a column, or None without it."""
    if header.count(name) > 1:
        raise _bad(path, line, f"one column named {name}", f"{header.count(name)} of them")
    if name in header:
        return header.index(name)
    if required:
        commas = " and commas between columns" if len(header) == 1 else ""
        raise _bad(path, line, f"a column named {name}{commas}", ", ".join(header))
    return None


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


def find_bicycles():
    """Where the hours of bicycle rental lie: the file, "folder" or "download", and "".

    Without the file the first is None, the second "sample" and the third the reason, if any.
    """
    if (folder := _folder()) is not None:
        path = folder / "seoul" / BICYCLES_FILE
        with _explained(path, _WANTED):
            path.stat()
        return path, "folder", ""
    return _fetch_or_sample(BICYCLES_FILE, UCI_URL, None)


def _find_nsmc(split):
    if split not in ("train", "test"):
        raise ValueError(f"split must be 'train' or 'test', not {split!r}")
    name = f"ratings_{split}.txt"
    if (folder := _folder()) is not None:
        path = folder / "nsmc" / name
        with _explained(path, _WANTED):
            path.stat()
        return path, "folder", ""
    return _fetch_or_sample(name, f"{NSMC_URL}/{name}", SAMPLES / name)


def _find_headlines():
    if (folder := _folder()) is not None:
        return _months(folder / "nyt"), "folder", ""
    url = f"{KAGGLE_URL}/{HEADLINES_FILE}"
    path, *rest = _fetch_or_sample(HEADLINES_FILE, url, SAMPLES / "ArticlesSample.csv")
    return [path], *rest


def _months(folder):
    """The Articles files in a folder, in the order of their names, none of them twice."""
    names, files, digests = [], {}, {}
    with _explained(folder / "Articles*.csv", _WANTED):
        for name in os.listdir(folder):
            found = _ARTICLES.fullmatch(name.lower())
            if found and not os.path.isdir(folder / name):
                names.append((name, found[1] or name))
        if not names:
            raise FileNotFoundError
    for name, month in sorted(names, key=lambda pair: (len(pair[0]), pair)):  # copies come last
        path = folder / name
        digest = hashlib.sha256(_read_bytes(path)).digest()
        other = files.setdefault(month, path)
        if digests.setdefault(other, digest) != digest:
            raise CorpusError(
                f"{path}: expected a copy of {other.name}, as the name says, found other text; "
                "keep one of the two"
            )
    kept = {digest: path for path, digest in reversed(digests.items())}
    return sorted(kept.values())


def _folder():
    """Return the folder that the reader named, or None: then a download or the sample serves."""
    value = os.environ.get(DATA_VARIABLE, "")
    if value in ("", "sample"):
        return None
    try:
        return Path(value).expanduser().absolute()
    except (RuntimeError, OSError) as error:  # ~nobody/data, or a working folder that is gone
        raise FileNotFoundError(
            f"{DATA_VARIABLE} names {value!r}, which leads to no folder: {error}"
        ) from error


def _fetch_or_sample(name, url, sample):
    if os.environ.get(DATA_VARIABLE) == "sample":
        return sample, "sample", ""
    try:
        return downloads.fetch(name, url, SHA256[name]), "download", ""
    except downloads.NoDownload as error:
        return sample, "sample", f"no download: {error}"


def _read_bytes(path):
    with _explained(path):
        if path.exists() and not path.is_file():
            raise CorpusError(f"{path}: expected a file, found a folder or a device")
        return path.read_bytes()


def _read_text(path, encoding):
    """The text of a file, `composed`; its lines end as they do in the file."""
    data = _read_bytes(path)
    try:
        text = data.decode(encoding)
    except UnicodeError as error:
        raise CorpusError(_undecodable(path, data, encoding, error)) from error
    except (LookupError, ValueError) as error:
        raise ValueError(f"encoding {encoding!r}: no such encoding") from error
    if "\0" in text:
        line = _line_after(text[: text.index("\0")])
        raise CorpusError(f"{path}, line {line}: expected text, found a NUL character")
    text = composed(text)
    if not text or text.isspace():
        raise CorpusError(f"{path} is empty: expected a header and rows below it")
    return text


def _undecodable(path, data, encoding, error):
    """Say where bytes are no text in an encoding."""
    expected = f"expected {encoding.upper().removesuffix('-SIG')}"
    if not isinstance(error, UnicodeDecodeError):
        return f"{path}: {expected}, but {error}"
    line = ""
    with contextlib.suppress(UnicodeError):  # not every codec knows "ignore"
        line = f", line {_line_after(error.object[: error.start].decode(encoding, 'ignore'))}"
    found = f"the byte 0x{error.object[error.start]:02x}"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        found += ", and the file begins as UTF-16 does"
    return f"{path}{line}: {expected}, found {found}"


def _line_after(text):
    return len(re.findall(r"\r\n?|\n", text)) + 1


def _bad(path, line, expected, found):
    found = found if len(found) <= 60 else found[:60] + "…"
    return CorpusError(f"{path}, line {line}: expected {expected}, found {found!r}")


_WANTED = (
    f". {DATA_VARIABLE} must name a folder with nsmc/ratings_train.txt, nsmc/ratings_test.txt, "
    "nyt/Articles*.csv and seoul/SeoulBikeData.csv, whichever are read; unset it "
    "to download the corpora, or set it to 'sample' for the small ones in the package."
)


@contextlib.contextmanager
def _explained(path, advice=""):
    """Turn the system's errors on `path` into ones that name it and say what to do."""
    try:
        yield
    except (FileNotFoundError, NotADirectoryError) as error:
        raise FileNotFoundError(f"{path} is missing{advice}") from error
    except PermissionError as error:
        raise PermissionError(f"{path} can't be read: check the permissions") from error
    except OSError as error:
        raise OSError(f"{path} can't be read: {error.strerror or error}") from error
