"""From film reviews to n-grams, to rows of a table and to batches of equal length, in NumPy."""

from dataclasses import dataclass

import numpy as np

from lstm_utils.inputs import as_integers, as_text, as_texts, as_whole, found
from lstm_utils.text import clean_review


def ngram_codes(text, longest=4):
    """Numbers of the character n-grams that end at each place of a text.

    A character of 16 bits fits four times into 64, so that an n-gram of up to four characters
    is a number, and no two share one.

    Parameters
    ----------
    text : str
        Its characters have to lie below U+10000, as those that `clean_review` leaves do.
    longest : int
        From 1 to 4 characters.

    Returns
    -------
    uint64 array, shape (len(text), longest)
        Column k holds the n-grams of k + 1 characters; 0 says "none": the text begins later.

    Raises
    ------
    ValueError
        If `longest` is not between 1 and 4, or a character is NUL or lies above U+FFFF.
    """
    longest = as_whole(longest, "longest", 1, 4)
    encoded = as_text(text).encode("utf-32-le", "surrogatepass")
    characters = np.frombuffer(encoded, dtype="<u4").astype(np.uint64)
    if not ((characters > 0) & (characters < 1 << 16)).all():
        raise ValueError("text must be characters from U+0001 to U+FFFF: clean it first")
    codes = np.zeros((len(text), longest), dtype=np.uint64)
    for k in range(min(longest, len(text))):
        before = codes[k - 1 : -1, k - 1] << np.uint64(16) if k else np.uint64(0)
        codes[k:, k] = before | characters[k:]
    return codes


def ngrams_of_codes(codes):
    """The n-grams that `ngram_codes` made these numbers of: a list of str."""
    each = (int(code).to_bytes(8, "big") for code in codes)
    return [code.decode("utf-16-be", "surrogatepass").lstrip("\0") for code in each]


def codes_of_ngrams(ngrams):
    """The numbers that `ngram_codes` gives these n-grams: uint64 (N,)."""
    ngrams = list(as_texts(ngrams, "ngrams"))
    for ngram in ngrams:
        if not 1 <= len(ngram) <= 4 or min(ngram) == "\0" or max(ngram) > "\uffff":
            raise ValueError(
                f"ngrams must have 1 to 4 characters, U+0001 to U+FFFF; got {found(ngram)}"
            )
    numbers = (int.from_bytes(ngram.encode("utf-16-be", "surrogatepass")) for ngram in ngrams)
    return np.fromiter(numbers, dtype=np.uint64, count=len(ngrams))


def ngram_pieces(texts, by="word", longest=4):
    """Cleaned reviews as character n-grams, spaces included: codes, steps, starts.

    Parameters
    ----------
    texts : iterable of str
    by : {"word", "pair", "syllable"}
        What a step is: a word with all n-grams that end in it (those that begin in the word
        before too), two characters, or a single one.
    longest : int
        Longest n-gram, in characters.

    Returns
    -------
    codes (N, longest) uint64, step (N,) int32, start (R + 1,) int64
        As in `EncodedReviews`, but with n-grams (`ngram_codes`) where that has rows of a table.

    Raises
    ------
    TypeError, ValueError
        If `texts` is a string or holds anything but strings, or `by` or `longest` is another.
    """
    if by not in ("word", "pair", "syllable"):
        raise ValueError(f"by must be 'word', 'pair' or 'syllable'; got {by!r}")
    texts = [f" {clean_review(text)} " for text in as_texts(texts)]
    start = _starts([len(text) for text in texts])
    joined = "".join(texts)
    step = np.arange(len(joined)) - np.repeat(start[:-1], np.diff(start))
    codes = ngram_codes(joined, longest)
    codes[step[:, None] < np.arange(longest)] = 0  # n-grams that begin in the review before
    if by == "word":  # a space ends a word, except the first
        is_space = (codes[:, 0] == ord(" ")) & (step > 0)
        ended = np.cumsum(is_space) - is_space
        step = ended - np.repeat(ended[start[:-1]], np.diff(start))
    elif by == "pair":
        step = step // 2
    return codes, step.astype(np.int32), start


def _starts(lengths):
    """Where each of several sequences begins in one array, and its end: int64 (R + 1,)."""
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])


def known_codes(codes, min_count=1, at_most=None):
    """A vocabulary: the n-grams that occur at least so often, or the commonest of them, sorted."""
    if at_most is not None:
        as_whole(at_most, "at_most")
    found, count = np.unique(codes[codes > 0], return_counts=True)
    found, count = found[count >= min_count], count[count >= min_count]
    if at_most is not None:
        found = np.sort(found[np.argsort(-count, kind="stable")[:at_most]])
    return found


def look_up(codes, known):
    """Row of each n-gram: 1 … len(known); 0 for one that `known_codes` left out."""
    if not len(known):
        return np.zeros(codes.shape, np.int32)
    place = np.minimum(np.searchsorted(known, codes), len(known) - 1)
    return np.where(known[place] == codes, place + 1, 0).astype(np.int32)


@dataclass(frozen=True, eq=False)
class EncodedReviews:
    """Reviews as numbers: at each step the LSTM reads the sum of some rows of a table.

    Parameters
    ----------
    ids : int32 array, shape (N, K)
        Up to K rows to add, for each of the N pieces of all reviews; 0 says "none".
    step : int32 array, shape (N,)
        The step, within its review, that each piece belongs to: 0, 0, 0, 1, 1, …
    start : int64 array, shape (R + 1,)
        Review r owns the pieces from ``start[r]`` up to ``start[r + 1]``.
    """

    ids: np.ndarray
    step: np.ndarray
    start: np.ndarray

    def __len__(self):
        return len(self.start) - 1

    @property
    def steps(self):
        """Number of steps of each review, shape (R,)."""
        return self.step[self.start[1:] - 1] + 1

    @classmethod
    def from_ids(cls, lists):
        """One id a step: any tokens. An empty list becomes the id 1, unknown."""
        lists = [list(ids) or [1] for ids in lists]
        start = _starts([len(ids) for ids in lists])
        step = np.arange(start[-1]) - np.repeat(start[:-1], np.diff(start))
        ids = np.fromiter((k for ids in lists for k in ids), dtype=np.int32, count=start[-1])
        return cls(ids[:, None], step.astype(np.int32), start)

    def cut(self, steps):
        """Only the first steps of each review, at least one."""
        as_whole(steps, "steps", 1)
        keep = self.step < steps
        start = np.concatenate([[0], np.cumsum(keep)])[self.start]
        return EncodedReviews(self.ids[keep], self.step[keep], start)

    def beside(self, other, rows):
        """The pieces of both, at the same steps; the other's rows of a table follow these `rows`.

        ValueError if the reviews, or their steps, are not the same ones.
        """
        if not np.array_equal(self.steps, other.steps):
            raise ValueError("both must hold the same reviews, cut into the same steps")
        width = max(self.ids.shape[1], other.ids.shape[1])
        ids = [
            np.pad(ids, ((0, 0), (0, width - ids.shape[1])))
            for ids in (self.ids, np.where(other.ids > 0, other.ids + rows, 0))
        ]
        both = (self, other)
        review = [np.repeat(np.arange(len(part)), np.diff(part.start)) for part in both]
        step = np.concatenate([part.step for part in both])
        order = np.lexsort((step, np.concatenate(review)))  # stable
        ids = np.concatenate(ids)[order].astype(np.int32)
        return EncodedReviews(ids, step[order], self.start + other.start)

    def padded(self, steps, row):
        """Every review filled up to so many steps; at each step added the LSTM reads `row`.

        ValueError if a review has more steps.
        """
        as_whole(steps, "steps", int(self.steps.max(initial=1)))
        missing = steps - self.steps
        lengths = np.diff(self.start)
        start = _starts(lengths + missing)
        old = np.arange(len(self.ids)) + np.repeat(start[:-1] - self.start[:-1], lengths)
        ids = np.zeros((start[-1], self.ids.shape[1]), np.int32)
        ids[:, 0] = row
        # A padding's step follows from its distance to the review's end.
        step = steps - (np.repeat(start[1:], lengths + missing) - np.arange(start[-1]))
        ids[old], step[old] = self.ids, self.step
        return EncodedReviews(ids, step.astype(np.int32), start)

    def batch(self, rows):
        """Reviews of equal length as ``(ids (n, K), slots (n,), steps)``.

        Piece i adds to vector ``slots[i]`` of ``len(rows) * steps``, review after review.

        Raises
        ------
        ValueError
            If the reviews differ in length, or there is no such review.
        """
        rows = as_integers(rows, "rows", ("N >= 1",), most=len(self) - 1)
        steps = self.steps[rows]
        if len(set(steps.tolist())) != 1:
            raise ValueError(
                f"a batch needs reviews of one length; got {sorted(set(steps.tolist()))}"
            )
        where = [np.arange(self.start[r], self.start[r + 1]) for r in rows]
        slots = [self.step[piece] + k * steps[0] for k, piece in enumerate(where)]
        return self.ids[np.concatenate(where)], np.concatenate(slots), np.int32(steps[0])


def equal_length_batches(steps, batch_size, rng=None, rows=None):
    """Batches of reviews that have exactly as many steps as each other: no padding, no mask.

    Parameters
    ----------
    steps : int array, shape (R,)
    batch_size : int
    rng : numpy.random.Generator, optional
        Shuffles reviews and batches; without it both keep their order.
    rows : int array, optional
        The reviews to batch; all if None.

    Returns
    -------
    list of int arrays
    """
    as_whole(batch_size, "batch_size", 1)
    steps = np.asarray(steps)
    rows = np.arange(len(steps)) if rows is None else np.asarray(rows)
    if rng is not None:
        rows = rng.permutation(rows)
    rows = rows[np.argsort(steps[rows], kind="stable")]
    groups = np.split(rows, np.flatnonzero(np.diff(steps[rows])) + 1)
    batches = [g[k : k + batch_size] for g in groups for k in range(0, len(g), batch_size)]
    return [batches[k] for k in rng.permutation(len(batches))] if rng is not None else batches
