"""Chapter 6 at full scale: tokens, training and a linear model on 150,000 film reviews.

One run is one model from one seed, trained on all training reviews and scored once on the test
reviews. Settings were chosen on 15,000 reviews of the training file: the runs below
`sentiment_tuning` learn from the others and are scored on these.
"""

# ruff: noqa: E402 - TensorFlow reads its settings when it is imported

import json
import shutil
import subprocess
import sys
import time
from argparse import Namespace
from dataclasses import dataclass, field, replace
from itertools import product

import numpy as np
from safetensors.numpy import load as from_bytes
from safetensors.numpy import save as to_bytes
from scipy.stats import binomtest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from lstm_utils import command_line
from lstm_utils.measuring import quiet_logs

from . import runs

if __name__ == "__main__":  # what is asked for, before TensorFlow, which takes seconds to load
    runs.parser_of(__doc__).parse_args()
quiet_logs()
import keras
import tensorflow as tf

from lstm_utils.models.pretrained import to_names
from lstm_utils.models.reviews import (
    EncodedReviews,
    known_codes,
    look_up,
    ngram_pieces,
    ngrams_of_codes,
)
from lstm_utils.models.reviews_keras import ReviewNetwork, notes_network, notes_words
from lstm_utils.text import Vocabulary, clean_review, pad

from .export_weights import keep
from .reviews_data import corpus, judge, leaning_codes
from .reviews_training import Trainer, fit, round_to_int8, train
from .runs import Progress, Run, write_atomically


@dataclass(frozen=True)
class Words:
    """Tokens cut at spaces, into syllables or into morphemes."""

    kind: str
    min_count: int = 3


@dataclass(frozen=True)
class BPE:
    kind: str = field(default="bpe", init=False)
    size: int  # of the vocabulary


@dataclass(frozen=True, kw_only=True)
class NGrams:
    kind: str = field(default="ngrams", init=False)
    by: str  # what a step is: "word", "pair" or "syllable"
    longest: int = 4  # in characters
    min_count: int = 3  # or, of those that lean, reviews in which it has to stand
    at_most: int | None = None  # of them
    chosen_by: str | None = None  # "leaning", as of `leaning_codes`; else the commonest


@dataclass(frozen=True)
class Letters:
    kind: str = field(default="letters", init=False)
    lengths: tuple[int, ...] = (3, 4, 6, 8)  # of the n-grams, in letters
    min_count: int = 4


@dataclass(frozen=True)
class Mixed:
    """N-grams of letters and of characters, side by side; a step is a word."""

    kind: str = field(default="mixed", init=False)
    letters: Letters = Letters()
    characters: NGrams = NGrams(by="word")


@dataclass(frozen=True, kw_only=True)
class NetworkRecipe:
    """A `ReviewNetwork` and its training."""

    model: str = field(default="lstm", init=False)
    tokens: Words | BPE | NGrams | Letters | Mixed
    size: int = 64  # of a row of the table
    units: int = 96  # of each LSTM
    both_directions: bool = True
    pool: bool = True
    scale: float = 0.005  # of the table at the start
    dropout: float = 0.3
    piece_dropout: float = 0.45  # as of `Trainer`, like the next two
    smoothing: float = 0.1
    averaging: float | None
    r_drop: float | None = None
    stored_as: str | None = None  # "int8, a scale an array": rounded so before it is scored
    rate: float = 2e-3  # the highest
    schedule: str = "cosine"  # or "constant"
    batch_size: int = 256
    epochs: int = 3
    chosen: str = "validation: 15,000 of the training reviews, the rest to train on; seed 0"
    cut: int | None = None  # steps that are read
    reader: str | None = None  # "words": a layer that reads each step by itself, for the LSTM
    held_out: int | None = None  # training reviews that stand in the test reviews' place
    teachers: tuple[str, ...] | None = None  # runs whose verdicts on training reviews it learns
    taught: float | None = None  # their share of what it is to say; the labels have the rest


@dataclass(frozen=True, kw_only=True)
class RungRecipe(NetworkRecipe):
    padded: int | None  # steps up to which zeros are read


@dataclass(frozen=True)
class NotesRecipe:
    model: str = field(default="notes", init=False)
    words: int = 20_000  # of the vocabulary
    size: int = 300
    units: int = 50
    batch_size: int = 128
    epochs: int = 5
    optimizer: str = "adam"
    rate: float = 1e-3
    validation_split: float = 0.2
    chosen: str = "nothing: the notes as they stand"


@dataclass(frozen=True)
class LinearRecipe:
    model: str = field(default="linear", init=False)
    features: str = "TF-IDF of character n-grams, min_df 2, sublinear"
    text: str = "cleaned"  # or "raw"
    longest: int = 7  # in characters
    C: float = 12.0  # of scikit-learn's LogisticRegression
    chosen: str = "validation: 15,000 of the training reviews, the rest to train on"
    held_out: int | None = None


@dataclass(frozen=True)
class SystemRecipe:
    model: str = field(default="system", init=False)
    weights: dict[str, float]  # of each model's log odds
    in_one_go: bool | None = None  # all members made anew, by two processes at once
    chosen: str = "on validation, by hand: every network alike, the linear model half"
    held_out: int | None = None


SEEDS = (0, 1, 2)
TOKENS = {
    "spaces": Words("spaces"),
    "syllables": Words("syllables"),
    "bpe": BPE(size=16_000),
    "morphemes": Words("morphemes"),
    "ngram-letters": Letters(),
    "ngram-pairs": NGrams(by="pair"),
    "ngram-syllables": NGrams(by="syllable"),
    "ngram-words": NGrams(by="word"),
}
PIECE_DROPOUT = {  # the best of those tried on held-out reviews: the runs of `sentiment_tuning`
    "spaces": 0.0,
    "syllables": 0.0,
    "bpe": 0.0,
    "morphemes": 0.0,
    "ngram-letters": 0.6,
    "ngram-pairs": 0.45,
    "ngram-syllables": 0.45,
    "ngram-words": 0.15,
    "no-recurrence": 0.3,
}
SHARES = (0.15, 0.3, 0.45, 0.6)
TRIED = dict.fromkeys(PIECE_DROPOUT, SHARES)  # and beyond, where the best of these is the last
TRIED |= {name: (0.0, *SHARES) for name, best in PIECE_DROPOUT.items() if best <= 0.3}
TRIED["ngram-letters"] += (0.75,)
LINEAR_TRIED = [*product(("raw", "cleaned"), (4, 5, 6), (3.0, 6.0, 12.0, 24.0))]  # text, longest, C
LINEAR_TRIED += product(["cleaned"], (7, 8), (3.0, 6.0, 12.0, 24.0))  # beyond, as above
HELD_OUT = 15_000
# Of the kinds within a standard error of the best on held-out reviews: fewest steps, then weights.
BEST = "ngram-words"
NETWORK = NetworkRecipe(tokens=TOKENS[BEST], averaging=0.97)
PLAIN = RungRecipe(
    tokens=TOKENS["spaces"],
    units=64,
    both_directions=False,
    pool=False,
    dropout=0.0,
    piece_dropout=0.0,
    smoothing=0.0,
    averaging=None,
    rate=1e-3,
    schedule="constant",
    epochs=2,
    cut=25,
    padded=None,
    chosen="nothing: each rung changes one thing",
)
RUNGS = {  # each adds to the one before
    "training-1-padding-read": {"padded": 25},
    "training-2-masked": {"padded": None},
    "training-3-pooled": {"pool": True},
    "training-4-both-directions": {"both_directions": True},
    "training-5-dropout": {"dropout": 0.3, "piece_dropout": PIECE_DROPOUT["spaces"]},
    "training-6-averaging": {"averaging": 0.97},
    "training-7-falling-rate": {"schedule": "cosine", "rate": 2e-3},
    "training-8-smoothing": {"smoothing": 0.1},
}
# Towards the best network: n-grams of letters and of characters at once; then read twice, with a
# smaller table and more units; then half of its targets from two networks.
MIXED = replace(NETWORK, tokens=Mixed(), piece_dropout=PIECE_DROPOUT["ngram-letters"])
TWICE = replace(MIXED, size=32, units=128, r_drop=1.0, epochs=4)
TAUGHT = replace(TWICE, smoothing=0.0, teachers=("mixed", "tokens-ngram-pairs"), taught=0.5)
# The network of the package: its n-grams have to be stored too, so they are few.
PACKAGED = replace(
    NETWORK,
    tokens=NGrams(by="word", at_most=105_000, min_count=8, chosen_by="leaning"),
    size=24,
    piece_dropout=0.5,
    r_drop=1.0,
    rate=3e-3,
    epochs=10,
    smoothing=0.0,
    teachers=("taught",),
    taught=0.9,
    stored_as="int8, a scale an array",
)
LEADING = {"mixed": MIXED, "taught": TAUGHT, "pretrained": PACKAGED}
TEACHERS = [name for recipe in LEADING.values() for name in recipe.teachers or ()]
LEADING_TRIED = {  # on held-out reviews: one step or one setting moved
    "mixed-0.6": MIXED,
    "taught-0.5": TAUGHT,
    "taught-0.0": TWICE,
    "pretrained-leaning": PACKAGED,
    "taught-0.75": replace(TAUGHT, taught=0.75),
    "taught-again": replace(TAUGHT, teachers=("taught",)),  # by what taught it, once more
    "r-drop-3": replace(TWICE, r_drop=3.0),
    "pretrained-commonest": replace(PACKAGED, tokens=replace(PACKAGED.tokens, chosen_by=None)),
    "pretrained-untaught": replace(PACKAGED, teachers=None, taught=None, smoothing=0.1),
}
TWINS = {  # what a teacher is called where it learns without the held-out reviews
    "mixed": "mixed-0.6",
    "taught": "taught-0.5",
    "tokens-ngram-pairs": "ngram-pairs-0.45",
    "tokens-ngram-letters": "ngram-letters-0.6",
    "linear": "linear-cleaned-7-12",
}
AGAINST_LINEAR = (BEST, "no-recurrence", *LEADING)
MEMBERS = ("taught", "mixed", "tokens-ngram-pairs", "tokens-ngram-letters")
SYSTEM = SystemRecipe({"linear": 0.5} | dict.fromkeys(MEMBERS, 1.0))
SYSTEMS_TRIED = {
    "system-half-linear": SYSTEM.weights,
    "system-all-alike": SYSTEM.weights | {"linear": 1.0},
    "system-networks": dict.fromkeys(MEMBERS, 1.0),
    "system-taught-linear": {"linear": 0.5, "taught": 1.0},
    "system-taught-double": SYSTEM.weights | {"taught": 2.0},
}


def by_tokens(name, **changes):
    """The recipe of one kind of tokens; without recurrence each word, of n-grams, stands alone."""
    changes = {"piece_dropout": PIECE_DROPOUT[name]} | changes
    if name == "no-recurrence":
        return replace(NETWORK, reader="words", **changes)
    return replace(NETWORK, tokens=TOKENS[name], **changes)


def all_runs(options):
    """Every run, those that others lean on first; those that choose settings before all."""
    recipes = {f"tokens-{name}": by_tokens(name) for name in TOKENS if name != BEST}
    recipes |= {name: by_tokens(name) for name in (BEST, "no-recurrence")} | LEADING
    rung = PLAIN
    for name, change in RUNGS.items():
        rung = recipes[name] = replace(rung, **change)
    recipes |= {"notes": NotesRecipe(), "system": SYSTEM}
    tuning = {
        f"{name}-{share}": by_tokens(name, piece_dropout=share, held_out=HELD_OUT)
        for name, shares in TRIED.items()
        for share in shares
    }
    systems = {name: SystemRecipe(weights) for name, weights in SYSTEMS_TRIED.items()}
    beyond = LEADING_TRIED | systems
    tuning |= {name: replace(recipe, held_out=HELD_OUT) for name, recipe in beyond.items()}
    tuning |= {
        f"linear-{text}-{n}-{C:g}": LinearRecipe(text=text, longest=n, C=C, held_out=HELD_OUT)
        for text, n, C in LINEAR_TRIED
    }
    if options.quick:
        small = {"size": 8, "units": 6, "epochs": 2, "batch_size": 32, "words": 300}
        recipes = {name: runs.smaller(recipe, **small) for name, recipe in recipes.items()}
        small["held_out"] = 40
        tuning = {name: runs.smaller(recipe, **small) for name, recipe in tuning.items()}
    return [
        *(Run("sentiment_tuning", name, 0, recipe) for name, recipe in tuning.items()),
        Run("sentiment", "linear", 0, LinearRecipe()),
        *(Run("sentiment", name, k, recipe) for name, recipe in recipes.items() for k in SEEDS),
        Run("sentiment", "system-in-one-go", 0, replace(SYSTEM, in_one_go=True)),
    ]


def letter_pieces(texts, lengths=(3, 4, 6, 8)):
    """Cleaned reviews as n-grams of letters (jamo) that end in each word: codes, steps, starts.

    재미 is ㅈㅐㅁㅣ: forms that differ in one letter of a syllable share most of these. As from
    `ngram_pieces`, a row for each letter: codes (N, len(lengths)) uint64, step (N,) int32, start
    (R + 1,) int64. Eight letters fit no 64 bits: the code is a polynomial of them modulo 2**64, so
    that two may in principle share one.
    """
    characters, word, start = ngram_pieces(texts, longest=1)
    characters = characters[:, 0].astype(np.int64)
    place = characters - ord("가")
    whole = (place >= 0) & (place < 19 * 21 * 28)
    letters = np.zeros((len(place), 3), np.uint64)  # Unicode: by lead, then vowel, then tail
    letters[:, 0] = np.where(whole, 0x1100 + place // 588, characters)
    letters[:, 1] = np.where(whole, 0x1161 + place // 28 % 21, 0)
    letters[:, 2] = np.where(whole & (place % 28 > 0), 0x11A7 + place % 28, 0)
    there = letters > 0
    start = np.concatenate([[0], np.cumsum(there.sum(axis=1))])[start]
    letters, step = letters[there], np.repeat(word, there.sum(axis=1))
    before = np.arange(len(letters)) - np.repeat(start[:-1], np.diff(start))
    codes, power = np.zeros((len(letters), len(lengths)), np.uint64), np.uint64(0xD6E8FEB86659FD93)
    mixed = letters * np.uint64(0x9E3779B97F4A7C15)
    running = np.zeros_like(mixed)
    for n in range(1, max(lengths) + 1):
        running = mixed + power * np.concatenate([[np.uint64(0)], running[:-1]])
        if n in lengths:
            codes[:, lengths.index(n)] = np.where(before >= n - 1, running, 0)
    return codes, step.astype(np.int32), start


@dataclass(frozen=True)
class Tokens:
    """Reviews to learn from and reviews to score, as numbers."""

    train: EncodedReviews
    test: EncodedReviews
    rows: int  # of the table
    seconds: float = 0.0  # that an earlier run has spent on them
    known: np.ndarray | None = None  # codes of the n-grams; row k + 1 of the table is the k-th's


def morphemes(options):
    """Morphemes with their tags' first letters, kept; the seconds an earlier run spent on them."""
    data = corpus()
    path = options.checkpoints / "sentiment" / f"morphemes-{data.train.source}.json"
    there = path.exists()
    if not there:
        from kiwipiepy import Kiwi

        start, kiwi = time.perf_counter(), Kiwi(num_workers=1)
        texts = [clean_review(text) for text in data.train.texts + data.test.texts]
        found = [[f"{t.form}/{t.tag[0]}" for t in review] for review in kiwi.tokenize(texts)]
        content = {"seconds": time.perf_counter() - start, "tokens": found}
        write_atomically(path, json.dumps(content, ensure_ascii=False).encode())
    content = json.loads(path.read_text(encoding="utf-8"))
    tokens, n = content["tokens"], len(data.train.texts)
    files = {"train": tokens[:n], "test": tokens[n:]}
    return files, content["seconds"] if there else 0.0


def byte_pairs(texts, size):
    """Subwords learnt from the training texts: `Tokens`."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    special = ["<pad>", "<unk>"]
    trainer = trainers.BpeTrainer(vocab_size=size, show_progress=False, special_tokens=special)
    tokenizer.train_from_iterator(texts[0], trainer)
    ids = [[one.ids for one in tokenizer.encode_batch(part)] for part in texts]
    return Tokens(*map(EncodedReviews.from_ids, ids), tokenizer.get_vocab_size())


def known_ngrams(pieces, labels, tokens):
    """The n-grams that get a row of the table: their codes, sorted."""
    codes, _, start = pieces
    if tokens.chosen_by is None:
        return known_codes(codes, tokens.min_count, tokens.at_most)
    review = np.repeat(np.arange(len(labels)), np.diff(start))
    return leaning_codes(codes, review, labels, tokens.at_most, tokens.min_count)


def encode(tokens, parts, options):
    """Cut the reviews to learn from and those to score as a recipe says: `Tokens`."""
    texts, seconds = [part.texts for part in parts], 0.0
    if isinstance(tokens, Mixed):
        one, other = (encode(kind, parts, options) for kind in (tokens.letters, tokens.characters))
        pairs = ((one.train, other.train), (one.test, other.test))
        both = (mine.beside(theirs, one.rows - 1) for mine, theirs in pairs)
        return Tokens(*both, one.rows + other.rows - 1)
    if isinstance(tokens, NGrams | Letters):
        if isinstance(tokens, NGrams):
            pieces = [ngram_pieces(part, tokens.by, tokens.longest) for part in texts]
            known = known_ngrams(pieces[0], parts[0].labels, tokens)
        else:
            pieces = [letter_pieces(part, tokens.lengths) for part in texts]
            known = known_codes(pieces[0][0], tokens.min_count)
        encoded = [EncodedReviews(look_up(codes, known), *rest) for codes, *rest in pieces]
        return Tokens(*encoded, len(known) + 1, known=known)
    clean = [[clean_review(text) for text in part] for part in texts]
    if isinstance(tokens, BPE):
        return byte_pairs(clean, tokens.size)
    if tokens.kind == "morphemes":
        files, seconds = morphemes(options)
        cut = [[files[part.file][row] for row in part.rows] for part in parts]
    elif tokens.kind == "syllables":
        cut = [[list(text) for text in part] for part in clean]
    else:
        cut = [[text.split() for text in part] for part in clean]
    table = Vocabulary.build(cut[0], min_count=tokens.min_count)
    encoded = [EncodedReviews.from_ids([table.encode(review) for review in part]) for part in cut]
    return Tokens(*encoded, len(table), seconds)


@dataclass(frozen=True)
class Tested:
    """A model's log odds (N,) for the reviews to score, and what its record holds beside them."""

    scores: np.ndarray
    sizes: dict
    seconds: dict  # metrics; tokenising_seconds are what an earlier run has spent
    curve: list = field(default_factory=list)
    told: np.ndarray | None = None  # of a teacher: its log odds for the reviews it learned from


class NotesTrainer:
    """The notes' network with the same steps, checkpoints and scores as `Trainer`."""

    def __init__(self, recipe):
        self.network = notes_network(recipe.words, recipe.size, units=recipe.units)
        self.network.compile(keras.optimizers.Adam(recipe.rate), "sparse_categorical_crossentropy")
        self.network.optimizer.build(self.network.trainable_variables)
        self.variables = [*self.network.variables, *self.network.optimizer.variables]

    def step(self, ids, labels):
        self.network.reset_metrics()
        return float(self.network.train_on_batch(ids, labels))

    def scores(self, ids):
        parts = [self.network.predict_on_batch(ids[k : k + 1000]) for k in range(0, len(ids), 1000)]
        p = np.concatenate(parts).astype(np.float64).clip(1e-12)
        return np.log(p[:, 1]) - np.log(p[:, 0])


def train_lstm(run, parts, options, progress):
    """Train a ReviewNetwork and score reviews with it."""
    recipe, labels = run.recipe, parts[0].labels
    keras.utils.set_random_seed(run.seed)
    tokens = encode(recipe.tokens, parts, options)
    fitted, test, rows = tokens.train, tokens.test, tokens.rows
    if recipe.cut:
        fitted, test = fitted.cut(recipe.cut), test.cut(recipe.cut)
    if isinstance(recipe, RungRecipe) and recipe.padded:
        fitted, test = (part.padded(recipe.padded, rows) for part in (fitted, test))
        rows += 1
    shape = rows, recipe.size, recipe.units
    settings = recipe.both_directions, recipe.pool, recipe.dropout, recipe.scale, not recipe.reader
    network = ReviewNetwork(*shape, *settings)
    trainer = Trainer(network, recipe, run.seed)
    seconds = {"tokenising_seconds": tokens.seconds}
    if recipe.teachers:
        teachers = [earlier(name, run, options, "told") for name in recipe.teachers]
        labels = taught_labels(recipe.taught, labels, [teacher.scores for teacher in teachers])
        seconds["teachers_seconds_on_two_cores"] = two_cores(each.seconds for each in teachers)
    curve = fit(trainer, fitted, labels, progress, options.quick, recipe.schedule == "cosine")
    sizes = {
        "weights": int(trainer.network.count_params()),
        "table": [rows, recipe.size],
        "steps_per_review": float(fitted.steps.mean()),
    }
    teacher = run.name in {*TEACHERS, *(TWINS[name] for name in TEACHERS)}
    told = trainer.scores(fitted) if teacher else None
    if recipe.stored_as:
        hand_over(run, options, trainer, tokens)
    return Tested(trainer.scores(test), sizes, seconds, curve, told)


def taught_labels(share, labels, told):
    """What a network is to say of each training review: its label, and what its teachers say.

    The mean of the log odds that they `told` becomes a probability; it has the `share`, shape (R,).
    """
    verdicts = 1 / (1 + np.exp(-np.mean(told, axis=0, dtype=np.float64)))
    return (1 - share) * labels + share * verdicts


def train_notes(run, parts, options, progress):
    """Train the notes' network on the first four fifths; the rest is their validation part."""
    recipe = run.recipe
    keras.utils.set_random_seed(run.seed)
    cut, test = (
        [[word.lower() for word in notes_words(text)] for text in part.texts] for part in parts
    )
    table = Vocabulary.build(cut, max_size=recipe.words + 1)

    def encode_words(reviews):
        # 0 is the padding, 1 the commonest word: unknown words leave no trace
        known = [[table.ids[word] - 1 for word in words if word in table] for words in reviews]
        return pad(known, 25)

    ids, labels = encode_words(cut), parts[0].labels
    n_fit = round(len(ids) * (1 - recipe.validation_split))
    trainer = NotesTrainer(recipe)

    def batches_of(epoch):
        order = np.random.default_rng([run.seed, epoch]).permutation(n_fit)
        return [order[k : k + recipe.batch_size] for k in range(0, n_fit, recipe.batch_size)]

    def step(batch, _number):
        return trainer.step(ids[batch], labels[batch])

    def after_epoch():
        scores, held_out = trainer.scores(ids[n_fit:]), labels[n_fit:]
        loss = np.mean(np.logaddexp(0, np.where(held_out == 1, -scores, scores)))
        accuracy = np.mean((scores > 0) == held_out)
        return {"validation_loss": float(loss), "validation_accuracy": float(accuracy)}

    curve = train(recipe.epochs, trainer, progress, options.quick, batches_of, step, after_epoch)
    sizes = {
        "weights": int(trainer.network.count_params()),
        "table": [recipe.words, recipe.size],
        "steps_per_review": 25.0,
    }
    scores = trainer.scores(encode_words(test))
    return Tested(scores, sizes, {"tokenising_seconds": 0.0}, curve)


def train_linear(run, parts, _options, _progress):
    """TF-IDF and logistic regression; it has one best answer, so one seed says all."""
    fitted, test = parts
    recipe, settings = run.recipe, {"analyzer": "char", "min_df": 2, "sublinear_tf": True}
    if recipe.text == "cleaned":
        settings["preprocessor"] = clean_review
    model = make_pipeline(
        TfidfVectorizer(ngram_range=(1, recipe.longest), **settings),
        LogisticRegression(C=recipe.C, max_iter=300),
    )
    model.fit(fitted.texts, fitted.labels)
    sizes = {"weights": int(model[-1].coef_.size + 1)}
    return Tested(model.decision_function(test.texts), sizes, {"tokenising_seconds": 0.0})


def run_system(run, parts, options, _progress):
    """A weighted mean of the log odds of several models."""
    weights = run.recipe.weights
    if run.recipe.in_one_go:
        return in_one_go(run, parts, options)
    members = {name: earlier(name, run, options) for name in weights}
    scores = sum(weights[name] * member.scores for name, member in members.items())
    seconds = {name: member.seconds for name, member in members.items()}
    sizes, metrics = {"members": list(weights)}, {"member_seconds": seconds}
    return Tested((scores / sum(weights.values())).astype(np.float32), sizes, metrics)


def in_one_go(run, parts, options):
    """The system as somebody makes it who has nothing yet: two processes and an empty folder."""
    folder = options.checkpoints / "sentiment" / "in-one-go"
    shutil.rmtree(folder, ignore_errors=True)
    start = time.perf_counter()
    names = "|".join([*run.recipe.weights, *TEACHERS])
    command = [sys.executable, "-m", "experiments.sentiment", "--only", f"^({names})$"]
    command += ["--seeds", "0", str(run.seed), *["--quick"] * options.quick]
    for name in ("results", "checkpoints"):
        command += [f"--{name}", str(folder)]
    for process in [subprocess.Popen(command) for _ in range(2)]:
        if process.wait():
            raise RuntimeError(f"{' '.join(command)} ended with status {process.returncode}")
    there = Namespace(**vars(options) | {"results": folder, "checkpoints": folder})
    tested = run_system(replace(run, recipe=SYSTEM), parts, there, None)
    tested.seconds["seconds_of_two_processes"] = time.perf_counter() - start
    return tested


def two_cores(seconds):
    """Seconds until all members are trained, one on each of two cores, the longest first."""
    loads = [0.0, 0.0]
    for spent in sorted(seconds, reverse=True):
        loads[loads.index(min(loads))] += spent
    return max(loads)


def compare(scores, others, labels, slices):
    """Paired: how often one is right where the other is wrong, and the exact binomial test."""
    mine, theirs = (scores > 0) == labels, (others > 0) == labels

    def pair(part):
        only_mine = int(np.sum(part & mine & ~theirs))
        only_theirs = int(np.sum(part & theirs & ~mine))
        n, apart = int(part.sum()), only_mine + only_theirs
        difference = (only_mine - only_theirs) / max(n, 1)
        half = 1.96 * np.sqrt(max(apart - n * difference**2, 0)) / max(n, 1)
        return {
            "difference": difference,
            "interval": [difference - half, difference + half],
            "only_this_right": only_mine,
            "only_other_right": only_theirs,
            "p_value": binomtest(only_mine, apart).pvalue if apart else 1.0,
        }

    whole = pair(np.ones(len(labels), bool))
    parts = {name: pair(part) for name, part in slices.items()}
    return {**whole, "test": "exact McNemar", "slices": parts}


@dataclass(frozen=True)
class Earlier:
    """What is needed of another run."""

    scores: np.ndarray  # log odds (N,), of the reviews to score or of those to learn from
    seconds: float  # until its model was trained, tokens included; a teacher's until it has told


def left_by(run, options, what="scores"):
    """Where a run leaves "scores", or a teacher what it "told", for others (not committed)."""
    name = run.checkpoint_path(options.checkpoints).name
    return options.checkpoints / run.experiment / what / name


def leans_on(run):
    """The names of the runs that a run needs, and what each has to leave, as of `left_by`."""
    if isinstance(run.recipe, SystemRecipe):
        return {} if run.recipe.in_one_go else dict.fromkeys(run.recipe.weights, "scores")
    compared = run.experiment == "sentiment" and run.name in AGAINST_LINEAR
    teachers = getattr(run.recipe, "teachers", None) or ()
    return dict.fromkeys(["linear"] * compared, "scores") | dict.fromkeys(teachers, "told")


def earlier(name, after, options, what="scores"):
    """The `Earlier` of another run, on which the run `after` leans; it is made if need be."""
    known = {(run.experiment, run.name, run.seed): run for run in all_runs(options)}
    if after.experiment == "sentiment_tuning":
        name = TWINS.get(name, name)
    run = known[after.experiment, name, 0 if name == "linear" else after.seed]
    path = left_by(run, options, what)
    record = runs.make(run, execute, options, leaves=path)
    trained = record["curve"][-1]["seconds"] if record["curve"] else record["seconds"]
    seconds = record["seconds"] if what == "told" else trained
    seconds += record["metrics"]["tokenising_seconds"]
    return Earlier(from_bytes(path.read_bytes())[what], seconds)


WAYS = {
    NetworkRecipe: train_lstm,
    RungRecipe: train_lstm,
    NotesRecipe: train_notes,
    LinearRecipe: train_linear,
    SystemRecipe: run_system,
}


def execute(run, options):
    """Make one run; returns its record."""
    parts = corpus().parts(getattr(run.recipe, "held_out", None))
    fitted, test = parts
    labels, slices = test.labels, test.slices
    for name, what in leans_on(run).items():  # before this run's clock starts
        earlier(name, run, options, what)
    with Progress(run, options.checkpoints) as progress:
        tested = WAYS[type(run.recipe)](run, parts, options, progress)
        scores = tested.scores
        metrics = judge(scores, labels, slices) | tested.seconds
        if not isinstance(run.recipe, SystemRecipe):
            metrics["seconds_in_all"] = progress.seconds + metrics["tokenising_seconds"]
        for what in ("scores", "told"):
            if (values := getattr(tested, what)) is not None:
                content = to_bytes({what: values.astype(np.float32)})
                write_atomically(left_by(run, options, what), content)
        if "linear" in leans_on(run):
            other = earlier("linear", run, options).scores
            metrics["against_linear"] = compare(scores, other, labels, slices)
        sizes = tested.sizes | {"train": len(fitted.labels), "test": len(labels)}
        record = {"sizes": sizes, "metrics": metrics, "curve": tested.curve, "threads": 1}
        return progress.record(data=corpus().record, **record)


def hand_over(run, options, trainer, tokens):
    """Round a trained network as it is to be stored; seed 0's is left for the package."""
    layers = trainer.network.layers_by_name()
    arrays = to_names({name: layer.get_weights() for name, layer in layers.items()})
    whole, scales = round_to_int8(trainer.network, arrays)
    if run.seed == 0 and run.experiment == "sentiment" and not options.quick:
        cut, extras = run.recipe.tokens, {"scales": scales, "data": corpus().record}
        extras |= {"by": cut.by, "longest": cut.longest}
        extras |= {key: getattr(run.recipe, key) for key in ("both_directions", "pool", "units")}
        extras["ngrams"] = "\n".join(ngrams_of_codes(tokens.known))
        keep("sentiment", run, whole, options.checkpoints, **extras)


def main(argv=None):
    return runs.main("sentiment", all_runs, execute, __doc__, argv=argv)


if __name__ == "__main__":
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    command_line.run(main)
