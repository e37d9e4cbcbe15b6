"""The NumPy cells against finite differences, PyTorch and TensorFlow, over random shapes."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given

from lstm_utils.cells import (
    GATES,
    LSTMParameters,
    RNNParameters,
    init_lstm,
    init_rnn,
    lstm_backward,
    lstm_forward,
    lstm_step,
    rnn_backward,
    rnn_forward,
    sigmoid,
)
from lstm_utils.frameworks import from_keras, from_torch, keras_lstm, torch_lstm
from lstm_utils.gradients import check_gradient, relative_error
from tests.strategies import problem, problems


def rnn_loss(params, p, **changed):
    """A scalar whose direct derivative with respect to the outputs is p.dh."""
    trace = rnn_forward(params, **({"x": p.x, "h0": p.h0} | changed))
    return float(np.sum(trace.h[:, 1:] * p.dh))


def lstm_loss(params, p, **changed):
    """A scalar that reads every output through p.dh and the last cell state through p.dc_last."""
    trace = lstm_forward(params, **({"x": p.x, "h0": p.h0, "c0": p.c0} | changed))
    return float(np.sum(trace.h[:, 1:] * p.dh) + np.sum(trace.c[:, -1] * p.dc_last))


def test_sigmoid_equals_the_logistic_function_and_never_overflows():
    z = np.linspace(-30, 30, 601)
    np.testing.assert_allclose(sigmoid(z), 1 / (1 + np.exp(-z)), atol=1e-15)
    with np.errstate(all="raise"):
        assert sigmoid(np.array([-1e4, 1e4])).tolist() == [0.0, 1.0]


@given(problems("rnn"))
def test_the_rnn_sequence_is_its_equation_applied_again_and_again(p):
    trace, weights = rnn_forward(p.params, p.x, p.h0), p.params
    h = p.h0
    for t in range(p.x.shape[1]):
        h = np.tanh(p.x[:, t] @ weights.W_xh.T + h @ weights.W_hh.T + weights.b)
        np.testing.assert_allclose(trace.h[:, t + 1], h, rtol=0, atol=1e-13)


@given(problems("lstm"))
def test_the_lstm_sequence_is_its_step_applied_again_and_again(p):
    trace = lstm_forward(p.params, p.x, p.h0, p.c0)
    h, c = p.h0, p.c0
    for t in range(p.x.shape[1]):
        step = lstm_step(p.params, p.x[:, t], h, c)
        h, c = step.h, step.c
        for name in "figo":
            np.testing.assert_allclose(
                getattr(trace, name)[:, t], getattr(step, name), rtol=0, atol=1e-13
            )
        np.testing.assert_allclose(trace.c[:, t + 1], c, rtol=0, atol=1e-13)
        np.testing.assert_allclose(trace.h[:, t + 1], h, rtol=0, atol=1e-13)


@given(problems("rnn", max_batch=3, max_steps=6, max_size=4))
def test_the_rnn_backward_pass_agrees_with_finite_differences(p):
    gradients = rnn_backward(p.params, rnn_forward(p.params, p.x, p.h0), p.dh)
    names = [field.name for field in fields(RNNParameters)]
    for name in names:

        def loss(value, name=name):
            weights = {n: getattr(p.params, n) for n in names} | {name: value}
            return rnn_loss(RNNParameters(**weights), p)

        found = getattr(gradients.params, name)
        assert check_gradient(loss, getattr(p.params, name), found) <= 1e-7, name
    assert check_gradient(lambda x: rnn_loss(p.params, p, x=x), p.x, gradients.x) <= 1e-7
    assert check_gradient(lambda h0: rnn_loss(p.params, p, h0=h0), p.h0, gradients.h0) <= 1e-7


@given(problems("lstm", max_batch=3, max_steps=6, max_size=4))
def test_the_lstm_backward_pass_agrees_with_finite_differences(p):
    gradients = lstm_backward(p.params, lstm_forward(p.params, p.x, p.h0, p.c0), p.dh, p.dc_last)

    def loss_of_W(W):
        return lstm_loss(LSTMParameters(W, p.params.b), p)

    def loss_of_b(b):
        return lstm_loss(LSTMParameters(p.params.W, b), p)

    assert check_gradient(loss_of_W, p.params.W, gradients.params.W) <= 1e-7
    assert check_gradient(loss_of_b, p.params.b, gradients.params.b) <= 1e-7
    for name in ("x", "h0", "c0"):

        def loss(value, name=name):
            return lstm_loss(p.params, p, **{name: value})

        assert check_gradient(loss, getattr(p, name), getattr(gradients, name)) <= 1e-7, name


@given(problems("rnn"))
def test_the_rnn_agrees_with_torch_autograd(p):
    import torch

    layer = torch_lstm(p.params)
    x = torch.tensor(p.x, requires_grad=True)
    h0 = torch.tensor(p.h0[None], requires_grad=True)
    output, _ = layer(x, h0)
    (output * torch.tensor(p.dh)).sum().backward()
    trace = rnn_forward(p.params, p.x, p.h0)
    found = rnn_backward(p.params, trace, p.dh)
    assert relative_error(trace.h[:, 1:], output.detach().numpy()) <= 1e-12
    assert relative_error(found.x, x.grad.numpy()) <= 1e-10
    assert relative_error(found.h0, h0.grad[0].numpy()) <= 1e-10
    grads = {name: weight.grad for name, weight in layer.named_parameters()}
    # Each of PyTorch's two biases receives the whole gradient of their sum.
    names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0")
    expected = RNNParameters(*(grads[name].numpy() for name in names))
    for name in ("W_xh", "W_hh", "b"):
        assert relative_error(getattr(found.params, name), getattr(expected, name)) <= 1e-10, name


@given(problems("lstm"))
def test_the_lstm_agrees_with_torch_autograd(p):
    import torch

    layer = torch_lstm(p.params)
    x = torch.tensor(p.x, requires_grad=True)
    h0 = torch.tensor(p.h0[None], requires_grad=True)
    c0 = torch.tensor(p.c0[None], requires_grad=True)
    output, (_, c_last) = layer(x, (h0, c0))
    ((output * torch.tensor(p.dh)).sum() + (c_last[0] * torch.tensor(p.dc_last)).sum()).backward()
    trace = lstm_forward(p.params, p.x, p.h0, p.c0)
    found = lstm_backward(p.params, trace, p.dh, p.dc_last)
    assert relative_error(trace.h[:, 1:], output.detach().numpy()) <= 1e-12
    for name, value in (("x", x.grad), ("h0", h0.grad[0]), ("c0", c0.grad[0])):
        assert relative_error(getattr(found, name), value.numpy()) <= 1e-10, name
    grads = {name: weight.grad for name, weight in layer.named_parameters()}
    expected = from_torch(grads | {"bias_hh_l0": torch.zeros_like(grads["bias_hh_l0"])})
    assert relative_error(found.params.W, expected.W) <= 1e-10
    assert relative_error(found.params.b, expected.b) <= 1e-10


def tape_gradients(p, states):
    """Output, weight gradients and input gradients by GradientTape, in NumPy."""
    import tensorflow as tf

    layer = keras_lstm(p.params)
    x = tf.constant(p.x)
    initial = [tf.constant(state) for state in states]
    with tf.GradientTape() as tape:
        tape.watch([x, *initial])
        output = layer(x, initial_state=initial if len(initial) > 1 else initial[0])
        loss = tf.reduce_sum(output * p.dh)
    wanted = [[w.value for w in layer.trainable_variables], [x, *initial]]
    weights, inputs = tape.gradient(loss, wanted)
    return output.numpy(), [w.numpy() for w in weights], [v.numpy() for v in inputs]


# Each example builds a Keras layer, so these run on fewer of them.
few_shapes = pytest.mark.parametrize("shape", [(1, 1, 1, 1), (3, 7, 2, 4), (2, 12, 5, 3)])


@few_shapes
def test_the_rnn_agrees_with_gradient_tape(shape):
    p = problem("rnn", shape, seed=shape[1])
    output, (kernel, recurrent, bias), (dx, dh0) = tape_gradients(p, [p.h0])
    trace = rnn_forward(p.params, p.x, p.h0)
    found = rnn_backward(p.params, trace, p.dh)
    assert relative_error(trace.h[:, 1:], output) <= 1e-12
    pairs = [
        (found.params.W_xh, kernel.T),
        (found.params.W_hh, recurrent.T),
        (found.params.b, bias),
        (found.x, dx),
        (found.h0, dh0),
    ]
    assert max(relative_error(a, b) for a, b in pairs) <= 1e-10


@few_shapes
def test_the_lstm_agrees_with_gradient_tape(shape):
    p = problem("lstm", shape, seed=shape[1])
    output, weights, (dx, dh0, dc0) = tape_gradients(p, [p.h0, p.c0])
    trace = lstm_forward(p.params, p.x, p.h0, p.c0)
    found = lstm_backward(p.params, trace, p.dh)
    assert relative_error(trace.h[:, 1:], output) <= 1e-12
    expected = from_keras(weights)
    pairs = [
        (found.params.W, expected.W),
        (found.params.b, expected.b),
        (found.x, dx),
        (found.h0, dh0),
        (found.c0, dc0),
    ]
    assert max(relative_error(a, b) for a, b in pairs) <= 1e-10


def test_float32_parameters_and_inputs_stay_float32_all_the_way():
    rng = np.random.default_rng(0)
    params = init_lstm(3, 4, rng, dtype=np.float32)
    trace = lstm_forward(params, rng.normal(size=(2, 5, 3)).astype(np.float32))
    found = lstm_backward(params, trace, np.ones((2, 5, 4), dtype=np.float32))
    arrays = [trace.h, trace.c, trace.f, found.params.W, found.params.b, found.x, found.h0]
    assert {a.dtype for a in arrays} == {np.dtype("float32")}


def test_a_backward_pass_changes_neither_the_trace_nor_its_arguments():
    rng = np.random.default_rng(0)
    params = init_lstm(3, 4, rng)
    trace = lstm_forward(params, rng.normal(size=(2, 5, 3)))
    dh, dc = rng.normal(size=(2, 5, 4)), rng.normal(size=(2, 4))
    before = [a.copy() for a in (*vars(trace).values(), dh, dc, params.W)]
    first = lstm_backward(params, trace, dh, dc)
    second = lstm_backward(params, trace, dh, dc)
    assert np.array_equal(first.params.W, second.params.W)
    for old, new in zip(before, (*vars(trace).values(), dh, dc, params.W), strict=True):
        assert np.array_equal(old, new)


def test_the_parameter_count_is_four_gates_of_h_times_h_plus_d_plus_one():
    params = init_lstm(2, 30, np.random.default_rng(0), forget_bias=1.0)
    assert params.n_parameters == 4 * 30 * (30 + 2 + 1) == 3960
    assert init_rnn(2, 30, np.random.default_rng(0)).n_parameters == 30 * (30 + 2 + 1)


def test_the_forget_bias_stands_in_the_rows_of_the_forget_gate():
    params = init_lstm(2, 30, np.random.default_rng(0), forget_bias=1.0)
    biases = dict(zip(GATES, np.split(params.b, 4), strict=True))
    assert biases.pop("forget").tolist() == [1.0] * 30
    assert not any(b.any() for b in biases.values())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda p: lstm_forward(p, np.zeros((2, 5))), r"x must have shape \(batch, time, 2\)"),
        (lambda p: lstm_forward(p, np.zeros((2, 5, 3))), r"got \(2, 5, 3\)"),
        (lambda p: lstm_forward(p, np.zeros((2, 5, 2)), c0=np.zeros((1, 3))), r"c0 must have"),
        (
            lambda p: lstm_backward(p, lstm_forward(p, np.zeros((2, 5, 2))), np.zeros((2, 6, 3))),
            r"dh must have shape \(2, 5, 3\)",
        ),
        (lambda p: LSTMParameters(np.zeros((5, 3)), np.zeros(5)), r"b must be \(4H,\)"),
        (lambda p: RNNParameters(np.zeros((2, 3)), np.zeros((3, 3)), np.zeros(3)), "W_hh must be"),
    ],
)
def test_a_shape_that_does_not_fit_is_named(call, message):
    params = init_lstm(2, 3, np.random.default_rng(0))
    with pytest.raises(ValueError, match=message):
        call(params)
