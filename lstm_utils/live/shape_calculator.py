"""The live figure "shape calculator": the reference page's rules of shapes, at your own sizes."""

from math import prod

from lstm_utils.live.page import assemble, choice, slider
from lstm_utils.messages import translate as _
from lstm_utils.shapes import GATES_OF, recurrent_shapes

_FIRST = {"batch": 32, "steps": 10, "input_size": 8, "hidden_size": 64}


def _tick(name, label, ticked=False):
    """A box to tick."""
    return (
        f'<div class="live-control live-tick"><label><span>{label}</span><input '
        f'type="checkbox" data-name="{name}"{" checked" if ticked else ""}></label></div>'
    )


def _only(applies, control):
    """A control of one framework, or of one of its layers; those of the first setting show."""
    hidden = "" if applies in ("keras", "keras LSTM") else " hidden"
    return control.replace("<div ", f'<div data-applies="{applies}"{hidden} ', 1)


def _first_rows():
    """The table's rows before the script starts: those of the first setting."""
    told = recurrent_shapes("keras", "LSTM", **_FIRST)
    rows = [
        (_("layer {first} {kind}", first=1, kind=name.split()[-1]), shape, prod(shape))
        for name, shape in told.weights.items()
    ]
    rows.append((_("all weights"), "", told.parameters))
    return "".join(
        f"<tr><td>{name}</td><td>{shape}</td><td>{count:,}</td></tr>" for name, shape, count in rows
    )


def shape_calculator():
    """Every shape and every count of parameters of a recurrent network, in Keras and PyTorch.

    The rules are those of `lstm_utils.shapes.recurrent_shapes`, written again in JavaScript.
    """
    caption, columns = _("The weights"), (_("name"), _("shape"), _("numbers"))
    heads = "".join(f'<th scope="col">{text}</th>' for text in columns)
    table = (
        f'<div class="live-scroll"><table class="live-table"><caption>{caption}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{_first_rows()}</tbody></table></div>"
    )
    return assemble(
        "shape-calculator",
        question=_("What goes in, what comes out, and how many numbers are there to learn?"),
        shows=_(
            "An LSTM layer unrolled over ten steps: an input of shape (32, 10, 8) goes in from "
            "below, the two states run from step to step, and after the last step one vector of "
            "64 numbers comes out for each of the 32 sequences."
        ),
        moves=_("Choose the framework, the layer and its sizes, and read every shape."),
        controls=[
            choice("framework", _("framework"), {"keras": "Keras", "torch": "PyTorch"}),
            choice("layer", _("layer"), {name: name for name in GATES_OF}),
            slider("batch", _("batch"), 1, 64, 1, 32),
            slider("steps", _("steps"), 1, 100, 1, 10, "input_data"),
            slider("input_size", _("features"), 1, 300, 1, 8, "input_data"),
            slider("hidden_size", _("units"), 1, 512, 1, 64, "hidden"),
            slider("num_layers", _("layers"), 1, 4, 1, 1, "lstm"),
            _tick("bidirectional", _("both directions")),
            _only("keras", _tick("return_sequences", "return_sequences")),
            _only("keras GRU", _tick("reset_after", "reset_after", ticked=True)),
            _only("torch", _tick("batch_first", "batch_first")),
            _only("torch LSTM", slider("proj_size", "proj_size", 0, 511, 1, 0)),
            _tick("bias", _("biases"), ticked=True),
        ],
        after=['<pre class="live-code">keras.layers.LSTM(64)</pre>', table],
        data={"gates": GATES_OF},
        heights=(290, 310),
        lines=(3, 6),
    )
