"""Train a network for film reviews, through any number of kills."""

import keras
import numpy as np
import tensorflow as tf

from lstm_utils.models.pretrained import from_names
from lstm_utils.models.reviews import equal_length_batches

from .export_weights import to_int8


class RowAdam(keras.optimizers.Adam):
    """Adam that touches only those rows of a table that a batch has used.

    Keras's own updates all rows at each step, since the averages of the others decay: with a
    quarter of a million rows that takes longer than the LSTM. Here they wait until they are used.
    """

    def update_step(self, gradient, variable, learning_rate):
        if not isinstance(gradient, tf.IndexedSlices):
            return super().update_step(gradient, variable, learning_rate)
        rows, place = tf.unique(gradient.indices)
        g = tf.math.unsorted_segment_sum(gradient.values, place, tf.size(rows))
        k = self._get_variable_index(variable)
        mean, square = self._momentums[k].value, self._velocities[k].value
        step = tf.cast(self.iterations + 1, tf.float32)
        m = self.beta_1 * tf.gather(mean, rows) + (1 - self.beta_1) * g
        v = self.beta_2 * tf.gather(square, rows) + (1 - self.beta_2) * g * g
        rate = learning_rate * tf.sqrt(1 - self.beta_2**step) / (1 - self.beta_1**step)
        mean.scatter_update(tf.IndexedSlices(m, rows))
        square.scatter_update(tf.IndexedSlices(v, rows))
        change = rate * m / (tf.sqrt(v) + self.epsilon)
        variable.scatter_sub(tf.IndexedSlices(change, rows))
        return None


def cosine_rate(step, steps, peak, warm_up=100):
    """Learning rate: rises over the first steps, then falls along a cosine to a fiftieth."""
    wave = 0.5 * (1 + np.cos(np.pi * step / steps))
    return float(peak * min(1, (step + 1) / warm_up) * (0.02 + 0.98 * wave))


def divergence(a, b):
    """Symmetric Kullback-Leibler divergence of two verdicts with log odds a and b, elementwise.

    (KL(p, q) + KL(q, p)) / 2 = (p − q)(a − b) / 2, with p = σ(a) and q = σ(b).
    """
    return (tf.sigmoid(a) - tf.sigmoid(b)) * (a - b) / 2


class Trainer:
    """A network, its optimiser, the average of its weights, and one step of training.

    The recipe says `piece_dropout`, the share of the pieces (n-grams or tokens) that are left out
    of a training batch; `smoothing`, a label says 1 − smoothing/2 or smoothing/2 instead of 1 or 0;
    `averaging`, what an average over the last weights keeps of itself, every ten steps, or None;
    `r_drop`, by how much two readings of a batch, each with a dropout of its own, are drawn towards
    each other (Liang et al., 2021), or None for one reading.
    """

    def __init__(self, network, recipe, seed):
        self.network, self.recipe, self.seed = network, recipe, seed
        network.build()
        self.optimizer = RowAdam(1e-3)
        self.optimizer.build(network.trainable_variables)
        self.weights = [w.value for w in network.trainable_variables]
        self.average = [tf.Variable(w) for w in self.weights] if recipe.averaging else []
        # All that a later process needs to go on.
        self.variables = [*network.variables, *self.optimizer.variables, *self.average]
        # One graph for batches of any size and length.
        batch = [tf.TensorSpec(shape, tf.int32) for shape in ([None, None], [None], [])]
        signature = [*batch, tf.TensorSpec([None], tf.float32)]
        self._step = tf.function(self._train, input_signature=signature)
        self._predict = tf.function(
            lambda ids, slots, steps: network(ids, slots, steps), input_signature=batch
        )

    def _train(self, ids, slots, steps, labels):
        recipe = self.recipe
        target = labels * (1 - recipe.smoothing) + recipe.smoothing / 2
        readings = 2 if recipe.r_drop else 1
        with tf.GradientTape() as tape:
            left = [self._thinned(ids, k) for k in range(readings)]
            vectors = [self.network.vectors(ids, slots, steps) for ids in left]
            vectors = tf.concat(vectors, axis=0) / (1 - recipe.piece_dropout)
            scores = self.network.read(vectors, training=True)
            target = tf.tile(target, [readings])
            loss = tf.reduce_mean(self.network.losses(target, scores))
            if recipe.r_drop:
                loss += recipe.r_drop * tf.reduce_mean(divergence(*tf.split(scores, 2)))
        weights = self.network.trainable_variables
        self.optimizer.apply(tape.gradient(loss, [w.value for w in weights]), weights)
        return loss

    def _thinned(self, ids, reading):
        """A batch's pieces, a share of them left out at random."""
        if not self.recipe.piece_dropout:
            return ids
        number = tf.cast(self.optimizer.iterations.value, tf.int32)
        seed = self.seed + 1_000_003 * reading
        chance = tf.random.stateless_uniform(tf.shape(ids), [seed, number])
        return tf.where(chance < self.recipe.piece_dropout, 0, ids)

    def step(self, batch, labels, rate):
        """One update on a batch of `EncodedReviews.batch`; returns the loss."""
        self.optimizer.learning_rate = rate
        loss = self._step(*map(tf.constant, batch), tf.constant(labels, tf.float32))
        done = int(self.optimizer.iterations)
        if self.average and done % 10 == 0:
            keep = min(self.recipe.averaging, done / 10 / (done / 10 + 5))
            self._blend(tf.constant(keep, tf.float32))
        return float(loss)

    @tf.function
    def _blend(self, keep):
        for average, weight in zip(self.average, self.weights, strict=True):
            average.assign(keep * average + (1 - keep) * weight)

    def scores_of_batch(self, ids, slots, steps):
        """What the network gives for a batch of `EncodedReviews.batch`, as an array."""
        return self._predict(*map(tf.constant, (ids, slots, steps))).numpy()

    def scores(self, encoded):
        """Log odds that each review is positive, float32 (R,)."""
        found = np.zeros(len(encoded), dtype=np.float32)
        for rows in equal_length_batches(encoded.steps, 1000):
            found[rows] = self.scores_of_batch(*encoded.batch(rows))
        return found


def train(epochs, trainer, progress, quick, batches_of, step, after_epoch=None):
    """Walk over epochs and batches, with a checkpoint a minute and one an epoch; the curve.

    `batches_of(epoch)` gives batches; `step(batch, number)` trains and returns a loss;
    `after_epoch()` gives what else an epoch's entry in the curve is to hold.
    """
    at = {"epoch": 0, "place": 0, "losses": [], "curve": []}
    if found := progress.load():
        arrays, at = found
        for k, variable in enumerate(trainer.variables):
            variable.assign(arrays[f"variable.{k}"])

    def save():
        progress.save({f"variable.{k}": v.numpy() for k, v in enumerate(trainer.variables)}, at)

    per_epoch = len(batches_of(0))
    bar = progress.bar(epochs * per_epoch, at["epoch"] * per_epoch + at["place"], "batch")
    while at["epoch"] < epochs:
        for batch in batches_of(at["epoch"])[at["place"] :]:
            at["losses"].append(step(batch, at["epoch"] * per_epoch + at["place"]))
            at["place"] += 1
            bar.update()
            if progress.due(0 if quick else 60) and at["place"] < per_epoch:
                save()
        at["epoch"] += 1
        entry = {"epoch": at["epoch"], "loss": float(np.mean(at["losses"]))}
        entry |= {"seconds": progress.seconds, **(after_epoch() if after_epoch else {})}
        at |= {"place": 0, "losses": [], "curve": [*at["curve"], entry]}
        save()
    return at["curve"]


def fit(trainer, encoded, labels, progress, quick, falling=True):
    """Train as the trainer's recipe says, and put the average, if any, in place; the curve."""
    recipe = trainer.recipe

    def batches_of(epoch):
        rng = np.random.default_rng([trainer.seed, epoch])
        return equal_length_batches(encoded.steps, recipe.batch_size, rng)

    total = recipe.epochs * len(batches_of(0))

    def step(batch, number):
        rate = cosine_rate(number, total, recipe.rate) if falling else recipe.rate
        return trainer.step(encoded.batch(batch), labels[batch], rate)

    curve = train(recipe.epochs, trainer, progress, quick, batches_of, step)
    for average, weight in zip(trainer.average, trainer.weights, strict=False):
        weight.assign(average)
    return curve


def round_to_int8(network, arrays):
    """Give a network the arrays, by name, as 8 bits hold them; the integers and their scales."""
    whole, scales = to_int8(arrays)
    rounded = {name: whole[name] * np.float32(scales[name]) for name in arrays}
    network.set_layers(lambda name: from_names(rounded, name))
    return whole, scales
