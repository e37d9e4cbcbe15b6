"""The headline experiment: models that share out one unit, runs that survive a kill, any CSV."""

import argparse
import hashlib
import json
import math
import random
import tracemalloc

import numpy as np
import pytest
import torch

from experiments import headlines, headlines_data, headlines_training
from lstm_utils.corpora import CorpusError
from lstm_utils.models import headlines_torch
from lstm_utils.models.headlines import Words
from tests.experiments.killed import run_apart

# --- the split --------------------------------------------------------------------------------


def test_the_split_is_the_one_of_chapter_7_and_loses_nothing():
    texts = [f"headline {k}" for k in range(1214)]
    data = headlines_data.split(texts[:], None, {})
    random.Random(0).shuffle(texts)
    assert list(data.headlines["train"]) == texts[:-242]
    assert list(data.headlines["validation"]) == texts[-242:-121]
    assert list(data.headlines["test"]) == texts[-121:]


def test_snippets_stay_with_the_articles_of_their_part():
    lines = ([f"{kind}{k}" for k in range(50)] for kind in "hs")
    data = headlines_data.split(*lines, {})
    for part, some in data.headlines.items():
        assert [text[1:] for text in some] == [text[1:] for text in data.snippets[part]]
    recipe = headlines_data.TextRecipe(
        trained_on="train+validation", share=0.5, text="headlines+snippets"
    )
    text, number = headlines_data.training_text(data, recipe)
    assert [t[1:] for t in text[:number]] == [t[1:] for t in text[number:]]
    assert not {t[1:] for t in text} & {t[1:] for t in data.headlines["test"]}


def test_every_file_of_the_folder_is_read_and_signed(tmp_path, monkeypatch):
    (tmp_path / "nyt").mkdir()
    files = {}
    for month in ("April", "May"):
        rows = [f"{month} headline {k},{month} snippet {k}" for k in range(30)]
        text = "\n".join(["headline,snippet", *rows, "Unknown,of no headline", ""])
        (tmp_path / "nyt" / f"Articles{month}.csv").write_text(text, encoding="utf-8")
        files[f"Articles{month}.csv"] = hashlib.sha256(text.encode()).hexdigest()
    monkeypatch.setenv("LSTM_BOOK_DATA", str(tmp_path))
    data = headlines_data.load_corpus()
    expected = {
        f"{m} headline {k}": f"{m} snippet {k}" for m in ("april", "may") for k in range(30)
    }
    found = {}
    for part, texts in data.headlines.items():
        found |= dict(zip(texts, data.snippets[part], strict=True))
    assert found == expected
    assert data.record == {"source": "folder", "sha256": files}


# --- the program ------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def small_data(monkeypatch):
    monkeypatch.setenv("LSTM_BOOK_DATA", "sample")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def arguments(folder, *more):
    folders = ("--results", folder / "results", "--checkpoints", folder / "checkpoints")
    return [str(argument) for argument in ("--quick", *folders, *more)]


def run(folder, *more):
    """The program, in this process: its exit status."""
    return headlines.main(arguments(folder, *more))


def records(folder):
    paths = sorted((folder / "results" / "headlines").glob("*.json"))
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in paths}


@pytest.mark.parametrize("name", ["characters-lstm-snippets", "taught-lstm", "notes-network"])
def test_a_killed_run_ends_as_an_unbroken_one(tmp_path, name):
    only = ("--only", f"^{name}$", "--seeds", 1)
    saves = 5 if "lstm" in name else 1
    run_apart("headlines", arguments(tmp_path / "killed", *only), killed_after=saves)
    assert not records(tmp_path / "killed")
    for folder in ("whole", "killed"):
        assert run(tmp_path / folder, *only) == 0
    (whole,), (broken,) = (records(tmp_path / folder).values() for folder in ("whole", "killed"))
    assert (whole["restarts"], broken["restarts"]) == (0, 1)
    assert broken["metrics"] == whole["metrics"]
    assert broken["curve"] == whole["curve"]


def test_a_lesson_is_judged_by_counts_that_have_not_read_it():
    """Ten articles, each its own tenth: beside their labels stand counts of the other nine."""
    letters = list("\n abcdefghij")
    text = [f"{c}{c} {c}" for c in letters[2:]]
    data = headlines_data.Data({"train": text}, {}, letters, {})
    recipe = headlines_training.LSTMRecipe(trained_on="train", invented=4, taught=0.25)
    sequences = headlines_training.sequences_of(data, recipe)
    lesson = headlines_training.lesson_of(data, recipe, 0, sequences)
    ids = sequences.tokeniser.vocabulary.ids
    assert len(lesson.encoded) == len(lesson.wanted) == 14
    for line, wanted in zip(lesson.encoded.rows(range(14)), lesson.wanted, strict=True):
        torch.testing.assert_close(wanted.sum(dim=1), torch.ones(len(line) - 1))
    rest = Words(text[1:], 3, letters, 5).next_characters(text[0])
    expected = 0.25 * rest[0, letters.index("a")] + 0.75
    assert float(lesson.wanted[0][1, ids["a"]]) == pytest.approx(expected)
    whole = Words(text, 3, letters, 5)
    drawn = whole.invent(4, [0, 1])
    assert [sequences.tokeniser.encode(line) for line in drawn] == [
        row.tolist() for row in lesson.encoded.rows(range(10, 14))
    ]
    np.testing.assert_allclose(
        lesson.wanted[10][1:, [ids[c] for c in letters]], whole.next_characters(drawn[0]), rtol=1e-6
    )


def test_in_a_team_each_process_takes_what_its_own_rows_are_to_say():
    wanted = [torch.full((2, 3), float(k)) for k in range(5)]
    lesson = headlines_training.Lesson(None, wanted)

    def of(rank):
        team = argparse.Namespace(rank=rank, size=3, device="cpu")
        return [float(rows[0, 0]) for rows in lesson.of([4, 1, 0, 2], team)]

    assert [of(rank) for rank in range(3)] == [[4, 2], [1], [0]]
    nothing = lesson.of([4], argparse.Namespace(rank=2, size=3, device="cpu"))
    assert [rows.tolist() for rows in nothing] == [[[0, 0, 0]]]


def test_a_mixture_makes_the_runs_it_needs_and_shares_out_one_unit(tmp_path):
    assert run(tmp_path, "--only", "^mixture$|^characters-kn6$|^words-kn2$", "--seeds", 0) == 0
    made = records(tmp_path)
    networks = {"characters-lstm-seed0", "characters-lstm-validation-seed0"}
    assert made.keys() == {"mixture-seed0", "characters-kn6-seed0", "words-kn2-seed0", *networks}
    for name in made.keys() - networks:
        assert made[name]["metrics"]["sum_error"] < 1e-9, name
    metrics = made["mixture-seed0"]["metrics"]
    assert set(metrics["members"]) == set(metrics["weights"]) == {"words-kn3", "characters-lstm"}
    by_words = made["words-kn2-seed0"]["metrics"]
    assert by_words["letter_by_letter_error"] < 1e-9
    assert 0 < by_words["on_new_words"] < by_words["bits_per_character"]
    alone = made["characters-lstm-seed0"]["metrics"][
        "bits_per_character"
    ]  # with the blank in front of a headline
    assert metrics["members"]["characters-lstm"] == pytest.approx(alone, abs=0.2)


def test_new_words_cost_what_all_words_cost_less_those_that_a_training_headline_has():
    train = {"train": ["rain in may", "rain again"], "test": ["rain in june", "june again"]}
    data = headlines_data.Data(train, {}, list(" abcdefghijklmnopqrstuvwxyz\n"), {})
    recipe = headlines.CountsRecipe(
        tokens="words", order=1, spelling_order=2, trained_on="train", scored_on="test"
    )
    model = headlines.make_counts(recipe, data)[0].model
    june = -math.log2(model.probability("june", []))  # twice, in 24 characters, ends included
    assert headlines.bits_on_new_words(model, data, recipe) == pytest.approx(2 * june / 24)


def test_the_notes_network_is_scored_on_all_words_and_on_those_that_a_lesson_showed(tmp_path):
    assert run(tmp_path, "--only", "^notes-network-long$", "--seeds", 0) == 0
    (record,) = records(tmp_path).values()
    assert record["recipe"]["headlines"] == 400
    (epoch,) = record["curve"]
    parts = {f"{part}{of}" for part in ("validation", "test") for of in ("", "_shown")}
    assert epoch.keys() == {"train", *parts}
    assert epoch["validation_shown"] < epoch["validation"]  # a word without a lesson costs more
    assert record["metrics"]["kneser_ney_nats_a_word"].keys() == {"validation", "test"}


# --- any CSV ----------------------------------------------------------------------------------


def column(path, name="title", encoding="utf-8-sig"):
    return list(headlines_data.read_column(path, name, encoding))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_ends_quotes_and_a_byte_order_mark_are_understood(tmp_path, end, mark):
    rows = [
        "id,title,x",
        "1,plain,a",
        '2,"a, ""quoted"" one",b',
        f'3,"two{end}lines",c',
        "",
        "4,é,d",
    ]
    path = tmp_path / "some.csv"
    path.write_bytes(mark + end.join(rows).encode() + end.encode())
    assert column(path) == ["plain", 'a, "quoted" one', f"two{end}lines", "é"]
    assert list(headlines_data.cleaned(column(path))) == ["plain", "a quoted one", "two lines", "é"]


def test_another_encoding_has_to_be_named(tmp_path):
    path = tmp_path / "old.csv"
    path.write_bytes("title\nfine\ncafé\n".encode("cp1252"))
    with pytest.raises(
        CorpusError,
        match=r"old\.csv, line 3: expected UTF-8, found the byte 0xe9;.*--encoding cp1252",
    ):
        column(path)
    assert column(path, encoding="cp1252") == ["fine", "café"]
    with pytest.raises(ValueError, match="no such encoding"):
        column(path, encoding="utf-9")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("a,b\n1,2\n", "line 1: expected a column named title, found 'a, b'"),
        ("a;title\n1;2\n", "line 1: expected a column named title and commas between columns"),
        ("a,title\n1,x\n2\n", "line 3: expected 2 columns, found '1'"),
        ("a,title\n1,x, y\n", "line 2: expected 2 columns, found '3'"),
        ('a,title\n1,"x\n2,y\n', "line 2: expected CSV, but a quote is opened here"),
        ("a,title\n1,x\0\n", "line 2: expected text, found a NUL character"),
    ],
)
def test_a_file_that_does_not_fit_is_a_clear_message(tmp_path, content, message):
    path = tmp_path / "bad.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(CorpusError, match=message):
        column(path)


def test_a_missing_file_an_empty_column_and_a_missing_name_are_clear_messages(tmp_path):
    path = tmp_path / "blank.csv"
    path.write_text("title,x\n" + ",1\n" * 50, encoding="utf-8")
    with pytest.raises(SystemExit, match="0 texts in column 'title', expected 30"):
        run(tmp_path, "--csv", path, "--column", "title", "--only", "uniform")
    with pytest.raises(SystemExit, match="needs --column"):
        run(tmp_path, "--csv", path)
    for alone in (["--column", "title"], ["--encoding", "cp949"]):
        with pytest.raises(SystemExit, match="how to read --csv FILE"):
            run(tmp_path, *alone)
    with pytest.raises(SystemExit, match="is missing"):
        run(tmp_path, "--csv", tmp_path / "none.csv", "--column", "title")
    with pytest.raises(SystemExit, match="needs --results"):
        headlines.all_runs(
            argparse.Namespace(
                csv=path, column="title", results=headlines.HERE / "results", quick=True
            )
        )


def test_the_experiment_reads_the_months_that_the_chapter_reads(tmp_path, monkeypatch):
    (tmp_path / "nyt").mkdir()
    months = {
        "ArticlesApril2018": "April",
        "ArticlesApril2018 (1)": "April",
        "ArticlesMay2017": "May",
    }
    for name, month in months.items():
        lines = "".join(f"{month} {n}\n" for n in range(40))
        (tmp_path / "nyt" / f"{name}.csv").write_text(f"headline\n{lines}", encoding="utf-8")
    monkeypatch.setenv("LSTM_BOOK_DATA", str(tmp_path))
    data = headlines_data.load_corpus()
    read = sorted(line for part in data.headlines.values() for line in part)
    assert read == sorted(f"{month} {n}" for month in ("april", "may") for n in range(40))
    assert list(data.record["sha256"]) == ["ArticlesApril2018.csv", "ArticlesMay2017.csv"]


def generated(path, lines):
    """A CSV file of invented lines; returns the bytes of its text."""
    rng, total = np.random.default_rng(0), 0
    words = np.array(["".join(rng.choice(list("abcdefgh"), 6)) for _ in range(5000)])
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write("id,text\r")
        for k, chosen in enumerate(rng.integers(0, len(words), (lines, 6))):
            text = " ".join(words[chosen])
            file.write(f'{k},"{text}"\r')
            total += len(text)
    return total


def test_another_file_takes_the_headlines_place(tmp_path):
    generated(tmp_path / "made.csv", 400)
    asked = ("--csv", tmp_path / "made.csv", "--column", "text", "--seeds", 0)
    assert run(tmp_path, *asked, "--only", "^(words-kn3|bpe-lstm|uniform)$") == 0
    made = records(tmp_path)
    assert set(made) == {"words-kn3-seed0", "bpe-lstm-seed0", "uniform-seed0"}
    for record in made.values():
        assert record["data"]["source"] == "csv"
        assert record["data"]["column"] == "text"
    uniform = made["uniform-seed0"]["metrics"]["bits_per_character"]
    assert made["words-kn3-seed0"]["metrics"]["bits_per_character"] < uniform


def test_memory_grows_with_the_text_and_not_with_the_number_of_lines(tmp_path):
    """Read, divide, encode and deal out 30,000 lines: at most a few times their bytes."""
    peaks, sizes = [], []
    recipe = headlines_training.LSTMRecipe(trained_on="train+validation")
    for lines in (1_000, 30_000):
        path = tmp_path / f"{lines}.csv"
        sizes.append(generated(path, lines))
        tracemalloc.start()
        data = headlines_data.load_csv(path, "text", "utf-8-sig")
        sequences = headlines_training.sequences_of(data, recipe)
        batches = headlines_torch.epoch_batches(sequences.encoded.lengths, 32, 0, 0)
        sequences.encoded.rows(batches[0])
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert sequences.headlines == lines - min(lines // 10, headlines_data.SCORED_AT_MOST)
        headlines_data.load_csv.cache_clear()
    assert peaks[1] - peaks[0] < 8 * (sizes[1] - sizes[0])
