"""Headlines, or any column of a CSV file, in three parts: to train on, to choose on, to test on.

The last tenth is the test part, the tenth before it the validation part.
"""

import os
import random
from dataclasses import dataclass, replace
from functools import cache

from lstm_utils import command_line
from lstm_utils.corpora import DATA_VARIABLE, CorpusError, load_headlines, missing_kind, read_csv
from lstm_utils.text import clean_headline

from .runs import data_record

ENCODING = "utf-8-sig"
SCORED_AT_MOST = 1000  # lines in the validation part and in the test part


@dataclass(frozen=True, kw_only=True)
class TextRecipe:
    """Which text a model reads."""

    text: str = "headlines"  # or "headlines+snippets"
    share: float = 1.0  # of the training text
    trained_on: str | None = None  # parts, joined by "+"; a mixture's members leave both open
    scored_on: str | None = None
    csv: str | None = None  # SHA-256 of the file that takes the headlines' place
    column: str | None = None
    encoding: str | None = None
    updates_at_most: int | None = None  # of an LSTM, whatever its epochs


@dataclass(frozen=True, eq=False)
class Data:
    """Headlines in three parts, the snippets of each part's articles, and where they came from."""

    headlines: dict[str, list[str]]
    snippets: dict[str, list[str]]  # empty where there are none
    alphabet: list[str]
    record: dict


def read_column(path, column, encoding=ENCODING):
    """Yield a column of a CSV file, cell by cell as they stand. Raises what `read_csv` raises."""
    try:
        for (cell,) in read_csv(path, [column], encoding=encoding):
            yield cell
    except CorpusError as error:
        if isinstance(error.__cause__, UnicodeError):
            raise CorpusError(f"{error}; --encoding cp1252, for example, names another") from None
        raise


def cleaned(texts):
    """Clean every text; leave out what is blank, or "Unknown", as the corpus has it."""
    for text in texts:
        if not missing_kind(text):
            yield clean_headline(text)


def split(lines, snippets, record):
    """Shuffle by seed 0, and divide: the last tenth, the tenth before it, and the rest.

    Of very many lines a thousand are enough to score on, and the rest is for training.
    """
    order = list(range(len(lines)))
    random.Random(0).shuffle(order)
    tenth = min(len(order) // 10, SCORED_AT_MOST)
    parts = {"train": order[: -2 * tenth], "validation": order[-2 * tenth : -tenth]}
    parts["test"] = order[-tenth:]
    characters = {" "}.union(*lines, *(snippets or ()))

    def divided(texts):
        return {name: [texts[k] for k in part] for name, part in parts.items()} if texts else {}

    return Data(divided(lines), divided(snippets), ["\n", *sorted(characters)], record)


def load_corpus():
    """The New York Times' headlines, each with its article's snippet, read once from each place."""
    return _corpus_of(os.environ.get(DATA_VARIABLE))


@cache
def _corpus_of(_place):
    corpus = load_headlines()
    lines = ([clean_headline(text) for text in texts] for texts in (corpus.texts, corpus.snippets))
    return split(*lines, data_record(corpus.source, *corpus.paths))


@cache
def load_csv(path, column, encoding):
    """A column of any CSV file in the headlines' place."""
    lines = list(cleaned(read_column(path, column, encoding)))
    if len(lines) < 30:
        raise SystemExit(f"{path}: {len(lines)} texts in column {column!r}, expected 30 or more")
    return split(lines, None, data_record("csv", path) | {"column": column})


def load(options):
    """The data that the command line asks for."""
    asked = options.csv, options.column, options.encoding
    data = load_csv(*asked) if options.csv else load_corpus()
    if options.quick:
        few = {"train": 120, "validation": 20, "test": 20}
        headlines, snippets = (
            {name: lines[: few[name]] for name, lines in texts.items()}
            for texts in (data.headlines, data.snippets)
        )
        data = replace(data, headlines=headlines, snippets=snippets)
    return data


def training_text(data, recipe):
    """What a run may read, and how many of the lines are headlines; they come first."""

    def shares(texts):
        parts = (texts[part] for part in recipe.trained_on.split("+"))
        return [text for part in parts for text in part[: round(len(part) * recipe.share)]]

    lines = headlines = shares(data.headlines)
    if recipe.text == "headlines+snippets":
        lines = headlines + shares(data.snippets)
    return lines, len(headlines)


def add_arguments(parser):
    """What this program's command line has beside the others'."""
    told = "a CSV file in the place of the headlines"
    parser.add_argument("--csv", type=command_line.path, metavar="FILE", help=told)
    parser.add_argument("--column", metavar="NAME", help="the column of --csv that holds the text")
    parser.add_argument("--encoding", default=ENCODING, help="of --csv (UTF-8)")
