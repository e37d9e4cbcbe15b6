"""The gradient tools against functions whose derivatives are known, and against PyTorch."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from lstm_utils.cells import RNNParameters, init_lstm, init_rnn, lstm_forward, rnn_forward
from lstm_utils.frameworks import torch_lstm
from lstm_utils.gradients import (
    check_gradient,
    clip_by_norm,
    finite_differences,
    gradient_norm_by_lag,
    relative_error,
    rnn_jacobian,
)
from tests.strategies import NO_NUMBERS


def test_finite_differences_of_a_quadratic_form_are_its_symmetric_matrix_times_x():
    rng = np.random.default_rng(0)
    A = rng.normal(size=(4, 4))
    x = rng.normal(size=4)
    before = x.copy()
    found = finite_differences(lambda v: float(v @ A @ v), x)
    np.testing.assert_allclose(found, (A + A.T) @ x, rtol=1e-8)
    assert np.array_equal(x, before)


def test_check_gradient_sees_a_wrong_sign_and_a_missing_factor():
    x = np.array([0.3, -1.2])
    right = 3 * x**2
    assert check_gradient(lambda v: float(np.sum(v**3)), x, right) < 1e-8
    assert check_gradient(lambda v: float(np.sum(v**3)), x, -right) == pytest.approx(2.0)
    assert check_gradient(lambda v: float(np.sum(v**3)), x, right * 1.01) > 5e-3


def test_relative_error_of_two_zeros_is_zero_and_shapes_must_agree():
    assert relative_error(np.zeros(3), np.zeros(3)) == 0.0
    assert relative_error(np.array([1.0]), np.array([0.0])) == 1.0
    with pytest.raises(ValueError, match=r"b must have shape \(3,\); got \(3, 1\)"):
        relative_error(np.zeros(3), np.zeros((3, 1)))


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=6), st.floats(1e-3, 1e3))
def test_clipping_keeps_the_direction_and_bounds_the_norm_as_torch_does(values, max_norm):
    import torch

    arrays = [np.array(values), np.array(values[:1])]
    clipped, norm = clip_by_norm(arrays, max_norm)
    parameters = [torch.nn.Parameter(torch.zeros(a.shape, dtype=torch.float64)) for a in arrays]
    for parameter, a in zip(parameters, arrays, strict=True):
        parameter.grad = torch.tensor(a)
    torch_norm = torch.nn.utils.clip_grad_norm_(parameters, max_norm)
    assert norm == pytest.approx(float(torch_norm), rel=1e-12)
    for mine, parameter in zip(clipped, parameters, strict=True):
        # PyTorch divides by norm + 1e-6.
        np.testing.assert_allclose(mine, parameter.grad.numpy(), rtol=2e-3, atol=1e-9)
    assert np.sqrt(sum(np.sum(a**2) for a in clipped)) <= max_norm * (1 + 1e-12)


def test_clipping_refuses_a_norm_that_is_not_positive():
    with pytest.raises(ValueError, match="must be positive"):
        clip_by_norm([np.ones(2)], 0.0)


def test_the_rnn_jacobian_over_many_steps_is_torchs():
    import torch

    rng = np.random.default_rng(1)
    params = init_rnn(2, 4, rng, scale=0.9)
    x = rng.normal(size=(1, 6, 2))
    h = rnn_forward(params, x).h[0]
    layer = torch_lstm(params)

    def last_state(h2):
        return layer(torch.tensor(x[:, 2:]), h2[None, None])[1][0, 0]

    expected = torch.autograd.functional.jacobian(last_state, torch.tensor(h[2]))
    assert relative_error(rnn_jacobian(params, h, 6, 2), expected.numpy()) <= 1e-12
    assert np.array_equal(rnn_jacobian(params, h, 3, 3), np.eye(4))


def test_gradient_norm_by_lag_is_what_torch_finds_at_every_state():
    import torch

    rng = np.random.default_rng(2)
    params = init_lstm(2, 3, rng, scale=0.8)
    x = rng.normal(size=(2, 5, 2))
    dh = rng.normal(size=(2, 3))
    found = gradient_norm_by_lag(params, lstm_forward(params, x), dh)
    layer = torch_lstm(params)
    trace = lstm_forward(params, x)
    for lag in range(6):
        start = 5 - lag
        state = [torch.tensor(s[None, :, start], requires_grad=True) for s in (trace.h, trace.c)]
        h = state[0]
        if lag:
            _, (h, _) = layer(torch.tensor(x[:, start:]), tuple(state))
        (h[0] * torch.tensor(dh)).sum().backward()
        grads = [s.grad[0] if s.grad is not None else torch.zeros(2, 3) for s in state]
        expected = torch.linalg.norm(torch.cat(grads, dim=1), dim=1).mean()
        assert found[lag] == pytest.approx(float(expected), rel=1e-10)


def test_gradient_norm_by_lag_of_an_rnn_is_the_norm_of_the_jacobians_transpose_times_dh():
    rng = np.random.default_rng(3)
    params = init_rnn(2, 4, rng)
    trace = rnn_forward(params, rng.normal(size=(1, 7, 2)), rng.normal(size=(1, 4)))
    dh = rng.normal(size=(1, 4))
    expected = [
        np.linalg.norm(rnn_jacobian(params, trace.h[0], 7, 7 - lag).T @ dh[0]) for lag in range(8)
    ]
    np.testing.assert_allclose(gradient_norm_by_lag(params, trace, dh), expected, rtol=1e-12)


@pytest.mark.parametrize(("t", "k"), [(1, 2), (4, 0), (2, -1)])
def test_a_jacobian_forward_in_time_is_refused(t, k):
    with pytest.raises(ValueError, match=r"(k|t) must be from 0 to [123]; got"):
        rnn_jacobian(init_rnn(1, 2, np.random.default_rng(0)), np.ones((4, 2)), t, k)


def exact_ratio(a, b):
    """The relative error in rational numbers, rounded at the end."""
    a, b = [[Fraction(float(v)) for v in values] for values in (a, b)]
    largest = max(sum(v**2 for v in a), sum(v**2 for v in b))
    return math.sqrt(sum((v - w) ** 2 for v, w in zip(a, b, strict=True)) / largest)


finite = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(st.tuples(finite, finite), min_size=1, max_size=4))
@example([(1e200, 2e200)])
@example([(1e-200, 2e-200)])
@example([(1.7e308, -1.7e308), (1.7e308, 0.0)])
@example([(5e-324, 1e-323)])
def test_the_relative_error_of_the_largest_and_smallest_numbers_is_the_exact_one(pairs):
    a, b = np.array(pairs).T
    assume(a.any() or b.any())
    assert relative_error(a, b) == pytest.approx(exact_ratio(a, b), rel=1e-12, abs=1e-150)


def test_a_gradient_that_is_not_finite_is_no_match_but_an_error():
    for values in ([np.nan], [np.inf]):
        with pytest.raises(ValueError, match=r"^a must be finite; got \w+ at \[0\]"):
            relative_error(values, values)
        with pytest.raises(ValueError, match=r"^gradient must be finite"):
            check_gradient(lambda v: float(v[0] ** 2), [1.0], values)


def test_a_gradient_of_another_shape_than_its_point_is_named():
    with pytest.raises(ValueError, match=r"^gradient must have shape \(2,\); got \(1,\)"):
        check_gradient(lambda v: float(v.sum()), [1.0, 2.0], [1.0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"function": 3}, "function must be Callable"),
        ({"function": lambda v: v}, r"function\(x\) must have shape \(\); got \(2,\)"),
        ({"function": lambda v: np.nan}, r"function\(x\) must be finite"),
        ({"function": lambda v: None}, r"function\(x\) must be one real number"),
        ({"x": [1j, 2]}, "x must be real numbers"),
        ({"x": [1.0, np.nan]}, r"x must be finite; got nan at \[1\]"),
        ({"x": [1.0, 1e12]}, r"step 1e-05 is lost in rounding beside x\[1\]"),
        ({"step": 0}, "step must be positive; got 0.0"),
        ({"step": -1e-5}, "step must be positive"),
        ({"step": np.nan}, "step must be finite"),
        ({"step": "small"}, "step must be one real number"),
    ],
)
def test_finite_differences_of_what_cannot_be_differentiated_are_refused(arguments, message):
    usual = {"function": lambda v: float(v.sum()), "x": [1.0, 2.0]}
    with pytest.raises((TypeError, ValueError), match=f"^{message}"):
        finite_differences(**usual | arguments)


def test_finite_differences_stand_by_a_function_that_changes_its_argument():
    def sum_of_squares(v):
        v *= v
        return v.sum()

    np.testing.assert_allclose(finite_differences(sum_of_squares, [1.0, -2.0]), [2, -4], rtol=1e-9)


def test_finite_differences_and_clipping_take_whole_numbers_and_lists():
    found = finite_differences(lambda v: float((v**2).sum()), [1, 2])
    np.testing.assert_allclose(found, [2, 4], rtol=1e-9)
    (first, second), norm = clip_by_norm([np.array([100, 100], np.int8), [[50]]], 15)
    assert norm == 150.0
    np.testing.assert_allclose(np.concatenate([first, second[0]]), [10, 10, 5], rtol=1e-15)


@pytest.mark.parametrize("size", [1e-200, 1e200, 1.7e308])
def test_clipping_keeps_the_direction_of_the_largest_and_smallest_gradients(size):
    (clipped,), norm = clip_by_norm([np.full(4, size)], size / 4)
    np.testing.assert_allclose(clipped, np.full(4, size / 8), rtol=1e-12)
    assert norm == pytest.approx(2 * size)


@pytest.mark.parametrize(
    ("arrays", "max_norm", "message"),
    [
        (np.ones((2, 3)), 1.0, "arrays must be list or tuple; got array"),
        (None, 1.0, "arrays must be list or tuple"),
        ([np.ones(2), [np.inf]], 1.0, r"arrays\[1\] must be finite; got inf at \[0\]"),
        ([np.ones(2), None], 1.0, r"arrays\[1\] must be real numbers"),
        ([np.ones(2)], np.nan, "max_norm must be positive; got nan"),
        ([np.ones(2)], "1", "max_norm must be one real number"),
    ],
)
def test_clipping_refuses_what_has_no_norm(arrays, max_norm, message):
    with pytest.raises((TypeError, ValueError), match=f"^{message}"):
        clip_by_norm(arrays, max_norm)


@pytest.mark.parametrize("name", NO_NUMBERS)
def test_what_holds_no_real_numbers_is_refused_by_name(name):
    junk, rnn = NO_NUMBERS[name], init_rnn(2, 3, np.random.default_rng(0))
    trace = rnn_forward(rnn, np.ones((2, 4, 2)))
    for argument, call in {
        "a": lambda: relative_error(junk, 1.0),
        "b": lambda: relative_error(1.0, junk),
        "x": lambda: finite_differences(float, junk),
        "h": lambda: rnn_jacobian(rnn, junk, 1, 0),
        "t": lambda: rnn_jacobian(rnn, trace.h[0], junk, 0),
        "k": lambda: rnn_jacobian(rnn, trace.h[0], 1, junk),
        "dh_last": lambda: gradient_norm_by_lag(rnn, trace, junk),
        "params": lambda: rnn_jacobian(junk, trace.h[0], 1, 0),
        "params and trace": lambda: gradient_norm_by_lag(rnn, junk, np.ones((2, 3))),
    }.items():
        with pytest.raises(TypeError, match=f"^{argument} must be "):
            call()


def test_the_norm_by_lag_of_whole_numbers_is_that_of_floats_and_strangers_are_refused():
    rng = np.random.default_rng(4)
    rnn, lstm, x = init_rnn(2, 3, rng), init_lstm(2, 3, rng), rng.normal(size=(2, 4, 2))
    of_rnn, of_lstm = rnn_forward(rnn, x), lstm_forward(lstm, x)
    dh = np.array([[1.0, -2.0, 0.0], [0.0, 1.0, 3.0]])
    for params, trace in ((rnn, of_rnn), (lstm, of_lstm)):
        expected = gradient_norm_by_lag(params, trace, dh)
        assert np.array_equal(gradient_norm_by_lag(params, trace, dh.astype(int)), expected)
    for params, trace in ((rnn, of_lstm), (lstm, of_rnn)):
        with pytest.raises(TypeError, match=r"^params and trace must be both of an RNN or both"):
            gradient_norm_by_lag(params, trace, dh)
    with pytest.raises(ValueError, match=r"^dh_last must have at least one row"):
        gradient_norm_by_lag(rnn, rnn_forward(rnn, x[:0]), dh[:0])


@pytest.mark.parametrize("factor", [2.0, 0.5])
def test_the_norm_by_lag_is_right_until_no_float_is_large_or_small_enough(factor):
    steps = 1200
    rnn = RNNParameters(np.zeros((2, 1)), factor * np.eye(2), np.zeros(2))
    trace = rnn_forward(rnn, np.zeros((1, steps, 1)))
    with np.errstate(over="ignore"):  # at rest each step back is the factor; 2^1024 is no float
        norms = gradient_norm_by_lag(rnn, trace, [[0.75, 1.0]])
        expected = 1.25 * factor ** np.arange(steps + 1.0)
    np.testing.assert_allclose(norms[:1000], expected[:1000], rtol=1e-12)
    assert norms[-1] == expected[-1]
