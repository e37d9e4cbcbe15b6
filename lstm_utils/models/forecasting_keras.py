"""An LSTM that forecasts: at every hour it reads, it says what will be some hours later.

Shared by chapter 9 and its experiments; `forecasting` makes what it reads.
"""

# ruff: noqa: E402 - Keras and TensorFlow read their settings when they are imported

from dataclasses import dataclass

from lstm_utils.measuring import keras_on_tensorflow

keras_on_tensorflow()
import keras
import numpy as np
import tensorflow as tf

from lstm_utils.cells import lstm_forward
from lstm_utils.frameworks import from_keras
from lstm_utils.models.forecasting import QUANTILES


@dataclass(frozen=True)
class Training:
    """How a `forecaster` is built and trained."""

    units: int = 32
    dropout: float = 0.2  # of the states that the output layer reads
    updates: int = 300
    batch: int = 32  # stretches of the series in an update
    stretch: int = 120  # hours in each
    warm_up: int = 24  # of them without a loss, while the state fills
    rate: float = 6e-3  # of Adam at the start; falls along half a cosine
    weight_decay: float = 1e-4
    averaging: float = 0.97  # of the weights: what is kept of the average at each update


def forecaster(features, units, dropout=0.0, outputs=1):
    """An LSTM with an output layer at every hour: (batch, hours, features) → (…, outputs).

    The output layer starts at zero: before training the forecast is what it is added to.
    """
    read = keras.Input((None, features))
    states = keras.layers.LSTM(units, return_sequences=True)(read)
    states = keras.layers.Dropout(dropout)(states)
    return keras.Model(read, keras.layers.Dense(outputs, kernel_initializer="zeros")(states))


def train(lessons, until, training, seed, quantiles=QUANTILES, progress=None):
    """Train a `forecaster` on the hours whose targets lie before hour `until`.

    Its output, added to `lessons.start`, is a forecast of each quantile, in units of the level. The
    loss is the sum of the quantile losses, the median's counted twice, so that it is the absolute
    error; divided by the mean target, so that it has no unit.

    Parameters
    ----------
    lessons : lstm_utils.models.forecasting.Lessons
    until : int
    training : Training
    seed : int
        Of the weights, the dropout and the stretches that are drawn.
    quantiles : tuple of float
    progress : callable, optional
        Called after each update.

    Returns
    -------
    model : keras.Model
        With the averaged weights.
    losses : ndarray of float, shape (updates,)
        The losses times that mean: in the numbers' own unit.
    """
    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    model = forecaster(lessons.x.shape[1], training.units, training.dropout, len(quantiles))
    variables = model.trainable_variables
    optimiser = keras.optimizers.AdamW(
        keras.optimizers.schedules.CosineDecay(training.rate, training.updates),
        weight_decay=training.weight_decay,
        global_clipnorm=1.0,
    )
    start, level, target, counts = (
        np.nan_to_num(column).astype(np.float32)
        for column in (lessons.start, lessons.level, lessons.target, lessons.counts)
    )
    counts[max(until - lessons.ahead, 0) :] = 0.0
    unit = float(target[counts > 0].mean())
    q = tf.constant(quantiles, tf.float32)
    weight = tf.where(q == 0.5, 2.0, 1.0)

    @tf.function
    def update(x, start, level, target, counts):
        with tf.GradientTape() as tape:
            scaled = model(x, training=True) + start[..., None]
            # The root of 0 has no slope: a number may not become quite 0 here.
            powers = tf.nn.relu(scaled / 2 + 1) * level[..., None] + 1e-3
            error = (target[..., None] - powers ** (1 / lessons.power)) / unit
            each = tf.reduce_sum(weight * tf.maximum(q * error, (q - 1) * error), -1)
            loss = tf.reduce_sum(each * counts) / tf.maximum(tf.reduce_sum(counts), 1.0)
        optimiser.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return loss

    averages, losses = [variable.numpy() for variable in variables], []
    for k in range(training.updates):
        first = rng.integers(0, until - lessons.ahead - training.stretch + 1, training.batch)
        hours = first[:, None] + np.arange(training.stretch)
        counted = counts[hours] * (np.arange(training.stretch) >= training.warm_up)
        loss = update(lessons.x[hours], start[hours], level[hours], target[hours], counted)
        losses.append(float(loss) * unit)
        keep = min(training.averaging, (k + 1) / (k + 10))
        averages = [
            keep * average + (1 - keep) * variable.numpy()
            for average, variable in zip(averages, variables, strict=True)
        ]
        if progress:
            progress()
    for variable, average in zip(variables, averages, strict=True):
        variable.assign(average)
    return model, np.array(losses)


def forecast(model, lessons):
    """Read the whole series once, hour by hour, and forecast at each: (n, outputs), sorted.

    The state is carried from the first hour to the last: each forecast has seen all hours up to
    its own, and none after it. So this walks forward. Computed by chapter 4's cell in NumPy, which
    needs no graph for thousands of steps.
    """
    weights, bias = model.layers[-1].get_weights()
    states = lstm_forward(from_keras(model.layers[1]), lessons.x[None]).h[0, 1:]
    return np.sort(lessons.numbers(states @ weights + bias + lessons.start[:, None]), axis=1)
