"""Networks for film reviews, and how good they are; `reviews` makes the numbers that they read.

Shared by chapter 6, its experiments and the pretrained models.
"""

# ruff: noqa: E402 - Keras and TensorFlow read their settings when they are imported

from lstm_utils.measuring import keras_on_tensorflow

keras_on_tensorflow()
import keras
import numpy as np
import tensorflow as tf

from lstm_utils.inputs import as_floats, as_text, as_whole, found


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
    recurrent : bool
        Otherwise a layer of as many tanh units stands in the LSTM's place, which reads each step
        by itself.
    """

    def __init__(
        self,
        rows,
        size,
        units,
        both_directions=True,
        pool=True,
        dropout=0.0,
        scale=0.05,
        recurrent=True,
    ):
        super().__init__()
        self.embed = NgramEmbedding(rows, size, scale)
        self.size, self.pool = size, pool
        self.drop_input = keras.layers.Dropout(dropout)
        if recurrent:
            self.lstm = keras.layers.LSTM(units, return_sequences=pool)
            if both_directions:
                self.lstm = keras.layers.Bidirectional(self.lstm)
        else:
            self.lstm = keras.layers.Dense(units * (1 + both_directions), activation="tanh")
        self.drop_summary = keras.layers.Dropout(dropout)
        self.score = keras.layers.Dense(1)

    def build(self, input_shape=None):
        """Make all weights; their shapes depend on no input."""
        self.embed.build()
        self.lstm.build((None, None, self.size))
        states = self.lstm.compute_output_shape((None, None, self.size))[-1]
        self.score.build((None, states * (1 + self.pool)))
        self.built = True

    def layers_by_name(self):
        """The layers that hold weights, by the names of `pretrained.ARRAYS`."""
        layers = {"table": self.embed.table, "forward": self.lstm, "dense": self.score}
        if isinstance(self.lstm, keras.layers.Bidirectional):
            layers["forward"], layers["backward"] = (
                self.lstm.forward_layer,
                self.lstm.backward_layer,
            )
        return layers

    def set_layers(self, weights_of):
        """Set each layer's weights to ``weights_of(name)``."""
        if not self.built:
            self.build()
        for name, layer in self.layers_by_name().items():
            layer.set_weights(weights_of(name))

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


def notes_network(rows=20_000, size=300, units=50):
    """The network of the notes: table, LSTM, softmax over two classes."""
    return keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            keras.layers.Embedding(rows, size),
            keras.layers.LSTM(units),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )


def notes_words(text):
    """As in the notes: the first 25 words, and of each word the first 5 characters."""
    return [word[:5] for word in as_text(text).split(" ")[:25]]


def reliability(p, labels, bins=10):
    """Mean confidence, share of right answers and size of each filled bin: (3, bins filled).

    Parameters
    ----------
    p : float array (N,)
        Probability of label 1.
    labels : int array (N,)
    bins : int
        Of equal width, for confidences from 0.5 to 1.

    Raises
    ------
    TypeError, ValueError
        If there are no reviews, `p` is not between 0 and 1, or `labels` are not as many 0s and 1s.
    """
    as_whole(bins, "bins", 1)
    p = as_floats(p, "p", ("N >= 1",))
    labels = as_floats(labels, "labels", p.shape)
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError(f"p must be probabilities, from 0 to 1; got {found(p)}")
    if not np.isin(labels, (0, 1)).all():
        raise ValueError(f"labels must be 0 or 1; got {found(labels)}")
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
