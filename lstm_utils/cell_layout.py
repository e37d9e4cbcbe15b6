"""The LSTM cell as data: one layout, drawn by `diagrams.lstm_cell` and by the live figure alike.

Lengths are in units of a canvas 360 wide whose y axis points down, as in SVG: one unit is one
pixel where the drawing is 360 pixels wide, one point in a figure 5 inches wide. The smallest
letters are 12 units, so that a phone shows them at 11 pixels.
"""

from __future__ import annotations

WIDTH = 360
STEP = 14.5  # from one row of numbers to the next
PARTS = ("forget", "input", "candidate", "output", "cell", "hidden")

_LETTERS = {"forget": "f", "input": "i", "candidate": "g", "output": "o"}
_MIDDLES = {"forget": 79, "input": 136, "candidate": 202, "output": 268}
_LEFT, _RIGHT = 23.5, 336.5  # the middles of the margins, where the states come in and go out


def _wire(name, points, colour, parts, weight="wire", arrow=True):
    return {
        "name": name,
        "points": [list(point) for point in points],
        "colour": colour,
        "parts": parts.split(),
        "weight": weight,
        "arrow": arrow,
    }


def _circle(name, x, y, sign, colour, parts, r=12):
    parts = parts.split()
    return {"name": name, "x": x, "y": y, "r": r, "sign": sign, "colour": colour, "parts": parts}


def _symbol(letter, index, x, y, anchor, parts):
    """A letter with its index, such as c and t−1."""
    runs = [[letter, "letter"], [index, "index"]]
    return {"runs": runs, "x": x, "y": y, "anchor": anchor, "parts": parts.split()}


def _place(x, y, anchor, parts, **more):
    """Where numbers go: y is the middle of the first row."""
    place = {"x": x, "y": y, "anchor": anchor, "parts": parts.split()}
    return place | {"words": [], "row": False, "on_wire": False, "most": 4} | more


def cell_geometry(rows: int = 0) -> dict:
    """Where each thing of an LSTM cell lies, as plain data that `json.dumps` takes.

    Parameters
    ----------
    rows : int
        How many numbers, from 0 to 4, are to fit one above another at each place; the cell
        grows in height with them.

    Returns
    -------
    dict
        `width`, `height`, `step` (between rows of numbers) and `corner` (the radius of a wire's
        bends), then `frame`, `boxes`, `circles`, `wires`, `symbols` and `places`. Boxes have x and
        y at their top left, circles at their centre, letters at the `anchor` (start, middle, end)
        of their line, halfway up. A symbol's `runs` are pieces of text, each a "letter" (in
        italics), an "index" (lowered) or a "sign". `colour` is a key of `plotting.COLOURS`,
        `weight` of `plotting.LINE_WEIGHTS`; `parts` are those that keep the thing lit. `places`
        holds, for each value that can be written, where: in a column, or side by side if `row`;
        `most` says how many; those `on_wire` interrupt the wire; `words` stand there when no
        number does.

    Raises
    ------
    ValueError
        When `rows` is not from 0 to 4.
    """
    if rows not in range(5):
        raise ValueError(f"the drawing has room for 4 values at a place, not {rows}")
    f, i, g, o = _MIDDLES.values()
    top, product = 34, 118  # the line of the cell state; the two inner products
    box = product + 40 + (STEP * rows + 4 if rows else 0)  # where the layers begin
    layer = 40
    bottom = box + layer + 24  # the line of the hidden state
    height = bottom + 20 + STEP * max(rows, 2)
    out = 302  # where the new hidden state comes down

    boxes = [
        {
            "name": key,
            "x": middle - width / 2,
            "y": box,
            "width": width,
            "height": layer,
            "lines": [key, "tanh" if key == "candidate" else "σ"],
            "colour": key,
            "parts": [key],
        }
        for (key, middle), width in zip(_MIDDLES.items(), (48, 48, 66, 48), strict=True)
    ]
    every = "forget input candidate output hidden"
    wires = [
        _wire("cell_before", [(2, top), (f - 12, top)], "cell", "cell forget", "state", False),
        _wire("kept", [(f + 12, top), (g - 12, top)], "cell", "cell forget", "state", False),
        _wire("cell", [(g + 12, top), (358, top)], "cell", "cell input candidate", "state"),
        _wire("input_data", [(60, height - 4), (60, bottom), (72, bottom)], "input_data", every),
        _wire("hidden_before", [(2, bottom), (f, bottom)], "hidden", every),
        _wire("to_input", [(f, bottom), (i, bottom)], "hidden", "input candidate output hidden"),
        _wire("to_candidate", [(i, bottom), (g, bottom)], "hidden", "candidate output hidden"),
        *(
            _wire(f"into_{key}", [(x, bottom), (x, box + layer)], "hidden", f"{key} hidden")
            for key, x in _MIDDLES.items()
            if key != "output"
        ),
        _wire(
            "into_output",
            [(g, bottom), (o, bottom), (o, box + layer)],
            "hidden",
            "output hidden",
        ),
        _wire("forget", [(f, box), (f, top + 12)], "forget", "forget"),
        _wire("input", [(i, box), (i, product), (g - 12, product)], "input", "input"),
        _wire("candidate", [(g, box), (g, product + 12)], "candidate", "candidate"),
        _wire("added", [(g, product - 12), (g, top + 12)], "cell", "input candidate cell"),
        _wire("output", [(o, box), (o, product + 12)], "output", "output"),
        _wire("shown", [(o, top), (o, top + 18)], "cell", "output hidden", arrow=False),
        _wire("squashed", [(o, top + 52), (o, product - 12)], "cell", "output hidden"),
        _wire(
            "hidden",
            [(o + 12, product), (out, product), (out, bottom), (358, bottom)],
            "hidden",
            "output hidden",
        ),
    ]
    for wire in wires:  # these run on in another
        if wire["name"] in ("input_data", "hidden_before", "to_input", "to_candidate"):
            wire["arrow"] = False
    circles = [
        _circle("keep", f, top, "×", "cell", "forget cell"),
        _circle("add", g, top, "+", "cell", "input candidate cell"),
        _circle("admit", g, product, "×", "cell", "input candidate"),
        _circle("squash", o, top + 35, "tanh", "cell", "output hidden", r=17),
        _circle("show", o, product, "×", "hidden", "output hidden"),
    ]
    symbols = [
        *(
            _symbol(letter, "t", _MIDDLES[key] + 5, box - 9, "start", key)
            for key, letter in _LETTERS.items()
        ),
        _symbol("c", "t−1", _LEFT, top - 17, "middle", "cell forget"),
        _symbol("c", "t", _RIGHT, top - 17, "middle", "cell input candidate"),
        _symbol("h", "t−1", _LEFT, bottom - 15, "middle", every),
        _symbol("h", "t", _RIGHT, bottom - 15, "middle", "hidden output"),
        _symbol("x", "t", 68, height - 11, "start", every),
    ]
    joined = _symbol("h", "t−1", (i + g) / 2, bottom + 14, "middle", every)
    joined["runs"] = [
        ["[", "sign"],
        *joined["runs"],
        [", ", "sign"],
        ["x", "letter"],
        ["t", "index"],
        ["]", "sign"],
    ]
    symbols.append(joined)
    first = box - 20 - STEP * (rows - 0.5)  # the first row of numbers in a gate's wire
    under, below = top + 15, bottom + 15
    places = {
        key: _place(middle, first, "middle", key, on_wire=True) for key, middle in _MIDDLES.items()
    } | {
        "cell_before": _place(_LEFT, under, "middle", "cell forget", words=["cell", "state"]),
        "cell": _place(_RIGHT, under, "middle", "cell input candidate", words=["cell", "state"]),
        "hidden_before": _place(_LEFT, below, "middle", every, words=["hidden", "state"]),
        "hidden": _place(_RIGHT, below, "middle", "hidden output", words=["hidden", "state"]),
        "input_data": _place(82, height - 11, "start", every, row=True),
        "kept": _place(i + 4, under, "middle", "forget cell"),
        "added": _place(g + 26, under, "middle", "input candidate cell"),
        "squashed": _place(o + 7, product - 22, "start", "output hidden", most=1),
    }
    return {
        "width": WIDTH,
        "height": height,
        "step": STEP,
        "corner": 8,
        "frame": {"x": 48, "y": 9, "width": 264, "height": bottom + 15, "radius": 10},
        "boxes": boxes,
        "circles": circles,
        "wires": wires,
        "symbols": symbols,
        "places": places,
    }
