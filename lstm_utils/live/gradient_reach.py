"""The live figure "gradient reach": chapter 3's gradient by lag, for an RNN and an LSTM."""

import numpy as np

from lstm_utils.cells import init_lstm, init_rnn
from lstm_utils.live.page import assemble, base64_of, slider
from lstm_utils.messages import translate as _

HIDDEN, SEQUENCES, LONGEST = 32, 8, 100


def gradient_reach():
    """Live figure of chapter 3: the norm of the gradient by lag, RNN and LSTM side by side.

    Notes
    -----
    The networks are the chapter's: 32 units, seed 0, `init_rnn` and `init_lstm`. The script draws
    the same weights from the same generator; the inputs are sent along.
    """
    # Both networks start a generator of the same seed, as the chapter does.
    start = np.random.default_rng(0).bit_generator.state["state"]
    x, last = sequences()
    data = {
        "H": HIDDEN,
        "sequences": SEQUENCES,
        "longest": LONGEST,
        "state": str(start["state"]),
        "increment": str(start["inc"]),
        "rnnRadius": _radius(init_rnn(1, HIDDEN, np.random.default_rng(0)).W_hh),
        "lstmRadii": [
            _radius(block)
            for block in np.split(init_lstm(1, HIDDEN, np.random.default_rng(0)).W_h, 4)
        ],
        "x": base64_of(x),
        "last": base64_of(last),
    }
    return assemble(
        "gradient-reach",
        question=_("How far does a gradient reach?"),
        shows=_(
            "Two curves of the gradient's norm against the lag, on a logarithmic axis: the RNN's "
            "falls through a hundredth after some steps, the LSTM's stays above it."
        ),
        moves=_("Move the spectral radius, the forget bias and the length, and watch both curves."),
        controls=[
            slider("radius", _("spectral radius (both)"), 0.5, 1.5, 0.05, 0.9),
            slider("bias", _("forget bias (LSTM)"), 0, 5, 0.5, 3, colour="forget"),
            slider("length", _("length"), 10, LONGEST, 5, 60),
        ],
        uses=("axes", "data", "random", "rnn", "lstm", "lstm-backward"),
        data=data,
        heights=(330, 520),
        lines=(4, 9),
        note=_(
            "Random networks of 32 units, before any training; the norm is the mean over eight "
            "random sequences. The spectral radius is that of the RNN's recurrent matrix and of "
            "each of the LSTM's four."
        ),
    )


def sequences():
    """Draw the inputs, (8, 100, 1), and the gradients of length one at the last step, (8, 32)."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(SEQUENCES, LONGEST, 1)).astype(np.float32)
    last = rng.normal(size=(SEQUENCES, HIDDEN))
    last /= np.linalg.norm(last, axis=1, keepdims=True)
    return x.astype(np.float64), last.astype(np.float32).astype(np.float64)


def _radius(matrix):
    """Return the largest absolute eigenvalue, in as many digits as every machine agrees on."""
    return round(float(np.abs(np.linalg.eigvals(matrix)).max()), 12)
