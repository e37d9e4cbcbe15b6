"""A network for film reviews, and its training; `reviews` makes the numbers that it reads.

Shared by chapter 6, `experiments/sentiment.py` and the pretrained model.
"""

import keras
import numpy as np
import tensorflow as tf

from lstm_utils.models.reviews import equal_length_batches


class NgramEmbedding(keras.layers.Layer):
    """Ids of pieces (…, pieces) become the sum of their rows (…, size); id 0 adds nothing."""

    def __init__(self, rows, size, scale=0.05):
        super().__init__()
        start = keras.initializers.RandomUniform(-scale, scale)
        self.table = keras.layers.Embedding(rows, size, embeddings_initializer=start)

    def call(self, ids):
        # A gather from the variable itself: reading it whole would copy the table at each step.
        rows = tf.gather(self.table.embeddings.value, ids)
        is_piece = keras.ops.cast(keras.ops.not_equal(ids, 0), "float32")
        return keras.ops.sum(rows * is_piece[..., None], axis=-2)

    def build(self, input_shape=None):
        self.table.build()
        self.built = True

    def compute_mask(self, ids, mask=None):
        return keras.ops.any(keras.ops.not_equal(ids, 0), axis=-1)


def pooled(states):
    """Maximum and mean over the steps, side by side: (B, T, H) → (B, 2H)."""
    return keras.ops.concatenate(
        [keras.ops.max(states, axis=1), keras.ops.mean(states, axis=1)], axis=-1
    )


class ReviewNetwork(keras.Model):
    """Sums of rows → LSTM → summary → one score, the log odds that a review is positive.

    Parameters
    ----------
    rows, size : int
        Shape of the table, row 0 included.
    units : int
        Of each LSTM.
    both_directions : bool
        Read from left to right and from right to left.
    pool : bool
        Sum up all states by maximum and mean; otherwise take the last one.
    dropout : float
        Share of the inputs of the LSTM, and of the output layer, that is dropped in training.
    scale : float
        The table's weights start between −scale and scale. A piece that training never met keeps
        its start, so it had better be small.
    """

    def __init__(self, rows, size, units, both_directions=True, pool=True, dropout=0.0, scale=0.05):
        super().__init__()
        self.embed = NgramEmbedding(rows, size, scale)
        self.size, self.pool = size, pool
        self.drop_input = keras.layers.Dropout(dropout)
        self.lstm = keras.layers.LSTM(units, return_sequences=pool)
        if both_directions:
            self.lstm = keras.layers.Bidirectional(self.lstm)
        self.drop_summary = keras.layers.Dropout(dropout)
        self.score = keras.layers.Dense(1)

    def build(self, input_shape=None):
        """Make all weights; their shapes depend on no input."""
        self.embed.build()
        self.lstm.build((None, None, self.size))
        states = self.lstm.compute_output_shape((None, None, self.size))[-1]
        self.score.build((None, states * (1 + self.pool)))
        self.built = True

    def vectors(self, ids, slots, steps):
        """What the LSTM reads, shape (B, steps, size), from `EncodedReviews.batch`."""
        return tf.reshape(tf.math.segment_sum(self.embed(ids), slots), [-1, steps, self.size])

    def read(self, vectors, training=False):
        """Scores, shape (B,), of reviews given as vectors (B, T, size)."""
        states = self.lstm(self.drop_input(vectors, training=training))
        summary = pooled(states) if self.pool else states
        return self.score(self.drop_summary(summary, training=training))[:, 0]

    def losses(self, target, scores):
        """Cross-entropy of each review, shape (B,)."""
        return tf.nn.sigmoid_cross_entropy_with_logits(labels=target, logits=scores)

    def call(self, ids, slots, steps, training=False):
        return self.read(self.vectors(ids, slots, steps), training=training)


class PrefixNetwork(ReviewNetwork):
    """Reads from left to right and gives a score after each step: one for every prefix.

    Parameters are those of `ReviewNetwork` without the two that prefixes leave no choice about.
    """

    def __init__(self, rows, size, units, dropout=0.0, scale=0.05):
        super().__init__(rows, size, units, False, True, dropout, scale)

    def build(self, input_shape=None):
        """Make all weights; their shapes depend on no input."""
        self.embed.build()
        self.lstm.build((None, None, self.size))
        self.score.build((None, self.lstm.units))
        self.built = True

    def read(self, vectors, training=False):
        """Scores, shape (B, T), of reviews given as vectors (B, T, size)."""
        states = self.lstm(self.drop_input(vectors, training=training))
        return self.score(self.drop_summary(states, training=training))[..., 0]

    def losses(self, target, scores):
        """Half for the whole review, half for the mean over its prefixes: shape (B,)."""
        every = tf.broadcast_to(target[:, None], tf.shape(scores))
        losses = tf.nn.sigmoid_cross_entropy_with_logits(labels=every, logits=scores)
        return (losses[:, -1] + tf.reduce_mean(losses, axis=1)) / 2


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


class Trainer:
    """A network, its optimiser, the average of its weights, and one step of training.

    Parameters
    ----------
    network : ReviewNetwork or PrefixNetwork
    piece_dropout : float
        Share of the pieces (n-grams or tokens) that are left out of a training batch.
    smoothing : float
        A label says 1 − smoothing/2 or smoothing/2 instead of 1 or 0.
    averaging : float or None
        What an average over the last weights keeps of itself, every ten steps.
    """

    def __init__(self, network, piece_dropout=0.0, smoothing=0.0, averaging=None, seed=0):
        self.network, self.seed = network, seed
        self.piece_dropout, self.smoothing, self.averaging = piece_dropout, smoothing, averaging
        network.build()
        self.optimizer = RowAdam(1e-3)
        self.optimizer.build(network.trainable_variables)
        self.weights = [w.value for w in network.trainable_variables]
        self.average = [tf.Variable(w) for w in self.weights] if averaging else []
        self.steps_done = 0
        # One graph for batches of any size and length.
        batch = [tf.TensorSpec(shape, tf.int32) for shape in ([None, None], [None], [])]
        labels, number = tf.TensorSpec([None], tf.float32), tf.TensorSpec([], tf.int32)
        self._step = tf.function(self._train, input_signature=[*batch, labels, number])
        self._predict = tf.function(
            lambda ids, slots, steps: network(ids, slots, steps), input_signature=batch
        )

    def _train(self, ids, slots, steps, labels, number):
        if self.piece_dropout:
            chance = tf.random.stateless_uniform(tf.shape(ids), [self.seed, number])
            ids = tf.where(chance < self.piece_dropout, 0, ids)
        target = labels * (1 - self.smoothing) + self.smoothing / 2
        with tf.GradientTape() as tape:
            vectors = self.network.vectors(ids, slots, steps) / (1 - self.piece_dropout)
            scores = self.network.read(vectors, training=True)
            loss = tf.reduce_mean(self.network.losses(target, scores))
        weights = self.network.trainable_variables
        self.optimizer.apply(tape.gradient(loss, [w.value for w in weights]), weights)
        return loss

    def step(self, batch, labels, rate):
        """One update on a batch of `EncodedReviews.batch`; returns the loss."""
        self.optimizer.learning_rate = rate
        ids, slots, steps = (tf.constant(part) for part in batch)
        labels = tf.constant(labels, tf.float32)
        loss = self._step(ids, slots, steps, labels, tf.constant(self.steps_done))
        self.steps_done += 1
        if self.average and self.steps_done % 10 == 0:
            rounds = self.steps_done / 10
            keep = min(self.averaging, rounds / (rounds + 5))
            self._blend(tf.constant(keep, tf.float32))
        return float(loss)

    @tf.function
    def _blend(self, keep):
        for average, weight in zip(self.average, self.weights, strict=True):
            average.assign(keep * average + (1 - keep) * weight)

    def use_average(self):
        """Put the averaged weights, if any, into the network (and its own into the average)."""
        for average, weight in zip(self.average, self.weights, strict=False):
            own = tf.identity(weight)
            weight.assign(average)
            average.assign(own)

    def scores_of_batch(self, ids, slots, steps):
        """What the network gives for a batch of `EncodedReviews.batch`, as an array."""
        return self._predict(*map(tf.constant, (ids, slots, steps))).numpy()

    def scores(self, encoded, rows=None, batch_size=1000):
        """Log odds that each review is positive, float32, in the order of `rows`."""
        rows = np.arange(len(encoded)) if rows is None else np.asarray(rows)
        found = np.zeros(len(encoded), dtype=np.float32)
        for part in equal_length_batches(encoded.steps, batch_size, rows=rows):
            found[part] = self.scores_of_batch(*encoded.batch(part))
        return found[rows]

    def state(self):
        """All that a later process needs to go on, as arrays by name."""
        variables = [*self.network.variables, *self.optimizer.variables]
        return {
            **{f"variable.{k}": v.numpy() for k, v in enumerate(variables)},
            **{f"average.{k}": v.numpy() for k, v in enumerate(self.average)},
            "steps_done": np.array(self.steps_done),
        }

    def restore(self, state):
        """Go on from what `state` returned."""
        variables = [*self.network.variables, *self.optimizer.variables]
        for k, variable in enumerate(variables):
            variable.assign(state[f"variable.{k}"])
        for k, average in enumerate(self.average):
            average.assign(state[f"average.{k}"])
        self.steps_done = int(state["steps_done"])


def notes_network(rows=20_000, size=300, mask=False, units=50):
    """The network of the notes: table, LSTM, softmax over two classes."""
    return keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            keras.layers.Embedding(rows, size, mask_zero=mask),
            keras.layers.LSTM(units),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )


def notes_words(text):
    """As in the notes: the first 25 words, and of each word the first 5 characters."""
    return [word[:5] for word in text.split(" ")[:25]]


def reliability(p, labels, bins=10):
    """Mean confidence, share of right answers and size of each filled bin: (3, bins filled).

    Parameters
    ----------
    p : float array (N,)
        Probability of label 1.
    labels : int array (N,)
    bins : int
        Of equal width, for confidences from 0.5 to 1.
    """
    confidence, right = np.maximum(p, 1 - p), (p > 0.5) == labels
    which = np.minimum(((confidence - 0.5) * 2 * bins).astype(int), bins - 1)
    table = [
        (confidence[which == b].mean(), right[which == b].mean(), (which == b).sum())
        for b in range(bins)
        if (which == b).any()
    ]
    return np.array(table).T


def calibration_error(p, labels, bins=10):
    """Mean gap between confidence and share of right answers, weighted by the bins' sizes."""
    confidence, right, size = reliability(p, labels, bins)
    return float(np.sum(size * np.abs(right - confidence)) / size.sum())
