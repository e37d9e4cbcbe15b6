"""The live figure "inside one cell": its controls, and chapter 4's worked case as its start."""

import numpy as np

from lstm_utils.cell_layout import cell_geometry
from lstm_utils.live.page import assemble, button, buttons, choice, slider
from lstm_utils.messages import translate as _
from lstm_utils.plotting import LINE_WEIGHTS

# Chapter 4, "One step by hand": weights in the columns [h, x], one row a unit.
_INPUT = [0.2, -0.5, 0.8]
_HIDDEN = [0.1, 0.3, -0.2, 0.5]
_CELL = [0.4, -0.1, 0.6, 0.2]
_GATES = {
    "forget": [0.3, 0.8, 0.1, 0.9],
    "input": [0.7, 0.3, 0.5, 0.2],
    "candidate": [0.5, -0.4, 0.8, -0.2],
    "output": [0.6, 0.5, 0.9, 0.25],
}
_WEIGHTS = {
    "forget": [
        [1, 0, 0, -1, 0, 1, 0],
        [0, 1, 0, 1, 0, 0, 1],
        [0, 0, 2, 0, -1, 2, -1],
        [1, 1, -1, 1, 0, -1, 1],
    ],
    "input": [
        [0, 1, 0, 1, 0, 0, 0],
        [0, 0, 1, 0, 1, 0, -1],
        [0, 1, 0, 0, 1, 1, 0],
        [0, -1, 0, 0, 0, 1, -1],
    ],
    "candidate": [
        [1, 0, 0, 1, 0, 0, 0],
        [-1, -1, 0, 0, 0, 0, 0],
        [0, 1, 0, 0, 0, 0, 1],
        [0, 0, 1, 0, 0, 0, 0],
    ],
    "output": [
        [1, 1, 0, 0, 0, 0, 0],
        [0, 1, 0, 0, 1, 1, 0],
        [0, 1, -1, 1, 1, 0, 1],
        [0, -1, 0, 0, 0, 0, -1],
    ],
}


def _worked_case():
    """What the figure starts from; the biases are those that give the gates as chapter 4 has."""
    biases = {}
    for gate, wanted in _GATES.items():
        wanted = np.array(wanted)
        sums = np.arctanh(wanted) if gate == "candidate" else np.log(wanted / (1 - wanted))
        # Rounded, so that another processor's last bit does not change the page's text.
        biases[gate] = (sums - np.array(_WEIGHTS[gate]) @ (_HIDDEN + _INPUT)).round(12).tolist()
    gates = {letter: _GATES[gate] for letter, gate in zip("figo", _GATES, strict=True)}
    states = {"x": _INPUT, "h": _HIDDEN, "c": _CELL}
    return states | gates | {"W": _WEIGHTS, "b": biases}


def _parts():
    """The buttons that light a part, each with its colour."""
    texts = {
        "forget": _("forget gate f"),
        "input": _("input gate i"),
        "candidate": _("candidate g"),
        "output": _("output gate o"),
        "cell": _("cell state c"),
        "hidden": _("hidden state h"),
    }
    row = buttons(
        _("Look at"),
        {"part-none": _("the whole cell")} | {f"part-{k}": v for k, v in texts.items()},
    )
    for part in texts:
        swatch = f'<i class="live-swatch" style="background:var(--live-{part})"></i>'
        row = row.replace(f'data-name="part-{part}">', f'data-name="part-{part}">{swatch}')
    return row


def _table():
    """All units' numbers; a unit's button brings its numbers into the drawing."""
    caption = _("All units: a unit's number shows it in the drawing")
    columns = (_("unit"), _("old c"), "f", "i", "g", "o", _("new c"), "h")
    heads = "".join(f'<th scope="col">{text}</th>' for text in columns)
    rows = "".join(
        f'<tr{" data-fourth" if k == 4 else ""}><th scope="row"><button type="button" '
        f'data-name="unit-{k}">{k}</button></th>{"<td></td>" * 7}</tr>'
        for k in (1, 2, 3, 4)
    )
    return (
        '<div class="live-scroll"><table class="live-table">'
        f"<caption>{caption}</caption><thead><tr>{heads}</tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
    )


def _products():
    """The sum that one layer makes for one unit: number times weight, and the bias."""
    times, plus = _("× weight"), _("+ bias")
    rows = []
    for letter, count, colour in (("h", 4, "hidden"), ("x", 3, "input_data")):
        for k in range(1, count + 1):
            name = f"{letter}{k}"
            label = f"{letter}<sub>{k}</sub>"
            weight = _("weight of {name}", name=name)
            rows.append(
                f'<div class="live-product"{" data-fourth" if name == "h4" else ""}>'
                + slider(name, label, -2, 2, 0.05, 0, colour)
                + f'<div class="live-control"><label><span>{times}</span><input type="number" '
                f'step="any" data-name="w-{name}" aria-label="{weight}" value="0">'
                "</label></div>"
                f'<span data-product="{name}"></span></div>'
            )
    bias = (
        '<div class="live-product"><span></span><div class="live-control"><label>'
        f'<span>{plus}</span><input type="number" step="any" data-name="bias" value="0"></label>'
        "</div><span></span></div><p data-sum></p>"
    )
    return (
        '<div class="live-products" data-mode="weights" hidden><p data-row></p>'
        f"{''.join(rows)}{bias}</div>"
    )


def inside_cell():
    """One step of an LSTM with a number on every wire; gates, weights, input and states are yours.

    It starts with the worked case of chapter 4.
    """
    by_hand = "".join(
        slider(letter, name, -1 if letter == "g" else 0, 1, 0.01, 0, key)
        for letter, key, name in (
            ("f", "forget", _("forget f")),
            ("i", "input", _("input i")),
            ("g", "candidate", _("candidate g")),
            ("o", "output", _("output o")),
        )
    )
    layers = {
        "forget": _("the forget layer"),
        "input": _("the input layer"),
        "candidate": _("the candidate layer"),
        "output": _("the output layer"),
    }
    modes = {"gates": _("the gates by hand"), "weights": _("weights and input")}
    opened = choice("row", _("Open"), layers)
    geometry = cell_geometry(1)
    names = {
        "forget": _("forget"),
        "input": _("input"),
        "candidate": _("candidate"),
        "output": _("output"),
    }
    for box in geometry["boxes"]:
        box["lines"][0] = names[box["name"]]
    return assemble(
        "inside-cell",
        question=_("Inside one cell: what is kept, what is added, what is shown?"),
        shows=_(
            "An LSTM cell with a number on every wire, for the first of four units: of the old "
            "memory 0.40 the forget gate keeps 30 %, which is 0.12; the input gate lets in 70 % of "
            "the candidate 0.50, which is 0.35; the new memory is 0.47; the output gate shows 60 % "
            "of its tanh, 0.263."
        ),
        moves=_("Set the gates, or the weights and the input, and read the number on every wire."),
        controls=[
            choice("mode", _("Set"), modes),
            slider("c", _("old memory c"), -3, 3, 0.01, 0, "cell"),
            f'<div class="live-hand" data-mode="gates">{by_hand}</div>',
            f'<div class="live-hand" data-mode="weights" hidden>{opened}</div>',
            button("next", _("Next step: feed c and h back")),
        ],
        after=[
            _products(),
            _parts(),
            buttons(
                _("Try"),
                {
                    "preset-worked": _("worked case"),
                    "preset-keep": _("keep everything"),
                    "preset-replace": _("replace"),
                    "preset-hide": _("hide"),
                    "preset-fractions": "(0.1, 0.05, 0.9)",
                },
            ),
            _table(),
        ],
        uses=("lstm",),
        data={"geometry": geometry, "weights": LINE_WEIGHTS, "worked": _worked_case()},
        heights=(340, 275),
        lines=(3, 6),
        beside=True,
    )
