"""The two corpora: a folder's files, every kind of bad one, and the samples."""

import csv
import hashlib
import io
import os
import re
import unicodedata
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lstm_utils import corpora
from lstm_utils.corpora import CorpusError, load_headlines, load_nsmc, read_csv
from lstm_utils.text import clean_headline, composed

NSMC = "id\tdocument\tlabel\n1\t재미있다\t1\n2\t지루하다\t0\n"
NYT = "articleID,headline,newDesk\n1,A Quiet Day,Metro\n2,Unknown,Metro\n3,,Metro\n"


POSIX = pytest.mark.skipif(os.name != "posix", reason="links and folders as POSIX has them")


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


REVIEW = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\t\n\r\0"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.lists(st.tuples(REVIEW, st.sampled_from([0, 1])), min_size=1))
def test_any_reviews_written_in_the_layout_are_read_back(folder, rows):
    lines = [f"{number}\t{text}\t{label}\n" for number, (text, label) in enumerate(rows)]
    nsmc_folder(folder, "id\tdocument\tlabel\n" + "".join(lines) + "9\t끝\t1\n")
    forms = [(composed(text).strip(), label) for text, label in rows]
    kept = [(text, label) for text, label in forms if text]
    reviews = load_nsmc()
    assert list(zip(reviews.texts, reviews.labels.tolist(), strict=True)) == [*kept, ("끝", 1)]
    assert reviews.dropped["blank"] == len(rows) - len(kept)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"])), min_size=1))
def test_any_headlines_written_by_the_csv_module_are_read_back(folder, rows):
    buffer = io.StringIO()
    csv.writer(buffer).writerows([["headline", "desk"], *([row, "Metro"] for row in rows)])
    nyt_folder(folder, buffer.getvalue() + "The End,Metro\n")
    forms = [composed(row).strip() for row in rows]
    kept = [form for form in forms if clean_headline(form) not in ("", "nan", "unknown")]
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
        (NYT + '4,"An Open Quote,Metro\n', "line 5: expected CSV, but a quote is opened here"),
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


# --- CSV: one strict reader -------------------------------------------------------------------

SIXTY = "headline,desk\n" + "".join(
    f'{n},"{"An open quote" if n == 40 else f"Title {n}"}{"" if n == 40 else chr(34)}\n'
    for n in range(1, 61)
)


def cells(path, text, *columns, encoding="utf-8", optional=()):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(read_csv(path, columns, optional, encoding))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (SIXTY, "line 41: expected CSV, but a quote closes inside a cell"),
        ('headline,desk\n"A" B,Metro\n', "line 2: expected CSV, but a quote closes inside a cell"),
        ("headline,desk\nOne, Two,Metro\n", "line 2: expected 2 columns, found '3'"),
        ('headline,desk\n"two\nlines",M\nB\n', "line 4: expected 2 columns, found '1'"),
        ("headline,desk\na\rb,M\n", "line 2: expected 2 columns, found '1'"),
        ("headline,desk\nA,M\nB\0,M\n", "line 3: expected text, found a NUL character"),
        ("headline;desk\nA;M\n", "line 1: expected a column named headline and commas between"),
        ("headline\tdesk\nA\tM\n", "line 1: expected a column named headline and commas between"),
        (
            "headline,desk,headline\n",
            "line 1: expected one column named headline, found '2 of them'",
        ),
        ("headline,desk\nA,M\n\nheadline,desk\nB,M\n", "line 4: expected a row, found 'the header"),
        (
            "headline,desk\nA,M\n\n\ufeffheadline,desk\n",
            "line 4: expected a row, found 'the header",
        ),
        (
            "Headline,desk\nA,M\n",
            "line 1: expected a column named headline, found 'Headline, desk'",
        ),
        ("headline,desk\nA,M\n".encode("utf-16"), "line 1: expected UTF-8, found.*as UTF-16 does"),
        ("headline,desk\nA,M\n".encode("utf-16-be"), "line 1: expected text, found a NUL"),
        ("headline\nA\nCafé\n".encode("cp1252"), "line 3: expected UTF-8, found the byte 0xe9"),
        (b"\xef\xbb\xbf\n \r\n", "is empty: expected a header and rows below it"),
    ],
)
def test_whatever_is_not_quite_csv_is_named_with_its_line(tmp_path, text, message):
    with pytest.raises(CorpusError, match=rf"some\.csv(, | ){message}"):
        cells(tmp_path / "some.csv", text, "headline")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_blank_lines_quoted_line_ends_and_a_byte_order_mark_are_part_of_csv(tmp_path, end, mark):
    rows = ["", f'"id", headline {end}1,plain', "", "  ", f'2,"a, ""b""{end}{end}c"', '3,"é"', ""]
    found = cells(tmp_path / "some.csv", mark + end.join(rows), "headline", optional=["desk"])
    assert found == [("plain", ""), (f'a, "b"{end}{end}c', ""), ("é", "")]


@pytest.mark.parametrize("encoding", ["cp949", "utf-16", "utf-16-le", "utf-8-sig", "johab"])
def test_another_encoding_is_read_by_its_name_and_its_faults_have_a_line(tmp_path, encoding):
    text = "제목,곳\r\n정말 좋다,1\r\n" * 1
    assert cells(tmp_path / "some.csv", text.encode(encoding), "제목", encoding=encoding) == [
        ("정말 좋다",)
    ]
    if encoding == "cp949":
        with pytest.raises(CorpusError, match="line 2: expected CP949, found the byte 0xff"):
            cells(
                tmp_path / "some.csv",
                "제목\r\n".encode(encoding) + b"\xff",
                "제목",
                encoding="cp949",
            )


@pytest.mark.parametrize("encoding", ["utf-9", "hex", "", "a\0b"])
def test_an_encoding_that_python_does_not_know_is_refused(tmp_path, encoding):
    with pytest.raises(ValueError, match="no such encoding"):
        cells(tmp_path / "some.csv", "headline\nA\n", "headline", encoding=encoding)


def test_a_bare_string_is_no_list_of_columns(tmp_path):
    with pytest.raises(TypeError, match="required must be a list of strings; got 'headline'"):
        list(read_csv(tmp_path / "some.csv", "headline"))


def test_a_cell_may_hold_a_whole_article(tmp_path):
    article = "word " * 100_000
    assert cells(tmp_path / "some.csv", f'text\n"{article}"\n', "text") == [(article,)]


def test_what_is_no_file_is_named_and_not_waited_for(tmp_path):
    for path in (tmp_path, *([tmp_path / "pipe", Path(os.devnull)] if os.name == "posix" else [])):
        if path.name == "pipe":
            os.mkfifo(path)
        with pytest.raises(CorpusError, match=rf"{re.escape(str(path))}: expected a file, found a"):
            list(read_csv(path, ["headline"]))
    with pytest.raises(FileNotFoundError, match=r"none\.csv is missing$"):
        list(read_csv(tmp_path / "none.csv", ["headline"]))


LETTERS = st.text('a",;\t\r\n\0\ufeff é\u0301가', max_size=30)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(
    st.one_of(
        LETTERS.map(str.encode), LETTERS.map("headline,b\n{}".format).map(str.encode), st.binary()
    )
)
@example(SIXTY.encode())
@example(b"headline,b\nOne, Two,c\n")
@example(b"headline\nA\0B\n")
@example("headline\n정말 좋다\n".encode("utf-16"))
def test_any_bytes_are_read_or_refused_by_name(folder, data):
    nyt_folder(folder, data)
    nsmc_folder(folder, data)
    try:
        headlines = load_headlines()
        said = "" if len(headlines.texts) == len(headlines.snippets) > 0 else "too few"
    except CorpusError as error:
        said = str(error).removeprefix(str(folder / "nyt" / "ArticlesMay2017.csv"))
    assert not said or said.startswith((", line ", ": expected ", " is empty: expected "))
    with pytest.raises(CorpusError, match=r"ratings_train\.txt"):
        load_nsmc()


# --- every Articles file once ---------------------------------------------------------------------

COPIES = [
    "ArticlesApril2018 (1).csv",
    "ArticlesApril2018(2).csv",
    "ArticlesApril2018 copy.csv",
    "ArticlesApril2018 copy 2.csv",
    "ArticlesApril2018 - Copy.csv",
    "ArticlesApril2018 - Copy (2).csv",
    "ArticlesApril2018 (another copy).csv",
    "ArticlesApril2018 - 복사본.csv",
    unicodedata.normalize("NFD", "ArticlesApril2018 복사본.csv"),
    "Copy of ArticlesApril2018.csv",
    "ArticlesApril2018-1.csv",
    "ArticlesApril2018_2.csv",
    "ArticlesApril2018.csv.csv",
]


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_counts_once_and_with_other_text_it_is_an_error_that_names_both(folder, name):
    nyt_folder(folder, "headline\nApril\n", "ArticlesApril2018.csv")
    nyt_folder(folder, "headline\nMay\n", "ArticlesMay2017.csv")
    nyt_folder(folder, "headline\nApril\n", name)
    assert load_headlines().texts == ["April", "May"]
    assert [path.name for path in corpora.headline_files()] == [
        "ArticlesApril2018.csv",
        "ArticlesMay2017.csv",
    ]
    nyt_folder(folder, "headline\nNewer\n", name)
    with pytest.raises(CorpusError) as error:
        load_headlines()
    assert str(folder / "nyt" / name) in str(error.value)
    assert "expected a copy of ArticlesApril2018.csv, as the name says, found other text" in str(
        error.value
    )
    (folder / "nyt" / "ArticlesApril2018.csv").unlink()
    assert load_headlines().texts in (["Newer", "May"], ["May", "Newer"])  # a copy alone is a month


def test_the_same_bytes_under_another_name_count_once(folder):
    for name in ("Articles2018-04.csv", "ArticlesSpring.csv", "Articles2018-05.csv"):
        nyt_folder(folder, f"headline\n{'May' if '05' in name else 'April'}\n", name)
    assert sorted(load_headlines().texts) == ["April", "May"]


def test_capitals_in_a_months_name_make_no_difference(folder):
    nyt_folder(folder, "headline\nApril\n", "articlesapril2018.CSV")
    assert load_headlines().texts == ["April"]


def test_hidden_files_folders_and_other_endings_are_no_months(folder):
    nyt_folder(folder, "headline\nApril\n", "ArticlesApril2018.csv")
    for name in ("._ArticlesApril2018.csv", ".ArticlesMay2017.csv", "ArticlesMay2017.csv.part"):
        nyt_folder(folder, b"\0\x05\x16\x07", name)
    for name in ("ArticlesMay2017.csv~", "ArticlesMay2017.xlsx", "CommentsMay2017.csv"):
        nyt_folder(folder, b"\0\x05\x16\x07", name)
    (folder / "nyt" / "ArticlesJune2017.csv").mkdir()
    assert load_headlines().texts == ["April"]


@POSIX
def test_a_month_that_leads_nowhere_is_an_error_that_names_it(folder):
    nyt_folder(folder, "headline\nApril\n", "ArticlesApril2018.csv")
    os.symlink(folder / "nowhere", folder / "nyt" / "ArticlesMay2017.csv")
    with pytest.raises(FileNotFoundError, match=r"ArticlesMay2017\.csv is missing"):
        load_headlines()


# --- one form of Unicode --------------------------------------------------------------------------


def test_a_folders_texts_are_the_same_however_their_letters_were_written(folder):
    for form in ("NFC", "NFD"):
        nsmc_folder(folder, unicodedata.normalize(form, NSMC))
        nyt_folder(folder, unicodedata.normalize(form, "headline,snippet\nCafé,Naïve\n"))
        assert load_nsmc().texts == ["재미있다", "지루하다"]
        assert (load_headlines().texts, load_headlines().snippets) == (["Café"], ["Naïve"])


@POSIX
@pytest.mark.parametrize("value", ["~no-such-user-as-this/data", "nowhere"])
def test_a_folder_that_cannot_be_found_is_an_error_that_names_the_variable(
    tmp_path, monkeypatch, value
):
    monkeypatch.setenv("LSTM_BOOK_DATA", value)
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()  # the working folder is no more
    for load in (load_nsmc, load_headlines):
        with pytest.raises(FileNotFoundError, match=f"LSTM_BOOK_DATA names '{value}'"):
            load()


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
