"""The command that reads a file of reviews: what it writes, what it keeps, and what it refuses."""

import csv
import io
import os
import subprocess
import sys
import threading

import numpy as np
import pytest

from lstm_utils import predict
from lstm_utils.corpora import load_nsmc
from lstm_utils.models.pretrained import load_pretrained
from tools.contents import ROOT

REVIEWS = ["정말 재밌어요", "돈이 아깝다", "", "😀", "처음엔 지루했는데, 펑펑 울었어요"]
KNOWN = [0, 1, 4]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ask(*arguments):
    predict.main([*map(str, arguments), "--out", "out.csv"])
    with open("out.csv", encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def write(name, text, encoding="utf-8"):
    with open(name, "w", encoding=encoding, newline="") as file:
        file.write(text)


def as_table(rows, **form):
    file = io.StringIO()
    csv.writer(file, **form).writerows(rows)
    return file.getvalue()


def check(answers, reviews):
    """The answers are the model's, to the digits that are told, and empty where it has none."""
    expected = np.full(len(reviews), np.nan)
    known = [k for k, text in enumerate(reviews) if text in [REVIEWS[k] for k in KNOWN]]
    expected[known] = load_pretrained("sentiment").predict([reviews[k] for k in known])
    found = [float(answer) if answer else np.nan for answer in answers]
    np.testing.assert_allclose(found, expected, atol=5.1e-5)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", ["", "with an end"])
def test_every_line_is_a_row_in_its_order_empty_ones_too(end, last, capsys):
    write("reviews.txt", end.join(REVIEWS) + end * bool(last))
    header, *rows = ask("reviews.txt")
    assert header == ["review", "positive"]
    assert [row[0] for row in rows] == REVIEWS
    check([row[1] for row in rows], REVIEWS)
    (told,) = capsys.readouterr().err.splitlines()
    assert told.startswith("reviews.txt: the network knows nothing of 2 reviews")


def test_a_table_keeps_its_columns_whatever_stands_in_them():
    rows = [["id", "text", "note"]]
    rows += [[str(k), text, 'a "word", and\nmore'] for k, text in enumerate(REVIEWS)]
    write("reviews.csv", as_table(rows))
    header, *found = ask("reviews.csv", "--column", "text")
    assert header == [*rows[0], "positive"]
    assert [row[:3] for row in found] == rows[1:]
    check([row[3] for row in found], REVIEWS)


def test_a_table_with_tabs_is_read_as_the_corpus_is_written():
    """No quotes there: one that stands in a review opens nothing."""
    write("ratings.txt", 'id\tdocument\tlabel\n1\t"정말 재밌어요\t1\n2\t돈이 아깝다\t0\n')
    rows = ask("ratings.txt", "--column", "document")[1:]
    assert [row[:3] for row in rows] == [["1", '"정말 재밌어요', "1"], ["2", "돈이 아깝다", "0"]]


def test_a_column_of_one_keeps_its_empty_lines():
    write("one.csv", "review\r\n정말 재밌어요\r\n\r\n돈이 아깝다\r\n")
    assert [row[0] for row in ask("one.csv", "--column", "review")[1:]] == [
        "정말 재밌어요",
        "",
        "돈이 아깝다",
    ]


@pytest.mark.parametrize("encoding", ["cp949", "euc-kr", "utf-16", "utf-8-sig"])
def test_other_encodings_are_read_when_they_are_named(encoding):
    reviews = [text for text in REVIEWS if text != "😀"]  # which the older of them lack
    write("old.txt", "\n".join(reviews), encoding)
    named = [] if encoding == "utf-8-sig" else ["--encoding", encoding]
    rows = ask("old.txt", *named)[1:]
    assert [row[0] for row in rows] == reviews


REFUSED = {
    "no-such-file.txt": "no-such-file.txt: No such file or directory",
    "empty.txt": "empty.txt is empty: there is no review in it",
    "cp949.txt": "cp949.txt, line 2: byte 0xc1 is not utf-8; name the file's encoding, such as",
    "table.csv": "table.csv is a table: name its column of reviews by --column",
    "table.csv --column text": "table.csv has no column 'text'; it has id, review",
    "answered.csv --column review": "answered.csv has a column 'positive' already",
    "ragged.csv --column review": "ragged.csv, line 3: 3 fields where the header has 2",
    "open.csv --column review": "open.csv, line 2: unexpected end of data",
    "cp949.txt --encoding utf-16": "cp949.txt, after line 0: UTF-16 stream does not start with BOM",
    "reviews.txt --out nowhere/out.csv": "nowhere",
}


@pytest.fixture
def broken():
    write("empty.txt", "")
    write("reviews.txt", "정말 재밌어요")
    write("cp949.txt", "good\n정말 재밌어요", "cp949")
    write("table.csv", "id,review\n1,정말\n")
    write("answered.csv", "review,positive\n정말,0.5\n")
    write("ragged.csv", "id,review\n1,정말\n2,정말, 재밌어요\n")
    write("open.csv", 'id,review\n1,"정말 재밌어요\n')


@pytest.mark.parametrize("arguments", REFUSED, ids=str)
def test_what_cannot_be_read_is_told_in_a_line_and_leaves_nothing(broken, here, arguments):
    before = sorted(here.iterdir())
    out = [] if "--out" in arguments else ["--out", "out.csv"]
    command = [sys.executable, "-m", "lstm_utils.predict", *arguments.split(), *out]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", env=environment())
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("python -m lstm_utils.predict: error: ")
    assert REFUSED[arguments] in line
    assert sorted(here.iterdir()) == before


def environment():
    """This one, with the package in reach of another folder."""
    return os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["reviews.txt", "--out", "reviews.txt"], "another file than the one that is read"),
        (["reviews.txt", "--encoding", "klingon"], "there is no encoding 'klingon'"),
        ([], "the following arguments are required: FILE"),
    ],
)
def test_what_makes_no_sense_is_told_before_anything_is_read(broken, capsys, arguments, told):
    with pytest.raises(SystemExit, match="2"):
        predict.main(arguments)
    assert told in capsys.readouterr().err
    with open("reviews.txt", encoding="utf-8") as file:
        assert file.read() == "정말 재밌어요"


def test_the_standard_input_is_answered_on_the_standard_output():
    done = subprocess.run(
        [sys.executable, "-m", "lstm_utils.predict", "-"],
        input="\n".join(REVIEWS).encode(),
        capture_output=True,
        env=environment() | {"PYTHONIOENCODING": "cp949"},  # as on a Korean Windows
    )
    header, *rows = csv.reader(io.StringIO(done.stdout.decode("utf-8")))
    assert (done.returncode, header) == (0, ["review", "positive"])
    assert [row[0] for row in rows] == REVIEWS
    check([row[1] for row in rows], REVIEWS)


def test_a_long_file_is_read_piece_by_piece(monkeypatch):
    """While the first answers are written, the rest of the file is not even there."""
    monkeypatch.setattr(predict, "ROWS", 50)
    reader, writer = os.pipe()
    texts = [text.replace("\n", " ") for text in load_nsmc("test").texts[:200]]
    answered = threading.Event()

    def feed():
        with os.fdopen(writer, "w", encoding="utf-8") as file:
            print(*texts[:150], sep="\n", file=file, flush=True)
            print("x" * 20_000, file=file, flush=True)  # past what Python reads ahead
            assert answered.wait(60)
            print(*texts[150:], sep="\n", file=file)

    thread = threading.Thread(target=feed)
    thread.start()
    rows = []
    with os.fdopen(reader, "rb") as file:
        lines = predict.decoded(file, "utf-8", "pipe")
        for batch in predict.batches(predict.table(lines, "pipe")[2], 0):
            rows += batch
            if len(rows) == 100:
                answered.set()
    thread.join()
    assert [row[0] for row in rows] == [*texts[:150], "x" * 20_000, *texts[150:]]


@pytest.mark.parametrize("rows", [1, 7, 8192])
def test_the_answers_do_not_depend_on_the_batches(monkeypatch, rows):
    texts = [text.replace("\n", " ") for text in load_nsmc("test").texts[:60]]
    write("many.txt", "\n".join(texts))
    monkeypatch.setattr(predict, "ROWS", rows)
    found = [float(row[1]) for row in ask("many.txt")[1:]]
    np.testing.assert_allclose(found, load_pretrained("sentiment").predict(texts), atol=5.1e-5)


def test_a_batch_of_long_reviews_is_a_short_one():
    lengths = [len(batch) for batch in predict.batches(([("긴" * 300_000)] for _ in range(9)), 0)]
    assert lengths == [4, 4, 1]
