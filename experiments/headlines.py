"""Chapter 7's models on one split: counts, LSTMs and their mixture, in held-out bits a character.

Settings were chosen on the validation part; a finished model is trained on both parts that are not
the test.
"""

import itertools
import math
from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from safetensors.torch import save as to_bytes

from lstm_utils import command_line
from lstm_utils.models.headlines import KneserNey, Letters, Mixture, Words, bits_per_character
from lstm_utils.models.headlines_torch import StackedLSTM, headline_bits, next_characters

from . import distributed
from .export_weights import keep
from .headlines_data import ENCODING, TextRecipe, add_arguments, load, training_text
from .headlines_training import (
    Account,
    LSTMRecipe,
    keep_checkpoint,
    learn,
    make_model,
    restore,
    sequences_of,
)
from .runs import HERE, Run, sha256, write_atomically

IN_A_TABLE = 200  # headlines whose probabilities of every character are held at a time
SHIPPED = "characters-lstm-snippets-seed0"  # the network that comes with the package


@dataclass(frozen=True)
class UniformRecipe:
    kind: str = field(default="uniform", init=False)


@dataclass(frozen=True, kw_only=True)
class CountsRecipe(TextRecipe):
    kind: str = field(default="counts", init=False)
    tokens: str = "characters"  # or "words"
    order: int = 8  # tokens of the longest n-gram
    spelling_order: int | None = None  # of words: letters of the longest n-gram of their spelling
    lines_at_most: int = 20_000


@dataclass(frozen=True, kw_only=True)
class MixtureRecipe:
    kind: str = field(default="mixture", init=False)
    members: dict[str, CountsRecipe | LSTMRecipe]


@dataclass(frozen=True, kw_only=True)
class NotesRecipe:
    kind: str = field(default="notes", init=False)
    headlines: int | None = None  # of the training part; None: all of them
    epochs: int = 4
    batch_size: int = 64
    learning_rate: float = 1e-3


def weights_path(run, options):
    """Where a trained network waits for the mixtures that need it."""
    return run.checkpoint_path(options.checkpoints).with_suffix(".weights.safetensors")


def run_lstm(run, options):
    """Train one LSTM, score it once, and leave its weights."""
    data = load(options)
    with distributed.Progress(run, options.checkpoints) as progress:
        model, sequences, curve = learn(run, data, progress)
        if distributed.team().rank:
            return None
        tokeniser, encoded = sequences.tokeniser, sequences.encoded
        headlines = data.headlines[run.recipe.scored_on]
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
    arrays = {name: p.detach().contiguous() for name, p in model.named_parameters()}
    write_atomically(weights_path(run, options), to_bytes(arrays))  # the tied matrix once
    if str(run) == SHIPPED and not options.quick and not options.csv:
        arrays = {name: array.numpy() for name, array in arrays.items()}
        alphabet = [*data.alphabet[1:], data.alphabet[0]]
        extras = {"kind": "LanguageModel", "alphabet": alphabet, "merges": tokeniser.merges}
        keep("headlines", run, arrays, options.checkpoints, **extras)
    return record


def trained(run, options, data):
    """`next_of(text)` of a run's network, and its seconds; None in a process that only helps."""
    path = weights_path(run, options)
    record = distributed.make(run, run_lstm, options, leaves=path)
    if record is None:
        return None
    sequences = sequences_of(data, run.recipe)
    model = make_model(sequences, run.recipe)
    model.load_state_dict(load_file(path), strict=False)

    def next_of(text):
        return next_characters(model, sequences.tokeniser, text, data.alphabet)

    return next_of, record["seconds"]


def make_counts(recipe, data):
    """Fit a model of counts on what its recipe lets it read."""
    lines = training_text(data, recipe)[0][: recipe.lines_at_most]
    if recipe.tokens == "characters":
        return Letters(lines, recipe.order, data.alphabet), lines
    return Words(lines, recipe.order, data.alphabet, recipe.spelling_order), lines


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


def bits_on_new_words(counts, data, recipe):
    """The part of the bits per character that words cost which no training headline has."""
    headlines = training_text(data, replace(recipe, text="headlines"))[0]
    known = {word for text in headlines for word in text.split()}
    scored = data.headlines[recipe.scored_on]
    bits = 0.0
    for cut in (text.split() for text in scored):
        new = (i for i, word in enumerate(cut) if word not in known)
        bits -= sum(math.log2(counts.probability(cut[i], cut[:i])) for i in new)
    return bits / sum(len(text) + 1 for text in scored)


def run_counts(run, options):
    """Fit and score one model of counts; check that its probabilities sum to one."""
    data = load(options)
    with distributed.Progress(run, options.checkpoints) as progress:
        model, lines = make_counts(run.recipe, data)
        headlines = data.headlines[run.recipe.scored_on]
        bits = bits_per_character(model.bits(headlines), headlines)
        some = headlines[:IN_A_TABLE]
        p = along(model.next_characters, some)
        letter_by_letter = mean_bits(p, right_characters(some, data.alphabet))
        difference = letter_by_letter - bits_per_character(model.bits(some), some)
        metrics = {
            "bits_per_character": bits,
            "letter_by_letter_error": abs(difference),
            "sum_error": float(np.abs(p.sum(axis=1) - 1).max()),
        }
        if run.recipe.tokens == "words":
            metrics["on_new_words"] = bits_on_new_words(model.model, data, run.recipe)
        return progress.record(
            data=data.record,
            sizes={
                "lines": len(lines),
                "contexts": sum(map(len, model.model.counts)),
                "scored": len(headlines),
            },
            metrics=metrics,
            threads=1,
        )


def run_uniform(run, options):
    """What is paid for knowing the alphabet and nothing else."""
    data = load(options)
    with distributed.Progress(run, options.checkpoints) as progress:
        return progress.record(
            data=data.record,
            sizes={"alphabet": len(data.alphabet), "scored": len(data.headlines["test"])},
            metrics={"bits_per_character": math.log2(len(data.alphabet))},
        )


def run_mixture(run, options):
    """Fit weights on the validation part; then train each member on it too, and score once."""
    data = load(options)
    stages = [
        {name: stage(name, run.seed, recipe, *parts) for name, recipe in run.recipe.members.items()}
        for parts in STAGES
    ]
    networks = {
        str(member): trained(member, options, data)
        for members in stages
        for member in members.values()
        if isinstance(member.recipe, LSTMRecipe)
    }
    if distributed.team().rank:
        return None

    def reader(member):
        if str(member) in networks:
            return networks[str(member)][0]
        return make_counts(member.recipe, data)[0].next_characters

    with distributed.Progress(run, options.checkpoints) as progress:
        to_fit, to_score = ([reader(member) for member in members.values()] for members in stages)
        some = data.headlines["validation"][:IN_A_TABLE]
        right = right_characters(some, data.alphabet)
        tables = [along(next_of, some) for next_of in to_fit]
        mixture = Mixture.fit(tables, right)
        names = list(run.recipe.members)
        seconds_before = sum(seconds for _, seconds in networks.values())
        bits, sum_error = Counter(), 0.0
        for text in data.headlines["test"]:
            models = [next_of(text) for next_of in to_score]
            p = mixture(models)
            sum_error = max(sum_error, np.abs(p.sum(axis=1) - 1).max())
            came = right_characters([text], data.alphabet)
            answers = {"mixture": p, "averaged": np.mean(models, axis=0)}
            answers |= zip(names, models, strict=True)
            for name, table in answers.items():
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
                "seconds_with_members": round(progress.seconds + seconds_before, 2),
            },
            threads=torch.get_num_threads(),
        )


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
    Of each held-out part the curve tells the loss on all words, and on those that training showed.
    """
    data, recipe = load(options), run.recipe
    train = data.headlines["train"][: recipe.headlines]
    everyone = itertools.chain(train, *(data.headlines[part] for part in HELD_OUT))
    number = {word: k for k, word in enumerate(sorted({w for t in everyone for w in t.split()}))}
    two, following = word_windows(train, number)
    held_out = {part: word_windows(data.headlines[part], number) for part in HELD_OUT}
    shown = {part: torch.isin(y, following) for part, (_, y) in held_out.items()}
    with distributed.Progress(run, options.checkpoints) as progress:
        torch.manual_seed(run.seed)
        model = StackedLSTM(len(number))
        optimiser = torch.optim.Adam(model.parameters(), lr=recipe.learning_rate, fused=True)
        curve = restore(model, optimiser, progress.load()).curve
        bar = progress.bar(recipe.epochs, done=len(curve), unit="epoch")
        for epoch in range(len(curve), recipe.epochs):
            rng = np.random.default_rng([run.seed, epoch])
            order = torch.from_numpy(rng.permutation(len(two)))
            total = 0.0
            for batch in order.split(recipe.batch_size):
                loss = F.cross_entropy(model(two[batch]), following[batch])
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                total += loss.item() * len(batch)
            curve.append({"train": total / len(two)})
            for part, (x, y) in held_out.items():
                with torch.no_grad():
                    nats = F.cross_entropy(model(x), y, reduction="none")
                curve[-1][part] = nats.mean().item()
                curve[-1][f"{part}_shown"] = nats[shown[part]].mean().item()
            keep_checkpoint(model, optimiser, progress, Account(curve=curve))
            bar.update()
        counts = KneserNey(map(str.split, train), 3, lambda _: 1 / len(number))
        by_counts = {}
        for part in HELD_OUT:
            words = [text.split() for text in data.headlines[part]]
            p = [counts.probability(t[i], t[:i]) for t in words for i in range(2, len(t))]
            by_counts[part] = float(-np.log(p).mean())
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
                "kneser_ney_nats_a_word": by_counts,
            },
            curve=curve,
            threads=torch.get_num_threads(),
        )


HELD_OUT = ("validation", "test")
STAGES = (("train", "validation"), ("train+validation", "test"))
SHARES = {"-half": 1 / 2, "-quarter": 1 / 4, "-eighth": 1 / 8}
LSTM, COUNTS = LSTMRecipe(), CountsRecipe()
WORDS = replace(COUNTS, tokens="words", order=3, spelling_order=5)
BPE = replace(LSTM, merges=300, epochs=15)
TAUGHT = replace(
    LSTM, hidden_size=256, dropout=0.2, epochs=10, headline_epochs=3, invented=4000, taught=0.5
)
CONTROLS = {  # of its two lessons one each; scored on the validation part
    "invented-lines": replace(TAUGHT, taught=None),
    "taught-on-headlines": replace(LSTM, invented=0, taught=0.5),
}
SNIPPETS = "headlines+snippets"
LSTM_SNIPPETS = LSTMRecipe(
    text=SNIPPETS, hidden_size=224, dropout=0.3, learning_rate=1.4e-2, epochs=13, headline_epochs=3
)
BPE_SNIPPETS = replace(LSTM_SNIPPETS, merges=300, epochs=11)
TAUGHT_SNIPPETS = replace(
    TAUGHT, text=SNIPPETS, hidden_size=320, epochs=8, headline_epochs=2, invented=3000
)
TRIED = {  # one setting of the best moved; scored on the validation part
    "taught-lstm-larger": replace(TAUGHT, hidden_size=320),
    "taught-lstm-three-quarters": replace(TAUGHT, taught=0.75),
    "words-kn4-six-letters": replace(WORDS, order=4, spelling_order=6),
    "words-kn3-seven-letters": replace(WORDS, spelling_order=7),
}


def stage(name, seed, recipe, trained_on, scored_on):
    """The run of a member in one of the two `STAGES`."""
    ending = "-validation" if scored_on == "validation" else ""
    seed = seed if isinstance(recipe, LSTMRecipe) else 0
    recipe = replace(recipe, trained_on=trained_on, scored_on=scored_on)
    return Run("headlines", name + ending, seed, recipe)


def check_options(options):
    """Stop with a sentence where ``--csv`` lacks something, or is lacking."""
    if not options.csv:
        if options.column or options.encoding != ENCODING:
            raise SystemExit("--column and --encoding say how to read --csv FILE: which file?")
        return
    if not options.column:
        raise SystemExit("--csv needs --column NAME: which column holds the text?")
    if options.results == HERE / "results":
        raise SystemExit("--csv needs --results DIR: the course's own records stay as they are")
    if not options.csv.is_file():
        raise SystemExit(f"{options.csv} is missing, or no file")


def all_recipes(options):
    """Models by name, and mixtures: the names of their members."""
    models = {f"characters-kn{order}": replace(COUNTS, order=order) for order in (2, 4, 6, 8)}
    models |= {f"words-kn{order}": replace(WORDS, order=order) for order in (1, 2, 3)}
    models |= {"characters-lstm": LSTM, "bpe-lstm": BPE}
    mixtures = {"mixture": ("words-kn3", "characters-lstm")}
    for ending, share in SHARES.items():
        for name in ("words-kn3", "characters-kn8", "characters-lstm"):
            models[name + ending] = replace(models[name], share=share)
        mixtures["mixture" + ending] = tuple(name + ending for name in mixtures["mixture"])
    if not options.csv:
        models |= {
            "characters-kn8-snippets": replace(COUNTS, text=SNIPPETS),
            "words-kn3-snippets": replace(WORDS, text=SNIPPETS),
            "characters-lstm-snippets": LSTM_SNIPPETS,
            "bpe-lstm-snippets": BPE_SNIPPETS,
            "words-kn3-six-letters": replace(WORDS, spelling_order=6),
            "taught-lstm": TAUGHT,
            "words-kn3-seven-letters-snippets": replace(WORDS, text=SNIPPETS, spelling_order=7),
            "taught-lstm-snippets": TAUGHT_SNIPPETS,
        }
        models |= CONTROLS | TRIED
        mixtures["mixture-snippets"] = ("words-kn3-snippets", "characters-lstm-snippets")
        best = ("words-kn3-six-letters", "characters-lstm", "taught-lstm")
        mixtures |= {"mixture-taught": best, "mixture-of-four": (*best, "characters-kn8")}
        members = ("words-kn3-seven-letters", "characters-lstm", "taught-lstm")
        mixtures["mixture-taught-snippets"] = tuple(f"{name}-snippets" for name in members)
    if options.quick:
        tiny = {"hidden_size": 16, "epochs": 3, "headline_epochs": 1}
        lstms = {name: r for name, r in models.items() if isinstance(r, LSTMRecipe)}
        models |= {name: replace(recipe, **tiny) for name, recipe in lstms.items()}
        models |= {n: replace(models[n], invented=9) for n, r in lstms.items() if r.invented}
    if options.csv:  # other text, other runs
        came_from = {"csv": sha256(options.csv), "column": options.column}
        came_from |= {"encoding": options.encoding, "updates_at_most": 10_000}
        models = {name: replace(recipe, **came_from) for name, recipe in models.items()}
    return models, mixtures


def all_runs(options):
    """Every run, what it needs before it: counts, networks, mixtures."""
    check_options(options)
    models, mixtures = all_recipes(options)
    wanted = [Run("headlines", "uniform", 0, UniformRecipe())]
    if not options.csv:
        for name, notes in (("", NotesRecipe()), ("-long", NotesRecipe(headlines=400, epochs=40))):
            notes = replace(notes, epochs=1) if options.quick else notes
            wanted += [Run("headlines", "notes-network" + name, seed, notes) for seed in SEEDS]
    for name, recipe in models.items():
        for seed in SEEDS if isinstance(recipe, LSTMRecipe) else SEEDS[:1]:
            # On validation: what decided a setting, and what a mixture's weights are fitted on.
            stages = STAGES[1:] if name.startswith("bpe") and seed else STAGES
            for parts in STAGES[:1] if name in CONTROLS | TRIED else stages:
                wanted.append(stage(name, seed, recipe, *parts))
    for name, members in mixtures.items():
        recipe = MixtureRecipe(members={member: models[member] for member in members})
        wanted += [Run("headlines", name, seed, recipe) for seed in SEEDS]
    return wanted


SEEDS = (0, 1, 2)
EXECUTE = {
    UniformRecipe: run_uniform,
    NotesRecipe: run_notes,
    CountsRecipe: run_counts,
    LSTMRecipe: run_lstm,
    MixtureRecipe: run_mixture,
}
TOGETHER = (LSTMRecipe, MixtureRecipe)  # what a team does; the rest is rank 0's alone


def execute(run, options):
    """Make one run; its record, or None in a process that only helps."""
    if distributed.team().rank and not isinstance(run.recipe, TOGETHER):
        return None
    return EXECUTE[type(run.recipe)](run, options)


def main(argv=None):
    return distributed.main("headlines", all_runs, execute, __doc__, add_arguments, argv)


if __name__ == "__main__":
    torch.set_num_threads(1)
    command_line.run(main)
