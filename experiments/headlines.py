"""Chapter 7's models on one split: counts, LSTMs and their mixture, in held-out bits a character.

The last tenth of the headlines is the test part, the tenth before it the validation part, on which
every setting was chosen; a finished model is trained on both parts that are not the test.
"""

import csv
import itertools
import math
import os
import random
import sys
from array import array
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, safe_open
from safetensors.torch import save as to_bytes

from lstm_utils.corpora import DATA_VARIABLE, load_headlines, missing_kind
from lstm_utils.models.headlines import (
    KneserNey,
    Letters,
    Mixture,
    Tokeniser,
    Words,
    bits_per_character,
    learn_merges,
)
from lstm_utils.models.headlines_torch import (
    EncodedHeadlines,
    LanguageModel,
    StackedLSTM,
    epoch_batches,
    headline_bits,
    next_characters,
    one_cycle,
    update,
)
from lstm_utils.text import clean_headline

from . import distributed
from .export_weights import keep
from .runs import HERE, Run, data_record, sha256, write_atomically

SAVE_EVERY = 30  # seconds of training between two checkpoints
SCORED_AT_MOST = 1000  # lines in the validation part and in the test part
IN_A_TABLE = 200  # headlines whose probabilities of every character are held at a time
SHIPPED = "characters-lstm-snippets-seed0"  # the network that comes with the package


# --- data -------------------------------------------------------------------------------------


class Lines:
    """Texts in one buffer: their bytes and sixteen more a line, however many lines there are."""

    def __init__(self, texts):
        self._buffer, self._ends = bytearray(), array("q", [0])
        for text in texts:
            self._buffer += text.encode()
            self._ends.append(len(self._buffer))
        self._order = np.arange(len(self._ends) - 1)

    def part(self, order):
        """The lines with these numbers, in this order; the buffer is shared."""
        some = object.__new__(Lines)
        some._buffer, some._ends, some._order = self._buffer, self._ends, self._order[order]
        return some

    def __len__(self):
        return len(self._order)

    def __getitem__(self, k):
        if isinstance(k, slice):
            return self.part(k)
        i = self._order[k]
        return self._buffer[self._ends[i] : self._ends[i + 1]].decode()

    def __iter__(self):
        return (self[k] for k in range(len(self)))


class Chain:
    """Some sequences of texts, one after the other, read as often as wanted."""

    def __init__(self, parts):
        self.parts = parts

    def __len__(self):
        return sum(map(len, self.parts))

    def __iter__(self):
        return itertools.chain(*self.parts)


@dataclass(frozen=True, eq=False)
class Data:
    """Headlines in three parts, the snippets of each part's articles, and where they came from."""

    headlines: dict[str, Lines]
    snippets: dict[str, Lines] | None
    alphabet: list[str]
    record: dict


def read_column(path, column, encoding="utf-8-sig"):
    """Yield a column of a CSV file, cell by cell, white space folded; blank cells too.

    Raises
    ------
    SystemExit
        With a message that names the file and the line: what is missing, empty or badly encoded.
    """
    raised = csv.field_size_limit(2**30)
    rows, number = None, 0
    try:
        with open(path, encoding=encoding, newline="") as file:
            rows = csv.reader(file)
            header = next(rows, None)
            if not header:
                raise SystemExit(f"{path} is empty: expected a line of column names, rows below it")
            names = [name.strip() for name in header]
            if column not in names:
                one = " Is it CSV, with commas?" if len(names) == 1 else ""
                raise SystemExit(f"{path} has no column {column!r}; it has {names}.{one}")
            place = names.index(column)
            for number, row in enumerate(rows, start=1):  # noqa: B007
                if row and len(row) <= place:
                    raise SystemExit(
                        f"{path}, line {rows.line_num}: {len(row)} columns, expected {len(names)}"
                    )
                if row:
                    yield row[place]
    except FileNotFoundError:
        raise SystemExit(f"{path} is missing") from None
    except (UnicodeDecodeError, UnicodeError) as error:
        raise SystemExit(
            f"{path}, after row {number}: this is not {encoding} ({error}). Save the file as "
            "UTF-8, or name its encoding: --encoding cp1252, for example"
        ) from None
    except LookupError:
        raise SystemExit(f"--encoding {encoding}: no such encoding") from None
    except csv.Error as error:
        raise SystemExit(f"{path}, line {rows.line_num}: {error}") from None
    except OSError as error:
        raise SystemExit(f"{path} can't be read: {error.strerror}") from None
    finally:
        csv.field_size_limit(raised)


def cleaned(texts):
    """Clean every text; leave out what is blank, or "Unknown", as the corpus has it."""
    for text in texts:
        if not missing_kind(text):
            yield clean_headline(text)


def split(lines, snippets, record):
    """Shuffle by seed 0, and divide: the last tenth, the tenth before it, and the rest.

    Of very many lines a thousand are enough to score on, and the rest is for training.
    """
    order = array("q", range(len(lines)))
    random.Random(0).shuffle(order)
    tenth = min(len(order) // 10, SCORED_AT_MOST)
    parts = {"train": order[: -2 * tenth], "validation": order[-2 * tenth : -tenth]}
    parts["test"] = order[-tenth:]
    parts = {name: np.array(part, dtype=np.int64) for name, part in parts.items()}
    characters = {" "}
    for text in itertools.chain(lines, snippets or []):
        characters.update(text)
    return Data(
        {name: lines.part(part) for name, part in parts.items()},
        snippets and {name: snippets.part(part) for name, part in parts.items()},
        ["\n", *sorted(characters)],
        record,
    )


def load_corpus():
    """The New York Times' headlines, each with its article's snippet, read once from each place."""
    return _corpus_of(os.environ.get(DATA_VARIABLE))


@cache
def _corpus_of(_place):
    corpus = load_headlines()
    headlines, snippets = (Lines(map(clean_headline, t)) for t in (corpus.texts, corpus.snippets))
    return split(headlines, snippets, data_record(corpus.source, *corpus.paths))


@cache
def load_csv(path, column, encoding):
    """A column of any CSV file in the headlines' place."""
    lines = Lines(cleaned(read_column(path, column, encoding)))
    if len(lines) < 30:
        raise SystemExit(f"{path}: {len(lines)} texts in column {column!r}, expected 30 or more")
    return split(lines, None, data_record("csv", path) | {"column": column})


def load(options):
    """The data that the command line asks for."""
    arguments = options.arguments
    if arguments.csv:
        data = load_csv(arguments.csv, arguments.column, arguments.encoding)
    else:
        data = load_corpus()
    if options.quick:
        few = {"train": 120, "validation": 20, "test": 20}
        data = Data(
            {name: data.headlines[name][:n] for name, n in few.items()},
            data.snippets and {name: data.snippets[name][:n] for name, n in few.items()},
            data.alphabet,
            data.record,
        )
    return data


def training_text(data, recipe):
    """What a run may read, headlines first.

    Returns
    -------
    lines : sequence of str
    headlines : int
        How many of them are headlines; the rest are snippets of the same articles.
    """
    parts = recipe["trained_on"].split("+")
    share = {part: round(len(data.headlines[part]) * recipe["share"]) for part in parts}
    lines = Chain([data.headlines[part][:n] for part, n in share.items()])
    headlines = len(lines)
    if recipe["text"] == "headlines+snippets":
        lines = Chain([lines, *(data.snippets[part][:n] for part, n in share.items())])
    return lines, headlines


# --- an LSTM ----------------------------------------------------------------------------------


def make_tokeniser(alphabet, lines, merges):
    """Characters if `merges` is 0, else byte-pair encoding learnt from the lines."""
    if merges:
        counts = Counter(" " + word for text in lines for word in text.split())
        merges = learn_merges(counts, merges)
    return Tokeniser([*alphabet[1:], alphabet[0]], merges or ())


def epochs_of(recipe, lines, headlines):
    """How many lines each epoch reads; the last epochs stay with the headlines."""
    in_one = math.ceil(lines / recipe["batch_size"])
    epochs = recipe["epochs"]
    if "updates_at_most" in recipe:
        epochs = min(epochs, max(1, recipe["updates_at_most"] // in_one))
    last = epochs - recipe["headline_epochs"]
    return [lines if epoch < last else headlines for epoch in range(epochs)]


def train(model, encoded, headlines, recipe, seed, progress):
    """Train a language model, from the start or from its last checkpoint.

    Batches and dropout are functions of the seed and the number of the update, so that nothing but
    weights and Adam's averages has to be kept to go on after any update.

    Parameters
    ----------
    model : LanguageModel
    encoded : EncodedHeadlines
        The training text, headlines first.
    headlines : int
        How many of the lines are headlines.
    recipe : dict
    seed : int
    progress : Progress

    Returns
    -------
    list of float
        Bits a token of every epoch's text, measured while it was trained on, dropout on.
    """
    team = distributed.team()
    wrapped = team.wrap(model)
    optimiser = torch.optim.Adam(model.parameters(), lr=recipe["learning_rate"])
    read = epochs_of(recipe, len(encoded), headlines)
    per_epoch = [math.ceil(lines / recipe["batch_size"]) for lines in read]
    step, nats, tokens, curve = restore(model, optimiser, progress.load())
    bar = progress.bar(sum(per_epoch), done=step, unit="update")
    while step < sum(per_epoch):
        epoch = len(curve)
        batches = epoch_batches(encoded.lengths[: read[epoch]], recipe["batch_size"], seed, epoch)
        for batch in batches[step - sum(per_epoch[:epoch]) :]:
            rows, share = team.share(encoded.rows(batch))
            step_size = one_cycle(step, sum(per_epoch), recipe["learning_rate"])
            torch.manual_seed(seed * 1_000_003 + step)
            loss = update(wrapped, optimiser, rows, share, step_size, recipe["clip"])
            nats += team.total(loss)
            tokens += round(share * team.size)
            step += 1
            bar.update()
            if progress.due(SAVE_EVERY):
                keep_checkpoint(model, optimiser, progress, step, nats, tokens, curve)
        curve.append(nats / tokens / math.log(2))
        nats, tokens = 0.0, 0
        keep_checkpoint(model, optimiser, progress, step, nats, tokens, curve)
    model.cpu()  # scores and stores without a GPU
    return curve


def keep_checkpoint(model, optimiser, progress, step, nats, tokens, curve):
    """Store weights, Adam's averages and the account of the epoch."""
    arrays = {f"model/{name}": p.detach().cpu().numpy() for name, p in model.named_parameters()}
    for name, p in model.named_parameters():
        for kind, value in optimiser.state[p].items():
            arrays[f"{kind}/{name}"] = value.cpu().numpy()
    progress.save(arrays, {"step": step, "nats": nats, "tokens": tokens, "curve": curve})


@torch.no_grad()
def restore(model, optimiser, checkpoint):
    """Put back what `keep_checkpoint` stored: ``(step, nats, tokens, curve)``."""
    if checkpoint is None:
        return 0, 0.0, 0, []
    arrays, meta = checkpoint
    for name, p in model.named_parameters():
        p.copy_(torch.from_numpy(arrays[f"model/{name}"]))
        optimiser.state[p] = {"step": torch.from_numpy(arrays[f"step/{name}"])}
        for kind in ("exp_avg", "exp_avg_sq"):
            optimiser.state[p][kind] = torch.from_numpy(arrays[f"{kind}/{name}"]).to(p.device)
    return meta["step"], meta["nats"], meta["tokens"], meta["curve"]


def lstm_sequences(data, recipe):
    """Tokeniser, the training text in numbers, and how many of its lines are headlines."""
    lines, headlines = training_text(data, recipe)
    tokeniser = make_tokeniser(data.alphabet, lines, recipe["merges"])
    return tokeniser, EncodedHeadlines(tokeniser, lines), headlines


def learn(run, data, progress):
    """Make and train the network of a run: ``(model, tokeniser, encoded, curve)``."""
    tokeniser, encoded, headlines = lstm_sequences(data, run.recipe)
    torch.manual_seed(run.seed)
    vocabulary = len(tokeniser.vocabulary)
    model = LanguageModel(vocabulary, run.recipe["hidden_size"], run.recipe["dropout"])
    curve = train(model, encoded, headlines, run.recipe, run.seed, progress)
    return model, tokeniser, encoded, curve


def weights_path(run, options):
    """Where a trained network waits for the mixtures that need it."""
    return run.checkpoint_path(options.checkpoints).with_suffix(".weights.safetensors")


def run_lstm(run, options):
    """Train one LSTM, score it once, and leave its weights."""
    data, me = load(options), distributed.team()
    with me.progress(run, options.checkpoints) as progress:
        model, tokeniser, encoded, curve = learn(run, data, progress)
        if me.rank:
            return None
        headlines = data.headlines[run.recipe["scored_on"]]
        bits = bits_per_character(headline_bits(model, tokeniser, headlines), headlines)
        record = progress.record(
            data=data.record,
            sizes={
                "lines": len(encoded),
                "tokens": len(encoded.flat) - len(encoded),
                "vocabulary": len(tokeniser.vocabulary),
                "weights": sum(p.numel() for p in model.parameters()),
                "scored": len(headlines),
            },
            metrics={"bits_per_character": bits},
            curve=[round(value, 4) for value in curve],
            threads=torch.get_num_threads(),
        )
    store_weights(model, weights_path(run, options), record["seconds"])
    if str(run) == SHIPPED and not options.quick and not options.arguments.csv:
        arrays = {name: p.detach().numpy() for name, p in model.named_parameters()}
        alphabet = [*data.alphabet[1:], data.alphabet[0]]
        extras = {"kind": "LanguageModel", "alphabet": alphabet, "merges": tokeniser.merges}
        keep("headlines", run, arrays, options.checkpoints, **extras)
    return record


def store_weights(model, path, seconds):
    """One file, the tied matrix once; the seconds of training beside the weights."""
    arrays = {name: p.detach().contiguous() for name, p in model.named_parameters()}
    write_atomically(path, to_bytes(arrays, {"seconds": str(seconds)}))


def trained(run, options, data):
    """A run's network and tokeniser, and the seconds its training took; trains it if need be."""
    path = weights_path(run, options)
    if not distributed.team().first(path.exists):
        run_lstm(run, options)
    if distributed.team().rank:
        return None
    tokeniser, _, _ = lstm_sequences(data, run.recipe)
    vocabulary = len(tokeniser.vocabulary)
    model = LanguageModel(vocabulary, run.recipe["hidden_size"], run.recipe["dropout"])
    model.load_state_dict(load_file(path), strict=False)
    with safe_open(path, "pt") as file:
        return model, tokeniser, float(file.metadata()["seconds"])


# --- counts and mixtures ----------------------------------------------------------------------


def make_counts(recipe, data):
    """Fit a model of counts on what its recipe lets it read."""
    lines = list(itertools.islice(training_text(data, recipe)[0], recipe["lines_at_most"]))
    if recipe["tokens"] == "characters":
        return Letters(lines, recipe["order"], data.alphabet), lines
    return Words(lines, recipe["order"], data.alphabet, recipe["spelling_order"]), lines


def right_characters(headlines, alphabet):
    """The place in the alphabet of every character of every headline, ends included."""
    place = {character: k for k, character in enumerate(alphabet)}
    return np.array([place[c] for text in headlines for c in (*text, "\n")])


def along(next_of, headlines):
    """`next_of(text)` for all headlines, one below the other: shape (N, A)."""
    return np.concatenate([next_of(text) for text in headlines])


def mean_bits(p, right):
    """Bits per character under probabilities of shape (N, A)."""
    return float(-np.log2(p[np.arange(len(right)), right]).mean())


def run_counts(run, options):
    """Fit and score one model of counts; check that its probabilities sum to one."""
    data = load(options)
    with distributed.team().progress(run, options.checkpoints) as progress:
        model, lines = make_counts(run.recipe, data)
        headlines = data.headlines[run.recipe["scored_on"]]
        bits = bits_per_character(model.bits(headlines), headlines)
        some = headlines[:IN_A_TABLE]
        p = along(model.next_characters, some)
        letter_by_letter = mean_bits(p, right_characters(some, data.alphabet))
        difference = letter_by_letter - bits_per_character(model.bits(some), some)
        return progress.record(
            data=data.record,
            sizes={
                "lines": len(lines),
                "contexts": sum(map(len, model.model.counts)),
                "scored": len(headlines),
            },
            metrics={
                "bits_per_character": bits,
                "letter_by_letter_error": abs(difference),
                "sum_error": float(np.abs(p.sum(axis=1) - 1).max()),
            },
            threads=1,
        )


def run_uniform(run, options):
    """What is paid for knowing the alphabet and nothing else."""
    data = load(options)
    with distributed.team().progress(run, options.checkpoints) as progress:
        return progress.record(
            data=data.record,
            sizes={"alphabet": len(data.alphabet), "scored": len(data.headlines["test"])},
            metrics={"bits_per_character": math.log2(len(data.alphabet))},
        )


def run_mixture(run, options):
    """Fit weights on the validation part; then train each member on it too, and score once."""
    data, me = load(options), distributed.team()
    stages = [
        {
            name: Run(run.experiment, *stage(name, run.seed, recipe, *parts))
            for name, recipe in run.recipe["members"].items()
        }
        for parts in STAGES
    ]
    networks = {
        str(member): trained(member, options, data)
        for members in stages
        for member in members.values()
        if member.recipe["kind"] == "lstm"
    }
    if me.rank:
        return None

    def reader(member):
        if member.recipe["kind"] == "counts":
            return make_counts(member.recipe, data)[0].next_characters
        model, tokeniser, _ = networks[str(member)]
        return lambda text: next_characters(model, tokeniser, text, data.alphabet)

    with me.progress(run, options.checkpoints) as progress:
        to_fit, to_score = ([reader(member) for member in members.values()] for members in stages)
        some = data.headlines["validation"][:IN_A_TABLE]
        right = right_characters(some, data.alphabet)
        tables = [along(next_of, some) for next_of in to_fit]
        mixture = Mixture.fit(tables, right)
        names = list(run.recipe["members"])
        bits, sum_error = Counter(), 0.0
        for text in data.headlines["test"]:
            models = [next_of(text) for next_of in to_score]
            p = mixture(models)
            sum_error = max(sum_error, np.abs(p.sum(axis=1) - 1).max())
            came = right_characters([text], data.alphabet)
            for name, table in [("mixture", p), ("averaged", np.mean(models, axis=0))]:
                bits[name] += mean_bits(table, came) * len(came)
            for name, table in zip(names, models, strict=True):
                bits[name] += mean_bits(table, came) * len(came)
        characters = sum(len(text) + 1 for text in data.headlines["test"])
        scores = {name: total / characters for name, total in bits.items()}
        return progress.record(
            data=data.record,
            sizes={"members": len(names), "scored": len(data.headlines["test"])},
            metrics={
                "bits_per_character": scores["mixture"],
                "validation": mean_bits(mixture(tables), right),
                "averaged": scores["averaged"],
                "members": {name: scores[name] for name in names},
                "weights": dict(zip(names, mixture.weights.tolist(), strict=True)),
                "sum_error": float(sum_error),
                "seconds_with_members": round(
                    progress.seconds + sum(spent for _, _, spent in networks.values()), 2
                ),
            },
            threads=torch.get_num_threads(),
        )


# --- the notes' network -----------------------------------------------------------------------


def word_windows(headlines, number):
    """Two words and the one that follows, in numbers: int64, shapes (N, 2) and (N,)."""
    lessons = []
    for text in headlines:
        ids = [number[word] for word in text.split()]
        lessons += zip(ids, ids[1:], ids[2:], strict=False)
    lessons = torch.tensor(lessons)
    return lessons[:, :2], lessons[:, 2]


def run_notes(run, options):
    """The notes' network on more than its training text: nats a word, epoch by epoch.

    Its vocabulary holds the words of all headlines, the held-out ones too, as in the notes; the
    first two words of a headline and its end have no probability, so there are no bits a character.
    """
    data, recipe = load(options), run.recipe
    everyone = Chain(list(data.headlines.values()))
    number = {word: k for k, word in enumerate(sorted({w for t in everyone for w in t.split()}))}
    two, following = word_windows(data.headlines["train"], number)
    held_out = {part: word_windows(data.headlines[part], number) for part in ("validation", "test")}
    with distributed.team().progress(run, options.checkpoints) as progress:
        torch.manual_seed(run.seed)
        model = StackedLSTM(len(number))
        optimiser = torch.optim.Adam(model.parameters(), lr=recipe["learning_rate"], fused=True)
        _, _, _, curve = restore(model, optimiser, progress.load())
        bar = progress.bar(recipe["epochs"], done=len(curve), unit="epoch")
        for epoch in range(len(curve), recipe["epochs"]):
            rng = np.random.default_rng([run.seed, epoch])
            order = torch.from_numpy(rng.permutation(len(two)))
            total = 0.0
            for batch in order.split(recipe["batch_size"]):
                loss = F.cross_entropy(model(two[batch]), following[batch])
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                total += loss.item() * len(batch)
            with torch.no_grad():
                scores = {
                    part: F.cross_entropy(model(x), y).item() for part, (x, y) in held_out.items()
                }
            curve.append({"train": total / len(two), **scores})
            keep_checkpoint(model, optimiser, progress, 0, 0.0, 0, curve)
            bar.update()
        counts = KneserNey(map(str.split, data.headlines["train"]), 3, lambda _: 1 / len(number))
        words = [text.split() for text in data.headlines["test"]]
        p = [counts.probability(t[i], t[:i]) for t in words for i in range(2, len(t))]
        return progress.record(
            data=data.record,
            sizes={
                "vocabulary": len(number),
                "weights": sum(weights.numel() for weights in model.parameters()),
                "lessons": len(two),
                "scored": len(data.headlines["test"]),
            },
            metrics={
                "nats_a_word": curve[-1]["test"],
                "uniform_nats_a_word": math.log(len(number)),
                "kneser_ney_nats_a_word": float(-np.log(p).mean()),
            },
            curve=curve,
            threads=torch.get_num_threads(),
        )


# --- the runs ---------------------------------------------------------------------------------

STAGES = (("train", "validation"), ("train+validation", "test"))
SHARES = {"-half": 1 / 2, "-quarter": 1 / 4, "-eighth": 1 / 8}
LSTM = {
    "kind": "lstm",
    "merges": 0,
    "hidden_size": 192,
    "dropout": 0.4,
    "epochs": 25,
    "headline_epochs": 0,
    "batch_size": 32,
    "learning_rate": 2e-2,
    "clip": 1.0,
    "text": "headlines",
    "share": 1.0,
}
COUNTS = {
    "kind": "counts",
    "tokens": "characters",
    "order": 8,
    "lines_at_most": 20_000,
    "text": "headlines",
    "share": 1.0,
}
WORDS = COUNTS | {"tokens": "words", "order": 3, "spelling_order": 5}
BPE = LSTM | {"merges": 300, "epochs": 15}
SNIPPETS = {"text": "headlines+snippets"}
LSTM_SNIPPETS = (
    LSTM
    | SNIPPETS
    | {"hidden_size": 224, "dropout": 0.3, "learning_rate": 1.4e-2}
    | {"epochs": 13, "headline_epochs": 3}
)
BPE_SNIPPETS = LSTM_SNIPPETS | {"merges": 300, "epochs": 11}


def stage(name, seed, recipe, trained_on, scored_on):
    """Name, seed and recipe of a member in one of the two `STAGES`."""
    ending = "-validation" if scored_on == "validation" else ""
    seed = seed if recipe["kind"] == "lstm" else 0
    return name + ending, seed, recipe | {"trained_on": trained_on, "scored_on": scored_on}


def all_runs(arguments):
    """Every run, what it needs before it: counts, networks, mixtures."""
    if arguments.csv:
        if not arguments.column:
            raise SystemExit("--csv needs --column NAME: which column holds the text?")
        if arguments.results == HERE / "results":
            raise SystemExit("--csv needs --results DIR: the course's own records stay as they are")
        if not arguments.csv.is_file():
            raise SystemExit(f"{arguments.csv} is missing, or no file")
    models = {f"characters-kn{order}": COUNTS | {"order": order} for order in (2, 4, 6, 8)}
    models |= {f"words-kn{order}": WORDS | {"order": order} for order in (1, 2, 3)}
    models |= {"characters-lstm": LSTM, "bpe-lstm": BPE}
    mixtures = {"mixture": ("words-kn3", "characters-lstm")}
    for ending, share in SHARES.items():
        for name in ("words-kn3", "characters-kn8", "characters-lstm"):
            models[name + ending] = models[name] | {"share": share}
        mixtures["mixture" + ending] = tuple(name + ending for name in mixtures["mixture"])
    if not arguments.csv:
        models |= {
            "characters-kn8-snippets": COUNTS | SNIPPETS,
            "words-kn3-snippets": WORDS | SNIPPETS,
            "characters-lstm-snippets": LSTM_SNIPPETS,
            "bpe-lstm-snippets": BPE_SNIPPETS,
        }
        mixtures["mixture-snippets"] = ("words-kn3-snippets", "characters-lstm-snippets")
    if arguments.quick:
        tiny = {"hidden_size": 16, "epochs": 3, "headline_epochs": 1}
        models = {n: r | tiny if r["kind"] == "lstm" else r for n, r in models.items()}
    if arguments.csv:  # other text, other runs
        came_from = {"csv": sha256(arguments.csv), "column": arguments.column}
        came_from |= {"encoding": arguments.encoding, "updates_at_most": 10_000}
        models = {name: recipe | came_from for name, recipe in models.items()}
    wanted = [Run("headlines", "uniform", 0, {"kind": "uniform"})]
    notes = {"kind": "notes", "epochs": 1 if arguments.quick else 4, "batch_size": 64}
    notes |= {"learning_rate": 1e-3}
    if not arguments.csv:
        wanted += [Run("headlines", "notes-network", seed, notes) for seed in SEEDS]
    for name, recipe in models.items():
        for seed in SEEDS if recipe["kind"] == "lstm" else SEEDS[:1]:
            # On validation: what decided a setting, and what a mixture's weights are fitted on.
            for parts in STAGES[1:] if name.startswith("bpe") and seed else STAGES:
                wanted.append(Run("headlines", *stage(name, seed, recipe, *parts)))
    for name, members in mixtures.items():
        recipe = {"kind": "mixture", "members": {member: models[member] for member in members}}
        wanted += [Run("headlines", name, seed, recipe) for seed in SEEDS]
    return wanted


SEEDS = (0, 1, 2)
EXECUTE = {
    "uniform": run_uniform,
    "notes": run_notes,
    "counts": run_counts,
    "lstm": run_lstm,
    "mixture": run_mixture,
}
TOGETHER = ("lstm", "mixture")  # what a team does; the rest is rank 0's alone


def execute(run, options):
    """Make one run; its record, or None in a process that only helps."""
    kind = run.recipe["kind"]
    if distributed.team().rank and kind not in TOGETHER:
        return None
    return EXECUTE[kind](run, options)


def add_arguments(parser):
    """What this program's command line has beside the others'."""
    parser.add_argument(
        "--csv", type=Path, metavar="FILE", help="a CSV file in the place of the headlines"
    )
    parser.add_argument("--column", metavar="NAME", help="the column of --csv that holds the text")
    parser.add_argument("--encoding", default="utf-8-sig", help="of --csv (UTF-8)")


if __name__ == "__main__":
    torch.set_num_threads(1)
    sys.exit(distributed.main("headlines", all_runs, execute, __doc__, add_arguments))
