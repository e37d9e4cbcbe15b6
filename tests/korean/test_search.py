"""The Korean site's search cuts words into pairs of syllables, in the index and in the page."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from py_mini_racer import MiniRacer

from tools.site.korean import KoreanSearch

SEARCH = KoreanSearch({})
LETTERS = "망각게이트는기울소실LSTMlstm01 .,·-_ㄱㅎα"


@pytest.fixture(scope="module")
def in_the_page():
    script = MiniRacer()
    script.eval(KoreanSearch.js_splitter_code)
    return lambda text: json.loads(script.eval(f"JSON.stringify(splitQuery({json.dumps(text)}))"))


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("망각", "망각게이트는"),
        ("망각 게이트", "망각게이트는"),
        ("망각게이트", "망각 게이트에서"),
        ("기울기 소실", "기울기가 소실되는"),
        ("LSTM", "LSTM은"),
        ("소실", "기울기소실"),
    ],
)
def test_a_query_is_found_in_a_word_with_what_is_attached_to_it(in_the_page, query, text):
    assert set(in_the_page(query)) <= set(SEARCH.split(text))


def test_pairs_of_syllables_also_across_a_space_and_whole_words_of_other_letters():
    assert SEARCH.split("망각 게이트(forget gate) h_t 값") == [
        *("망각", "각게", "게이", "이트", "forget", "gate", "h_t", "값")
    ]


@given(st.text(alphabet=LETTERS, max_size=30))
def test_whatever_stands_in_a_text_is_found_by_a_query_for_it(in_the_page, text):
    assert set(in_the_page(text)) <= set(SEARCH.split(text))
