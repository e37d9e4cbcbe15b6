"""The live figure of three networks that track the parity of bits, and their weights."""

import numpy as np

from lstm_utils.cells import lstm_forward
from lstm_utils.live.page import assemble, base64_of, buttons, choice, slider
from lstm_utils.messages import translate as _
from lstm_utils.models.parity import linear_recurrence, one_hot, parity_batch
from lstm_utils.models.pretrained import load_pretrained

LONGEST = 1000  # bits


def tracker(states, parity):
    """The unit whose states (B, T, H) follow the parity (B, T) most closely, counted from 0."""
    states = states - states.mean(axis=(0, 1))
    sign = parity - parity.mean()
    along = np.einsum("bth,bt->h", states, sign)
    return int(np.argmax(np.abs(along) / np.sqrt((states**2).sum(axis=(0, 1)) + 1e-24)))


def shown_units(model):
    """For each network the unit that follows the parity of 200 rows of 40 bits most closely."""
    bits, parity = parity_batch(200, 40, 0)
    x = one_hot(bits)
    states = {"lstm": lstm_forward(model.params.astype(np.float64), x).c[:, 1:]}
    for kind in ("signed", "positive"):
        states[kind] = linear_recurrence(*(x @ each.astype(float) for each in model.steps(kind)))
    return {kind: tracker(each, parity) for kind, each in states.items()}


def parity():
    """Type bits: one cell of the trained LSTM flips, a linear recurrence fades."""
    model = load_pretrained("parity")
    units = shown_units(model)
    read_outs = {
        kind: {
            "unit": units[kind],
            "weight": base64_of(model.of(kind)["read_out.weight"]),
            "bias": float(model.of(kind)["read_out.bias"][0]),
        }
        for kind in model.kinds
    }
    for kind in ("signed", "positive"):
        factor, addend = model.steps(kind)
        read_outs[kind] |= {"factor": base64_of(factor), "addend": base64_of(addend)}
    read_outs["lstm"] |= {"W": base64_of(model.params.W), "b": base64_of(model.params.b)}
    bits = _("bits")
    return assemble(
        "parity",
        question=_("Odd or even? Type bits, and watch two memories count."),
        shows=_(
            "Sixty bits, and under them two curves over the steps. A cell of the trained LSTM "
            "falls to about −1 when the ones become odd, stays near it while they are odd, and "
            "lies higher, up to 1.5, while they are even. The state of a linear recurrence "
            "jumps between 0 and nearly 5 at every one and rests at every zero. Neither network "
            "has answered wrongly."
        ),
        moves=_("Type bits of your own, up to 1000, and follow both networks step by step."),
        controls=[
            f'<div class="live-control"><label><span>{bits}</span><input type="text" '
            f'data-name="bits" inputmode="numeric" maxlength="{LONGEST}" autocomplete="off" '
            'spellcheck="false" value=""></label></div>',
            slider("step", _("step"), 1, 60, 1, 60, "lstm"),
        ],
        after=[
            choice(
                "kind",
                _("linear network"),
                {"signed": _("factors from −1 to 1"), "positive": _("factors from 0 to 1")},
            ),
            buttons(
                _("Add"),
                {"zero": "0", "one": "1", "tens": _("ten ones"), "draw": _("twenty at random")},
            ),
            buttons(
                _("Try"),
                {
                    "ones": _("40 ones"),
                    "many": _("1000 ones"),
                    "again": _("again from the start"),
                },
            ),
        ],
        uses=("data", "mulberry32", "lstm"),
        data={"longest": LONGEST, "networks": read_outs},
        heights=(356, 356),
        lines=(3, 7),
        note=_(
            "The three networks were trained alike, on forty random bits. Shown is the unit that "
            "follows the parity of such rows most closely; the answer comes from all sixteen."
        ),
    )
