"""What a check says in Korean: the same verdict, in words that the catalogue holds."""

import ast
import itertools
import json
import re
import symtable
import sys
import types
from pathlib import Path

import pytest

from lstm_utils import exercises, messages
from lstm_utils.exercises import check, examine, progress
from lstm_utils.exercises.checking import CHECKS
from lstm_utils.exercises.comparing import compare
from lstm_utils.messages import translate
from tools.korean import catalogue

HANGUL = re.compile(r"[가-힣]")
SENTENCE = r"[a-z]{2}.* .*[.?:]$|^(the|what) [a-z]"  # or the name of what is compared
SPEAKERS = ("_", "Wrong", "Nothing", "StillOpen")
SOURCES = sorted(Path(exercises.__file__).parent.glob("*.py"))
TREES = {path.name: ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES}


@pytest.fixture
def korean(monkeypatch):
    monkeypatch.setenv(messages.LANGUAGE, "ko")


RIGHT, NEGATIVE = [2.0, 4.0, 7.0], [-2.0, -4.0, -7.0]


@pytest.fixture(autouse=True)
def chapter(monkeypatch):
    """A chapter 99 with one exercise, an array called `h`."""
    name = "lstm_utils.exercises.chapter_99"
    monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    monkeypatch.setitem(CHECKS, "99.1", (lambda answer: compare(answer, RIGHT, "h"), 1))
    monkeypatch.setattr("lstm_utils.exercises.checking._said", {})


# In the reader's language ------------------------------------------------------------------------


def test_in_korean_the_same_answers_are_right_wrong_and_open_in_korean_words(korean, capsys):
    for answer in (RIGHT, NEGATIVE, None):
        check("99.1", answer)
    progress()
    assert capsys.readouterr().out.splitlines() == [
        "99.1 ✓ 맞아요.",
        "99.1 ✗ h의 부호가 반대예요. 모든 자리의 값이 맞는 값에 −를 붙인 것과 같아요.",
        "99.1 … 미해결: 아직 답이 없는 것: answer.",
        "99장: 1문제 중 0문제 해결; 미해결: 99.1.",
    ]


def test_the_language_is_asked_for_at_each_message(monkeypatch):
    assert examine("99.1", RIGHT).message == "Right."
    monkeypatch.setenv(messages.LANGUAGE, "ko")
    assert examine("99.1", RIGHT).message == "맞아요."
    monkeypatch.setenv(messages.LANGUAGE, "")
    assert examine("99.1", RIGHT).message == "Right."


def test_a_language_without_a_catalogue_is_answered_in_english(monkeypatch):
    english = [str(examine("99.1", answer)) for answer in (RIGHT, NEGATIVE, None)]
    monkeypatch.setenv(messages.LANGUAGE, "eo")
    assert [str(examine("99.1", answer)) for answer in (RIGHT, NEGATIVE, None)] == english
    assert "H has the wrong sign" in english[1]


def test_a_message_without_korean_stays_english_and_keeps_its_values(korean):
    assert translate("No catalogue has {what!r}, {part:.0%}.", what="this", part=0.5) == (
        "No catalogue has 'this', 50%."
    )
    assert translate("h_{t−1} is no placeholder where no value is given.") == (
        "h_{t−1} is no placeholder where no value is given."
    )
    assert translate("") == "", "and not the catalogue's header"


def test_only_english_begins_with_a_capital_letter(monkeypatch):
    assert examine("99.1", {}).message.startswith("H has to be")
    monkeypatch.setenv(messages.LANGUAGE, "ko")
    assert examine("99.1", {}).message.startswith("h: ")


def test_the_errors_of_a_wrong_call_are_korean_too(korean):
    with pytest.raises(ValueError, match=r"번호를 따옴표 안에 쓰세요: check\(\"1\.1\", …\)"):
        check(1.1, 1)
    with pytest.raises(TypeError, match=r"check\(\"1\.1\", third_weight, best_step\)"):
        check("1.1", 1)


def columns(line):
    """How wide a terminal shows a line of Latin and Korean letters."""
    return len(line) + len(HANGUL.findall(line))


def test_a_korean_line_is_as_wide_as_an_english_one(monkeypatch, korean, capsys):
    words = "은닉 상태 h의 기울기 " * 40
    monkeypatch.setitem(CHECKS, "99.1", (lambda answer: words, 1))
    check("99.1", 1)
    lines = capsys.readouterr().out.splitlines()
    assert " ".join(line.strip() for line in lines) == f"99.1 ✓ {words}".strip()
    assert len(lines) > 10
    assert max(map(columns, lines)) <= 88
    for line, following in itertools.pairwise(lines):
        assert columns(f"{line} {following.split()[0]}") > 88


# What is said is looked up -----------------------------------------------------------------------


def calls(tree):
    """The calls that say something, with their constant message."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) in SPEAKERS and node.args:
            yield node


def words_of(node):
    """The words of a constant or of the fixed parts of an f-string, "" of anything else."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    constants = [part.value for part in parts if isinstance(part, ast.Constant)]
    return " ".join(text for text in constants if isinstance(text, str))


@pytest.mark.parametrize("name", TREES)
def test_no_sentence_of_a_check_bypasses_the_catalogue(name):
    tree = TREES[name]
    looked_up = {node.args[0] for node in calls(tree) if isinstance(node.args[0], ast.Constant)}
    docstrings = {
        node.body[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if node not in looked_up | docstrings:
            two_words = r"[a-z]{2} [a-z]{2}" if isinstance(node, ast.JoinedStr) else SENTENCE
            assert not re.search(two_words, words_of(node))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_no_function_of_a_check_hides_the_translation_behind_another_name(path):
    scopes = [symtable.symtable(path.read_text(encoding="utf-8"), path.name, "exec")]
    for scope in scopes:
        scopes.extend(scope.get_children())
        assert scope.get_type() == "module" or "_" not in [
            symbol.get_name() for symbol in scope.get_symbols() if symbol.is_local()
        ], f"{path.name}, line {scope.get_lineno()}"


def test_each_message_is_given_the_values_of_its_placeholders_and_no_others():
    """Of a message whose values stand in the call."""
    for name, tree in TREES.items():
        for node in calls(tree):
            given = {keyword.arg for keyword in node.keywords}
            if None in given or not isinstance(node.args[0], ast.Constant):
                continue
            asked = set(re.findall(r"\{(\w+)(?:![rs])?(?::[^{}]*)?\}", node.args[0].value))
            assert given == asked, f"{name}, line {node.lineno}"


# The catalogue -----------------------------------------------------------------------------------


def test_the_catalogue_has_what_is_said_in_both_its_files_and_nothing_else():
    assert catalogue.problems() == []


def test_babel_finds_the_messages_that_python_reads_in_the_checks():
    said = {
        node.args[0].value
        for tree in TREES.values()
        for node in calls(tree)
        if isinstance(node.args[0], ast.Constant)
    }
    assert said == {
        message
        for message, files in catalogue.messages().items()
        if any(file.startswith("lstm_utils/exercises/") for file in files)
    }


def test_messages_come_in_the_order_of_the_files_from_python_and_from_scripts(
    tmp_path, monkeypatch
):
    for name, text in {
        "exercises/chapter_10.py": '_("in chapter 10"); Wrong("wrong {n}", n=1); Wrong(words)',
        "exercises/chapter_9.py": '_(\n"in two "\n"parts"\n)  # as a formatter breaks it',
        "live/figure.js": 'say("a step of " + "{size}", { size: 3 }); say(words);',
        "live/figure.py": '"""Not `_("this")`."""\n_("wrong {n}", n=2)',
    }.items():
        file = tmp_path / "lstm_utils" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    monkeypatch.setattr(catalogue, "ROOT", tmp_path)
    folder = "lstm_utils/exercises"
    assert list(catalogue.messages().items()) == [
        ("in two parts", [f"{folder}/chapter_9.py"]),
        ("in chapter 10", [f"{folder}/chapter_10.py"]),
        ("wrong {n}", [f"{folder}/chapter_10.py", "lstm_utils/live/figure.py"]),
        ("a step of {size}", ["lstm_utils/live/figure.js"]),
    ]


def test_each_message_has_its_korean():
    assert list(catalogue.untranslated()) == []


def test_the_messages_that_share_a_dictionary_stay_different_in_korean():
    """As keys they lead to the mistake that they name."""
    korean = catalogue.translations()
    for tree in TREES.values():
        for node in ast.walk(tree):
            keys = [key for key in getattr(node, "keys", ()) if isinstance(key, ast.Call)]
            said = [key.args[0].value for key in keys if key in {*calls(tree)}]
            assert len({korean[message] or message for message in said}) == len(said)


@pytest.mark.parametrize(
    ("korean", "fault"),
    [
        ("{what}의 값: {number:.4g}.", None),
        ("", None),
        ("{what}의 값.", "lacks {number:.4g}"),
        ("{what}의 값: {number}.", "has {number}, which the message has not"),
        ("{{what} {number:.4g}", "has a brace that belongs to no placeholder"),
        ("{what}은 {number:.4g}.", "has 은 behind {what}"),
        ("`{what}`으로 {number:.4g}.", "has 으로 behind {what}"),
        ("{what} {number:.4g}이에요.", "has 이에요 behind {number:.4g}"),
        ("{what}이상 {number:.4g}.", None),
        (" {what}: {number:.4g}", "begins or ends with a space"),
    ],
)
def test_a_translation_that_would_fail_or_read_badly_is_told_why(korean, fault):
    found = catalogue.faults("{what} is {number:.4g}.", korean)
    assert fault is None if not found else fault in " ".join(found)


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """The catalogue in a folder of its own, as it is."""
    for name in ("PO", "MO"):
        file = getattr(catalogue, name)
        copy = tmp_path / file.name
        copy.write_bytes(file.read_bytes())
        monkeypatch.setattr(catalogue, name, copy)
    return tmp_path


def test_a_file_of_translations_is_taken_up_whole_or_not_at_all(copied):
    before = catalogue.PO.read_bytes()
    file = copied / "chapter.json"
    for message, korean, complaint in (
        ("Right!", "맞아요.", r"no such message: 'Right!' \(or 'Right\.'\?\)"),
        ("{function} raises {error}.", "{function}에서 예외!", r"lacks \{error\}"),
    ):
        file.write_text(json.dumps({"Right.": "옳아요.", message: korean}), encoding="utf-8")
        with pytest.raises(ValueError, match=complaint):
            catalogue.merge(file)
        assert catalogue.PO.read_bytes() == before
    file.write_text(json.dumps({"Right.": "옳아요.", "solved": ""}), encoding="utf-8")
    assert catalogue.merge(file) == 1
    assert catalogue.translations() | {"Right.": "맞아요."} == before_merge(before)
    assert catalogue.problems() == []


def before_merge(po):
    """The translations in the bytes of a catalogue, read without Babel: one line each."""
    entries = re.findall(r'^msgid "(.+)"\nmsgstr "(.*)"$', po.decode(), re.MULTILINE)
    return {unescaped(message): unescaped(korean) for message, korean in entries}


def unescaped(text):
    return json.loads(f'"{text}"')


def test_a_second_writing_changes_no_byte(copied):
    before = catalogue.PO.read_bytes(), catalogue.MO.read_bytes()
    catalogue.write(catalogue.filled(catalogue.messages(), catalogue.translations()))
    assert (catalogue.PO.read_bytes(), catalogue.MO.read_bytes()) == before
