"""The live figures in another language than English: all words from one table, the same numbers.

A language is made up for what the code does; what holds of the Korean words needs the package's
catalogue, lstm_utils/locale/ko.
"""

import json
import re
from collections import Counter

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo

from lstm_utils import live, messages
from lstm_utils.live.page import messages_of, spoken
from tests.in_page import drive, wander

every_figure = pytest.mark.parametrize("name", live.FIGURES)
# What stays in Latin letters: names, what a reader types in Python, functions and units.
NAMES = re.compile(
    r"\b(?:LSTM|RNN|SimpleRNN|GRU|Keras|PyTorch|tanh|cm)(?![a-z])|\w*_\w+|(?<=\d )(?:kernel|bias)\b"
)
PLACE = re.compile(r"\{(\w+)\}")
# A particle whose form depends on the sound before it, behind what may be any number or word.
PARTICLE = re.compile(r"\}(?:[은는이가을를과와]|으?로|이?라고?|이?에요|예요|이?[고며])(?![가-힣])")


def found_by_babel(pattern, method, keyword):
    """The messages of the live figures' files, by file name."""
    return {
        file.name: {found[1] for found in extract_from_file(method, file, keywords={keyword: None})}
        for file in live.FOLDER.glob(pattern)
    }


IN_SCRIPTS = found_by_babel("*.js", "javascript", "say")
IN_PYTHON = found_by_babel("*.py", "python", "_")
MESSAGES = sorted(set().union(*IN_SCRIPTS.values(), *IN_PYTHON.values()))


@pytest.fixture
def speak(monkeypatch, tmp_path):
    """Make the package speak a language of these words alone."""

    def speak(words):
        catalogue = Catalog("ko")
        for message, text in words.items():
            catalogue.add(message, text)
        file = tmp_path / "xx" / "LC_MESSAGES" / "lstm_utils.mo"
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("wb") as binary:
            write_mo(binary, catalogue)
        messages.catalogue.cache_clear()
        monkeypatch.setattr(messages, "FOLDER", tmp_path)
        monkeypatch.setenv(messages.LANGUAGE, "xx")

    yield speak
    messages.catalogue.cache_clear()


@pytest.fixture
def korean(monkeypatch):
    """Make the package speak Korean, which takes a catalogue; hand its words over."""
    monkeypatch.setenv(messages.LANGUAGE, "ko")
    assert spoken() == "ko", "lstm_utils/locale/ko has no catalogue"
    return {message: messages.translate(message) for message in MESSAGES}


def strange(message):
    """A message in a language without Latin letters."""
    return "".join(
        part if part.startswith("{") else re.sub("[A-Za-z]", "가", part)
        for part in re.split(r"(\{\w+\})", message)
    )


def table(figure):
    """What a figure's script has as its WORDS."""
    return json.loads(re.search(r"^const WORDS=(.*);$", figure.html, re.MULTILINE)[1])


def in_english(told):
    """What of the strings of a figure is in English words."""
    strings = {text.strip() for seen in told for text in seen["words"]}
    return {text for text in strings if re.search("[A-Za-z]{2}", NAMES.sub("", text))}


def without_words(state):
    """A state's numbers and choices, without what is said of them."""
    if isinstance(state, dict):
        said = ("reading", "remarks", "name")
        return {key: without_words(value) for key, value in state.items() if key not in said}
    return state


# --- The table ----------------------------------------------------------------------------


def test_a_page_finds_the_messages_that_a_catalogue_is_made_of():
    for name, found in IN_SCRIPTS.items():
        script = (live.FOLDER / name).read_text(encoding="utf-8")
        assert set(messages_of(script)) == found, name
    assert len(MESSAGES) > 200


@every_figure
def test_english_has_an_empty_table_and_so_has_a_language_without_a_catalogue(name, monkeypatch):
    english = live.FIGURES[name]()
    assert table(english) == {}
    assert ' lang="' not in english.html.split("\n", 1)[0]
    monkeypatch.setenv(messages.LANGUAGE, "xx")
    assert live.FIGURES[name]().html == english.html


@every_figure
def test_every_word_of_a_figure_comes_from_the_table(name, speak, open_page):
    english = live.FIGURES[name]()
    speak({message: strange(message) for message in MESSAGES})
    figure = live.FIGURES[name]()
    assert figure.html.startswith('<figure class="lstm-live" lang="xx" ')
    used = messages_of(english.html)
    assert table(figure) == {m: strange(m) for m in used if strange(m) != m}
    assert not in_english(wander(open_page(figure)))


def test_what_is_said_of_a_readers_own_text_comes_from_the_table(speak, open_page):
    speak({message: strange(message) for message in MESSAGES})
    page = open_page(live.reading_review())
    drive(page, "figure => figure.live.set('text', '뷁 영화 😀' + ' 영화'.repeat(100))")
    drive(page, "figure => figure.live.set('step', 2)")
    told = wander(page, moves=0)
    assert len(told[0]["state"]["remarks"]) == 3
    assert not in_english(told)


@every_figure
def test_what_has_no_translation_is_shown_in_english(name, speak, open_page):
    own = IN_SCRIPTS[f"{name}.js"] | IN_PYTHON[f"{name.replace('-', '_')}.py"]
    known = {message: strange(message) for message in sorted(own)[::2]}
    speak(known)
    told = wander(open_page(live.FIGURES[name]()), moves=10)
    assert in_english(told)
    assert any("가" in text for seen in told for text in seen["words"])


def test_two_languages_on_one_page_keep_their_own_words(speak, open_page):
    english = live.parity()
    speak({message: strange(message) for message in MESSAGES})
    page = open_page(english, live.parity())
    code = "figures => figures.map(figure => figure.live.state().reading)"
    first, second = page.locator("figure.lstm-live").evaluate_all(code)
    assert first.startswith("After 60 of 60 bits")
    assert second.startswith("가가가가가 60 가가 60 가가가가")


# --- In Korean ----------------------------------------------------------------------------


def test_every_message_has_its_korean_with_the_same_places(korean):
    for message, text in korean.items():
        assert text != message, f"no Korean for {message!r}"
        assert Counter(PLACE.findall(text)) == Counter(PLACE.findall(message)), message
        assert not PARTICLE.search(text), text


@every_figure
def test_a_korean_figure_says_nothing_in_english(name, korean, open_page):
    page = open_page(live.FIGURES[name]())
    assert not in_english(wander(page))
    assert drive(page, "figure => figure.lang") == "ko"


@every_figure
def test_a_korean_figure_computes_draws_and_says_the_numbers_of_the_english_one(
    name, korean, open_page, monkeypatch
):
    theirs = wander(open_page(live.FIGURES[name]()))
    monkeypatch.setenv(messages.LANGUAGE, "en")
    ours = wander(open_page(live.FIGURES[name]()))
    for one, other in zip(theirs, ours, strict=True):
        assert without_words(one["state"]) == without_words(other["state"])
        numbers = [
            [text for text, _ in seen["drawn"] if not re.search("[A-Za-z가-힣]", text)]
            for seen in (one, other)
        ]
        assert numbers[0] == numbers[1]
        said = [Counter(re.findall(r"\d[\d.,]*\d|\d", s["state"]["reading"])) for s in (one, other)]
        assert not said[1] - said[0]


@pytest.mark.parametrize("width", [362, 752])
@every_figure
def test_korean_letters_keep_apart_and_the_reading_in_its_lines(name, width, korean, open_page):
    for seen in wander(open_page(live.FIGURES[name](), width=width)):
        assert seen["overflow"] <= 1, seen["state"]["reading"]
        words = [(t, box) for t, box in seen["drawn"] if re.search("[가-힣]{2}", t)]
        for text, box in words:
            for other, there in seen["drawn"]:
                across = min(box["right"], there["right"]) - max(box["left"], there["left"])
                down = min(box["bottom"], there["bottom"]) - max(box["top"], there["top"])
                assert other == text or across < 1 or down < 5, (text, other)
