"""Headlines: counts beside NLTK's, models that share out one unit, tokens that come back."""

import math
from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.lm import KneserNeyInterpolated, Vocabulary
from nltk.util import everygrams

from lstm_utils.models.headlines import KneserNey, Letters, Mixture, Tokeniser, Words, learn_merges
from lstm_utils.models.headlines_torch import (
    EncodedHeadlines,
    LanguageModel,
    headline_bits,
    next_characters,
    one_cycle,
)

ALPHABET = ["\n", " ", *"abcde"]
TEXTS = st.lists(
    st.lists(st.text("abcde", min_size=1, max_size=6), min_size=1, max_size=5).map(" ".join),
    min_size=1,
    max_size=12,
)


def mean_bits(p, right):
    return -np.log2(p[np.arange(len(right)), right]).mean()


@settings(max_examples=40, deadline=None)
@given(TEXTS, st.integers(2, 4), st.text("abcde ", max_size=6), st.floats(0.05, 0.95))
def test_kneser_ney_agrees_with_nltk_where_both_have_one_discount(texts, order, context, discount):
    """NLTK has one discount for all orders but the shortest, which it leaves alone.

    Ours estimates one for each order from the counts, and mixes a base in below the shortest:
    here its discounts are set to NLTK's. NLTK counts whatever it is given, so it gets the n-grams
    that end in a letter, with the start signs in front of it.
    """
    ours = KneserNey(map(list, texts), order, lambda _: 0.0)
    ours.discounts = [0.0] + [discount] * (order - 1)
    start = ["<s>"] * (order - 1)
    ngrams = (
        [g for g in everygrams([*start, *text], max_len=order) if g[-1] != "<s>"] for text in texts
    )
    theirs = KneserNeyInterpolated(order, discount, vocabulary=Vocabulary([*"abcde ", "<s>"]))
    theirs.fit(ngrams)
    before = tuple([*start, *context][-order + 1 :])
    for letter in sorted(set("".join(texts))):
        expected = theirs.unmasked_score(letter, before)
        assert ours.probability(letter, list(context)) == pytest.approx(expected, rel=1e-12)


def test_kneser_neys_discount_and_probability_of_a_case_worked_by_hand():
    model = KneserNey(["aaaabcdd"], 1, lambda _: 1 / 4)
    assert model.discounts == [0.5]  # b and c stand once, d twice: (2 + 1) / (2 + 2 · 1 + 2)
    assert model.probability("a", []) == 3.5 / 8 + 4 * 0.5 / 8 / 4


@settings(max_examples=40, deadline=None)
@given(TEXTS, st.integers(1, 5), st.text("abcde ", max_size=12))
def test_kneser_ney_shares_out_one_unit_after_any_context(texts, order, context):
    model = Letters(texts, order, ALPHABET)
    one_by_one = [model.model.probability(c, list(context)) for c in ALPHABET]
    together, _ = model.model.distribution(context, model.place, model.base)
    assert math.isclose(sum(one_by_one), 1, abs_tol=1e-12)
    np.testing.assert_allclose(together, one_by_one, atol=1e-14)


@settings(max_examples=40, deadline=None)
@given(TEXTS, TEXTS, st.integers(1, 3), st.permutations(ALPHABET))
def test_words_read_letter_by_letter_cost_what_the_words_cost(texts, new, order, alphabet):
    model = Words(texts, order, alphabet, spelling_order=3)
    for text in new:
        p = model.next_characters(text)
        np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-12)
        letters = sum(
            -math.log2(row[model.place[c]]) for row, c in zip(p, text + "\n", strict=True)
        )
        assert math.isclose(letters, model.bits([text])[0], abs_tol=1e-8)


def test_every_string_of_letters_shares_in_the_probability_of_words():
    """All words of up to eight letters over an alphabet of two hold nearly the whole unit."""
    model = Words(["ab ba", "ab b", "aab"], 2, ["\n", " ", "a", "b"], spelling_order=2)
    strings = [""]
    total = model.model.probability("", ["ab"])
    for _ in range(12):
        strings = [s + c for s in strings for c in "ab"]
        total += sum(model.model.probability(s, ["ab"]) for s in strings)
    assert 0.995 < total <= 1 + 1e-12


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 4))
def test_a_mixture_sums_to_one_and_is_no_worse_than_each_member_on_the_fitted_text(seed, members):
    rng = np.random.default_rng(seed)
    tables = list(rng.dirichlet(np.full(6, 0.7), size=(members, 40)))
    right = rng.integers(0, 6, 40)
    mixture = Mixture.fit(tables, right)
    p = mixture(tables)
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-12)
    bits = [mean_bits(np.maximum(table, 1e-9), right) for table in tables]
    assert mean_bits(p, right) <= min(bits) + 1e-6


def test_mixing_gives_a_good_model_the_weight():
    rng = np.random.default_rng(0)
    good = rng.dirichlet(np.ones(5), 2000)
    right = np.array([rng.choice(5, p=row) for row in good])
    weights = Mixture.fit([good, rng.dirichlet(np.ones(5), 2000)], right).weights
    np.testing.assert_allclose(weights, [1, 0], atol=0.1)


@settings(max_examples=20, deadline=None)
@given(TEXTS)
def test_encoded_lines_come_back(texts):
    tokeniser = Tokeniser([*ALPHABET[1:], "\n"], [("a", "b"), (" ", "ab")])
    encoded = EncodedHeadlines(tokeniser, iter(texts))
    rows = encoded.rows(range(len(texts)))
    assert [row.tolist() for row in rows] == [tokeniser.encode(text) for text in texts]
    assert encoded.flat.dtype == np.uint8


def test_merges_stop_when_every_word_is_one_piece():
    assert learn_merges(Counter({" a": 2}), 5) == [(" ", "a")]


def test_an_lstm_read_as_characters_costs_what_its_tokens_cost():
    """Only the first blank, and the specials' share, lie between the two."""
    torch.manual_seed(0)
    tokeniser = Tokeniser([*ALPHABET[1:], "\n"])
    model = LanguageModel(len(tokeniser.vocabulary), 8)
    with torch.no_grad():
        model.score.bias[:3] = -40.0  # the specials
    p = next_characters(model, tokeniser, "ab cd", ALPHABET)
    letters = sum(-math.log2(row[ALPHABET.index(c)]) for row, c in zip(p, "ab cd\n", strict=True))
    with torch.no_grad():
        first = model(torch.tensor([[2]]))[0][0, 0].log_softmax(-1)
    blank = -first[tokeniser.vocabulary.ids[" "]].item() / math.log(2)
    whole = headline_bits(model, tokeniser, ["ab cd"])[0]
    assert math.isclose(letters + blank, whole, rel_tol=1e-5)


def test_the_step_size_rises_and_falls_to_nought():
    sizes = [one_cycle(step, 100, 0.02) for step in range(100)]
    assert sizes[0] == pytest.approx(0.02 / 25)
    assert max(sizes) == pytest.approx(0.02)
    assert sizes.index(max(sizes)) == 15
    assert one_cycle(100, 100, 0.02) == pytest.approx(0)
