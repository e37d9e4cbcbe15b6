"""Cleaning, vocabularies, padding and batches against their definitions and against Keras."""

import string
import unicodedata
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lstm_utils.text import Vocabulary, clean_headline, clean_review, length_batches, pad

sequences = st.lists(st.lists(st.integers(1, 99), max_size=12), min_size=1, max_size=8)


def test_a_headline_loses_ascii_and_typographic_punctuation_and_its_capitals():
    assert clean_headline("  ‘I Love’ — New York’s   Answer…? ") == "i love new yorks answer"


# Whatever a text may hold: halves of pairs, parts of syllables, accents that stand apart.
ANYTHING = st.text(max_size=60) | st.text(
    "aAzZ ㅋ가.-\u0301\u030c\u1100\u1161\u11a8\u119e\u200d\ufeff\xad\xa0\ud83d\ude00İ", max_size=30
)


@given(ANYTHING)
@example("J.\u030c")  # an accent that meets its letter only when the dot is gone
def test_cleaning_a_headline_twice_changes_nothing_more(text):
    once = clean_headline(text)
    assert clean_headline(once) == once
    assert not set(once) & set(string.punctuation)


@given(ANYTHING)
@example("정말 좋다")
@example("Café")
def test_a_text_is_the_same_in_every_form_of_unicode(text):
    for form in ("NFC", "NFD"):
        assert clean_headline(unicodedata.normalize(form, text)) == clean_headline(text)
        assert clean_review(unicodedata.normalize(form, text)) == clean_review(text)


@pytest.mark.parametrize("clean", [clean_headline, clean_review])
@pytest.mark.parametrize("mark", list("\u200b\u200d\ufeff\xad\u200e\ufe0f\x1a\ud83d"))
def test_what_shows_nothing_divides_no_word(clean, mark):
    assert clean(f"{mark}good{mark}ness 재{mark}밌다") == "goodness 재밌다"
    assert clean(f"good{mark}\xa0film") == "good film"  # a space that does not break is a space


def test_parts_of_syllables_that_stand_alone_are_letters_and_no_syllable_is_lost():
    """Against the names that Unicode gives the letters."""
    names = {"CHOSEONG": 0x1100, "JUNGSEONG": 0x1161, "JONGSEONG": 0x11A8}
    for part, first in names.items():
        for code in range(first, first + {0x1100: 19, 0x1161: 21, 0x11A8: 27}[first]):
            alone = unicodedata.lookup(
                unicodedata.name(chr(code)).replace(f"HANGUL {part}", "HANGUL LETTER")
            )
            assert clean_review(chr(code)) == alone
    assert clean_review("ᄏᄏᄏ ᅲᅲ") == "ㅋㅋㅋ ㅠㅠ"
    assert clean_review(unicodedata.normalize("NFD", "값진 영화 ㅋㅋ")) == "값진 영화 ㅋㅋ"


def test_a_review_in_full_width_letters_is_the_same_review():
    """Against Unicode's compatible form, which also takes ㅋ apart: only for these letters."""
    keyboard = "".join(map(chr, range(ord("!"), ord("~") + 1)))
    wide = "".join(chr(ord(character) + 0xFEE0) for character in keyboard)
    assert unicodedata.normalize("NFKC", wide) == keyboard
    assert clean_review(wide) == clean_review(keyboard) == keyboard.lower()


def test_letters_that_no_keyboard_of_today_writes_are_noise_in_a_review():
    assert clean_review("굿 ᆞ 名作 🎬") == "굿"


@pytest.mark.parametrize("clean", [clean_headline, clean_review])
@pytest.mark.parametrize("text", [None, float("nan"), b"bytes", 7, ["a text", "another"]])
def test_what_is_no_text_is_refused_by_name(clean, text):
    with pytest.raises(
        TypeError, match=rf"text must be a string; got .+ \({type(text).__name__}\)"
    ):
        clean(text)


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("진짜 재밌다ㅋㅋㅋㅋㅋㅋ", "진짜 재밌다ㅋㅋㅋ"),
        ("눈물이 ㅠㅠ...  Best!!", "눈물이 ㅠㅠ... best!!"),
        ("지루함;;;;;;", "지루함;;;"),
        ("잤다 -_-", "잤다 -_-"),
        ("또 보자 :)\t10점", "또 보자 :) 10점"),
        ("최고♥ ★★★★★ ^^", "최고♥ ★★★ ^^"),
    ],
)
def test_a_review_keeps_what_carries_sentiment(raw, clean):
    assert clean_review(raw) == clean


@given(ANYTHING)
def test_cleaning_a_review_in_small_letters_twice_changes_nothing_more(text):
    once = clean_review(text.lower())
    assert clean_review(once) == once


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


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Vocabulary.build("a text"), "token_lists must be a list of lists; got 'a text'"),
        (lambda: Vocabulary.build(["a text"]), r"token_lists\[0\] must be a list; got \'a text\'"),
        (
            lambda: Vocabulary.build([["a", ["b"]]]),
            r"token_lists\[0\]\[1\] must be a string; got \['b'\]",
        ),
        (
            lambda: Vocabulary.build([["a", None]]),
            r"token_lists\[0\]\[1\] must be a string; got None",
        ),
        (lambda: Vocabulary.build(None), "token_lists must be a list of lists; got None"),
        (
            lambda: Vocabulary.build([["a"]], max_size=2.5),
            "max_size must be a whole number; got 2.5",
        ),
        (
            lambda: Vocabulary.build([["a"]], min_count=None),
            "min_count must be a whole number; got",
        ),
        (lambda: Vocabulary("<pad>"), "tokens must be a list of strings; got '<pad>'"),
        (lambda: Vocabulary(["<pad>", "<unk>", 3]), r"tokens\[2\] must be a string; got 3"),
        (lambda: Vocabulary([], "ab"), "specials must be a list of strings; got 'ab'"),
        (lambda: WORDS.encode("good film"), "tokens must be a list of strings; got 'good f"),
        (lambda: WORDS.encode([["good"]]), r"tokens\[0\] must be a string; got \['good'\]"),
        (lambda: WORDS.encode([float("nan")]), r"tokens\[0\] must be a string; got nan"),
        (lambda: WORDS.encode(None), "tokens must be strings in one dimension; got None"),
        (lambda: WORDS.decode([1.0]), r"ids must be whole numbers of shape \(N,\); got \[1.0\]"),
        (lambda: pad("abc"), "sequences must be a list of lists; got 'abc'"),
        (lambda: pad(["ab"]), r"sequences\[0\] must be a list; got 'ab'"),
        (lambda: pad([1, 2]), r"sequences\[0\] must be a list; got 1 \(int\)"),
        (lambda: pad([[1.5]]), "the ids of all sequences must be whole .+ dtype is float64"),
        (lambda: pad([[1, None]]), "the ids of all sequences must be whole .+ dtype is object"),
        (lambda: pad([[True]]), "the ids of all sequences must be whole .+ dtype is bool"),
        (lambda: pad([[1, [2]]]), r"the ids of all sequences must be whole .+ got \[1, \[2\]\]"),
        (lambda: pad([[1]], length=2.0), "length must be a whole number; got 2.0"),
        (lambda: pad([[1]], length=True), "length must be a whole number; got True"),
        (lambda: length_batches([1], 2.0), "batch_size must be a whole number; got 2.0"),
        (
            lambda: length_batches([1.5], 2),
            r"lengths must be whole numbers of shape \(N,\); got \[1.5\]",
        ),
        (lambda: length_batches([None], 2), r"lengths must be whole numbers .+ got \[None\]"),
        (lambda: length_batches("ab", 2), "lengths must be whole numbers .+ got 'ab'"),
        (lambda: length_batches([1], 2, rng="a"), "rng must be a numpy.random.Generator or a seed"),
    ],
)
def test_an_argument_of_another_type_is_refused_by_name(build, message):
    with pytest.raises(TypeError, match=message):
        build()


WORDS = Vocabulary.build([["good", "film"]])


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Vocabulary.build([["a"]], max_size=1), "max_size must be at least 2; got 1"),
        (lambda: Vocabulary.build([["a"]], min_count=-1), "min_count must be at least 0; got -1"),
        (lambda: WORDS.decode([-1]), r"ids must be from 0 to 3; got -1 at \[0\]"),
        (lambda: WORDS.decode([4]), "ids must be from 0 to 3; got 4"),
        (lambda: pad([[1]], length=-1), "length must be at least 0; got -1"),
        (
            lambda: pad([[2**31]]),
            "sequences must be from -2147483648 to 2147483647; got 2147483648",
        ),
        (lambda: pad([[[1, 2]], [[3, 4]]]), r"must have shape \(N,\); got \(2, 2\)"),
        (lambda: length_batches(np.ones((2, 2), int), 2), r"lengths must have shape \(N,\); got"),
        (lambda: length_batches([3, -4], 1), "lengths must be from 0 to 2147483647; got -4"),
        (lambda: length_batches([3, 4], 0), "batch_size must be at least 1; got 0"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_by_name(build, message):
    with pytest.raises(ValueError, match=message):
        build()


def test_a_table_of_letters_takes_a_text_as_its_letters():
    table = Vocabulary.build([list("굿 영화")])
    assert table.decode(table.encode("영화 굿!")) == ["영", "화", " ", "굿", "<unk>"]


def test_arrays_and_generators_are_padded_like_lists():
    expected = [[1, 0], [2, 3], [0, 0]]
    rows = [np.array([1]), (2, np.int64(3)), []]
    assert pad(rows).tolist() == pad(iter(rows)).tolist() == expected
    assert pad(np.array([[1, 2]])).tolist() == [[1, 2]]
    assert pad([[1], []], length=0).shape == (2, 0)


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
