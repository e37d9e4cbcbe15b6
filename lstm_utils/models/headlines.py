"""Headlines without a framework: byte-pair tokens, Kneser-Ney on letters and words, mixtures."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from itertools import pairwise

import numpy as np

from lstm_utils.inputs import (
    as_floats,
    as_integers,
    as_lists,
    as_rng,
    as_text,
    as_texts,
    as_whole,
    found,
    of_kind,
)
from lstm_utils.text import Vocabulary

END = "\n"  # the character that ends a headline, and a word that is spelled
SPECIALS = ("<pad>", "<unk>", "<start>")


def merge(pieces, pair):
    """Join every `pair` of neighbours in a tuple of pieces."""
    merged, i = [], 0
    while i < len(pieces):
        if pieces[i : i + 2] == pair:
            merged.append(pair[0] + pair[1])
            i += 2
        else:
            merged.append(pieces[i])
            i += 1
    return tuple(merged)


def places(alphabet, needed=(" ", END)):
    """Where each character stands in an alphabet: a dict of str to int.

    Raises
    ------
    TypeError, ValueError
        If it is not made of single characters, each once, those that are needed among them.
    """
    characters = list(as_texts([*alphabet], "alphabet"))
    if any(len(c) != 1 for c in characters) or len(set(characters)) < len(characters):
        raise ValueError(f"alphabet must be single characters, each once; got {found(alphabet)}")
    if missing := [c for c in needed if c not in characters]:
        raise ValueError(f"alphabet must hold {missing[0]!r}; got {found(alphabet)}")
    return {character: k for k, character in enumerate(characters)}


def in_alphabet(headlines, place):
    """The headlines as a list; ValueError if one has a letter that has no place."""
    headlines = list(as_texts(headlines, "headlines"))
    for k, text in enumerate(headlines):
        if unknown := [c for c in text if c not in place]:
            raise ValueError(f"headlines[{k}] must keep to the alphabet; got {unknown[0]!r}")
    return headlines


def learn_merges(words, how_many):
    """Learn byte-pair encoding.

    Parameters
    ----------
    words : Counter of str
        How often each word occurs, each with a space in front.
    how_many : int

    Returns
    -------
    list of (str, str)
        The pairs in the order in which they are to be merged; ties go to the later in the
        alphabet. Fewer than `how_many` where every word has become one piece.

    Raises
    ------
    TypeError, ValueError
        If `words` does not count words, or `how_many` is no whole number from 0 up.

    Notes
    -----
    Sennrich, Haddow and Birch (2016), algorithm 1.
    """
    as_whole(how_many, "how_many")
    for word in as_texts(of_kind(words, "words", Mapping), "words"):
        as_whole(words[word], f"words[{word!r}]")
    pieces, merges = {word: tuple(word) for word in words}, []
    while len(merges) < how_many:
        pairs = Counter()
        for word, cut in pieces.items():
            for pair in pairwise(cut):
                pairs[pair] += words[word]
        if not pairs:
            break
        merges.append(max(pairs, key=lambda pair: (pairs[pair], pair)))
        first, second = merges[-1]
        for word, cut in pieces.items():
            if first in cut and second in cut:
                pieces[word] = merge(cut, merges[-1])
    return merges


class Tokeniser:
    """Cuts a headline into pieces, the end "\\n" last, and numbers them.

    Parameters
    ----------
    alphabet : list of str
        Every character, " " and "\\n" among them.
    merges : list of (str, str)
        As `learn_merges` gives them; none for characters.
    clean : callable, str -> str, optional
        What brings a text into the alphabet's form, such as `clean_headline`.

    Raises
    ------
    TypeError, ValueError
        If `alphabet` is not made of characters, " " and "\\n" among them, each once, or `merges`
        not of pairs.
    """

    def __init__(self, alphabet, merges=(), clean=None):
        alphabet = list(places(alphabet))
        self.merges, self.cut, self.clean = [tuple(pair) for pair in merges], {}, clean
        if wrong := [pair for pair in self.merges if len(pair) != 2]:
            raise ValueError(f"merges must be pairs of pieces; got {wrong[0]}")
        pieces = [*alphabet, *dict.fromkeys(a + b for a, b in self.merges)]
        self.vocabulary = Vocabulary([*SPECIALS, *pieces], SPECIALS)

    def split(self, text):
        """Pieces of a text, each word's space at its front, "\\n" last: a list of str."""
        text = as_text(text) if self.clean is None else self.clean(as_text(text))
        return [piece for word in text.split() for piece in self._pieces(" " + word)] + ["\n"]

    def _pieces(self, word):
        if word not in self.cut:
            pieces = tuple(word)
            for pair in self.merges:
                if pair[0] in pieces and pair[1] in pieces:
                    pieces = merge(pieces, pair)
            self.cut[word] = pieces
        return self.cut[word]

    def encode(self, text):
        """Ids of the start sign, the pieces and the end: a list of int."""
        return self.vocabulary.encode(["<start>", *self.split(text)])

    def join(self, pieces):
        """The text that the pieces spell."""
        return "".join(pieces).strip()


class KneserNey:
    """Interpolated Kneser-Ney over lists of tokens, with one discount for each order.

    Parameters
    ----------
    sequences : iterable of list of str
        The training text; the last token of each should be its end.
    order : int
        Tokens in the longest count: the context is one shorter.
    base : callable, token -> float
        Probability below the shortest context; has to sum to one over all tokens.

    Raises
    ------
    TypeError, ValueError
        If `sequences` is a string, `order` no whole number from 1 up, or `base` no function.

    Notes
    -----
    Kneser and Ney (1995); the interpolated form of Chen and Goodman (1999).
    """

    def __init__(self, sequences, order, base):
        self.order, self.base = as_whole(order, "order", 1), of_kind(base, "base", Callable)
        self.counts = [defaultdict(Counter) for _ in range(order)]  # by length of the context
        for tokens in as_lists(sequences, "sequences"):
            padded = ["<s>"] * (order - 1) + tokens
            for i in range(order - 1, len(padded)):
                for n in reversed(range(order)):
                    followers = self.counts[n][tuple(padded[i - n : i])]
                    followers[padded[i]] += 1
                    if followers[padded[i]] > 1:  # nothing new for the shorter contexts
                        break
        self.discounts = [self._discount(level) for level in self.counts]

    def _discount(self, level):
        seen = Counter(count for followers in level.values() for count in followers.values())
        return (seen[1] + 1) / (seen[1] + 2 * seen[2] + 2)  # the ones keep it between 0 and 1

    def _levels(self, context):
        """Followers, their total and the share handed down, from the shortest context up."""
        padded = ["<s>"] * (self.order - 1) + list(context)
        for n, level in enumerate(self.counts):
            followers = level.get(tuple(padded[len(padded) - n :]))
            if followers is None:  # this context was never seen, nor any longer one
                break
            yield followers, followers.total(), self.discounts[n]

    def probability(self, token, context):
        """Probability of `token` after the list of tokens `context`, a float."""
        p = self.base(token)
        for followers, total, d in self._levels(context):
            p = max(followers[token] - d, 0) / total + d * len(followers) / total * p
        return p

    def distribution(self, context, place, base):
        """The same for many tokens at once.

        Parameters
        ----------
        context : list of str
        place : dict of str to int
            Where each token stands in the result; has to hold every token that was counted.
        base : ndarray, shape (V,)
            The base of each; zeros leave its part out.

        Returns
        -------
        p : ndarray of float64, shape (V,)
        rest : float
            The weight with which the base went in.
        """
        p, rest = np.array(base, dtype=float), 1.0
        for followers, total, d in self._levels(context):
            share = d * len(followers) / total
            p, rest = p * share, rest * share
            where = [place[token] for token in followers]
            p[where] += (np.fromiter(followers.values(), float, len(where)) - d) / total
        return p, rest


def bits_per_character(bits, headlines):
    """Bits of all headlines over their characters, the line end included.

    ValueError if there are none, or not as many bits as headlines.
    """
    bits, headlines = list(bits), list(as_texts(headlines, "headlines"))
    if len(bits) != len(headlines) or not headlines:
        raise ValueError(
            "bits must be as many as headlines, one or more; got "
            f"{len(bits)} for {len(headlines)} headlines"
        )
    return sum(bits) / sum(len(text) + 1 for text in headlines)


def counted_bits(model, token_lists):
    """−log₂ p of every list of tokens under a `KneserNey`, a list of float: infinity if p is 0."""
    return [
        -sum(_log2(model.probability(token, tokens[:i])) for i, token in enumerate(tokens))
        for tokens in as_lists(token_lists, "token_lists")
    ]


def _log2(p):
    return math.log2(p) if p else -math.inf


def letters(text):
    """The characters of a text and its end."""
    return [*as_text(text), END]


def words(text):
    """The words of a headline; the empty word ends it."""
    return [*as_text(text).split(), ""]


class Letters:
    """Kneser-Ney on characters.

    Parameters
    ----------
    headlines : list of str
        The training text.
    order : int
    alphabet : list of str
        Every character that can occur, `END` among them; the base is uniform over it.
    """

    def __init__(self, headlines, order, alphabet):
        self.place = places(alphabet, (END,))
        self.base = np.full(len(self.place), 1 / len(self.place))
        lines = map(letters, in_alphabet(headlines, self.place))
        self.model = KneserNey(lines, order, lambda _: 1 / len(self.place))

    def bits(self, headlines):
        """−log₂ p of every headline, a list of float; ValueError for a letter of no alphabet."""
        return counted_bits(self.model, map(letters, in_alphabet(headlines, self.place)))

    def next_characters(self, text):
        """Probability of every character after every prefix, shape (len(text) + 1, A)."""
        in_alphabet([text], self.place)
        return np.array(
            [
                self.model.distribution(text[:i], self.place, self.base)[0]
                for i in range(len(text) + 1)
            ]
        )


class Words:
    """Kneser-Ney on words; a word that was never seen is spelled by a model of the words' letters.

    Parameters
    ----------
    headlines : list of str
        The training text.
    order : int
    alphabet : list of str
        Every character that can occur, " " and `END` among them.
    spelling_order : int
    """

    def __init__(self, headlines, order, alphabet, spelling_order=5):
        self.place = places(alphabet)
        self.alphabet = list(self.place)
        headlines = in_alphabet(headlines, self.place)
        self._even = np.array([c != " " for c in self.place]) / (len(self.place) - 1)  # in a word
        known = sorted({word for text in headlines for word in text.split()})
        self.speller = KneserNey(map(letters, known), spelling_order, self._evenly)
        self._spelled = {}
        self.model = KneserNey(map(words, headlines), order, self.spell)
        # By rows: the known words and the empty one in order, each padded with its end.
        in_order = sorted(["", *known], key=lambda word: [self.place[c] for c in letters(word)])
        self._row = {word: k for k, word in enumerate(in_order)}
        longest = max(map(len, in_order)) + 1
        end = self.place[END]
        self._codes = np.full((len(in_order), longest), end, dtype=np.int16)
        for row, word in zip(self._codes, in_order, strict=True):
            row[: len(word)] = [self.place[c] for c in word]
        self._nothing = np.zeros(len(in_order))

    def _evenly(self, character):
        return self._even[self.place[character]]

    def spell(self, word):
        """Probability of a word, letter by letter, its end included."""
        if word not in self._spelled:
            cut = letters(word)
            self._spelled[word] = math.prod(
                self.speller.probability(c, cut[:i]) for i, c in enumerate(cut)
            )
        return self._spelled[word]

    def bits(self, headlines):
        """−log₂ p of every headline, a list of float; ValueError for a letter of no alphabet."""
        return counted_bits(self.model, map(words, in_alphabet(headlines, self.place)))

    def next_characters(self, text):
        """Probability of every character after every prefix, shape (len(text) + 1, A).

        The sum over all words that go on with a character is that character's probability, so
        that the product along a headline is what `bits` gives. After a word the next one has to be
        thought of too: the headline ends if it is the empty one.

        ValueError for a letter of no alphabet, or more than one space in a row.
        """
        in_alphabet([text], self.place)
        if text != " ".join(text.split()):
            raise ValueError(f"text must have single spaces, between its words; got {text!r}")
        blank, end = self.place[" "], self.place[END]
        rows, before = [], []
        parts = self._next_words(before)
        first = True
        for word in text.split(" "):
            known, rest = parts
            low, high, spelled = 0, len(known), 1.0
            parts = self._next_words([*before, word])
            before.append(word)
            for j in range(len(word) + 1):
                p = np.zeros(len(self.alphabet))
                if low < high:  # known words begin like this one
                    np.add.at(p, self._codes[low:high, j], known[low:high])
                p += rest * spelled * self._spelling(word[:j])
                if j == 0 and not first:
                    p[end] = 0.0  # that there is a word at all, the blank before it has shown
                p /= p.sum()
                if j > 0:  # a word that ends is followed by a word, or by none
                    over, stops = p[end], self._stops(*parts)
                    p[end], p[blank] = over * stops, over * (1 - stops)
                rows.append(p)
                if j < len(word):
                    code = self.place[word[j]]
                    spelled *= self._spelling(word[:j])[code]
                    if low < high:
                        column = self._codes[low:high, j]
                        low, high = low + np.searchsorted(column, [code, code + 1])
            first = False
        return np.array(rows)

    def invent(self, count, seed=0):
        """Headlines drawn from the model, word by word, and a new word letter by letter.

        Parameters
        ----------
        count : int
        seed : int, numpy.random.Generator or None

        Returns
        -------
        list of str
            With one word at least: a draw that ends at once is drawn again.
        """
        rng = np.random.default_rng() if seed is None else as_rng(seed, "seed")
        known, drawn = list(self._row), []
        for _ in range(as_whole(count, "count")):
            text = []
            while not text:
                while (word := self._draw(text, known, rng)) != "":
                    text.append(word)
            drawn.append(" ".join(text))
        return drawn

    def _draw(self, before, known, rng):
        p, rest = self._next_words(before)
        place = rng.random() * (p.sum() + rest) - rest
        if place >= 0:
            return known[min(np.searchsorted(p.cumsum(), place, "right"), len(known) - 1)]
        word = ""
        while not word.endswith(END):
            word += self.alphabet[rng.choice(len(self.place), p=self._spelling(word))]
        return word[:-1]

    def _next_words(self, before):
        return self.model.distribution(before, self._row, self._nothing)

    def _stops(self, known, rest):
        """Probability that no word follows."""
        return known[self._row[""]] + rest * self.spell("")

    def _spelling(self, prefix):
        return self.speller.distribution(prefix, self.place, self._even)[0]


class Mixture:
    """Models of the next character, multiplied: p ∝ ∏ p_k ^ w_k, shared out anew at each step.

    A model that is unsure hardly changes a product, where an average would let it dilute the sure
    one. The weights need not sum to one: w < 1 flattens a model that is too sure of itself.

    Parameters
    ----------
    weights : ndarray, shape (K,)
        ValueError if they are no finite numbers.

    Notes
    -----
    Hinton (2002), products of experts; the same product mixes the models of a text compressor in
    Mahoney (2005).
    """

    SMALLEST = 1e-9  # for a character that a model holds impossible

    def __init__(self, weights):
        self.weights = as_floats(weights, "weights", ("K",))

    @classmethod
    def fit(cls, models, right, rounds=100):
        """Find the weights under which a held-out text is most probable.

        Newton's method: in the weights the text's information is convex.

        Parameters
        ----------
        models : list of ndarray, shape (N, A)
            Each model's probabilities for N characters of the held-out text.
        right : ndarray of int, shape (N,)
            The characters that came.
        rounds : int

        Raises
        ------
        ValueError
            If the tables differ in shape, or `right` is not N ≥ 1 columns of theirs.
        """
        logs = cls._logs(models)  # (K, N, A)
        right = as_integers(right, "right", logs.shape[1:2], most=logs.shape[2] - 1)
        mixture = cls(np.full(len(models), 1 / len(models)))
        seen = logs[:, np.arange(len(right)), right]  # (K, N)
        for _ in range(rounds):
            p = mixture(models)
            mean = np.einsum("na,kna->kn", p, logs)
            gradient = (seen - mean).sum(axis=1)
            curvature = np.einsum("na,jna,kna->jk", p, logs, logs) - mean @ mean.T
            step = np.linalg.solve(curvature + 1e-6 * np.eye(len(models)), gradient)
            mixture = cls(mixture.weights + step / max(1.0, np.abs(step).max() / 0.5))
            if np.abs(step).max() < 1e-9:
                break
        return mixture

    @classmethod
    def _logs(cls, models):
        shapes = [np.shape(table) for table in models]
        if len(set(shapes)) != 1 or len(shapes[0]) != 2:
            raise ValueError(f"models must be tables of one shape (N, A); got {shapes}")
        return np.log(np.maximum(models, cls.SMALLEST))

    def __call__(self, models):
        """The mixture's probabilities, shape (N, A), of K models' of that shape."""
        logs = self._logs(models)
        if len(logs) != len(self.weights):
            raise ValueError(f"need a table a weight; got {len(logs)} for {len(self.weights)}")
        scores = np.einsum("k,kna->na", self.weights, logs)
        p = np.exp(scores - scores.max(axis=1, keepdims=True))
        return p / p.sum(axis=1, keepdims=True)
