"""The rules of shapes against Keras and PyTorch themselves, on random settings."""

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lstm_utils.measuring import keras_on_tensorflow
from lstm_utils.shapes import GATES_OF, recurrent_shapes

sizes = st.integers(1, 4)
common = {
    "layer": st.sampled_from(sorted(GATES_OF)),
    "batch": sizes,
    "steps": sizes,
    "input_size": sizes,
    "hidden_size": st.integers(1, 7),
    "num_layers": st.integers(1, 3),
    "bidirectional": st.booleans(),
    "bias": st.booleans(),
}


@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
@settings(max_examples=200, deadline=None)
@given(
    st.fixed_dictionaries(common | {"batch_first": st.booleans(), "proj_size": sizes | st.just(0)})
)
def test_pytorch_has_the_shapes_that_the_rules_say(setting):
    assume(setting["layer"] == "LSTM" or setting["proj_size"] == 0)
    assume(setting["proj_size"] < setting["hidden_size"])
    told = recurrent_shapes("torch", **setting)
    options = {
        name: setting[name] for name in ("num_layers", "bidirectional", "bias", "batch_first")
    }
    if setting["layer"] == "LSTM":
        options["proj_size"] = setting["proj_size"]
    make = {"LSTM": torch.nn.LSTM, "GRU": torch.nn.GRU, "SimpleRNN": torch.nn.RNN}[setting["layer"]]
    network = make(setting["input_size"], setting["hidden_size"], **options)
    output, states = network(torch.zeros(told.input))
    states = states if setting["layer"] == "LSTM" else (states,)
    assert tuple(output.shape) == told.output
    assert [tuple(state.shape) for state in states] == list(told.states.values())
    found = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    assert list(found.items()) == list(told.weights.items())
    assert sum(p.numel() for p in network.parameters()) == told.parameters


@settings(max_examples=200, deadline=None)
@given(
    st.fixed_dictionaries(
        common
        | {"return_sequences": st.booleans(), "reset_after": st.booleans()}
        | {"num_layers": st.integers(1, 2)}  # each layer is traced, which takes its time
    )
)
def test_keras_has_the_shapes_that_the_rules_say(setting):
    keras_on_tensorflow()
    import keras

    assume(setting["layer"] == "GRU" or setting["reset_after"])
    told = recurrent_shapes("keras", **setting)
    options = {"use_bias": setting["bias"], "return_state": True}
    if setting["layer"] == "GRU":
        options["reset_after"] = setting["reset_after"]
    make, x = getattr(keras.layers, setting["layer"]), keras.Input(batch_shape=told.input)
    weights, states = [], []
    for depth in range(setting["num_layers"]):
        last = depth + 1 == setting["num_layers"]
        sequences = setting["return_sequences"] or not last
        layer = make(setting["hidden_size"], return_sequences=sequences, **options)
        if setting["bidirectional"]:
            layer = keras.layers.Bidirectional(layer)
        x, *own = layer(x)
        states += [tuple(state.shape) for state in own]
        weights += layer.get_weights()
    assert tuple(x.shape) == told.output
    assert states == list(told.states.values())
    assert [w.shape for w in weights] == list(told.weights.values())
    assert sum(w.size for w in weights) == told.parameters


@pytest.mark.parametrize(
    ("framework", "layer", "parameters"),
    [
        ("keras", "LSTM", 4 * (5 * (3 + 5) + 5)),
        ("torch", "LSTM", 4 * (5 * (3 + 5) + 2 * 5)),
        ("keras", "GRU", 3 * (5 * (3 + 5) + 2 * 5)),
        ("keras", "SimpleRNN", 5 * (3 + 5) + 5),
    ],
)
def test_parameters_follow_the_textbooks_formula(framework, layer, parameters):
    told = recurrent_shapes(framework, layer, batch=1, steps=1, input_size=3, hidden_size=5)
    assert told.parameters == parameters


@pytest.mark.parametrize(
    ("framework", "layer", "options", "message"),
    [
        ("jax", "LSTM", {}, "framework must be 'keras' or 'torch'; got 'jax'"),
        ("keras", "lstm", {}, "layer must be one of LSTM, GRU, SimpleRNN; got 'lstm'"),
        (
            "torch",
            "LSTM",
            {"return_sequences": True},
            "LSTM of torch has no option return_sequences",
        ),
        ("torch", "GRU", {"reset_after": False}, "GRU of torch has no option reset_after"),
        ("keras", "LSTM", {"reset_after": False}, "LSTM of keras has no option reset_after"),
        ("keras", "LSTM", {"batch_first": True}, "LSTM of keras has no option batch_first"),
        ("keras", "LSTM", {"proj_size": 2}, "LSTM of keras has no option proj_size"),
        ("torch", "GRU", {"proj_size": 2}, "GRU of torch has no option proj_size"),
        ("torch", "LSTM", {"proj_size": 5}, "proj_size must be from 0 to 4; got 5"),
        ("torch", "LSTM", {"steps": 0}, "steps must be at least 1; got 0"),
    ],
)
def test_what_a_framework_does_not_have_is_refused_by_name(framework, layer, options, message):
    setting = {"batch": 2, "steps": 3, "input_size": 3, "hidden_size": 5} | options
    with pytest.raises(ValueError, match=message):
        recurrent_shapes(framework, layer, **setting)
