"""The trained models as ONNX files: graphs that ONNX Runtime runs without Keras, PyTorch or us.

A graph is written out in ONNX's own text form and takes batches and sequences of any length. What
comes before it, from a text to numbers, is no part of it. ONNX's LSTM reads time first, so that a
graph turns its input round; a state that is carried on is shaped (1, batch, H), as in PyTorch.

==============  =============================================  ==================================
model           inputs                                         outputs
==============  =============================================  ==================================
marked-product  x (B, T, 2), h, c                              answers (B,), h_next, c_next
headlines       tokens (B, T), h, c                            scores (B, T, V), h_next, c_next
reading         ids (B, T, K), h, c                            log_odds (B, T), h_next, c_next
sentiment       ids (N, K), slots (N,), steps (1,): as of      log_odds (B,)
                `sentiment_inputs`
==============  =============================================  ==================================
"""

from tempfile import TemporaryDirectory

import numpy as np
import onnx
import onnx.parser

from lstm_utils.frameworks import to_onnx
from lstm_utils.stacks import Bidirectional

HEADER = '<ir_version: 8, opset_import: ["" : 18]>'
"""The operators and the file format of ONNX 1.13: no newer than the graphs need."""

_STATES = "float[1, batch, {H}] h, float[1, batch, {H}] c"
_NEXT = "float[1, batch, {H}] h_next, float[1, batch, {H}] c_next"
_LSTM = """time_first = Transpose <perm = [1, 0, 2]> (x)
    y, h_next, c_next = LSTM <hidden_size = {H}> (time_first, W, R, B, , h, c)"""
_EACH_STEP = """one_way = Squeeze (y, axis_1)
    states = Transpose <perm = [1, 0, 2]> (one_way)"""

MARKED_PRODUCT = f"""marked_product (float[batch, steps, 2] x, {_STATES})
    => (float[batch] answers, {_NEXT}) {{{{
    {_LSTM}
    last = Squeeze (h_next, axis_0)
    product = MatMul (last, kernel)
    score = Add (product, bias)
    answers = Squeeze (score, axis_1)
}}}}"""

HEADLINES = f"""headlines (int64[batch, steps] tokens, {_STATES})
    => (float[batch, steps, {{V}}] scores, {_NEXT}) {{{{
    x = Gather (table, tokens)
    {_LSTM}
    {_EACH_STEP}
    product = MatMul (states, kernel)
    scores = Add (product, bias)
}}}}"""

READING = f"""reading (int64[batch, steps, longest] ids, {_STATES})
    => (float[batch, steps] log_odds, {_NEXT}) {{{{
    rows = Gather (table, ids)
    x = ReduceSum <keepdims = 0> (rows, axis_2)
    {_LSTM}
    {_EACH_STEP}
    product = MatMul (states, kernel)
    score = Add (product, bias)
    log_odds = Squeeze (score, axis_2)
}}}}"""

SENTIMENT = """sentiment (int64[pieces, longest] ids, int64[pieces] slots, int64[1] steps)
    => (float[batch] log_odds) {{
    rows = Gather (table, ids)
    summed = ReduceSum <keepdims = 0> (rows, axis_1)
    last_slot = ReduceMax <keepdims = 1> (slots, axis_0)
    vectors = Add (last_slot, axis_1)
    shape = Concat <axis = 0> (vectors, size)
    empty = ConstantOfShape (shape)
    slot = Unsqueeze (slots, axis_1)
    added = ScatterND <reduction = "add"> (empty, slot, summed)
    grid = Concat <axis = 0> (the_rest, steps, size)
    x = Reshape (added, grid)
    time_first = Transpose <perm = [1, 0, 2]> (x)
    y = LSTM <hidden_size = {H}, direction = "bidirectional"> (time_first, W, R, B)
    most = ReduceMax <keepdims = 0> (y, axis_0)
    mean = ReduceMean <keepdims = 0> (y, axis_0)
    both = Concat <axis = 0> (most, mean)
    by_review = Transpose <perm = [1, 0, 2]> (both)
    summary = Reshape (by_review, flat)
    product = MatMul (summary, kernel)
    score = Add (product, bias)
    log_odds = Squeeze (score, axis_1)
}}"""


def build(model):
    """The `onnx.ModelProto` of a `Pretrained`, as its method `onnx` asks for it.

    ValueError for a model that is none of `NAMES`, and for a `SentimentModel` that
    does not read both ways and sum up by maximum and mean, as the one of the package does.
    """
    if model.name not in NAMES:
        raise ValueError(f"{model.name} has no graph here; these have one: {', '.join(NAMES)}")
    text, arrays = _MAKERS[model.name](model)
    arrays |= {f"axis_{k}": np.array([k]) for k in range(3)}
    sizes = {"H": arrays["R"].shape[-1], "V": arrays["kernel"].shape[-1]}
    proto = onnx.parser.parse_model(f"{HEADER} {text.format(**sizes)}")
    used = {name for node in proto.graph.node for name in node.input}
    proto.graph.initializer.extend(
        onnx.numpy_helper.from_array(array, name) for name, array in arrays.items() if name in used
    )
    onnx.helper.set_model_props(proto, {"licence": model.metadata["licence"]})
    onnx.checker.check_model(proto, full_check=True)
    return proto


def in_8_bits(proto):
    """A file with its table, its LSTM and its products in 8 bits; answers are 32-bit floats still.

    ONNX Runtime's dynamic quantisation at its defaults: weights become integers with one scale an
    array, here and now. Inputs do so once a call, with a scale that depends on all its steps and
    sequences; states do as they come. So an answer depends on what else is in its call.
    """
    from onnxruntime.quantization import quantize_dynamic
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with TemporaryDirectory() as folder:
        prepared, quantised = f"{folder}/prepared.onnx", f"{folder}/quantised.onnx"
        quant_pre_process(proto, prepared, skip_optimization=True, skip_symbolic_shape=True)
        quantize_dynamic(prepared, quantised)
        return onnx.load(quantised)


def first_state(model, batch):
    """The state before the first step as a file takes it: 'h' and 'c', float32 zeros (1, batch, H).

    For the files that have a state: those of 'marked-product', 'headlines' and 'reading'.
    """
    tied = model.arrays.get("embedding.weight")  # as wide as the state whose scores it gives
    hidden_size = model.params.hidden_size if tied is None else tied.shape[1]
    return {name: np.zeros((1, batch, hidden_size), np.float32) for name in "hc"}


def sentiment_inputs(encoded, rows):
    """Reviews of equal length as the file 'sentiment' takes them; errors as of `batch`.

    Parameters
    ----------
    encoded : EncodedReviews
    rows : int array
        The reviews, one after another.

    Returns
    -------
    dict of str to int64 array
    """
    batch = zip(("ids", "slots", "steps"), encoded.batch(rows), strict=True)
    return {name: np.atleast_1d(numbers).astype(np.int64) for name, numbers in batch}


def _layer(network):
    return dict(zip("WRB", to_onnx(network), strict=True))


def _dense(model):
    return dict(zip(("kernel", "bias"), model.layer("dense"), strict=True))


def _table(model):
    """The table with nothing in row 0: this number stands for no piece."""
    table = model.arrays["table"].copy()
    table[0] = 0
    return {"table": table}


def _marked_product(model):
    return MARKED_PRODUCT, _layer(model.params) | _dense(model)


def _headlines(model):
    table = model.arrays["embedding.weight"]
    score = {"kernel": np.ascontiguousarray(table.T), "bias": model.arrays["score.bias"]}
    return HEADLINES, {"table": table} | _layer(model.params) | score


def _reading(model):
    return READING, _table(model) | _layer(model.params) | _dense(model)


def _sentiment(model):
    if not (model.metadata["both_directions"] and model.metadata["pool"]):
        raise ValueError("model must read in both directions and sum up by maximum and mean")
    layer = _layer(Bidirectional(model.lstm("forward"), model.lstm("backward")))
    kernel, bias = model.layer("dense")
    more = {
        "size": np.array([model.arrays["table"].shape[1]]),
        "the_rest": np.array([-1]),
        "flat": np.array([-1, len(kernel)]),
    }
    return SENTIMENT, _table(model) | layer | {"kernel": kernel, "bias": bias} | more


_MAKERS = {
    "marked-product": _marked_product,
    "sentiment": _sentiment,
    "reading": _reading,
    "headlines": _headlines,
}

NAMES = tuple(_MAKERS)
"""The trained models that have a graph here."""
