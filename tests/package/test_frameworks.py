"""The same weights give the same outputs in NumPy, Keras and PyTorch, there and back.

What can't be carried over is refused by name.
"""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lstm_utils.cells import LSTMParameters, init_lstm, init_rnn, lstm_forward, rnn_forward
from lstm_utils.frameworks import (
    from_keras,
    from_torch,
    keras_lstm,
    to_keras,
    to_torch,
    torch_lstm,
)
from lstm_utils.gradients import relative_error
from lstm_utils.stacks import Bidirectional, as_layers, stack_forward
from tests.strategies import NO_NUMBERS, network, networks, problems

TOLERANCE = {"float64": 1e-12, "float32": 1e-6}


@given(problems("lstm"))
def test_weights_come_back_unchanged_from_keras_and_torch_layouts(p):
    for back in (from_keras(to_keras(p.params)), from_torch(to_torch(p.params))):
        assert np.array_equal(back.W, p.params.W)
        assert np.array_equal(back.b, p.params.b)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_an_lstm_goes_round_numpy_keras_torch_numpy_with_the_same_arrays_and_outputs(dtype):
    import torch

    rng = np.random.default_rng(0)
    params = init_lstm(3, 5, rng, forget_bias=1.0, dtype=dtype)
    x = rng.normal(size=(4, 11, 3)).astype(dtype)
    expected = lstm_forward(params, x).h[:, 1:]

    keras_layer = keras_lstm(params, dtype=dtype)
    from_keras_layer = from_keras(keras_layer.get_weights())
    torch_layer = torch_lstm(from_keras_layer, dtype=dtype)
    returned = from_torch(torch_layer.state_dict())

    assert np.array_equal(returned.W, params.W)
    assert np.array_equal(returned.b, params.b)
    with torch.no_grad():
        torch_output = torch_layer(torch.tensor(x))[0].numpy()
    outputs = [np.asarray(keras_layer(x)), torch_output, lstm_forward(returned, x).h[:, 1:]]
    for output in outputs:
        assert output.dtype == np.dtype(dtype)
        assert np.abs(output - expected).max() <= TOLERANCE[dtype]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_an_rnn_gives_the_same_outputs_in_numpy_keras_and_torch(dtype):
    import torch

    rng = np.random.default_rng(1)
    params = init_rnn(3, 5, rng).astype(dtype)
    x = rng.normal(size=(4, 11, 3)).astype(dtype)
    expected = rnn_forward(params, x).h[:, 1:]
    keras_layer = keras_lstm(params, dtype=dtype)
    torch_layer = torch_lstm(params, dtype=dtype)
    with torch.no_grad():
        torch_output = torch_layer(torch.tensor(x))[0].numpy()
    for output in (np.asarray(keras_layer(x)), torch_output):
        assert np.abs(output - expected).max() <= TOLERANCE[dtype]


@given(problems("lstm"))
@settings(max_examples=10)
def test_a_torch_layer_with_two_biases_of_its_own_is_read_as_their_sum(p):
    import torch

    layer = torch.nn.LSTM(
        p.params.input_size, p.params.hidden_size, batch_first=True, dtype=torch.float64
    )
    with torch.no_grad():
        expected = layer(torch.tensor(p.x))[0].numpy()
    found = lstm_forward(from_torch(layer.state_dict()), p.x).h[:, 1:]
    assert relative_error(found, expected) <= 1e-12


def test_a_torch_layer_does_not_share_memory_with_the_arrays_it_was_made_from():
    import torch

    params = init_rnn(2, 3, np.random.default_rng(0))
    layer = torch_lstm(params)
    with torch.no_grad():
        layer.weight_hh_l0.zero_()
    assert np.abs(params.W_hh).max() > 0


# --- Several layers, both directions -----------------------------------------------------


def assert_same(found, expected):
    """Two networks of the same form and the same numbers."""
    assert type(found) is type(expected)
    for ours, theirs in zip(as_layers(found), as_layers(expected), strict=True):
        for a, b in zip(ours, theirs, strict=True):
            assert np.array_equal(a.W, b.W)
            assert np.array_equal(a.b, b.b)


def inputs(net, batch=3, steps=5):
    """A batch of sequences for a network, and states for each of its layers and directions."""
    rng, layers = np.random.default_rng(7), as_layers(net)
    x = rng.normal(size=(batch, steps, layers[0][0].input_size))
    states = [[rng.normal(size=(batch, p.hidden_size)) for layer in layers for p in layer]] * 2
    return x, *states


@given(networks(alike=False))
def test_any_network_comes_back_unchanged_from_keras_layouts(net):
    assert_same(from_keras(to_keras(net)), net)


@given(networks(alike=True))
def test_any_network_of_like_layers_agrees_with_torch_and_comes_back_unchanged(net):
    import torch

    assert_same(from_torch(to_torch(net)), net)
    layer = torch_lstm(net)
    assert_same(from_torch(layer), net)
    assert_same(from_torch(layer.state_dict()), net)
    x, h0, c0 = inputs(net)
    output, (h_n, c_n) = stack_forward(net, x, h0, c0)
    with torch.no_grad():
        theirs = layer(torch.tensor(x), tuple(torch.tensor(np.array(s)) for s in (h0, c0)))
    expected = (theirs[0], *theirs[1])
    for ours, right in zip((output, np.array(h_n), np.array(c_n)), expected, strict=True):
        assert ours.shape == tuple(right.shape)
        assert np.abs(ours - right.numpy()).max() <= 1e-12


@given(networks(alike=False))
@settings(max_examples=8)  # each builds Keras layers
@example(network([(3, False), (3, False)], 3, 0))
@example(network([(2, True)], 2, 0))
@example(network([(2, True), (4, False), (1, True)], 3, 0))
def test_any_network_agrees_with_keras_and_comes_back_unchanged(net):
    layer = keras_lstm(net)
    assert_same(from_keras(layer), net)
    x = inputs(net)[0]
    output, _ = stack_forward(net, x)
    found = np.asarray(layer(x))
    assert found.dtype == np.float64
    assert np.abs(output - found).max() <= 1e-12


@given(st.integers(1, 3), st.booleans(), st.integers(1, 3), st.integers(1, 4), st.integers(0, 99))
@settings(max_examples=8)
@example(2, False, 3, 3, 0)
@example(1, True, 2, 2, 0)
def test_a_network_goes_round_numpy_keras_numpy_torch_numpy(depth, both, inputs_, hidden, seed):
    import torch

    net = network([(hidden, both)] * depth, inputs_, seed)
    layer = torch_lstm(from_keras(keras_lstm(net)))
    returned = from_torch(layer)
    assert_same(returned, net)
    x = inputs(net)[0]
    with torch.no_grad():
        expected = layer(torch.tensor(x))[0].numpy()
    assert np.abs(stack_forward(returned, x)[0] - expected).max() <= 1e-12


@pytest.mark.parametrize(("layers", "both"), [(2, False), (1, True), (3, True)])
def test_no_layer_and_no_direction_of_a_torch_lstm_of_its_own_is_dropped(layers, both):
    import torch

    torch.manual_seed(layers)
    options = {"batch_first": True, "bidirectional": both, "dtype": torch.float64}
    layer = torch.nn.LSTM(3, 4, layers, **options)
    x = np.random.default_rng(0).normal(size=(2, 6, 3))
    with torch.no_grad():
        expected, (h_n, _) = layer(torch.tensor(x))
    output, (h, _) = stack_forward(from_torch(layer.state_dict()), x)
    assert relative_error(output, expected.numpy()) <= 1e-12
    assert relative_error(h, h_n.numpy()) <= 1e-12


def test_keras_layers_of_its_own_are_read_as_a_sequential_a_list_or_their_arrays():
    import keras

    options = {"return_sequences": True, "dtype": "float64"}
    layers = [
        keras.layers.LSTM(4, **options),
        keras.layers.Bidirectional(keras.layers.LSTM(3, **options), dtype="float64"),
    ]
    model = keras.Sequential([keras.Input((None, 2), dtype="float64"), *layers])
    x = np.random.default_rng(0).normal(size=(2, 6, 2))
    expected = np.asarray(model(x))
    for source in (model, layers, [layer.get_weights() for layer in layers]):
        assert relative_error(stack_forward(from_keras(source), x)[0], expected) <= 1e-12
    with pytest.raises(ValueError, match=r"^weights: six arrays are two layers or one in both"):
        from_keras(layers[1].get_weights())


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_is_read_exactly_as_float32(dtype):
    import torch

    layer = torch.nn.LSTM(3, 4, dtype=getattr(torch, dtype))
    found = from_torch(layer)
    assert found.dtype == np.float32
    summed = layer.bias_ih_l0.double() + layer.bias_hh_l0.double()
    # Both frameworks' order of the gates, i f g o, in this package's, f i g o.
    order = np.r_[4:8, 0:4, 8:16]
    np.testing.assert_array_equal(found.W_x, layer.weight_ih_l0.detach().float().numpy()[order])
    np.testing.assert_allclose(found.b, summed.detach().numpy()[order], rtol=1e-6)


# --- What is refused ---------------------------------------------------------------------


def torch_state(**changed):
    """The state dict of a small torch.nn.LSTM, some of its arrays changed."""
    return to_torch(init_lstm(3, 4, np.random.default_rng(0))) | changed


def torch_layers():
    """Layers of PyTorch that hold no such network, and what the error says of each."""
    from torch import nn
    from torch.nn.utils.parametrizations import weight_norm

    return {
        "projection": (nn.LSTM(3, 4, proj_size=2), "weight_hr_l0"),
        "no biases": (nn.LSTM(3, 4, bias=False), "missing: .'bias_ih_l0', 'bias_hh_l0'"),
        "GRU": (nn.GRU(3, 4), r"weight_hh_l0 must have shape \(4H, H\).+got \(12, 4\)"),
        "tanh RNN": (nn.RNN(4, 4), r"weight_hh_l0 must have shape \(4H, H\).+got \(4, 4\)"),
        "ReLU RNN": (nn.RNN(3, 4, nonlinearity="relu"), "weight_hh_l0 must have shape"),
        "cell": (nn.LSTMCell(3, 4), "not an LSTM's: .'weight_ih', 'weight_hh'"),
        "larger model": (nn.ModuleDict({"lstm": nn.LSTM(3, 4)}), "'lstm.weight_ih_l0'"),
        "weight norm": (weight_norm(nn.LSTM(3, 4), "weight_hh_l0"), "missing: .'weight_hh_l0'"),
        "linear": (nn.Linear(3, 4), "not an LSTM's: .'weight', 'bias'"),
        "no memory": (nn.LSTM(3, 4, device="meta"), "weight_hh_l0 must be real numbers"),
    }


def test_torch_layers_that_are_no_lstm_with_biases_are_refused_by_name():
    for layer, message in torch_layers().values():
        for source in (layer, layer.state_dict()):
            with pytest.raises((TypeError, ValueError), match=message):
                from_torch(source)


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (None, "state must be a torch.nn.LSTM or its"),
        (type("LSTM", (), {"state_dict": dict}), "state must be a torch.nn.LSTM or its"),
        ([1, 2], "state must be a torch.nn.LSTM or its"),
        ({}, "missing: .'weight_ih_l0'"),
        ({"model": torch_state(), "epoch": 3}, "not an LSTM's: .'model', 'epoch'"),
        (torch_state(extra=1), "not an LSTM's: .'extra'"),
        (torch_state(weight_ih_l0=np.ones((3, 16))), r"weight_ih_l0 must have shape \(16, D\)"),
        (torch_state(weight_hh_l0=np.ones((4, 16))), "weight_hh_l0 must have shape"),
        (torch_state(bias_ih_l0=np.ones((16, 1))), r"bias_ih_l0 must have shape \(16,\)"),
        (torch_state(bias_hh_l0=np.full(16, np.nan)), r"bias_hh_l0 must be finite; got nan at"),
        (torch_state(bias_hh_l0="0"), "bias_hh_l0 must be real numbers"),
        (torch_state(weight_ih_l1=np.ones((16, 4))), "missing: .'weight_hh_l1'"),
        (torch_state(weight_ih_l0_reverse=np.ones((16, 3))), "missing: .'weight_hh_l0_reverse'"),
        ({k.replace("l0", "l1"): v for k, v in torch_state().items()}, "missing: .'weight_ih_l0'"),
        (
            torch_state(**{k.replace("l0", "l1"): v for k, v in torch_state().items()}),
            "layer 1 must read 4 numbers a step; got 3",
        ),
    ],
)
def test_state_dicts_that_do_not_fit_are_refused_by_name(state, message):
    with pytest.raises((TypeError, ValueError), match=message):
        from_torch(state)


def keras_layers():
    """Layers of Keras that hold no such network, and what the error says of each."""
    from keras import Input, Sequential, layers

    def built(layer):
        layer.build((None, None, 3))
        return layer

    plain, x = layers.LSTM(4), Input((None, 3))
    both = layers.Bidirectional
    return {
        "not built": (layers.LSTM(4), "must be built first"),
        "both not built": (both(layers.LSTM(4)), "must be built first"),
        "ReLU": (built(layers.LSTM(4, activation="relu")), "activation='tanh'; got 'relu'"),
        "hard sigmoid": (
            built(layers.LSTM(4, recurrent_activation="hard_sigmoid")),
            "recurrent_activation='sigmoid'; got 'hard_sigmoid'",
        ),
        "no bias": (built(layers.LSTM(4, use_bias=False)), "use_bias=True; got False"),
        "backwards": (built(layers.LSTM(4, go_backwards=True)), "go_backwards=False; got True"),
        "sum": (built(both(layers.LSTM(4), merge_mode="sum")), "merge_mode 'concat'; got 'sum'"),
        "GRU": (built(layers.GRU(4)), "got .+GRU"),
        "both GRU": (built(both(layers.GRU(4))), "got .+GRU"),
        "RNN": (built(layers.SimpleRNN(4)), "got .+SimpleRNN"),
        "cell": (layers.LSTMCell(4), "got .+LSTMCell"),
        "mask": (Sequential([x, layers.Masking(), plain]), "got .+Masking"),
        "dense": (Sequential([x, plain, layers.Dense(1)]), "got .+Dense"),
        "empty": (Sequential(), "at least one layer"),
    }


def test_keras_layers_that_compute_something_else_are_refused_by_name():
    for layer, message in keras_layers().values():
        with pytest.raises((TypeError, ValueError), match=message):
            from_keras(layer)


KERNEL, RECURRENT, BIAS = to_keras(init_lstm(3, 4, np.random.default_rng(0)))


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (None, "weights must be a list or a layer; got None"),
        (KERNEL, "weights must be a list or a layer; got array"),
        (type("LSTM", (), {"get_config": dict}), "weights must be a list or a layer; got <class"),
        ([], "layer 0 must have three arrays.+got 0"),
        ([KERNEL, RECURRENT], "layer 0 must have three arrays.+got 2"),
        ([KERNEL, RECURRENT, BIAS] * 2, "six arrays are two layers or one in both directions"),
        ([KERNEL, RECURRENT, BIAS] * 3, "layer 0 must have three arrays.+got 9"),
        ([KERNEL, None, BIAS], "layer 0 must have three arrays.+got array"),
        (["a", "b", "c"], "layer 0 must have three arrays.+got 'a'"),
        ([KERNEL.T, RECURRENT.T, BIAS], r"layer 0's recurrent_kernel.T must have shape \(4H, H\)"),
        ([BIAS, KERNEL, RECURRENT], "layer 0's recurrent_kernel.T must have shape"),
        ([RECURRENT, KERNEL, BIAS], "layer 0's recurrent_kernel.T must have shape"),
        ([KERNEL[:, :12], RECURRENT[:, :12], np.ones((2, 12))], "a GRU has three blocks"),
        ([KERNEL[:, :4], RECURRENT[:, :4], BIAS[:4]], "a plain RNN one"),
        ([KERNEL, RECURRENT, np.ones(32)], r"layer 0's bias must have shape \(16,\)"),
        ([KERNEL * np.nan, RECURRENT, BIAS], "layer 0's kernel.T must be finite"),
        ([KERNEL.astype(complex), RECURRENT, BIAS], "layer 0's kernel.T must be real numbers"),
        ([[KERNEL, RECURRENT, BIAS]] * 2, "layer 1 must read 4 numbers a step; got 3"),
    ],
)
def test_keras_arrays_that_do_not_fit_are_refused_by_name(weights, message):
    with pytest.raises((TypeError, ValueError), match=message):
        from_keras(weights)


LAYER = init_lstm(3, 4, np.random.default_rng(0))


@pytest.mark.parametrize("use", [to_keras, to_torch, keras_lstm, torch_lstm])
@pytest.mark.parametrize(
    ("net", "message"),
    [
        *((junk, "must be LSTMParameters(,| or) Bidirectional") for junk in NO_NUMBERS.values()),
        ([init_rnn(3, 4, np.random.default_rng(0))], "layer 0 must be LSTMParameters or Bidir"),
        ([], "network must have at least one layer"),
        ([LAYER, LAYER], "layer 1 must read 4 numbers a step; got 3"),
        ([Bidirectional(LAYER, LAYER), LAYER], "layer 1 must read 8 numbers a step; got 3"),
        (Bidirectional(LAYER, None), "layer 0 must be LSTMParameters; got None"),
        (
            Bidirectional(LAYER, init_lstm(4, 4, np.random.default_rng(0))),
            "layer 0 must have one .D, H. in both directions",
        ),
        (LSTMParameters(LAYER.W * np.inf, LAYER.b), "layer 0's W must be finite"),
    ],
)
def test_what_is_no_network_is_refused_by_name(use, net, message):
    with np.errstate(all="ignore"), pytest.raises((TypeError, ValueError), match=message):
        use(net)


def test_torch_has_one_hidden_size_and_the_same_directions_in_all_layers():
    for layers in ([(3, False), (4, False)], [(3, True), (3, False)]):
        with pytest.raises(ValueError, match="as many directions and hidden units in every layer"):
            to_torch(network(layers, 2, 0))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "int32", "half", "no type", None])
def test_layers_are_made_in_float32_or_float64_only(dtype):
    for make in (keras_lstm, torch_lstm):
        for params in (LAYER, init_rnn(3, 4, np.random.default_rng(0))):
            with pytest.raises(ValueError, match=r"^dtype must be 'float32' or 'float64'"):
                make(params, dtype)


def test_states_of_a_network_are_counted_and_checked_by_name():
    net = network([(2, True), (2, True)], 3, 0)
    x, h0, c0 = inputs(net)
    for arguments, message in (
        ((x, h0[:3]), "h0 must hold 4 arrays, one for each layer and direction; got 3"),
        ((x, h0, 0.0), "c0 must hold 4 arrays"),
        ((x, h0, [c0[0][:1]] * 4), r"c0 must have shape \(3, 2\); got \(1, 2\)"),
        ((x[..., :2],), r"x must have shape \(batch, time, 3\)"),
        ((x * np.nan,), "x must be finite"),
        ((None,), "x must be real numbers"),
    ):
        with pytest.raises((TypeError, ValueError), match=f"^{message}"):
            stack_forward(net, *arguments)


def test_a_network_reads_whole_numbers_and_empty_batches():
    net = network([(2, True), (3, False)], 3, 0)
    x = np.eye(3, dtype=int)[[[0, 2, 1]]]
    expected, _ = stack_forward(net, x.astype(float))
    assert np.array_equal(stack_forward(net, x.tolist())[0], expected)
    output, (h_n, _) = stack_forward(net, x[:0])
    assert output.shape == (0, 3, 3)
    assert [h.shape for h in h_n] == [(0, 2), (0, 2), (0, 3)]
