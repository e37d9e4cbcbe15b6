"""The NumPy cells against finite differences, PyTorch and TensorFlow, over random shapes.

And whatever callers pass to them: the right floats, or an error that names the argument.
"""

import re
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lstm_utils.cells import (
    GATES,
    LSTMParameters,
    LSTMTrace,
    RNNParameters,
    RNNTrace,
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
from tests.strategies import DISGUISES, NO_NUMBERS, problem, problems


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
        (lambda p: LSTMParameters(np.zeros((5, 3)), np.zeros(5)), r"b must have shape \(4H,\)"),
        (
            lambda p: RNNParameters(np.zeros((2, 3)), np.zeros((3, 3)), np.zeros(3)),
            r"b must have shape \(H,\)",
        ),
    ],
)
def test_a_shape_that_does_not_fit_is_named(call, message):
    params = init_lstm(2, 3, np.random.default_rng(0))
    with pytest.raises(ValueError, match=message):
        call(params)


# --- Whatever a caller passes ------------------------------------------------------------

FORWARD = {"rnn": rnn_forward, "lstm": lstm_forward}
BACKWARD = {"rnn": rnn_backward, "lstm": lstm_backward}


def arrays_of(kind, params, x, dh, *states):
    """Every array that the way there and back gives, in one list."""
    trace = FORWARD[kind](params, x, *states)
    back = BACKWARD[kind](params, trace, dh)
    return [*vars(trace).values(), *vars(back.params).values(), back.x, back.h0]


def whole(kind, shape, seed, dtype="float64"):
    """A problem whose inputs, states and errors are zeros and ones."""
    p = problem(kind, shape, seed)
    rng = np.random.default_rng(seed)
    x, h0, c0, dh = (rng.integers(0, 2, a.shape).astype(float) for a in (p.x, p.h0, p.c0, p.dh))
    return p.params.astype(dtype), x, dh, *([h0] if kind == "rnn" else [h0, c0])


shapes = st.tuples(*(st.integers(low, 4) for low in (0, 0, 1, 1)))


@given(st.sampled_from(["rnn", "lstm"]), shapes, st.integers(0, 99), st.sampled_from([*DISGUISES]))
@example("rnn", (1, 4, 3, 4), 0, "i1")
@example("lstm", (1, 4, 3, 4), 0, "i1")
def test_zeros_and_ones_of_any_type_give_what_floats_give(kind, shape, seed, name):
    params, *arrays = whole(kind, shape, seed)
    if 0 in shape:  # nested lists can't say how many numbers an empty sequence would have
        name = "i1"
    expected = arrays_of(kind, params, *arrays)
    found = arrays_of(kind, params, *map(DISGUISES[name], arrays))
    for array, right in zip(found, expected, strict=True):
        assert array.dtype == np.float64
        np.testing.assert_array_equal(array, right)


def test_one_hot_integers_are_not_cut_to_integers_by_the_tanh():
    params = init_rnn(3, 2, np.random.default_rng(0))
    trace = rnn_forward(params, np.eye(3, dtype=int)[[[0, 1, 2, 1]]])
    np.testing.assert_array_equal(trace.h[0, 1], np.tanh(params.W_xh[:, 0]))
    assert np.abs(rnn_backward(params, trace, np.ones((1, 4, 2), int)).params.W_hh).min() > 0


@pytest.mark.parametrize("kind", ["rnn", "lstm"])
@pytest.mark.parametrize("weights", ["float32", "float64"])
@pytest.mark.parametrize("data", ["bool", "int64", "float16", "float32", "float64"])
def test_results_have_the_widest_float_type_and_integers_take_the_weights(kind, weights, data):
    params, *arrays = whole(kind, (2, 5, 3, 4), 1, weights)
    found = arrays_of(kind, params, *(a.astype(data) for a in arrays))
    assert {a.dtype.name for a in found} == {"float64" if data == "float64" else weights}
    expected = arrays_of(kind, params.astype("float64"), *arrays)
    assert max(map(relative_error, found, expected)) <= 1e-6


def test_one_step_takes_whole_numbers_and_gives_the_sequences_floats():
    params, x, _, h0, c0 = whole("lstm", (3, 1, 2, 4), 2, "float32")
    step = lstm_step(params, x[:, 0].astype(int), h0.astype(bool), c0.tolist())
    trace = lstm_forward(params, x, h0, c0)
    assert step.f.dtype == np.float64  # a list's floats are float64
    np.testing.assert_allclose(step.h, trace.h[:, 1], rtol=1e-12)
    alone = lstm_step(params, x[1, 0], h0[1], c0[1])
    np.testing.assert_allclose(alone.c, trace.c[1, 1], rtol=1e-12)


@pytest.mark.parametrize("name", DISGUISES)
def test_the_sigmoid_and_the_weights_take_any_real_numbers(name):
    ones = np.ones((4, 2))
    assert np.asarray(sigmoid(DISGUISES[name](ones)), dtype=float) == pytest.approx(
        1 / (1 + np.exp(-1)), rel=1e-6
    )
    params = LSTMParameters(DISGUISES[name](ones), np.zeros(4))
    assert params.dtype == np.float64
    assert np.array_equal(params.W, ones)


@pytest.mark.parametrize("name", NO_NUMBERS)
def test_what_holds_no_real_numbers_is_refused_by_name(name):
    junk, lstm, rnn = (
        NO_NUMBERS[name],
        problem("lstm", (2, 3, 2, 2), 0),
        init_rnn(2, 2, np.random.default_rng(0)),
    )
    p, x = lstm.params, lstm.x
    trace = lstm_forward(p, x)
    calls = {
        "x": [lambda: rnn_forward(rnn, junk), lambda: lstm_forward(p, junk)],
        "z": [lambda: sigmoid(junk)],
        "dh": [lambda: lstm_backward(p, trace, junk)],
        "W": [lambda: LSTMParameters(junk, p.b)],
        "b": [lambda: LSTMParameters(p.W, junk)],
        "W_hh": [lambda: RNNParameters(rnn.W_xh, junk, rnn.b)],
        "h": [lambda: lstm_step(p, x[:, 0], junk, lstm.c0), lambda: RNNTrace(x, junk)],
        "scale": [lambda: init_lstm(2, 3, np.random.default_rng(0), scale=junk)]
        * (junk is not None),
        "forget_bias": [lambda: init_lstm(2, 3, np.random.default_rng(0), forget_bias=junk)],
        "params": [lambda: rnn_forward(junk, x), lambda: lstm_backward(junk, trace, lstm.dh)],
        "trace": [lambda: lstm_backward(p, junk, lstm.dh)],
        "input_size": [lambda: init_rnn(junk, 3, np.random.default_rng(0))],
        "hidden_size": [lambda: init_lstm(3, junk, np.random.default_rng(0))],
        "rng": [lambda: init_lstm(2, 3, junk)],
    }
    if junk is not None:
        calls["h0"] = [lambda: rnn_forward(rnn, x, junk)]
        calls["c0"] = [lambda: lstm_forward(p, x, None, junk)]
        calls["dc_last"] = [lambda: lstm_backward(p, trace, lstm.dh, junk)]
    for argument, each in calls.items():
        for call in each:
            with pytest.raises(TypeError, match=rf"^{argument} must be "):
                call()


@given(
    problems("lstm", max_steps=4), st.sampled_from(["x", "h0", "c0", "dh", "dc_last"]), st.data()
)
def test_a_number_that_is_not_finite_is_named_with_its_place(p, name, data):
    array = getattr(p, name).copy()
    place = tuple(data.draw(st.integers(0, size - 1)) for size in array.shape)
    array[place] = data.draw(st.sampled_from([np.nan, np.inf, -np.inf]))
    values = {n: getattr(p, n) for n in ("x", "h0", "c0", "dh", "dc_last")} | {name: array}

    def there_and_back():
        trace = lstm_forward(p.params, values["x"], values["h0"], values["c0"])
        lstm_backward(p.params, trace, values["dh"], values["dc_last"])

    where = re.escape(f"{array[place]} at {list(place)}")
    with pytest.raises(ValueError, match=rf"^{name} must be finite; got {where}"):
        there_and_back()


def test_masked_entries_are_not_read_as_numbers():
    x = np.ma.masked_equal(np.arange(12.0).reshape(2, 3, 2), 4)
    with pytest.raises(ValueError, match=r"^x must not have masked entries"):
        lstm_forward(init_lstm(2, 3, np.random.default_rng(0)), x)


def test_weights_that_have_blown_up_give_nan_and_no_error():
    p = problem("lstm", (2, 3, 2, 2), 0)
    params = LSTMParameters(np.full_like(p.params.W, np.nan), p.params.b)
    trace = lstm_forward(params, p.x)
    assert np.isnan(trace.h[:, 1:]).all()
    assert np.isnan(lstm_backward(params, trace, p.dh).params.W).all()


def test_records_are_equal_if_all_their_arrays_are():
    rng = np.random.default_rng(0)
    for p in (problem("rnn", (2, 3, 2, 2), 0), problem("lstm", (2, 3, 2, 2), 0)):
        other, x = (init_rnn if p.params.__class__ is RNNParameters else init_lstm)(2, 2, rng), p.x
        kind = "rnn" if isinstance(p.params, RNNParameters) else "lstm"
        traces = [FORWARD[kind](params, x) for params in (p.params, p.params.astype(float), other)]
        back = [BACKWARD[kind](p.params, trace, p.dh) for trace in traces]
        for first, same, third in (traces, back):
            assert first == same
            assert first != third
        assert [other, p.params].index(p.params.astype(float)) == 1
        assert p.params != 3


@pytest.mark.parametrize("kind", ["rnn", "lstm"])
def test_a_trace_keeps_what_was_read_whatever_becomes_of_the_array(kind):
    p = problem(kind, (2, 3, 2, 2), 0)
    buffer = p.x.copy()
    trace = FORWARD[kind](p.params, buffer)
    buffer[:] = 9
    assert trace == FORWARD[kind](p.params, p.x)


@pytest.mark.parametrize("kind", ["rnn", "lstm"])
@pytest.mark.parametrize(("batch", "steps"), [(0, 3), (2, 0), (0, 0)])
def test_without_sequences_or_steps_nothing_changes_and_no_weight_is_blamed(kind, batch, steps):
    p = problem(kind, (batch, steps, 3, 2), 0)
    states = [p.h0] if kind == "rnn" else [p.h0, p.c0]
    trace = FORWARD[kind](p.params, p.x, *states)
    back = BACKWARD[kind](p.params, trace, p.dh)
    assert trace.h.shape == (batch, steps + 1, 2)
    assert np.array_equal(trace.h[:, 0], p.h0)
    assert back.x.shape == p.x.shape
    for array in (*vars(back.params).values(), back.h0):
        assert not array.any()


def test_what_does_not_belong_together_is_refused_by_name():
    rng = np.random.default_rng(0)
    rnn, lstm, x = init_rnn(2, 3, rng), init_lstm(2, 3, rng), rng.normal(size=(2, 5, 2))
    traces = {"rnn": rnn_forward(rnn, x), "lstm": lstm_forward(lstm, x)}
    dh = np.ones((2, 5, 3))
    longer = lstm_forward(lstm, np.ones((2, 6, 2)))
    mixed = LSTMTrace(**vars(traces["lstm"]) | {"g": longer.g})
    for call, message in {
        lambda: rnn_forward(lstm, x): "params must be RNNParameters; got LSTMParam",
        lambda: lstm_forward(rnn, x): "params must be LSTMParameters; got RNNParam",
        lambda: lstm_forward(
            (lstm.W, lstm.b), x
        ): "params must be LSTMParameters; got \\(array.+ \\(tuple\\)",
        lambda: lstm_step(rnn, x[:, 0], dh[:, 0], dh[:, 0]): "params must be LSTMParameters",
        lambda: rnn_backward(rnn, traces["lstm"], dh): "trace must be RNNTrace; got LSTMTrace",
        lambda: lstm_backward(lstm, traces["rnn"], dh): "trace must be LSTMTrace; got RNNTrace",
        lambda: lstm_backward(lstm, mixed, dh): r"trace.g must have shape \(2, 5, 3\)",
        lambda: lstm_backward(init_lstm(2, 4, rng), traces["lstm"], dh): "trace.f must have shape",
        lambda: rnn_backward(init_rnn(1, 3, rng), traces["rnn"], dh): "trace.x must have shape",
        lambda: lstm_backward(lstm, traces["lstm"], dh[:, -1]): r"dh must have shape \(2, 5, 3\)",
        lambda: lstm_backward(lstm, traces["lstm"], dh, dh): r"dc_last must have shape \(2, 3\)",
    }.items():
        with pytest.raises((TypeError, ValueError), match=f"^{message}"):
            call()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"input_size": 0}, "input_size must be at least 1; got 0"),
        ({"hidden_size": -3}, "hidden_size must be at least 1; got -3"),
        ({"hidden_size": 3.0}, "hidden_size must be a whole number; got 3.0"),
        ({"input_size": True}, "input_size must be a whole number; got True"),
        ({"rng": 0.5}, "rng must be a numpy.random.Generator or a seed.+; got 0.5"),
        ({"scale": -0.1}, "scale must be from 0 to 1e\\+300; got -0.1"),
        ({"scale": np.nan}, "scale must be finite; got nan"),
        ({"forget_bias": [1.0, 2.0]}, r"forget_bias must have shape \(\) or \(3,\); got \(2,\)"),
        ({"dtype": "float16"}, "dtype must be 'float32' or 'float64'; got 'float16'"),
        ({"dtype": None}, "dtype must be 'float32' or 'float64'; got None"),
        ({"dtype": "float"}, None),
        ({"input_size": np.int8(3), "forget_bias": [1, 2, 3]}, None),
        ({"rng": 0}, None),
    ],
)
def test_a_start_is_drawn_for_sizes_that_can_be_and_refused_for_others(arguments, message):
    usual = {"input_size": 2, "hidden_size": 3, "rng": np.random.default_rng(0)}
    if message is None:
        assert init_lstm(**usual | arguments).dtype == np.float64
        return
    with pytest.raises((TypeError, ValueError), match=f"^{message}"):
        init_lstm(**usual | arguments)


@pytest.mark.parametrize("dtype", ["int8", "float16", "complex64", "no type", None, bool])
def test_weights_become_no_type_that_would_cut_them(dtype):
    for params in (
        init_lstm(2, 3, np.random.default_rng(0)),
        init_rnn(2, 3, np.random.default_rng(0)),
    ):
        with pytest.raises(ValueError, match=r"^dtype must be 'float32' or 'float64'"):
            params.astype(dtype)
