"""The same weights give the same outputs in NumPy, Keras and PyTorch, there and back."""

import numpy as np
import pytest
from hypothesis import given, settings

from lstm_utils.cells import init_lstm, init_rnn, lstm_forward, rnn_forward
from lstm_utils.frameworks import (
    from_keras,
    from_torch,
    keras_lstm,
    to_keras,
    to_torch,
    torch_lstm,
)
from lstm_utils.gradients import relative_error
from tests.strategies import problems

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
