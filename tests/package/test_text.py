"""Cleaning, vocabularies, padding and batches against their definitions and against Keras."""

import string
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstm_utils.text import Vocabulary, clean_headline, clean_review, length_batches, pad

sequences = st.lists(st.lists(st.integers(1, 99), max_size=12), min_size=1, max_size=8)


def test_a_headline_loses_ascii_and_typographic_punctuation_and_its_capitals():
    assert clean_headline("  ‘I Love’ — New York’s   Answer…? ") == "i love new yorks answer"


@given(st.text(max_size=60))
def test_cleaning_a_headline_twice_changes_nothing_more(text):
    once = clean_headline(text)
    assert clean_headline(once) == once
    assert not set(once) & set(string.punctuation)


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("진짜 재밌다ㅋㅋㅋㅋㅋㅋ", "진짜 재밌다ㅋㅋㅋ"),
        ("눈물이 ㅠㅠ...  Best!!", "눈물이 ㅠㅠ... best!!"),
        ("별로<br />돈아까움\t10점", "별로 br 돈아까움 10점"),
        ("왜 (이런) 걸?", "왜 이런 걸?"),
    ],
)
def test_a_review_keeps_what_carries_sentiment(raw, clean):
    assert clean_review(raw) == clean


@given(st.text(max_size=60))
def test_cleaning_a_review_twice_changes_nothing_more(text):
    assert clean_review(clean_review(text)) == clean_review(text)


def test_a_vocabulary_ranks_by_count_then_alphabet_and_knows_what_it_does_not_know():
    table = Vocabulary.build([["b", "a", "b"], ["c", "a"], ["d"]], max_size=5)
    assert table.tokens == ["<pad>", "<unk>", "a", "b", "c"]
    assert table.encode(["a", "d", "b"]) == [2, 1, 3]
    assert table.decode([2, 1]) == ["a", "<unk>"]
    assert "c" in table
    assert "d" not in table
    assert len(Vocabulary.build([["a", "b", "b"]], min_count=2)) == 3


@given(st.lists(st.lists(st.text(min_size=1, max_size=3), max_size=5), max_size=8))
def test_encoding_and_decoding_known_tokens_returns_them(token_lists):
    table = Vocabulary.build(token_lists)
    for tokens in token_lists:
        assert table.decode(table.encode(tokens)) == tokens


def test_a_special_token_that_occurs_in_a_text_is_not_entered_twice():
    assert Vocabulary.build([["<unk>", "a"]]).tokens == ["<pad>", "<unk>", "a"]
    with pytest.raises(ValueError, match="more than once"):
        Vocabulary(["<pad>", "<unk>", "a", "a"])
    with pytest.raises(ValueError, match="begin with the specials"):
        Vocabulary(["a", "b"])


@given(
    sequences,
    st.integers(1, 14),
    st.sampled_from(["pre", "post"]),
    st.sampled_from(["pre", "post"]),
)
def test_padding_agrees_with_keras(lists, length, side, truncate):
    import keras

    expected = keras.utils.pad_sequences(lists, maxlen=length, padding=side, truncating=truncate)
    assert np.array_equal(pad(lists, length, side, truncate), expected)


def test_padding_without_a_length_takes_the_longest():
    assert pad([[1], [2, 3]]).tolist() == [[1, 0], [2, 3]]
    assert pad([]).shape == (0, 0)
    with pytest.raises(ValueError, match="side must be 'post' or 'pre'"):
        pad([[1]], side="left")


@given(st.lists(st.integers(0, 40), max_size=50), st.integers(1, 9), st.booleans())
def test_length_batches_use_every_sequence_once_and_hold_like_lengths(lengths, batch_size, shuffle):
    rng = np.random.default_rng(0) if shuffle else None
    batches = length_batches(lengths, batch_size, rng)
    together = np.concatenate(batches) if batches else np.array([], dtype=int)
    assert sorted(together.tolist()) == list(range(len(lengths)))
    assert sum(len(b) < batch_size for b in batches) <= 1
    # Batches cover ranges of length that meet at most at their ends.
    ranges = sorted((min(lengths[k] for k in b), max(lengths[k] for k in b)) for b in batches)
    assert all(low[1] <= high[0] for low, high in pairwise(ranges))


def test_length_batches_refuse_an_empty_batch():
    with pytest.raises(ValueError, match="at least 1"):
        length_batches([3, 4], 0)
