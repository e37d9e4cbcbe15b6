"""How likely is each review in a file positive? `python -m lstm_utils.predict FILE` tells.

FILE has a review a line; with --column it is a table with a header, its fields apart by commas or
by tabs. Out comes a table as CSV, in UTF-8: the rows as they were, in their order, and a column
`positive`, from 0 to 1. It is empty where a review is, and where the network knows nothing of it.
The file is read piece by piece, so it may be larger than the memory.
"""

import argparse
import codecs
import contextlib
import csv
import io
import os
import sys
import warnings
from itertools import chain

import numpy as np
from tqdm import tqdm

from lstm_utils import command_line
from lstm_utils.models.pretrained import load_pretrained

ROWS, CHARACTERS = 8192, 1_000_000
"""A batch is full when it has so many of either."""
ANSWER = "positive"


def main(arguments=None):
    parser = command_line.parser(__doc__)
    parser.add_argument("file", metavar="FILE", help="the reviews; - is the standard input")
    parser.add_argument("--column", help="FILE is a table, and this column holds the reviews")
    parser.add_argument("--out", type=command_line.path, help="write here, not to standard output")
    parser.add_argument(
        "--encoding", default="utf-8", type=encoding, help="of FILE, if not UTF-8, such as cp949"
    )
    options = parser.parse_args(arguments)
    path = None if options.file == "-" else command_line.path(options.file)
    if path and options.out and options.out.exists() and options.out.samefile(path):
        parser.error("--out must be another file than the one that is read")
    name = str(path or "standard input")
    with contextlib.ExitStack() as stack:
        file = sys.stdin.buffer if path is None else stack.enter_context(path.open("rb"))
        lines = stack.enter_context(contextlib.closing(decoded(file, options.encoding, name)))
        header, column, rows = table(lines, name, options.column)
        out = csv.writer(stack.enter_context(written(options.out)), lineterminator="\n")
        out.writerow([*header, ANSWER])
        unknown = answer(progress(batches(rows, column), file), column, out)
    if unknown:
        print(
            f"{name}: the network knows nothing of {unknown:,} reviews (or they are empty): "
            f"their column {ANSWER!r} is empty",
            file=sys.stderr,
        )


def encoding(name):
    """What Python calls an encoding; UTF-8 may begin with a mark of byte order."""
    try:
        found = codecs.lookup(name).name
    except LookupError:
        raise argparse.ArgumentTypeError(f"there is no encoding {name!r}") from None
    return "utf-8-sig" if found == "utf-8" else found


def decoded(file, encoding, name):
    """Yield the lines of a file of bytes; ValueError at the first that is in another encoding."""
    text, number = io.TextIOWrapper(file, encoding, errors="surrogateescape", newline=""), 0
    try:
        for number, line in enumerate(text, 1):
            if odd := [letter for letter in line if "\udc80" <= letter <= "\udcff"]:
                raise ValueError(
                    f"{name}, line {number}: byte 0x{ord(odd[0]) - 0xDC00:02x} is not "
                    f"{encoding.removesuffix('-sig')}; name the file's encoding, such as "
                    "--encoding cp949"
                )
            yield line
    except UnicodeError as error:  # where an encoding can't hand a byte on
        raise ValueError(f"{name}, after line {number}: {error}") from error
    finally:
        text.detach()  # or it would close the file, which is asked how far it is read


def table(lines, name, column=None):
    """Header, index of the column with the reviews, and the rows, of a table or of plain lines.

    ValueError if there is no line, no such column, or the column of a table is not named.
    """
    first = next(lines, None)
    if first is None:
        raise ValueError(f"{name} is empty: there is no review in it")
    lines = chain([first], lines)
    if column is None:
        if name.lower().endswith((".csv", ".tsv")):
            raise ValueError(f"{name} is a table: name its column of reviews by --column")
        return ["review"], 0, ([line.rstrip("\r\n")] for line in lines)
    form = {"delimiter": "\t", "quoting": csv.QUOTE_NONE} if "\t" in first else {"strict": True}
    rows = fields(csv.reader(lines, **form), name)
    header = next(rows)
    if column not in header:
        raise ValueError(f"{name} has no column {column!r}; it has {', '.join(header)}")
    if ANSWER in header:
        raise ValueError(f"{name} has a column {ANSWER!r} already: give it another name")
    return header, header.index(column), rows


def fields(reader, name):
    """Yield a table's rows; ValueError at the first that has not as many fields as the header."""
    columns = 0
    try:
        for row in reader:
            columns = columns or len(row)
            if row and len(row) != columns:
                raise ValueError(
                    f"{name}, line {reader.line_num}: {len(row)} fields where the header has "
                    f"{columns}"
                )
            yield row or [""] * columns  # an empty line
    except csv.Error as error:
        raise ValueError(f"{name}, line {reader.line_num}: {error}") from error


def batches(rows, column):
    """Yield lists of rows, each small enough for the memory."""
    batch, letters = [], 0
    for row in rows:
        batch.append(row)
        letters += len(row[column])
        if len(batch) == ROWS or letters >= CHARACTERS:
            yield batch
            batch, letters = [], 0
    if batch:
        yield batch


def progress(batches, file):
    """Yield the batches and show how far the file is read; silent where nobody looks."""
    size = os.fstat(file.fileno()).st_size if file.seekable() else None
    done = 0
    with tqdm(total=size, unit="B" if size else " batches", unit_scale=True, disable=None) as bar:
        for batch in batches:
            yield batch
            done += len(batch)
            bar.set_postfix_str(f"{done:,} reviews", refresh=False)
            bar.update(file.tell() - bar.n if size else 1)


def answer(batches, column, out):
    """Write every row with its answer; return how many have none."""
    model, unknown = load_pretrained("sentiment"), 0
    for batch in batches:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", ".*hold nothing that the model knows")
            answers = model.predict([row[column] for row in batch])
        told = ["" if np.isnan(p) else f"{p:.4f}" for p in answers.tolist()]
        out.writerows([*row, p] for row, p in zip(batch, told, strict=True))
        unknown += told.count("")
    return unknown


@contextlib.contextmanager
def written(path):
    """A text file that takes its name when all is written; the standard output for None."""
    if path is None:
        sys.stdout.reconfigure(encoding="utf-8", newline="")
        yield sys.stdout
        return
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            yield file
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


if __name__ == "__main__":
    command_line.run(main)
