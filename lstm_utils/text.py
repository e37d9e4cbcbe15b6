"""From text to numbers: cleaning, vocabularies, padding, and batches of like length."""

import re
import string
import unicodedata
from collections import Counter

import numpy as np

# What `string.punctuation` misses: typographic quotes, dashes, the ellipsis.
_TYPOGRAPHIC = "‘’“”–—…·"
_PUNCTUATION = str.maketrans("", "", string.punctuation + _TYPOGRAPHIC)


def clean_headline(text):
    """Lower case, punctuation dropped (typographic too), white space folded to single spaces."""
    text = unicodedata.normalize("NFC", text)
    return " ".join(text.translate(_PUNCTUATION).lower().split())


def clean_review(text):
    """A Korean review with noise removed and sentiment kept.

    Hangul syllables and separate jamo (ㅋㅋ and ㅠㅠ say much about a film), Latin letters,
    digits and ``. , ! ? ~ ^ ♥ ♡ ★ ☆`` stay; anything else becomes a space; a character that is
    repeated more than three times in a row is cut to three; Latin letters are lower-cased.
    """
    text = unicodedata.normalize("NFC", text)
    text = re.sub(r"[^가-힣ㄱ-ㅎㅏ-ㅣA-Za-z0-9.,!?~^♥♡★☆]", " ", text)
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
    ValueError
        If a token occurs twice, or fewer than two specials are given.
    """

    def __init__(self, tokens, specials=("<pad>", "<unk>")):
        if len(specials) < 2 or list(tokens[: len(specials)]) != list(specials):
            raise ValueError("tokens must begin with the specials: padding, unknown, then others")
        self.tokens = list(tokens)
        self.ids = {token: k for k, token in enumerate(self.tokens)}
        if len(self.ids) != len(self.tokens):
            repeated = [t for t, n in Counter(self.tokens).items() if n > 1]
            raise ValueError(f"tokens occur more than once: {repeated[:5]}")
        self.specials = tuple(specials)
        self.pad_id, self.unknown_id = 0, 1

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
        """
        counts = Counter(token for tokens in token_lists for token in tokens)
        for special in specials:
            counts.pop(special, None)
        ranked = sorted(counts, key=lambda token: (-counts[token], token))
        kept = [token for token in ranked if counts[token] >= min_count]
        if max_size is not None:
            kept = kept[: max(0, max_size - len(specials))]
        return cls([*specials, *kept], specials)

    def __len__(self):
        return len(self.tokens)

    def __contains__(self, token):
        return token in self.ids

    def encode(self, tokens):
        """Ids of a list of tokens; what is not in the table becomes `unknown_id`."""
        return [self.ids.get(token, self.unknown_id) for token in tokens]

    def decode(self, ids):
        """Tokens of a list of ids."""
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
    """
    for name, choice in (("side", side), ("truncate", truncate)):
        if choice not in ("post", "pre"):
            raise ValueError(f"{name} must be 'post' or 'pre'; got {choice!r}")
    if length is None:
        length = max((len(s) for s in sequences), default=0)
    padded = np.zeros((len(sequences), length), dtype=np.int32)
    for row, sequence in zip(padded, sequences, strict=True):
        kept = (
            sequence[:length] if truncate == "post" else sequence[max(0, len(sequence) - length) :]
        )
        if kept:
            start = 0 if side == "post" else length - len(kept)
            row[start : start + len(kept)] = kept
    return padded


def length_batches(lengths, batch_size, rng=None):
    """Batches of indices in which sequences are about equally long, so that little is padding.

    Parameters
    ----------
    lengths : sequence of int, shape (N,)
    batch_size : int
    rng : numpy.random.Generator, optional
        Shuffles sequences of equal length, and the order of the batches. Without it the batches
        go from short to long.

    Returns
    -------
    list of ndarray of int
        Together a permutation of 0 … N − 1; all but one batch hold `batch_size` indices.
    """
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1; got {batch_size}")
    lengths = np.asarray(lengths)
    tie_break = np.arange(len(lengths)) if rng is None else rng.permutation(len(lengths))
    order = np.lexsort((tie_break, lengths))
    batches = [order[k : k + batch_size] for k in range(0, len(order), batch_size)]
    if rng is not None:
        rng.shuffle(batches)
    return batches
