"""Headlines: counts beside NLTK's, models that share out one unit, tokens that come back."""

import math
import re
from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.lm import KneserNeyInterpolated, Vocabulary
from nltk.util import everygrams

from lstm_utils.models.headlines import (
    KneserNey,
    Letters,
    Mixture,
    Tokeniser,
    Words,
    bits_per_character,
    counted_bits,
    learn_merges,
    letters,
    words,
)
from lstm_utils.models.headlines_torch import (
    EncodedHeadlines,
    LanguageModel,
    StackedLSTM,
    epoch_batches,
    headline_bits,
    next_characters,
    one_cycle,
    shifted,
    update,
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
    model = KneserNey([list("aaaabcdd")], 1, lambda _: 1 / 4)
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


def test_probabilities_that_are_all_for_the_next_token_teach_as_the_token_does():
    rows = [torch.tensor([1, 4, 5, 2]), torch.tensor([1, 3])]
    found = []
    for wanted in (None, [torch.eye(6)[row[1:]] for row in rows]):
        torch.manual_seed(0)
        model = LanguageModel(6, hidden_size=4, dropout=0.0)
        optimiser = torch.optim.SGD(model.parameters())
        loss = update(model, optimiser, rows, 4, 0.1, wanted=wanted)
        found.append((loss, model.score.weight.detach().numpy()))
    assert found[0][0] == pytest.approx(found[1][0], rel=1e-6)
    np.testing.assert_allclose(found[0][1], found[1][1], rtol=1e-5)


def test_invented_headlines_come_as_often_as_the_model_says():
    """Each headline's share of 4,000 draws is its probability, within four standard errors."""
    model = Words(["a b", "a", "b b a", "a"], 2, ["\n", " ", "a", "b"], 2)
    drawn = Counter(model.invent(4000, seed=1))
    assert "" not in drawn
    (empty, *bits), total = model.bits(["", *drawn]), drawn.total()
    for (text, times), bit in zip(drawn.items(), bits, strict=True):
        p = 2**-bit / (1 - 2**-empty)
        assert abs(times / total - p) < 4 * math.sqrt(p * (1 - p) / total) + 1 / total, text
    assert model.invent(3, seed=1) == list(model.invent(4, seed=1))[:3]
    assert model.invent(0) == []


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


# --- What readers bring on a page of their own ----------------------------------------------

LETTERS, WORDS = Letters(["ab ba"], 2, ALPHABET), Words(["ab ba"], 2, ALPHABET)
COUNTS = KneserNey([["a", "b"]], 2, lambda token: 0.5)
SPELLING = Tokeniser(ALPHABET)
NETWORK = LanguageModel(len(SPELLING.vocabulary), 4)
TABLE = np.full((3, 2), 0.5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: learn_merges(["a"], 1), "words must be Mapping; got ['a'] (list)"),
        (lambda: learn_merges({"a": 1.5}, 1), "words['a'] must be a whole number; got 1.5"),
        (lambda: learn_merges({5: 1}, 1), "words[0] must be a string; got 5 (int)"),
        (lambda: learn_merges(Counter("a"), -1), "how_many must be at least 0; got -1"),
        (lambda: learn_merges(Counter("a"), 2.5), "how_many must be a whole number; got 2.5"),
        (lambda: Tokeniser(["a", "b"]), "alphabet must hold ' '"),
        (lambda: Tokeniser([" ", "a"]), "alphabet must hold '\\n'"),
        (lambda: Tokeniser([*ALPHABET, "a"]), "alphabet must be single characters, each once"),
        (lambda: Tokeniser([*ALPHABET, "ab"]), "alphabet must be single characters, each once"),
        (lambda: Tokeniser([*ALPHABET, 5]), "alphabet[7] must be a string; got 5 (int)"),
        (
            lambda: Tokeniser(ALPHABET, ["abc"]),
            "merges must be pairs of pieces; got ('a', 'b', 'c')",
        ),
        (lambda: SPELLING.encode(None), "text must be a string; got None (NoneType)"),
        (lambda: KneserNey("abc", 2, len), "sequences must be a list of lists; got 'abc' (str)"),
        (lambda: KneserNey([["a"], 5], 2, len), "sequences[1] must be a list; got 5 (int)"),
        (lambda: KneserNey(["ab"], 2, len), "sequences[0] must be a list; got 'ab' (str)"),
        (lambda: KneserNey(["ab"], 0, len), "order must be at least 1; got 0"),
        (lambda: KneserNey([["a"]], 2, 0.5), "base must be Callable; got 0.5 (float)"),
        (lambda: counted_bits(COUNTS, "ab"), "token_lists must be a list of lists"),
        (
            lambda: bits_per_character([1.0], ["a", "b"]),
            "bits must be as many as headlines, one or more; got 1 for 2",
        ),
        (
            lambda: bits_per_character([], []),
            "bits must be as many as headlines, one or more; got 0 for 0",
        ),
        (
            lambda: bits_per_character([1.0], "a"),
            "headlines must be a list of strings; got 'a' (str)",
        ),
        (lambda: letters(None), "text must be a string; got None (NoneType)"),
        (lambda: words(["a"]), "text must be a string; got ['a'] (list)"),
        (lambda: Letters("ab", 2, ALPHABET), "headlines must be a list of strings; got 'ab' (str)"),
        (
            lambda: Letters(["ab", "z"], 2, ALPHABET),
            "headlines[1] must keep to the alphabet; got 'z'",
        ),
        (lambda: LETTERS.bits(["a", "aZ"]), "headlines[1] must keep to the alphabet; got 'Z'"),
        (lambda: LETTERS.next_characters("é"), "must keep to the alphabet; got 'é'"),
        (lambda: Words(["ab", None], 2, ALPHABET), "headlines[1] must be a string; got None"),
        (lambda: Words(["ab"], 2, ["a", "b", "\n"]), "alphabet must hold ' '"),
        (lambda: WORDS.bits("ab"), "headlines must be a list of strings; got 'ab' (str)"),
        (lambda: WORDS.bits(["é"]), "headlines[0] must keep to the alphabet; got 'é'"),
        (lambda: WORDS.next_characters("a  b"), "text must have single spaces"),
        (lambda: Mixture([np.nan]), "weights must be finite; got nan at [0]"),
        (lambda: Mixture([1.0])([TABLE, TABLE]), "need a table a weight; got 2 for 1"),
        (lambda: Mixture([1.0])([]), "models must be tables of one shape (N, A); got []"),
        (lambda: Mixture.fit([TABLE, TABLE[1:]], [0, 1, 0]), "models must be tables of one shape"),
        (lambda: Mixture.fit([TABLE], [0, 1]), "right must have shape (3,); got (2,)"),
        (lambda: Mixture.fit([TABLE], [0, 1, 2]), "right must be from 0 to 1; got 2 at [2]"),
        (
            lambda: EncodedHeadlines(SPELLING, "ab"),
            "texts must be a list of strings; got 'ab' (str)",
        ),
        (lambda: EncodedHeadlines(SPELLING, ["a", 5]), "texts[1] must be a string; got 5 (int)"),
        (
            lambda: EncodedHeadlines(SPELLING, ["a"]).rows([-1]),
            "indices must be from 0 to 0; got -1 at [0]",
        ),
        (lambda: headline_bits(NETWORK, SPELLING, "ab"), "headlines must be a list of strings"),
        (lambda: headline_bits(NETWORK, SPELLING, ["a", None]), "headlines[1] must be a string"),
        (lambda: next_characters(NETWORK, SPELLING, "é", ALPHABET), "tokeniser; got 'é'"),
        (lambda: next_characters(NETWORK, SPELLING, "a", ["z"]), "tokeniser; got 'z'"),
        (
            lambda: next_characters(NETWORK, Tokeniser(ALPHABET, ["ab"]), "a", ALPHABET),
            "the model must read single characters; its tokeniser merges them",
        ),
        (lambda: shifted([]), "sequences must be at least one; got none"),
        (lambda: update(NETWORK, None, [], 0, 0.1), "tokens must be positive; got 0.0"),
        (lambda: one_cycle(5, 4, 1.0), "step must be from 0 to 4.0; got 5.0"),
        (lambda: one_cycle(0, 0, 1.0), "steps must be at least 1; got 0.0"),
        (lambda: one_cycle("5", 4, 1.0), "step must be one real number; got '5' (str)"),
        (lambda: Mixture(["a"]), "weights must be real numbers of shape (K,); got ['a'] (list)"),
        (
            lambda: epoch_batches([1, 2], 1, -1, 0),
            "[seed, epoch] must be a numpy.random.Generator or a seed",
        ),
        (lambda: StackedLSTM(5)(torch.zeros(2, 3, dtype=int)), "x must hold two words a row"),
    ],
)
def test_what_a_function_cannot_take_is_refused_by_name(call, message):
    with pytest.raises((TypeError, ValueError), match=re.escape(message)):
        call()


def test_nothing_has_no_bits_and_no_rows():
    assert headline_bits(NETWORK, SPELLING, []) == []
    assert LETTERS.bits([]) == WORDS.bits([]) == counted_bits(COUNTS, []) == []
    assert len(EncodedHeadlines(SPELLING, [])) == 0
    assert learn_merges(Counter(), 5) == learn_merges(Counter("ab"), 0) == []
    assert next_characters(NETWORK, SPELLING, "", ALPHABET).shape == (1, 7)


def test_headlines_may_come_once_from_a_generator():
    texts = ["ab", "a b"]
    once = Words((text for text in texts), 2, ALPHABET).bits(text for text in texts)
    assert once == Words(texts, 2, ALPHABET).bits(texts)
    again = headline_bits(NETWORK, SPELLING, (text for text in texts))
    assert again == headline_bits(NETWORK, SPELLING, texts)
    pairs = [("a", "b")]
    assert Tokeniser(ALPHABET, iter(pairs)).encode("ab") == Tokeniser(ALPHABET, pairs).encode("ab")


def test_what_is_impossible_costs_infinitely_many_bits():
    assert counted_bits(KneserNey([], 1, lambda token: 0.0), [["a"]]) == [math.inf]


def test_a_tokeniser_can_clean():
    tidy = Tokeniser(ALPHABET, clean=str.lower)
    assert tidy.encode("AB b") == SPELLING.encode("ab b") != SPELLING.encode("AB b")
