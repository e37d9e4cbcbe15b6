"""From text to numbers: cleaning, vocabularies, padding, and batches of like length."""

import re
import string
import unicodedata
from collections import Counter
from itertools import chain

import numpy as np

from lstm_utils.inputs import as_integers, as_lists, as_rng, as_text, as_texts, as_whole

# What `string.punctuation` misses: typographic quotes, dashes, the ellipsis.
_TYPOGRAPHIC = "‘’“”–—…·"
_PUNCTUATION = str.maketrans("", "", string.punctuation + _TYPOGRAPHIC)

# ``！`` and ``Ａ``, as Korean and Japanese keyboards also write ``!`` and ``A``.
_FULL_WIDTH = {0xFEE0 + k: k for k in range(ord("!"), ord("~") + 1)}

# What shows nothing: control characters, soft hyphens, joiners, marks of direction, of byte order
# and of a letter's variant, half a pair of surrogates.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u200b-\u200f\u202a-\u202e\u2060-\u2069"
    "\ufe00-\ufe0f\ufeff\ud800-\udfff]"
)

# The parts of a syllable that NFC could not join to one, as the letters that stand alone.
_PARTS = [*range(0x1100, 0x1113), *range(0x1161, 0x1176), *range(0x11A8, 0x11C3)]
_ALONE = {
    chr(k): unicodedata.lookup(re.sub(r"\w+SEONG", "LETTER", unicodedata.name(chr(k))))
    for k in _PARTS
}


def composed(text):
    """The text in Unicode's composed form (NFC), without characters that show nothing.

    TypeError here, and in what cleans texts, where `text` is no str: None, NaN, bytes, a list.
    """
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", as_text(text)))


def clean_headline(text):
    """Lower case, punctuation dropped (typographic too), white space folded to single spaces.

    The text is brought into NFC first: ``é`` is one letter, however it was typed.
    """
    text = composed(text).translate(_PUNCTUATION).lower()
    return " ".join(composed(text).split())  # a letter and its accent may have met


def clean_review(text):
    """A Korean review with noise removed and sentiment kept.

    The text is brought into NFC first: a Mac may write a syllable letter by letter. Hangul
    syllables and separate jamo (ㅋㅋ and ㅠㅠ say much about a film) stay, and so do ``♥ ♡ ★ ☆``
    and whatever stands on an ASCII keyboard: letters, digits, and all marks, since ``;;`` sweats,
    ``-_-`` frowns and ``:)`` smiles. Full-width forms of these become the plain ones; anything
    else becomes a space; a character that is repeated more than three times in a row is cut to
    three (capitals and small letters counted apart); Latin letters are lower-cased.
    """
    text = re.sub("[\u1100-\u11c2]", lambda part: _ALONE.get(part[0], " "), composed(text))
    text = re.sub(r"[^가-힣ㄱ-ㅎㅏ-ㅣ!-~♥♡★☆]", " ", text.translate(_FULL_WIDTH))
    text = re.sub(r"(.)\1{3,}", r"\1\1\1", text)
    return " ".join(text.lower().split())


class Vocabulary:
    """A two-way table between tokens and ids; unknown tokens share one id.

    Build it from training texts with `Vocabulary.build`.

    Parameters
    ----------
    tokens : list of str
        Every token once; a token's place is its id. The specials stand first.
    specials : tuple of str
        Padding first, unknown second, then any others.

    Raises
    ------
    TypeError, ValueError
        If `tokens` is no list of str, a token occurs twice, or fewer than two specials are given.
    """

    def __init__(self, tokens, specials=("<pad>", "<unk>")):
        self.tokens = list(as_texts(tokens, "tokens"))
        self.specials = tuple(as_texts(specials, "specials"))
        if len(self.specials) < 2 or tuple(self.tokens[: len(self.specials)]) != self.specials:
            raise ValueError("tokens must begin with the specials: padding, unknown, then others")
        self.ids = {token: k for k, token in enumerate(self.tokens)}
        if len(self.ids) != len(self.tokens):
            repeated = [t for t, n in Counter(self.tokens).items() if n > 1]
            raise ValueError(f"tokens occur more than once: {repeated[:5]}")
        self.pad_id, self.unknown_id = 0, 1
        self._letters = all(len(token) == 1 for token in self.tokens[len(self.specials) :])

    @classmethod
    def build(cls, token_lists, max_size=None, min_count=1, specials=("<pad>", "<unk>")):
        """Count tokens and keep the commonest.

        Parameters
        ----------
        token_lists : iterable of list of str
        max_size : int, optional
            Size of the whole table, specials included.
        min_count : int
            A rarer token is left out.
        specials : tuple of str

        Returns
        -------
        Vocabulary
            Commonest token first; tokens of equal count stand in alphabetical order, so that
            the table does not depend on the order of the texts.

        Raises
        ------
        TypeError, ValueError
            If `token_lists` holds anything but lists of str, `max_size` leaves no place for the
            specials, or `min_count` is negative.
        """
        specials = list(as_texts(specials, "specials"))
        as_whole(min_count, "min_count")
        if max_size is not None:
            as_whole(max_size, "max_size", len(specials))
        counts = Counter()
        for n, tokens in enumerate(as_lists(token_lists, "token_lists")):
            counts.update(as_texts(tokens, f"token_lists[{n}]"))
        for special in specials:
            counts.pop(special, None)
        ranked = sorted(counts, key=lambda token: (-counts[token], token))
        kept = [token for token in ranked if counts[token] >= min_count]
        if max_size is not None:
            kept = kept[: max_size - len(specials)]
        return cls([*specials, *kept], specials)

    def __len__(self):
        return len(self.tokens)

    def __contains__(self, token):
        return token in self.ids

    def encode(self, tokens):
        """Ids of a list of tokens; what is not in the table becomes `unknown_id`.

        A bare string is a list of letters. A table of longer tokens refuses it with a TypeError.
        """
        letters = isinstance(tokens, str) and self._letters
        tokens = tokens if letters else as_texts(tokens, "tokens")
        return [self.ids.get(token, self.unknown_id) for token in tokens]

    def decode(self, ids):
        """Tokens of a list of ids. Raises ValueError for an id that the table has not."""
        ids = as_integers(ids, "ids", ("N",), most=len(self.tokens) - 1)
        return [self.tokens[k] for k in ids]


def pad(sequences, length=None, side="post", truncate="post"):
    """Make a rectangle of id lists of different lengths, filled up with 0.

    Parameters
    ----------
    sequences : list of list of int
    length : int, optional
        Columns; the longest sequence's length if not given.
    side : {"post", "pre"}
        Where the padding goes: after the text or before it.
    truncate : {"post", "pre"}
        Which end of a longer sequence is cut off.

    Returns
    -------
    ndarray of int32, shape (len(sequences), length)

    Raises
    ------
    TypeError, ValueError
        If `length` is no whole number from 0 up, an id none that fits 32 bits, or `side` or
        `truncate` another word.
    """
    for name, choice in (("side", side), ("truncate", truncate)):
        if choice not in ("post", "pre"):
            raise ValueError(f"{name} must be 'post' or 'pre'; got {choice!r}")
    sequences = list(as_lists(sequences, "sequences"))
    if length is None:
        length = max(map(len, sequences), default=0)
    as_whole(length, "length")
    if truncate == "post":
        kept = [s[:length] for s in sequences]
    else:
        kept = [s[max(0, len(s) - length) :] for s in sequences]
    padded = np.zeros((len(kept), length), dtype=np.int32)
    counts = np.array([len(s) for s in kept], dtype=int)[:, None]
    filled = np.arange(length) < counts if side == "post" else np.arange(length) >= length - counts
    ids = list(chain.from_iterable(kept))
    padded[filled] = as_integers(ids, "the ids of all sequences", ("N",), least=-(2**31))
    return padded


def length_batches(lengths, batch_size, rng=None):
    """Batches of indices in which sequences are about equally long, so that little is padding.

    Parameters
    ----------
    lengths : sequence of int, shape (N,)
    batch_size : int
    rng : numpy.random.Generator or seed, optional
        Shuffles sequences of equal length, and the order of the batches. Without it the batches
        go from short to long.

    Returns
    -------
    list of ndarray of int
        Together a permutation of 0 … N − 1; all but one batch hold `batch_size` indices.

    Raises
    ------
    TypeError, ValueError
        If a length is no whole number from 0 up, or `batch_size` none from 1 up.
    """
    as_whole(batch_size, "batch_size", 1)
    rng = rng if rng is None else as_rng(rng)
    lengths = as_integers(lengths, "lengths", ("N",))
    tie_break = np.arange(len(lengths)) if rng is None else rng.permutation(len(lengths))
    order = np.lexsort((tie_break, lengths))
    batches = [order[k : k + batch_size] for k in range(0, len(order), batch_size)]
    if rng is not None:
        rng.shuffle(batches)
    return batches
