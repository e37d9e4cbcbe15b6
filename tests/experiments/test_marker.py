"""What the marker's records say of a gradient and of a held gate is what was done."""

import numpy as np
import torch

from experiments import marker
from lstm_utils.cells import RNNParameters, rnn_forward
from lstm_utils.gradients import gradient_norm_by_lag


def test_the_gradient_at_the_marker_is_that_of_the_numpy_network_at_its_lag():
    torch.manual_seed(0)
    model = marker.Reader(marker.Recipe("plain", 12)).double()
    x, _ = marker.sequences(5, marker.Recipe("plain", 12), np.random.default_rng(1))
    weights = {name: w.detach().numpy() for name, w in model.recurrent.named_parameters()}
    params = RNNParameters(
        weights["weight_ih_l0"],
        weights["weight_hh_l0"],
        weights["bias_ih_l0"] + weights["bias_hh_l0"],
    )
    back = torch.randn(5, 24, generator=torch.Generator().manual_seed(0)).numpy()
    back = back / np.linalg.norm(back, axis=1, keepdims=True)
    norms = gradient_norm_by_lag(params, rnn_forward(params, x.double().numpy()), back)
    found = marker.gradient_at_marker(model, x.double())
    np.testing.assert_allclose(found, norms[11], rtol=1e-5)


def test_a_held_gate_keeps_its_factor_while_the_other_weights_learn():
    recipe = marker.Recipe("lstm", 6, forget_bias=3.0, gate_held=True)
    torch.manual_seed(0)
    model = marker.Reader(recipe)
    before = [w.detach().clone() for w in model.recurrent.parameters()]
    x, y = marker.sequences(8, recipe, np.random.default_rng(2))
    torch.nn.functional.mse_loss(model(x), y).backward()
    model.hold_gate()
    torch.optim.SGD(model.parameters(), lr=0.1).step()
    rows = slice(24, 48)
    W_x, W_h, b_x, b_h = (w.detach()[rows] for w in model.recurrent.parameters())
    assert not W_x.any()
    assert not W_h.any()
    assert ((b_x + b_h) == 3.0).all()
    after = [w.detach() for w in model.recurrent.parameters()]
    assert all(not torch.equal(a[:24], b[:24]) for a, b in zip(before, after, strict=True))
