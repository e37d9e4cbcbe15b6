"""The live figure "step size": gradient descent on chapter 1's two curves."""

import numpy as np

from lstm_utils.live.page import assemble, buttons, choice, slider
from lstm_utils.messages import translate as _


def step_size():
    """Live figure of chapter 1: gradient descent on a curve, with the border 2/λ marked.

    Notes
    -----
    The curves are the chapter's: the seedling's parabola (λ = 15, minimum at 1.5) and the
    fourth-degree polynomial with two valleys.
    """
    valleys = [0.0, 0.3, -1.0, 0.0, 0.25]
    curves = {
        "parabola": {
            "coefficients": [17.0625, -22.5, 7.5],
            "minima": _minima([17.0625, -22.5, 7.5], [_("the minimum")]),
            "range": [-1.8, 4.8],
            "errors": [-3, 62],
            "mu": [0, 0.17, 0.001, 0.123],
            "start": [-1.5, 4.5, 0.1, 0],
            "presets": {
                "crawl": [0.004, 0],
                "settle": [0.04, 0],
                "oscillate": [0.123, 0],
                "fly": [0.137, 0],
            },
            "regions": [_("from one side"), _("over and back"), _("flies off")],
            "weight": _("weight w (cm per day)"),
            "height": _("error E(w) (cm²)"),
        },
        "valleys": {
            "coefficients": valleys,
            "minima": _minima(valleys, [_("the deep valley"), _("the shallow valley")]),
            "range": [-2.4, 2.4],
            "errors": [-1.8, 2.2],
            "mu": [0, 1, 0.005, 0.5],
            "start": [-2.2, 2.2, 0.05, -1.6],
            "presets": {
                "crawl": [0.01, 1],
                "settle": [0.15, -0.6],
                "oscillate": [0.4, -1.6],
                "fly": [0.9, 2.2],
            },
            "regions": [_("both hold"), _("one"), _("none holds")],
            "weight": _("weight w"),
            "height": _("error E(w)"),
        },
    }
    return assemble(
        "step-size",
        question=_("How long may a step be?"),
        shows=_(
            "An error curve with the path of gradient descent on it, the same path step by step "
            "below, and the step size on a scale that marks the border 2/λ."
        ),
        moves=_(
            "Move the step size μ and the start: the path crawls, settles, oscillates or flies off."
        ),
        controls=[
            choice(
                "curve",
                _("curve"),
                {"parabola": _("the seedling's parabola"), "valleys": _("two valleys")},
            ),
            slider("mu", _("step size μ"), 0, 0.17, 0.001, 0.123, colour="gradient"),
            slider("start", _("start w₀"), -1.5, 4.5, 0.1, 0, colour="gradient"),
            buttons(
                _("let it"),
                {
                    "crawl": _("crawl"),
                    "settle": _("settle"),
                    "oscillate": _("oscillate"),
                    "fly": _("fly off"),
                },
            ),
        ],
        uses=("axes",),
        data=curves,
        heights=(440, 440),
        lines=(4, 7),
    )


def _minima(coefficients, names):
    """Where a polynomial (constant first) has its minima, from left to right, named."""
    curve = np.polynomial.Polynomial(coefficients)
    places = sorted(w.real for w in curve.deriv().roots() if abs(w.imag) < 1e-9)
    curvature = curve.deriv(2)
    minima = [(round(w, 9), round(float(curvature(w)), 9)) for w in places if curvature(w) > 0]
    return [
        {"w": w, "curvature": bend, "name": name}
        for (w, bend), name in zip(minima, names, strict=True)
    ]
