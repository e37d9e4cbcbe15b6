"""Chapter 6 at full scale: tokens, training and a linear model on 150,000 film reviews.

One run is one model from one seed, trained on all training reviews and scored once on the test
reviews. Settings were chosen on 15,000 reviews of the training file.
"""

import json
import re
import sys
import time
from functools import cache

import numpy as np
from safetensors.numpy import load as from_bytes
from safetensors.numpy import save as to_bytes
from scipy.stats import binomtest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from lstm_utils.measuring import quiet_logs

quiet_logs()
import keras  # noqa: E402
import tensorflow as tf  # noqa: E402

from lstm_utils.corpora import load_nsmc  # noqa: E402
from lstm_utils.models.reviews import (  # noqa: E402
    EncodedReviews,
    equal_length_batches,
    known_codes,
    letter_pieces,
    look_up,
    ngram_pieces,
    ngrams_of_codes,
)
from lstm_utils.models.reviews_keras import (  # noqa: E402
    ReviewNetwork,
    Trainer,
    calibration_error,
    cosine_rate,
    notes_network,
    notes_words,
    reliability,
)
from lstm_utils.text import Vocabulary, clean_review, pad  # noqa: E402

from .export_weights import keep  # noqa: E402
from .runs import Progress, Run, data_record, main, write_atomically, write_record  # noqa: E402

SEEDS = (0, 1, 2)
CHOSEN_ON = "validation: 15,000 of the training reviews, the rest to train on; seed 0"
LINEAR = {
    "model": "linear",
    "features": "TF-IDF of the characters 1-4, min_df 2, sublinear",
    "C": 3.0,
    "chosen": "on another rebuild's part, not here",
}
NOTES = {
    "model": "notes",
    "words": 20_000,
    "size": 300,
    "units": 50,
    "batch_size": 128,
    "epochs": 5,
    "optimizer": "adam",
    "rate": 1e-3,
    "validation_split": 0.2,
    "chosen": "nothing: the notes as they stand",
}
TOKENS = {
    "spaces": {"kind": "spaces", "min_count": 3},
    "syllables": {"kind": "syllables", "min_count": 3},
    "bpe": {"kind": "bpe", "size": 16_000},
    "morphemes": {"kind": "morphemes", "min_count": 3},
    "ngram-letters": {"kind": "letters", "lengths": [3, 4, 6, 8], "min_count": 4},
    "ngram-pairs": {"kind": "ngrams", "by": "pair", "longest": 4, "min_count": 3},
    "ngram-syllables": {"kind": "ngrams", "by": "syllable", "longest": 4, "min_count": 3},
}
NETWORK = {
    "model": "lstm",
    "size": 64,
    "units": 96,
    "both_directions": True,
    "pool": True,
    "scale": 0.005,
    "dropout": 0.3,
    "piece_dropout": 0.45,
    "smoothing": 0.1,
    "averaging": 0.97,
    "rate": 2e-3,
    "schedule": "cosine",
    "batch_size": 256,
    "epochs": 3,
    "chosen": CHOSEN_ON,
}
ONE_PIECE_DROPOUT = 0.15  # a step with one piece has no other to fall back on; not tuned
PLAIN = NETWORK | {
    "units": 64,
    "both_directions": False,
    "pool": False,
    "dropout": 0.0,
    "piece_dropout": 0.0,
    "smoothing": 0.0,
    "averaging": None,
    "rate": 1e-3,
    "schedule": "constant",
    "epochs": 2,
    "cut": 25,
    "tokens": TOKENS["spaces"],
    "chosen": "nothing: each rung changes one thing",
}
RUNGS = {  # each adds to the one before
    "training-1-padding-read": {"padded": 25},
    "training-2-masked": {"padded": None},
    "training-3-pooled": {"pool": True},
    "training-4-both-directions": {"both_directions": True},
    "training-5-dropout": {"dropout": 0.3, "piece_dropout": ONE_PIECE_DROPOUT},
    "training-6-averaging": {"averaging": 0.97},
    "training-7-falling-rate": {"schedule": "cosine", "rate": 2e-3, "smoothing": 0.1},
}
BEST = "ngram-words"
NGRAM_WORDS = {"kind": "ngrams", "by": "word", "longest": 4, "min_count": 3}
SYSTEM = {
    "model": "system",
    "weights": {
        "linear": 0.5,
        "ngram-words": 1.0,
        "tokens-ngram-letters": 1.0,
        "tokens-ngram-pairs": 1.0,
        "tokens-morphemes": 1.0,
    },
    "chosen": "all LSTMs alike, the linear model half: on validation no other choice was better",
}
PRETRAINED = NETWORK | {
    "units": 64,
    "epochs": 4,
    "piece_dropout": 0.3,
    "tokens": {"kind": "ngrams", "by": "word", "longest": 4, "min_count": 3, "at_most": 32_000},
}


def training_ladder():
    """The recipes of the rungs, by name."""
    recipe, found = PLAIN, {}
    for name, change in RUNGS.items():
        recipe = recipe | change
        found[name] = recipe
    return found


def all_runs(arguments):
    """Every run, those that others lean on first."""
    recipes = {BEST: NETWORK | {"tokens": NGRAM_WORDS, "epochs": 4}}
    recipes |= {"system": SYSTEM, "pretrained": PRETRAINED}
    for name, tokens in TOKENS.items():
        recipes[f"tokens-{name}"] = NETWORK | {"tokens": tokens}
        if tokens["kind"] not in ("ngrams", "letters"):
            recipes[f"tokens-{name}"]["piece_dropout"] = ONE_PIECE_DROPOUT
    recipes |= training_ladder() | {"notes": NOTES}
    if arguments.quick:
        recipes = {name: rehearsal(recipe) for name, recipe in recipes.items()}
    linear = [Run("sentiment", "linear", 0, LINEAR)]
    return linear + [Run("sentiment", n, k, r) for n, r in recipes.items() for k in SEEDS]


def rehearsal(recipe):
    """The same recipe at a size that takes a second."""
    small = {"size": 8, "units": 6, "epochs": 2, "batch_size": 32, "words": 300}
    return recipe | {key: value for key, value in small.items() if key in recipe}


class Corpus:
    """The reviews, read once a process, and what all judgements of a model share."""

    def __init__(self):
        self.train, self.test = load_nsmc("train"), load_nsmc("test")
        known = set(self.train.texts)
        self.repeated = np.array([text in known for text in self.test.texts])
        words = np.array([len(text.split()) for text in self.test.texts])
        characters = np.array([len(text) for text in self.test.texts])

        def says(pattern):
            return np.array([bool(re.search(pattern, text)) for text in self.test.texts])

        self.slices = {
            "not a repeat of a training text": ~self.repeated,
            "repeats a training text": self.repeated,
            "1 to 3 words": words <= 3,
            "4 to 8 words": (words >= 4) & (words <= 8),
            "9 to 15 words": (words >= 9) & (words <= 15),
            "16 words or more": words >= 16,
            "no space, 15 characters or more": (words == 1) & (characters >= 15),
            "with a negation": says(r"(^|\s)(안|못)\s|지\s?(않|못|마)|없"),
            "with a turn": says(r"지만|는데|은데|ㄴ데|으나|하나\s|다만"),
            "with single letters": says("[ㄱ-ㅎㅏ-ㅣ]"),
        }
        self.record = data_record(self.train.source, self.train.path, self.test.path)


@cache
def corpus():
    """The corpus, loaded at the first call."""
    return Corpus()


def interval(right):
    """Share of right answers, its 95 % Wilson interval, and the number of reviews."""
    n, k = len(right), int(np.sum(right))
    if not n:
        return {"accuracy": None, "interval": None, "reviews": 0}
    bounds = binomtest(k, n).proportion_ci(method="wilson")
    return {"accuracy": k / n, "interval": [bounds.low, bounds.high], "reviews": n}


def judge(scores, labels, slices):
    """All metrics of one model on the test reviews.

    Parameters
    ----------
    scores : float array (N,)
        Log odds that each review is positive.
    labels : int array (N,)
    slices : dict of bool arrays (N,)
    """
    p, right = 1 / (1 + np.exp(-scores.astype(np.float64))), (scores > 0) == labels
    return {
        **interval(right),
        "interval_method": "Wilson, 95 %",
        "slices": {name: interval(right[part]) for name, part in slices.items()},
        "calibration_error": calibration_error(p, labels),
        "reliability": reliability(p, labels).T.tolist(),
        "cross_entropy": float(np.mean(np.logaddexp(0, np.where(labels == 1, -scores, scores)))),
    }


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

    whole = np.ones(len(labels), bool)
    return {
        **pair(whole),
        "test": "exact McNemar",
        "slices": {n: pair(s) for n, s in slices.items()},
    }


def morphemes(options):
    """Morphemes with the first letter of their tag, for both files; kept for the next run.

    The seconds that it returns are those that another run has spent on them.
    """
    data, spent_here = corpus(), False
    path = options.checkpoints / "sentiment" / f"morphemes-{data.train.source}.json"
    if not path.exists():
        from kiwipiepy import Kiwi

        start, kiwi = time.perf_counter(), Kiwi(num_workers=1)
        texts = [clean_review(text) for text in data.train.texts + data.test.texts]
        found = [[f"{t.form}/{t.tag[0]}" for t in review] for review in kiwi.tokenize(texts)]
        told = {"seconds": time.perf_counter() - start, "tokens": found}
        spent_here = True
        write_atomically(path, json.dumps(told, ensure_ascii=False).encode())
    told = json.loads(path.read_text(encoding="utf-8"))
    n = len(data.train.texts)
    return told["tokens"][:n], told["tokens"][n:], 0.0 if spent_here else told["seconds"]


def cut_pieces(texts, tokens):
    """N-grams of characters or of letters, as codes."""
    if tokens["kind"] == "letters":
        return letter_pieces(texts, tuple(tokens["lengths"]))
    return ngram_pieces(texts, tokens["by"], tokens["longest"])


def encode(tokens, options):
    """Training and test reviews as numbers, rows of the table, seconds spent elsewhere."""
    data, elsewhere = corpus(), 0.0
    texts = data.train.texts, data.test.texts
    if tokens["kind"] in ("ngrams", "letters"):
        pieces = [cut_pieces(part, tokens) for part in texts]
        known = known_codes(pieces[0][0], tokens["min_count"], tokens.get("at_most"))
        encoded = [EncodedReviews(look_up(codes, known), *rest) for codes, *rest in pieces]
        return *encoded, len(known) + 1, elsewhere
    clean = [[clean_review(text) for text in part] for part in texts]
    if tokens["kind"] == "bpe":
        from tokenizers import Tokenizer, models, pre_tokenizers, trainers

        tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
        special = ["<pad>", "<unk>"]
        trainer = trainers.BpeTrainer(
            vocab_size=tokens["size"], show_progress=False, special_tokens=special
        )
        tokenizer.train_from_iterator(clean[0], trainer)
        ids = [[e.ids for e in tokenizer.encode_batch(part)] for part in clean]
        return *map(EncodedReviews.from_ids, ids), tokenizer.get_vocab_size(), elsewhere
    if tokens["kind"] == "morphemes":
        *cut, elsewhere = morphemes(options)
    elif tokens["kind"] == "syllables":
        cut = [[list(text) for text in part] for part in clean]
    else:
        cut = [[text.split() for text in part] for part in clean]
    table = Vocabulary.build(cut[0], min_count=tokens["min_count"])
    encoded = [EncodedReviews.from_ids([table.encode(review) for review in part]) for part in cut]
    return *encoded, len(table), elsewhere


class NotesTrainer:
    """The notes' network with the same steps, checkpoints and scores as `Trainer`."""

    def __init__(self, recipe):
        self.network = notes_network(recipe["words"], recipe["size"], units=recipe["units"])
        self.network.compile(
            keras.optimizers.Adam(recipe["rate"]), "sparse_categorical_crossentropy"
        )
        self.network.optimizer.build(self.network.trainable_variables)

    def step(self, ids, labels):
        self.network.reset_metrics()
        return float(self.network.train_on_batch(ids, labels))

    def scores(self, ids):
        parts = [self.network.predict_on_batch(ids[k : k + 1000]) for k in range(0, len(ids), 1000)]
        p = np.concatenate(parts).astype(np.float64).clip(1e-12)
        return np.log(p[:, 1]) - np.log(p[:, 0])

    def _variables(self):
        return [*self.network.variables, *self.network.optimizer.variables]

    def state(self):
        return {f"variable.{k}": v.numpy() for k, v in enumerate(self._variables())}

    def restore(self, state):
        for k, variable in enumerate(self._variables()):
            variable.assign(state[f"variable.{k}"])


class Epochs:
    """The walk over epochs and batches, with a checkpoint a minute and one an epoch."""

    def __init__(self, run, progress, trainer, quick):
        self.run, self.progress, self.trainer = run, progress, trainer
        self.every = 0.0 if quick else 60.0  # seconds
        self.epoch, self.place, self.losses, self.curve = 0, 0, [], []
        if found := progress.load():
            arrays, meta = found
            trainer.restore(arrays)
            self.epoch, self.place = meta["epoch"], meta["place"]
            self.losses, self.curve = meta["losses"], meta["curve"]

    def save(self):
        told = {"epoch": self.epoch, "place": self.place, "losses": self.losses}
        self.progress.save(self.trainer.state(), told | {"curve": self.curve})

    def __call__(self, batches_of, step, after_epoch=None):
        """`batches_of(epoch)` gives batches; `step(batch, number)` trains and returns a loss."""
        epochs = self.run.recipe["epochs"]
        per_epoch = len(batches_of(0))
        bar = self.progress.bar(epochs * per_epoch, self.epoch * per_epoch + self.place, "batch")
        while self.epoch < epochs:
            batches = batches_of(self.epoch)
            for batch in batches[self.place :]:
                self.losses.append(step(batch, self.epoch * per_epoch + self.place))
                self.place += 1
                bar.update()
                if self.progress.due(self.every) and self.place < per_epoch:
                    self.save()
            self.curve.append(
                {
                    "epoch": self.epoch + 1,
                    "loss": float(np.mean(self.losses)),
                    "seconds": self.progress.seconds,
                    **(after_epoch() if after_epoch else {}),
                }
            )
            self.epoch, self.place, self.losses = self.epoch + 1, 0, []
            self.save()


def train_lstm(run, options, progress):
    """Train a ReviewNetwork; returns test scores, sizes, curve, seconds elsewhere, the trainer."""
    recipe, data = run.recipe, corpus()
    keras.utils.set_random_seed(run.seed)
    train, test, rows, elsewhere = encode(recipe["tokens"], options)
    if recipe.get("cut"):
        train, test = train.cut(recipe["cut"]), test.cut(recipe["cut"])
    if recipe.get("padded"):
        train, test = (part.padded(recipe["padded"], rows) for part in (train, test))
        rows += 1
    settings = ("both_directions", "pool", "dropout", "scale")
    network = ReviewNetwork(
        rows, recipe["size"], recipe["units"], **{k: recipe[k] for k in settings}
    )
    settings = ("piece_dropout", "smoothing", "averaging")
    trainer = Trainer(network, **{k: recipe[k] for k in settings}, seed=run.seed)
    total = recipe["epochs"] * len(equal_length_batches(train.steps, recipe["batch_size"]))

    def batches_of(epoch):
        rng = np.random.default_rng([run.seed, epoch])
        return equal_length_batches(train.steps, recipe["batch_size"], rng)

    def step(batch, number):
        rate = recipe["rate"]
        if recipe["schedule"] == "cosine":
            rate = cosine_rate(number, total, rate)
        return trainer.step(train.batch(batch), data.train.labels[batch], rate)

    epochs = Epochs(run, progress, trainer, options.quick)
    epochs(batches_of, step)
    trainer.use_average()
    sizes = {
        "weights": int(network.count_params()),
        "table": [rows, recipe["size"]],
        "steps_per_review": float(train.steps.mean()),
    }
    return trainer.scores(test), sizes, epochs.curve, elsewhere, trainer


def train_notes(run, options, progress):
    """Train the notes' network on the first four fifths; the rest is their validation part."""
    recipe, data = run.recipe, corpus()
    keras.utils.set_random_seed(run.seed)
    cut = [[word.lower() for word in notes_words(text)] for text in data.train.texts]
    table = Vocabulary.build(cut, max_size=recipe["words"] + 1)

    def encode_words(reviews):
        known = [[table.ids[word] - 1 for word in words if word in table] for words in reviews]
        return pad(
            known, 25
        )  # 0 is the padding, 1 the commonest word: unknown words leave no trace

    ids = encode_words(cut)
    test = encode_words([[word.lower() for word in notes_words(t)] for t in data.test.texts])
    n_fit = round(len(ids) * (1 - recipe["validation_split"]))
    trainer = NotesTrainer(recipe)

    def batches_of(epoch):
        order = np.random.default_rng([run.seed, epoch]).permutation(n_fit)
        return [order[k : k + recipe["batch_size"]] for k in range(0, n_fit, recipe["batch_size"])]

    def after_epoch():
        scores, labels = trainer.scores(ids[n_fit:]), data.train.labels[n_fit:]
        loss = np.mean(np.logaddexp(0, np.where(labels == 1, -scores, scores)))
        return {
            "validation_loss": float(loss),
            "validation_accuracy": float(np.mean((scores > 0) == labels)),
        }

    epochs = Epochs(run, progress, trainer, options.quick)
    epochs(
        batches_of, lambda batch, _: trainer.step(ids[batch], data.train.labels[batch]), after_epoch
    )
    sizes = {
        "weights": int(trainer.network.count_params()),
        "table": [recipe["words"], recipe["size"]],
        "steps_per_review": 25.0,
    }
    return trainer.scores(test), sizes, epochs.curve, 0.0, trainer


def train_linear(run, options, progress):
    """TF-IDF and logistic regression; it has one best answer, so one seed says all."""
    data = corpus()
    model = make_pipeline(
        TfidfVectorizer(analyzer="char", ngram_range=(1, 4), min_df=2, sublinear_tf=True),
        LogisticRegression(C=run.recipe["C"], max_iter=300),
    )
    model.fit(data.train.texts, data.train.labels)
    sizes = {"weights": int(model[-1].coef_.size + 1)}
    return model.decision_function(data.test.texts), sizes, [], 0.0, model


def scores_path(run, options):
    """Where a run leaves its test scores for runs that lean on it (not committed)."""
    name = run.checkpoint_path(options.checkpoints).name
    return options.checkpoints / "sentiment" / "scores" / name


def training_seconds(record):
    """Seconds until a model was trained, tokens included, the scoring of test reviews not."""
    spent = record["curve"][-1]["seconds"] if record["curve"] else record["seconds"]
    return spent + record["metrics"]["tokenising_seconds"]


def scores_of(name, seed, options):
    """Test scores of another run, and its `training_seconds`; the run is made if need be."""
    runs = {(run.name, run.seed): run for run in all_runs(options.arguments)}
    run = runs[name, 0 if name == "linear" else seed]
    path, record = scores_path(run, options), run.finished(options.results)
    if record is None or not path.exists():
        record = execute(run, options)
        write_record(record, run.record_path(options.results))
        run.checkpoint_path(options.checkpoints).unlink(missing_ok=True)
    return from_bytes(path.read_bytes())["scores"], training_seconds(record)


def run_system(run, options, progress):
    """A weighted mean of the log odds of several models."""
    members = {name: scores_of(name, run.seed, options) for name in run.recipe["weights"]}
    weights = run.recipe["weights"]
    scores = sum(weights[name] * found for name, (found, _) in members.items())
    scores = scores / sum(weights.values())
    seconds = {name: spent for name, (_, spent) in members.items()}
    return scores, {"members": list(weights)}, [], seconds, None


def two_cores(seconds):
    """Seconds until all members are trained, one on each of two cores, the longest first."""
    loads = [0.0, 0.0]
    for spent in sorted(seconds, reverse=True):
        loads[loads.index(min(loads))] += spent
    return max(loads)


WAYS = {"lstm": train_lstm, "notes": train_notes, "linear": train_linear, "system": run_system}


def execute(run, options):
    """Make one run; returns its record."""
    data = corpus()
    labels, slices = data.test.labels, data.slices
    with Progress(run, options.checkpoints) as progress:
        scores, sizes, curve, elsewhere, trainer = WAYS[run.recipe["model"]](run, options, progress)
        if run.name == "pretrained":
            scores = hand_over(run, options, trainer)
        metrics = judge(scores, labels, slices)
        if run.recipe["model"] == "system":
            metrics["member_seconds"] = elsewhere
            metrics["seconds_on_one_core"] = sum(elsewhere.values())
            metrics["seconds_on_two_cores"] = two_cores(elsewhere.values())
        else:
            metrics["tokenising_seconds"] = elsewhere  # spent in an earlier run; counted here too
            metrics["seconds_in_all"] = progress.seconds + elsewhere
            told = {"scores": scores.astype(np.float32)}
            write_atomically(scores_path(run, options), to_bytes(told))
        if run.name in (BEST, "system", "pretrained"):
            other, _ = scores_of("linear", 0, options)
            metrics["against_linear"] = compare(scores, other, labels, slices)
        sizes |= {"train": len(data.train.labels), "test": len(labels)}
        return progress.record(
            data=data.record, sizes=sizes, metrics=metrics, curve=curve, threads=1
        )


def hand_over(run, options, trainer):
    """Leave the small model for the package; its table rounded to float16, as it is shipped."""
    network, tokens = trainer.network, run.recipe["tokens"]
    table = network.embed.table.get_weights()[0].astype(np.float16).astype(np.float32)
    network.embed.table.set_weights([table])
    arrays = {"table": table}
    layers = {
        "forward": network.lstm.forward_layer,
        "backward": network.lstm.backward_layer,
        "dense": network.score,
    }
    for name, layer in layers.items():
        parts = ("kernel", "recurrent_kernel", "bias")
        if name == "dense":
            parts = ("kernel", "bias")
        for part, array in zip(parts, layer.get_weights(), strict=True):
            arrays[f"{name}/{part}"] = array.astype(np.float16).astype(np.float32)
        layer.set_weights([arrays[f"{name}/{part}"] for part in parts])
    data = corpus()
    settings = tokens["by"], tokens["longest"]
    codes, *_ = ngram_pieces(data.train.texts, *settings)
    known = known_codes(codes, tokens["min_count"], tokens["at_most"])
    if run.seed == 0 and not options.quick:
        extras = {"by": tokens["by"], "longest": tokens["longest"], "data": data.record}
        extras |= {key: run.recipe[key] for key in ("both_directions", "pool", "units")}
        extras["ngrams"] = "\n".join(ngrams_of_codes(known))  # row k + 1 of the table: n-gram k
        keep("sentiment", run, arrays, options.checkpoints, **extras)
    codes, *rest = ngram_pieces(data.test.texts, *settings)
    return trainer.scores(EncodedReviews(look_up(codes, known), *rest))


if __name__ == "__main__":
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    sys.exit(main("sentiment", all_runs, execute, __doc__.split("\n")[0]))
