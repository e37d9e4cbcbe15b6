"""The gradient tools against functions whose derivatives are known, and against PyTorch."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstm_utils.cells import init_lstm, init_rnn, lstm_forward, rnn_forward
from lstm_utils.frameworks import torch_lstm
from lstm_utils.gradients import (
    check_gradient,
    clip_by_norm,
    finite_differences,
    gradient_norm_by_lag,
    relative_error,
    rnn_jacobian,
)


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
    with pytest.raises(ValueError, match="shapes differ"):
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
    with pytest.raises(ValueError, match="need 0 <= k <= t <= 3"):
        rnn_jacobian(init_rnn(1, 2, np.random.default_rng(0)), np.ones((4, 2)), t, k)
