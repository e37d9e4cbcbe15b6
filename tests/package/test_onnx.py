"""The trained models as ONNX files: what NumPy, Keras and PyTorch give, any length, chunk by chunk.

`onnx.reference` runs the operators as the standard writes them down; ONNX Runtime is what ships.
"""

import numpy as np
import onnx
import onnx.parser
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx.reference import ReferenceEvaluator

from lstm_utils.corpora import load_headlines, load_nsmc
from lstm_utils.frameworks import to_onnx
from lstm_utils.models.marked_product import marked_product
from lstm_utils.models.pretrained import load_pretrained
from lstm_utils.models.pretrained_onnx import (
    HEADER,
    NAMES,
    first_state,
    in_8_bits,
    sentiment_inputs,
)
from lstm_utils.models.reviews import equal_length_batches
from lstm_utils.stacks import Bidirectional, stack_forward
from tests.strategies import network, problems

TOLERANCE = 1e-5  # of logits, absolute
MODELS = {name: load_pretrained(name) for name in NAMES}


@pytest.fixture(scope="module")
def files():
    return {name: model.onnx() for name, model in MODELS.items()}


@pytest.fixture(scope="module")
def sessions(files):
    return {name: run(proto) for name, proto in files.items()}


@pytest.fixture(scope="module")
def texts():
    return [*load_nsmc("test").texts[:200], "", "굿", "😀 뷁!"]


def run(proto):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(proto.SerializeToString(), options)


def ask(session, inputs):
    """The outputs by name."""
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, inputs), strict=True))


def pieces(encoded, rows):
    """Reviews of equal length as the file 'reading' takes them, (B, T, K)."""
    ids, _, steps = encoded.batch(rows)
    return ids.reshape(len(rows), steps, -1).astype(np.int64)


# --- The operator -------------------------------------------------------------------------


def operator(layer):
    """A graph of one LSTM operator, from x (T, B, D), h and c to y (T, d, B, H)."""
    W, R, B = to_onnx(layer)
    both = ', direction = "bidirectional"' if len(W) == 2 else ""
    proto = onnx.parser.parse_model(
        HEADER
        + "layer (float[T, B, D] x, float[d, B, H] h, float[d, B, H] c) => (float[T, d, B, H] y) {"
        f"y = LSTM <hidden_size = {R.shape[2]}{both}> (x, W, R, B, , h, c) }}"
    )
    for name, array in zip("WRB", (W, R, B), strict=True):
        tensor = onnx.numpy_helper.from_array(array.astype(np.float32), name)
        proto.graph.initializer.append(tensor)
    return proto


@given(problems("lstm"))
@settings(max_examples=30)
def test_onnx_runtime_and_the_standards_reference_compute_a_layer_as_numpy_does(p):
    expected, _ = stack_forward(p.params, p.x, [p.h0], [p.c0])
    inputs = {"x": p.x.transpose(1, 0, 2), "h": p.h0[None], "c": p.c0[None]}
    inputs = {name: array.astype(np.float32) for name, array in inputs.items()}
    for runtime in (run(operator(p.params)), ReferenceEvaluator(operator(p.params))):
        y = runtime.run(None, inputs)[0]
        np.testing.assert_allclose(y[:, 0].transpose(1, 0, 2), expected, atol=TOLERANCE)


@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(1, 9))
@settings(max_examples=30)
def test_a_layer_in_both_directions_is_one_operator(seed, units, steps):
    layer = network([(units, True)], 3, seed)
    assert isinstance(layer, Bidirectional)
    x = np.random.default_rng(seed).normal(size=(2, steps, 3)).astype(np.float32)
    state = np.zeros((2, 2, units), np.float32)
    y = run(operator(layer)).run(None, {"x": x.transpose(1, 0, 2), "h": state, "c": state})[0]
    expected, _ = stack_forward(layer, x)
    np.testing.assert_allclose(
        np.concatenate([y[:, 0], y[:, 1]], axis=-1).transpose(1, 0, 2), expected, atol=TOLERANCE
    )


def test_several_layers_are_several_operators():
    with pytest.raises(ValueError, match="one layer, an operator each; got 2"):
        to_onnx(network([(2, False), (2, False)], 3, 0))


# --- The same logits ----------------------------------------------------------------------


@pytest.mark.parametrize("length", [1, 7, 100, 400])
def test_marked_product_is_the_same_in_numpy_keras_and_onnx_runtime(sessions, length):
    model, x = MODELS["marked-product"], marked_product(16, max(length, 2), 1).x[:, :length]
    ours = ask(sessions["marked-product"], {"x": x} | first_state(MODELS["marked-product"], 16))[
        "answers"
    ]
    np.testing.assert_allclose(ours, model.predict(x), rtol=0, atol=TOLERANCE)
    np.testing.assert_allclose(ours, model.keras()(x).numpy()[:, 0], rtol=0, atol=TOLERANCE)


def test_sentiment_is_the_same_in_numpy_keras_and_onnx_runtime(sessions, texts):
    model = MODELS["sentiment"]
    encoded, keras = model.encode(texts), model.keras()
    expected = model.numpy()(encoded)
    for rows in equal_length_batches(encoded.steps, 50):
        ours = ask(sessions["sentiment"], sentiment_inputs(encoded, rows))["log_odds"]
        np.testing.assert_allclose(ours, expected[rows], rtol=0, atol=TOLERANCE)
        theirs = keras(*encoded.batch(rows)).numpy()
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=TOLERANCE)


def test_reading_is_the_same_in_numpy_keras_and_onnx_runtime_after_each_step(sessions, texts):
    model = MODELS["reading"]
    encoded, keras = model.encode(texts[-30:]), model.keras()
    expected = model.numpy()(encoded)
    for rows in equal_length_batches(encoded.steps, 50):
        inputs = {"ids": pieces(encoded, rows)} | first_state(MODELS["reading"], len(rows))
        ours = ask(sessions["reading"], inputs)["log_odds"]
        np.testing.assert_allclose(ours, [expected[r] for r in rows], rtol=0, atol=TOLERANCE)
        theirs = keras(*encoded.batch(rows)).numpy()
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=TOLERANCE)


def test_headlines_are_the_same_in_numpy_pytorch_and_onnx_runtime(sessions):
    import torch

    model = MODELS["headlines"]
    read, network, tokeniser = model.numpy(), model.torch(), model.tokeniser()
    for text in load_headlines().texts[:20]:
        tokens = np.array([tokeniser.encode(text)])
        ours = ask(sessions["headlines"], {"tokens": tokens} | first_state(MODELS["headlines"], 1))
        scores, (h, c) = read(tokens)
        with torch.no_grad():
            theirs = network(torch.tensor(tokens))[0].numpy()
        np.testing.assert_allclose(ours["scores"], scores, rtol=0, atol=TOLERANCE)
        np.testing.assert_allclose(ours["scores"], theirs, rtol=0, atol=TOLERANCE)
        np.testing.assert_allclose(ours["h_next"][0], h, rtol=0, atol=TOLERANCE)
        np.testing.assert_allclose(ours["c_next"][0], c, rtol=0, atol=TOLERANCE)


# --- Chunk by chunk -----------------------------------------------------------------------

CHUNKED = {name: run(MODELS[name].onnx()) for name in ("headlines", "marked-product")}


@given(st.lists(st.integers(1, 20), min_size=1, max_size=8), st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_chunks_with_the_state_carried_on_give_what_the_whole_gives(cuts, seed):
    rng, session = np.random.default_rng(seed), CHUNKED["headlines"]
    tokens = rng.integers(3, len(MODELS["headlines"].tokeniser().vocabulary), (2, sum(cuts)))
    whole = ask(session, {"tokens": tokens} | first_state(MODELS["headlines"], 2))
    state, scores = first_state(MODELS["headlines"], 2), []
    for part in np.split(tokens, np.cumsum(cuts)[:-1], axis=1):
        told = ask(session, {"tokens": part} | state)
        state = {"h": told["h_next"], "c": told["c_next"]}
        scores.append(told["scores"])
    np.testing.assert_allclose(np.concatenate(scores, axis=1), whole["scores"], atol=TOLERANCE)
    np.testing.assert_allclose(state["c"], whole["c_next"], atol=TOLERANCE)


@given(st.integers(2, 60), st.integers(1, 59), st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_a_product_is_found_though_its_marks_lie_in_two_chunks(length, cut, seed):
    cut, session = min(cut, length - 1), CHUNKED["marked-product"]
    x = marked_product(3, length, seed).x
    whole = ask(session, {"x": x} | first_state(MODELS["marked-product"], 3))
    first = ask(session, {"x": x[:, :cut]} | first_state(MODELS["marked-product"], 3))
    carried = {"h": first["h_next"], "c": first["c_next"]}
    second = ask(session, {"x": x[:, cut:]} | carried)
    np.testing.assert_allclose(second["answers"], whole["answers"], rtol=0, atol=TOLERANCE)


# --- The files ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_file_holds_its_weights_once_its_licence_and_nothing_of_a_framework(files, name):
    proto, model = files[name], MODELS[name]
    (licence,) = (prop.value for prop in proto.metadata_props if prop.key == "licence")
    assert licence == model.metadata["licence"]
    assert {node.domain for node in proto.graph.node} == {""}, "operators of the standard alone"
    floats = sum(
        np.prod(t.dims) for t in proto.graph.initializer if t.data_type == onnx.TensorProto.FLOAT
    )
    (R,) = (t.dims for t in proto.graph.initializer if t.name == "R")
    more = model.size("embedding.weight") or R[0] * 4 * R[2]
    assert floats == model.n_parameters + more, "the tied matrix turned, or Keras's missing bias"


def test_a_model_without_a_graph_is_refused():
    with pytest.raises(ValueError, match="parity has no graph here"):
        load_pretrained("parity").onnx()


def test_a_review_network_of_another_build_is_refused():
    model = load_pretrained("sentiment")
    model.metadata["pool"] = False
    with pytest.raises(ValueError, match="maximum and mean"):
        model.onnx()


def test_8_bits_make_a_file_a_quarter_and_move_few_verdicts(files, sessions, texts):
    small = in_8_bits(files["sentiment"])
    assert small.ByteSize() < 0.27 * files["sentiment"].ByteSize()
    assert "DynamicQuantizeLSTM" in {node.op_type for node in small.graph.node}
    session, encoded = run(small), MODELS["sentiment"].encode(texts)
    moved = 0
    for rows in equal_length_batches(encoded.steps, 50):
        inputs = sentiment_inputs(encoded, rows)
        verdicts = [ask(s, inputs)["log_odds"] > 0 for s in (session, sessions["sentiment"])]
        moved += np.sum(verdicts[0] != verdicts[1])
    assert moved <= 2
