"""From reviews to n-grams, rows and batches; the networks that read them beside plain Keras."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstm_utils.models.reviews import (
    EncodedReviews,
    codes_of_ngrams,
    equal_length_batches,
    known_codes,
    look_up,
    ngram_codes,
    ngram_pieces,
    ngrams_of_codes,
)

KOREAN = st.text(alphabet="가나다라마ㅋㅠ ab1!", max_size=30)


@given(KOREAN)
def test_ngram_codes_are_the_ngrams_that_end_at_each_place(text):
    codes = ngram_codes(text)
    assert codes.shape == (len(text), 4)
    for end in range(len(text)):
        for k in range(4):
            ngram = text[end - k : end + 1] if end >= k else ""
            number = int.from_bytes("".join(ngram).encode("utf-16-be"))
            assert codes[end, k] == number


def test_codes_refuse_what_does_not_fit():
    with pytest.raises(ValueError, match=r"text must be characters from U\+0001 to U\+FFFF"):
        ngram_codes("😀")
    with pytest.raises(ValueError, match=r"text must be characters from U\+0001 to U\+FFFF"):
        ngram_codes("\0a")
    with pytest.raises(ValueError, match="longest must be from 1 to 4; got 5"):
        ngram_codes("가", 5)


@given(KOREAN)
def test_codes_give_their_ngrams_back(text):
    codes = ngram_codes(text)
    codes = codes[codes > 0]
    assert np.array_equal(codes_of_ngrams(ngrams_of_codes(codes)), codes)


def test_words_are_the_ngrams_that_end_in_them():
    codes, step, start = ngram_pieces(["영화 최고", "", "ㅋ"])
    assert start.tolist() == [0, 7, 9, 12]
    assert step.tolist() == [0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0]
    assert (codes[start[1] : start[2]] == ngram_codes("  ")).all()  # nothing of the review before
    assert (codes[:7] == ngram_codes(" 영화 최고 ")).all()
    _, syllables, _ = ngram_pieces(["영화 최고"], by="syllable")
    assert syllables.tolist() == list(range(7))


def test_pairs_of_characters_share_a_step():
    _, step, _ = ngram_pieces(["영화", "가"], by="pair")
    assert step.tolist() == [0, 0, 1, 1, 0, 0, 1]


def test_the_commonest_ngrams_are_kept():
    codes = np.array([[5, 5, 7, 7, 7, 9, 0, 3]], np.uint64)
    assert known_codes(codes, at_most=2).tolist() == [5, 7]
    assert known_codes(codes, min_count=3).tolist() == [7]
    assert known_codes(codes).tolist() == [3, 5, 7, 9]


def test_a_vocabulary_of_ngrams_holds_what_is_frequent():
    codes, _, _ = ngram_pieces(["가나", "가나", "가다"])
    known = known_codes(codes, 2)
    rows = look_up(codes, known)
    for row, code in zip(rows.ravel(), codes.ravel(), strict=True):
        assert row == 0 or known[row - 1] == code
    frequent = [code for code in set(codes[codes > 0].tolist()) if (codes == code).sum() >= 2]
    assert sorted(frequent) == known.tolist()


@given(st.lists(st.integers(1, 6), min_size=1, max_size=60), st.integers(1, 7), st.integers(0, 9))
def test_batches_hold_each_review_once_and_one_length_each(steps, size, seed):
    steps = np.array(steps)
    batches = equal_length_batches(steps, size, np.random.default_rng(seed))
    assert sorted(np.concatenate(batches).tolist()) == list(range(len(steps)))
    for batch in batches:
        assert len(set(steps[batch].tolist())) == 1
        assert len(batch) <= size


# --- What readers bring on a page of their own ----------------------------------------------

CODES = np.array([[5, 7]], np.uint64)
THREE = EncodedReviews.from_ids([[1, 2], [3], []])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ngram_pieces("굿"), "texts must be a list of strings; got '굿' (str)"),
        (lambda: ngram_pieces(["굿", None]), "texts[1] must be a string; got None (NoneType)"),
        (lambda: ngram_pieces(["굿"], by="letter"), "by must be 'word', 'pair' or 'syllable'"),
        (lambda: ngram_pieces(["굿"], longest=0), "longest must be from 1 to 4; got 0"),
        (lambda: ngram_codes(["굿"]), "text must be a string; got ['굿'] (list)"),
        (lambda: ngram_codes("굿", 2.0), "longest must be a whole number; got 2.0 (float)"),
        (
            lambda: codes_of_ngrams(["굿", "12345"]),
            "1 to 4 characters, U+0001 to U+FFFF; got '12345'",
        ),
        (lambda: codes_of_ngrams(["\0a"]), "U+0001 to U+FFFF; got '\\x00a'"),
        (lambda: codes_of_ngrams([""]), "1 to 4 characters, U+0001 to U+FFFF; got ''"),
        (lambda: codes_of_ngrams(["😀"]), "1 to 4 characters, U+0001 to U+FFFF; got '😀'"),
        (lambda: known_codes(CODES, at_most=-1), "at_most must be at least 0; got -1"),
        (lambda: THREE.cut(0), "steps must be at least 1; got 0"),
        (lambda: THREE.padded(1, 9), "steps must be at least 2; got 1"),
        (lambda: THREE.batch([0, 1]), "a batch needs reviews of one length; got [1, 2]"),
        (lambda: THREE.batch([-1]), "rows must be from 0 to 2; got -1 at [0]"),
        (lambda: THREE.batch([3]), "rows must be from 0 to 2; got 3"),
        (lambda: THREE.batch([]), "rows must have shape (N >= 1,); got (0,)"),
        (lambda: equal_length_batches([1, 2], 0), "batch_size must be at least 1; got 0"),
        (lambda: equal_length_batches([1, 2], -3), "batch_size must be at least 1; got -3"),
    ],
)
def test_what_a_function_cannot_take_is_refused_by_name(call, message):
    with pytest.raises((TypeError, ValueError), match=re.escape(message)):
        call()


def test_no_reviews_make_no_pieces_and_no_batches():
    codes, step, start = ngram_pieces([])
    assert (codes.shape, codes.dtype) == ((0, 4), np.uint64)
    assert (step.dtype, start.tolist(), start.dtype) == (np.int32, [0], np.int64)
    none = EncodedReviews(look_up(codes, CODES[0]), step, start)
    for each in (none, EncodedReviews.from_ids([]), none.cut(3), none.padded(3, 1)):
        assert (len(each), each.ids.dtype) == (0, np.int32)
        assert equal_length_batches(each.steps, 5) == []


def test_without_a_known_ngram_every_piece_is_unknown():
    nothing = known_codes(CODES, at_most=0)
    assert look_up(CODES, nothing).tolist() == [[0, 0]]


def test_arrays_of_ids_are_lists_of_ids():
    ours = EncodedReviews.from_ids([np.array([1, 2]), np.array([3]), np.array([], int)])
    assert np.array_equal(ours.ids, THREE.ids)
    assert np.array_equal(ours.start, THREE.start)


@pytest.mark.parametrize(
    ("p", "labels", "bins", "message"),
    [
        ([], [], 10, "p must have shape (N >= 1,); got (0,)"),
        ([0.2, np.nan], [0, 1], 10, "p must be finite; got nan at [1]"),
        ([0.2, 1.2], [0, 1], 10, "p must be probabilities"),
        ([[0.2], [0.7]], [0, 1], 10, "p must have shape (N >= 1,); got (2, 1)"),
        (["0.2"], [0], 10, "p must be real numbers of shape (N >= 1,); got ['0.2'] (list)"),
        ([0.2, 0.7], [0], 10, "labels must have shape (2,); got (1,)"),
        ([0.2, 0.7], [-1, 1], 10, "labels must be 0 or 1; got"),
        ([0.2, 0.7], [0, 1], 0, "bins must be at least 1; got 0"),
    ],
)
def test_what_has_no_calibration_is_refused_by_name(p, labels, bins, message):
    from lstm_utils.models.reviews_keras import calibration_error, notes_words

    with pytest.raises((TypeError, ValueError), match=re.escape(message)):
        calibration_error(p, labels, bins)
    assert calibration_error([0.0, 1.0], [False, True]) == 0
    with pytest.raises(TypeError, match="text must be a string; got None"):
        notes_words(None)


# --- Batches --------------------------------------------------------------------------------

LISTS = st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=6), min_size=1, max_size=8)


@given(LISTS, st.integers(1, 7))
def test_cut_and_padded_change_only_the_ends(lists, steps):
    one = EncodedReviews.from_ids(lists).cut(steps)
    full = one.padded(7, 99)
    for k, ids in enumerate(lists):
        assert one.ids[one.start[k] : one.start[k + 1], 0].tolist() == ids[:steps]
        filled = full.ids[full.start[k] : full.start[k + 1], 0].tolist()
        assert filled == ids[:steps] + [99] * (7 - len(ids[:steps]))
        assert full.step[full.start[k] : full.start[k + 1]].tolist() == list(range(7))


@given(LISTS, st.data())
def test_two_readings_side_by_side_hold_the_pieces_of_both(lists, data):
    """Counted one by one: each step has its own piece, and those of the other reading."""
    one = EncodedReviews.from_ids(lists)
    pieces = [
        [data.draw(st.lists(st.integers(0, 5), min_size=1, max_size=3)) for _ in ids]
        for ids in lists
    ]
    ids = np.array([[k, 0] for review in pieces for step in review for k in step], np.int32)
    step = [t for review in pieces for t, own in enumerate(review) for _ in own]
    start = np.cumsum([0, *(sum(map(len, review)) for review in pieces)])
    both = one.beside(EncodedReviews(ids, np.array(step, np.int32), start), 9)
    assert len(both) == len(lists)
    assert both.ids.dtype == np.int32
    for r, (own, others) in enumerate(zip(lists, pieces, strict=True)):
        part = slice(both.start[r], both.start[r + 1])
        for t, (piece, more) in enumerate(zip(own, others, strict=True)):
            found = both.ids[part][both.step[part] == t]
            expected = [piece, *(k + 9 for k in more if k)]
            assert sorted(found[found > 0]) == sorted(expected)


def test_readings_that_are_cut_into_other_steps_are_refused():
    with pytest.raises(ValueError, match="the same reviews, cut into the same steps"):
        THREE.beside(EncodedReviews.from_ids([[1, 2], [3, 4], []]), 9)


def test_a_prefix_network_is_keras_own_and_judges_every_prefix():
    import keras

    from lstm_utils.models.reviews_keras import PrefixNetwork

    keras.utils.set_random_seed(0)
    network = PrefixNetwork(20, 5, 4)
    network.build()
    own = keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            keras.layers.Embedding(20, 5),
            keras.layers.LSTM(4, return_sequences=True),
            keras.layers.Dense(1),
        ]
    )
    own.set_weights(network.get_weights())
    ids = np.random.default_rng(0).integers(1, 20, (3, 6))
    encoded = EncodedReviews.from_ids(ids.tolist())
    scores = network(*encoded.batch([0, 1, 2])).numpy()
    assert np.abs(own(ids)[..., 0] - scores).max() < 1e-6
    labels = np.array([1.0, 0.0, 1.0], np.float32)
    per_step = np.logaddexp(0, np.where(labels[:, None] == 1, -scores, scores))
    expected = (per_step[:, -1] + per_step.mean(axis=1)) / 2
    assert np.abs(network.losses(labels, scores).numpy() - expected).max() < 1e-6


def test_equal_length_batches_give_what_padding_and_a_mask_give():
    """The same weights as a plain Keras model with `mask_zero`, on a padded rectangle."""
    import keras

    from lstm_utils.models.reviews_keras import ReviewNetwork

    keras.utils.set_random_seed(3)
    network = ReviewNetwork(20, 5, 4, both_directions=True, pool=False)
    network.build()
    rng = np.random.default_rng(0)
    lists = [rng.integers(1, 20, n).tolist() for n in (1, 3, 3, 7, 1)]
    encoded = EncodedReviews.from_ids(lists)
    scores = np.zeros(len(lists), np.float32)
    for rows in equal_length_batches(encoded.steps, 2):
        scores[rows] = network(*encoded.batch(rows))

    masked = keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            keras.layers.Embedding(20, 5, mask_zero=True),
            keras.layers.Bidirectional(keras.layers.LSTM(4)),
            keras.layers.Dense(1),
        ]
    )
    masked.set_weights(network.get_weights())
    rectangle = np.zeros((len(lists), 7), np.int32)
    for row, ids in zip(rectangle, lists, strict=True):
        row[: len(ids)] = ids
    assert np.abs(masked(rectangle)[:, 0] - scores).max() < 1e-6
