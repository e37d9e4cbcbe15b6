"""What callers bring: seeds, and to the trained models a right answer, NaN or a named error."""

import re
import unicodedata
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lstm_utils.cells import init_lstm, init_rnn
from lstm_utils.models.marked_product import marked_product
from lstm_utils.models.pretrained import load_pretrained
from lstm_utils.text import length_batches

SENTIMENT, READING, HEADLINES, PRODUCT = map(
    load_pretrained, ("sentiment", "reading", "headlines", "marked-product")
)
ANSWERS = {
    "sentiment": SENTIMENT.predict,
    "reading": READING.predict,
    "read": lambda texts: np.array([READING.read(text)[2][-1] for text in texts]),
    "headlines": HEADLINES.bits,
}
every_answer = pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
of_lists = pytest.mark.parametrize(
    "answer",
    [SENTIMENT.predict, READING.predict, HEADLINES.bits],
    ids=["sentiment", "reading", "b"],
)
TWO = ["정말 좋다", "trump and the news"]
LETTERS = "가각힣ㄱㅋㅠㅏ\u1100\u1161\u11a8 aéeZ09\u0301.,!?~^♥♡★☆❤\ufe0f💔😀-_;'“”\n"
TEXTS = st.text(st.characters() | st.sampled_from(LETTERS + "\u200b\0\ud800"), max_size=40)


def answered(answer, texts):
    """The answer, warnings aside."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*hold nothing that the model knows")
        return answer(texts)


# --- Seeds -------------------------- -----------------------------------------------------------


@pytest.mark.parametrize(
    "drawn",
    [
        lambda rng: init_lstm(2, 3, rng).W,
        lambda rng: init_rnn(2, 3, rng).W_hh,
        lambda rng: marked_product(4, 5, rng).x,
        lambda rng: np.concatenate(length_batches([1] * 20, 3, rng)),
    ],
    ids=["lstm", "rnn", "marked product", "batches"],
)
def test_a_seed_serves_wherever_a_generator_does(drawn):
    expected = drawn(np.random.default_rng(7))
    for seed in (7, np.int64(7)):
        assert np.array_equal(drawn(seed), expected)
    several = drawn(np.random.default_rng([7, 1]))
    assert np.array_equal(drawn([7, 1]), several)
    for none in ("7", 7.0, -7, [0.5], {7}):
        with pytest.raises(TypeError, match=r"rng must be a numpy\.random\.Generator or a seed"):
            drawn(none)


# --- Lists of texts -----------------------------------------------------------------------


@of_lists
@pytest.mark.parametrize(
    "form",
    [
        tuple,
        np.array,
        lambda texts: np.array(texts, object),
        lambda texts: pd.Series(texts, index=[7, 3]),
        lambda texts: (text for text in texts),
        dict.fromkeys,
        lambda texts: list(map(np.str_, texts)),
    ],
    ids=["tuple", "array", "objects", "series", "generator", "keys", "np.str_"],
)
def test_texts_may_come_in_any_collection_of_one_dimension(answer, form):
    assert np.array_equal(answer(form(TWO)), answer(TWO))


@of_lists
@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ("정말 좋다", "texts must be a list of strings; got '정말 좋다' (str)"),
        (b"good", "texts must be a list of strings; got b'good' (bytes)"),
        (None, "texts must be strings in one dimension; got None (NoneType)"),
        (5, "texts must be strings in one dimension; got 5 (int)"),
        (str, "texts must be strings in one dimension; got <class 'str'> (type)"),
        ({"좋다"}, "texts must have an order; got {'좋다'} (set)"),
        (np.array("좋다"), "texts must be strings in one dimension"),
        (np.array([TWO]), "texts must be strings in one dimension"),
        (pd.DataFrame({"a": TWO}), "texts must be strings in one dimension"),
        (["좋다", None], "texts[1] must be a string; got None (NoneType)"),
        (["좋다", 5], "texts[1] must be a string; got 5 (int)"),
        (pd.Series(["좋다", "", np.nan]), "texts[2] must be a string; got nan (float)"),
        ([b"good"], "texts[0] must be a string; got b'good' (bytes)"),
        ([TWO], "texts[0] must be a string; got ['정말 좋다', 'trump and the news'] (list)"),
    ],
)
def test_what_is_no_list_of_texts_is_refused_with_the_items_index(answer, texts, message):
    with pytest.raises(TypeError, match=re.escape(message)):
        answer(texts)


@pytest.mark.parametrize("text", [None, 5, b"good", ["좋다"], ["a", "b"], np.array(TWO)])
def test_reading_takes_one_text(text):
    with pytest.raises(TypeError, match="text must be a string; got"):
        READING.read(text)
    with pytest.raises(TypeError, match="text must be a string; got"):
        HEADLINES.tokeniser().encode(text)


@every_answer
def test_no_texts_have_no_answers(answer):
    for none in ([], (), np.array([]), pd.Series([], dtype=str)):
        found = answer(none)
        assert found.shape == (0,)
        assert found.dtype.kind == "f"


def test_networks_read_no_reviews_too():
    assert SENTIMENT.numpy()(SENTIMENT.encode([])).shape == (0,)
    assert READING.numpy()(READING.encode([])) == []


# --- Texts of every kind --------------------------------------------------------------------


@every_answer
def test_a_text_that_a_mac_typed_is_answered_as_any_other(answer):
    composed = ["정말 좋다", "돈이 아깝다", "café society"]
    apart = [unicodedata.normalize("NFD", text) for text in composed]
    assert apart != composed
    assert np.array_equal(answer(apart), answer(composed))
    assert np.isfinite(answer(composed)).all()


@given(texts=st.lists(TEXTS, max_size=3))
@example(texts=["정말 좋다", "", "   ", "!!!", ";;", "-_-", "♥", "❤️", "💔", "ㅋㅋ", "ㅿ", "Great"])
@example(
    texts=["\ud800", "\0", "한\u0301국", "가\u11a8", "\u1112\u1161\u11ab", "İI", "“Trump”—A Look"]
)
@pytest.mark.parametrize("name", ANSWERS)
def test_every_text_has_one_answer_alone_or_in_a_batch_in_either_form(name, texts):
    together = answered(ANSWERS[name], texts)
    alone = [answered(ANSWERS[name], [text])[0] for text in texts]
    np.testing.assert_allclose(together, alone, rtol=1e-4, atol=1e-6)
    for form in ("NFC", "NFD"):
        again = answered(ANSWERS[name], [unicodedata.normalize(form, text) for text in texts])
        np.testing.assert_array_equal(again, together)


@pytest.mark.parametrize("model", [SENTIMENT, READING], ids=["sentiment", "reading"])
def test_a_review_without_one_known_piece_gets_nan_and_the_others_their_answer(model):
    texts = ["정말 좋다", "쀍쮊", "", "   ", "❤️ 💔", ";;", "-_-", "ㅿ", "돈이 아깝다", "♥"]
    with pytest.warns(UserWarning, match="5 of 10 texts hold nothing.*NaN: index 1, 2, 3, 4, 7"):
        found = model.predict(texts)
    assert np.isnan(found).nonzero()[0].tolist() == [1, 2, 3, 4, 7]
    known = [0, 5, 6, 8, 9]
    np.testing.assert_allclose(found[known], model.predict(np.array(texts)[known]))
    assert found[5] < 0.5, "drops of sweat: 22 % of the reviews with them are positive"
    rows = model.encode(texts).ids > 0
    assert rows.any(axis=1).any(), "the space itself has a row, and says nothing"


def test_reading_a_review_without_one_known_piece_says_so_too():
    with pytest.warns(UserWarning, match="1 of 1 texts hold nothing that the model knows"):
        characters, known, p = READING.read("😀 뷁")
    assert (characters, known.tolist()) == (" 뷁 ", [True, False, True])
    assert (p.dtype, np.isnan(p).tolist()) == (np.float32, [True, True, True])


def test_many_unknown_reviews_are_counted_and_the_first_named():
    with pytest.warns(UserWarning, match=r"1000 of 1001 .* index 0, 1, 2, .*, 19, …$"):
        assert np.isnan(SENTIMENT.predict(["…"] * 1000 + ["좋다"])).sum() == 1000


def test_a_headline_of_which_cleaning_leaves_nothing_has_no_bits():
    with pytest.warns(UserWarning, match="3 of 4 texts hold nothing.*index 0, 1, 3"):
        bits = HEADLINES.bits(["", " — ", "a sea", "-_-"])
    assert np.isnan(bits).tolist() == [True, True, False, True]


def test_a_headline_costs_the_same_in_any_typography():
    plain = HEADLINES.bits(["trump and the news"])
    assert plain[0] == pytest.approx(30.9, abs=0.05)
    for text in ("Trump and the News", "  TRUMP  and\tthe “news”! ", "trump — and, the news…"):
        assert np.array_equal(HEADLINES.bits([text]), plain)
        assert HEADLINES.tokeniser().encode(text) == HEADLINES.tokeniser().encode(
            "trump and the news"
        )


def test_letters_outside_the_alphabet_are_one_sign():
    assert np.array_equal(HEADLINES.bits(["뷁"]), HEADLINES.bits(["😀"]))
    assert HEADLINES.bits(["뷁"])[0] > HEADLINES.bits(["a"])[0]


@every_answer
def test_a_text_of_ten_thousand_characters_is_answered(answer):
    assert np.isfinite(answer(["좋다 a" * 2500])).all()


@pytest.mark.parametrize("model", [SENTIMENT, READING], ids=["sentiment", "reading"])
def test_a_thousand_reviews_are_answered(model):
    np.testing.assert_allclose(
        model.predict(TWO * 500), np.tile(model.predict(TWO), 500), rtol=1e-4
    )


# --- What a network reads -------------------------------------------------------------------


@pytest.mark.parametrize("model", [SENTIMENT, READING], ids=["sentiment", "reading"])
def test_the_networks_of_reviews_read_what_encode_gives(model):
    for other in (TWO, None, np.zeros(3)):
        with pytest.raises(TypeError, match="encoded must be EncodedReviews; got"):
            model.numpy()(other)
    with pytest.raises(ValueError, match="encoded for another model than 'reading'"):
        READING.numpy()(SENTIMENT.encode(["이 영화 정말 재미있어요 최고"]))


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        ([[2.0, 4.0]], "tokens must be whole numbers"),
        ("abc", "tokens must be whole numbers"),
        (None, "tokens must be whole numbers"),
        (
            [[2], [2, 4]],
            "tokens must be whole numbers of shape (batch, T >= 1); got [[2], [2, 4]] (list)",
        ),
        ([2, 4], "tokens must have shape (batch, T >= 1); got (2,)"),
        (np.zeros((1, 0), int), "tokens must have shape (batch, T >= 1); got (1, 0)"),
        ([[2, 4], [2, -1]], "tokens must be from 0 to 44; got -1 at [1, 1]"),
        ([[2, 45]], "tokens must be from 0 to 44; got 45 at [0, 1]"),
    ],
)
def test_tokens_that_are_none_are_refused_by_name(tokens, message):
    with pytest.raises((TypeError, ValueError), match=re.escape(message)):
        HEADLINES.numpy()(tokens)


@pytest.mark.parametrize("state", [5, (np.zeros((1, 224)),), []])
def test_a_state_is_a_pair(state):
    with pytest.raises(TypeError, match=r"state must be a pair \(h, c\)"):
        HEADLINES.numpy()([[2]], state)


# --- Writing --------------------------------------------------------------------------------


def test_at_temperature_nought_the_likeliest_token_is_written_each_time():
    network, tokeniser = HEADLINES.numpy(), HEADLINES.tokeniser()
    tokens = tokeniser.encode("how")[:-1]
    for _ in range(12):
        tokens.append(3 + network([tokens])[0][0, -1, 3:].argmax())
    expected = " ".join(tokeniser.join(tokeniser.vocabulary.decode(tokens[1:])).split())
    for cold in (0, 0.0, 1e-9, 5e-324, -0.0):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert HEADLINES.write(2, cold, "how", longest=12) == [expected] * 2


def test_at_an_infinite_temperature_all_letters_are_alike():
    texts = [HEADLINES.write(400, hot, "a", longest=1) for hot in (np.inf, 1e308, 10**400)]
    assert texts[0] == texts[1] == texts[2]
    letters = [text[1:] for text in texts[0]]
    assert letters.count("e") < 30, "of 400; 42 tokens share them"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"count": -1}, "count must be at least 0; got -1"),
        ({"count": 2.0}, "count must be a whole number; got 2.0 (float)"),
        ({"count": "2"}, "count must be a whole number; got '2' (str)"),
        ({"count": None}, "count must be a whole number; got None (NoneType)"),
        ({"temperature": -1}, "temperature must be at least 0; got -1"),
        ({"temperature": np.nan}, "temperature must be at least 0; got nan"),
        ({"temperature": "1"}, "temperature must be one real number; got '1' (str)"),
        ({"temperature": None}, "temperature must be one real number; got None (NoneType)"),
        ({"prompt": None}, "prompt must be a string; got None (NoneType)"),
        ({"prompt": ["how"]}, "prompt must be a string; got ['how'] (list)"),
        ({"prompt": "how 대통령"}, "áâéú\\n'; got '대'"),
        (
            {"seed": -1},
            "seed must be a numpy.random.Generator or a seed, whole and from 0 up; got",
        ),
        (
            {"seed": 1.5},
            "seed must be a numpy.random.Generator or a seed, whole and from 0 up; got",
        ),
        (
            {"seed": "a"},
            "seed must be a numpy.random.Generator or a seed, whole and from 0 up; got",
        ),
        ({"longest": -1}, "longest must be at least 0; got -1"),
        ({"longest": 1.5}, "longest must be a whole number; got 1.5 (float)"),
    ],
)
def test_what_cannot_be_written_is_refused_by_name(arguments, message):
    with pytest.raises((TypeError, ValueError), match=re.escape(message)):
        HEADLINES.write(**{"count": 2, **arguments})


def test_a_prompt_is_cleaned_as_headlines_are():
    expected = HEADLINES.write(3, 0.7, "trump", seed=1)
    for prompt in ("Trump", " TRUMP! ", "“Trump”"):
        assert HEADLINES.write(3, 0.7, prompt, seed=1) == expected
    cafe = unicodedata.normalize("NFD", "Café")
    assert all(text.startswith("café") for text in HEADLINES.write(2, 1.0, cafe))


def test_counts_of_nothing_write_nothing():
    assert HEADLINES.write(0) == []
    assert HEADLINES.write(2, prompt="How to", longest=0) == ["how to"] * 2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(HEADLINES.write(np.int64(1), np.float32(0.5), seed=None)) == 1
    assert len(HEADLINES.write(1, prompt="a long one " * 900, longest=1)[0]) >= 9899


# --- Marked products ------------------------------------------------------------------------


def test_numbers_of_any_kind_are_read_as_float32():
    x = np.zeros((3, 7, 2))
    x[:, 1] = x[:, 4] = 1
    expected = PRODUCT.predict(x.astype(np.float32))
    for same in (x, x.tolist(), x.astype(int), x.astype(np.float16), x > 0):
        assert np.array_equal(PRODUCT.predict(same), expected)
    assert PRODUCT.predict(np.zeros((0, 7, 2))).shape == (0,)


SPOILED = np.zeros((2, 5, 2))
SPOILED[1, 3, 1] = np.nan


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.zeros((5, 2)), "x must have shape (batch, T >= 1, 2); got (5, 2)"),
        (np.zeros((1, 2, 5, 2)), "x must have shape (batch, T >= 1, 2); got (1, 2, 5, 2)"),
        (np.zeros((2, 5, 3)), "x must have shape (batch, T >= 1, 2); got (2, 5, 3)"),
        (np.zeros((2, 0, 2)), "x must have shape (batch, T >= 1, 2); got (2, 0, 2)"),
        ([], "x must have shape (batch, T >= 1, 2); got (0,)"),
        (
            [[[0, 1]], [[0, 1], [0, 1]]],
            "x must be real numbers of shape (batch, T >= 1, 2); got [[[0, 1]], [[",
        ),
        ("abc", "x must be real numbers of shape (batch, T >= 1, 2); got 'abc' (str)"),
        (None, "x must be real numbers of shape (batch, T >= 1, 2); got None (NoneType)"),
        (
            np.zeros((2, 5, 2), complex),
            "x must be real numbers of shape (batch, T >= 1, 2); got array",
        ),
        (
            marked_product(2, 5),
            "x must be real numbers of shape (batch, T >= 1, 2); got MarkedProduct",
        ),
        (np.ma.array(np.ones((1, 5, 2)), mask=True), "x must not have masked entries"),
        (SPOILED, "x must be finite; got nan at [1, 3, 1]"),
        (np.full((1, 2, 2), 1e300), "x in float32 must be finite; got inf at [0, 0, 0]"),
    ],
)
def test_what_is_no_sequence_of_pairs_is_refused_by_name(x, message):
    with pytest.raises((TypeError, ValueError), match=re.escape(message)):
        PRODUCT.predict(x)
