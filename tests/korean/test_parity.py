"""The rules of parity see what they are for: each is shown faults of its kind, and right texts."""

import re

import pytest

from tools.korean import numerals, parity
from tools.korean.planted import KINDS, plant, translated_cells

ENGLISH = (
    "(sec-a)=\n## How much is kept?\n\nThe {term}`forget gate` keeps 20 % of $c_{t-1}$, not more "
    "({eq}`eq-gate-cell`). See {ref}`chapter 5 <ch-memory-task>` and `lstm_step`. **All** of it is "
    "lost after three steps.\n\n- one\n- two\n"
)
KOREAN = (
    "(sec-a)=\n## 얼마나 남을까?\n\n{term}`망각 게이트`는 $c_{t-1}$의 20%만 남기고 그보다 많이는 "
    "남기지 않아요({eq}`eq-gate-cell`). {ref}`5장 <ch-memory-task>`과 `lstm_step`을 보세요. "
    "세 단계 뒤에는 **모두** 사라져요.\n\n- 하나\n- 둘\n"
)


def said(english, korean):
    return [wrong for rule in parity.RULES for wrong in rule(english, korean)]


def test_a_right_translation_is_let_pass():
    assert said(ENGLISH, KOREAN) == []


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("(sec-a)=", "(sec-b)=", "labels differ"),
        ("eq-gate-cell", "eq-gate-input", "a reference lacks {eq} eq-gate-cell"),
        ("<ch-memory-task>", "<ch-gates>", "a reference lacks {ref} ch-memory-task"),
        ("`망각 게이트`", "`입력 게이트`", "a reference lacks {term} forget gate"),
        ("$c_{t-1}$", "$c_t$", "a formula in the text lacks $c_{t-1}$"),
        ("`lstm_step`", "`rnn_step`", "code or a formula in the text lacks lstm_step"),
        ("20%", "30%", "the number 20 is missing"),
        ("세 단계", "네 단계", "the English says “three”"),
        ("않아요", "있어요", "denies"),
        (" 세 단계 뒤에는 **모두** 사라져요.", "", "sentences in English"),
        ("- 둘\n", "", "the paragraphs, items and rows differ"),
        ("**모두** ", "**모두(all)**는 ", "an asterisk is shown"),
        ("**모두**", "모두", "bold places"),
        ("사라져요", "사라집니다", "not in 해요체"),
        ("사라져요", "사라진다", "not in 해요체"),
        ("얼마나", "그래디언트", "another name of a concept"),
    ],
)
def test_a_fault_is_named(old, new, complaint):
    assert old in KOREAN
    assert any(complaint in wrong for wrong in said(ENGLISH, KOREAN.replace(old, new)))


def test_an_untranslated_cell_is_named():
    assert any("is it translated" in wrong for wrong in said(ENGLISH, ENGLISH))


def test_directives_options_and_their_order_are_compared():
    english = ":::{exercise} Half-life\n:label: ex-1\n\nText.\n:::\n"
    assert said(english, ":::{exercise} 반감기\n:label: ex-1\n\n글이에요.\n:::\n") == []
    assert said(english, ":::{exercise} 반감기\n:label: ex-2\n\n글이에요.\n:::\n")
    assert said(english, ":::{note}\n:label: ex-1\n\n글이에요.\n:::\n")


def test_braces_in_code_are_no_role():
    english = "`h_t for h_{t-1}` is wrong in $W$ and `x`."
    assert said(english, "`h_t for h_{t-1}` 때문에 틀린 것은 $W$와 `x`예요.") == []


def test_large_numbers_may_be_counted_as_korean_counts():
    assert numerals.in_myriads(168e6) == "1억 6,800만"
    assert said("It has 168 million weights.", "가중치가 1억 6,800만 개예요.") == []
    assert said("It has 168 million weights.", "가중치가 1억 6,700만 개예요.")


def test_every_term_of_the_glossary_has_one_korean_name_to_be_used():
    first = [korean[0] for _, korean in parity.glossary()]
    assert len(set(first)) == len(first)
    known = {names[0] for names, _ in parity.glossary()}
    assert known >= parity.EVERYDAY
    assert not [name for name in first if re.search(parity.OTHER_NAMES, name)]


@pytest.fixture(scope="module")
def cells():
    return translated_cells()


@pytest.mark.parametrize("kind", KINDS)
def test_planted_faults_of_a_kind_that_can_be_counted_are_caught(kind, cells):
    """Planted in the chapters' own Korean; what only a reader can see is left to readers."""
    planted = plant(kind, cells, count=20, seed=0)
    caught = [bool(said(one.english, one.korean)) for one in planted]
    assert len(planted) >= 10
    assert sum(caught) >= KINDS[kind].wanted * len(planted), [
        one.told for one, seen in zip(planted, caught, strict=True) if not seen
    ]
