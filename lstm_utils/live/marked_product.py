"""The live figure of the trained LSTM at the marked-product task, its weights and its measure."""

import numpy as np

from lstm_utils.cells import lstm_forward
from lstm_utils.live.page import assemble, base64_of, button, buttons, choice, measured, slider
from lstm_utils.messages import translate as _
from lstm_utils.models.marked_product import CONSTANT_GUESS_MSE
from lstm_utils.models.pretrained import load_pretrained


def _units(params):
    """The units, counted from 1, in the order of how well each holds the first number.

    Returns
    -------
    list of int
        By the size of the correlation between a cell and the first marked number, between marks.
    int
        The keeper: the first of them whose forget gate stays above 0.9 on average.
    int
        The reader: the first of the others.
    """
    # As in chapter 5, "Inside the trained network": the same sequences, the same marks.
    first, second = 20, 70
    x = np.zeros((500, 100, 2))
    x[:, :, 1] = np.random.default_rng(11).random((500, 100))
    x[:, (first, second), 0] = 1
    trace = lstm_forward(params.astype(np.float64), x)
    between = slice(first + 10, second - 5)
    number = x[:, first, 1] - x[:, first, 1].mean()
    cells = trace.c[:, 1:] - trace.c[:, 1:].mean(axis=0)
    held = np.einsum("nth,n->th", cells, number)
    held = np.abs(held / np.sqrt((cells**2).sum(axis=0) * (number**2).sum() + 1e-24))
    held = held[between].mean(axis=0)
    forget = trace.f[:, between].mean(axis=(0, 1))
    keeper, reader = (int(np.argmax(held * group)) for group in (forget > 0.9, forget <= 0.9))
    return (np.argsort(-held) + 1).tolist(), keeper + 1, reader + 1


def marked_product():
    """The trained LSTM of chapter 5 at work: your numbers, your marks, step by step."""
    model = load_pretrained("marked-product")
    params = model.params
    order, keeper, reader = _units(params)
    test = measured("marked-product")
    units = {k: str(k) for k in order}
    units[keeper] = _("{unit}, keeps the number", unit=keeper)
    units[reader] = _("{unit}, reads it", unit=reader)
    return assemble(
        "marked-product",
        question=_("What does the trained LSTM do with your numbers?"),
        shows=_(
            "A hundred numbers of which the 20th, 0.50, and the 70th, 0.90, are marked. The "
            "network's answer falls at the first mark and ends at 0.452, close to the product 0.45 "
            "and far from a constant 1/4. One unit's forget gate stays near 1, its input gate "
            "opens at the marks alone, and between them its cell state depends on the first number."
        ),
        moves=_("Draw your own numbers, move the two marks, and follow gates, memory and answer."),
        controls=[
            button("play", _("Play")),
            slider("step", _("step"), 1, 100, 1, 70, "lstm"),
            slider("number", _("number at this step"), 0, 1, 0.01, 0.9, "input_data"),
        ],
        after=[
            slider("first", _("first mark"), 1, 100, 1, 20, "input_data"),
            slider("second", _("second mark"), 1, 100, 1, 70, "input_data"),
            choice("unit", _("unit shown"), units),
            buttons(
                _("Try"),
                {
                    "new": _("new numbers"),
                    "near": _("marks side by side"),
                    "far": _("marks far apart"),
                    "again": _("again from the start"),
                },
            ),
        ],
        uses=("data", "mulberry32", "lstm"),
        data={
            "W": base64_of(params.W),
            "b": base64_of(params.b),
            "dense": base64_of(model.arrays["dense/kernel"]),
            "bias": float(model.arrays["dense/bias"][0]),
            "order": order,
            "keeper": keeper,
        },
        heights=(424, 740),
        lines=(3, 7),
        note=_(
            "Measured with this page's own arithmetic on {sequences} new sequences: {right} % of "
            "the answers lie within 0.04 of the product, mean squared error {error}; always ¼ has "
            "{guess}. The network was taught lengths from 2 to 400; this figure shows it a hundred "
            "steps.",
            sequences=f"{test['sequences']:,}",
            right=f"{100 * test['share_within_0_04']:.1f}",
            error=f"{test['mse']:.6f}",
            guess=f"{CONSTANT_GUESS_MSE:.4f}",
        ),
    )
