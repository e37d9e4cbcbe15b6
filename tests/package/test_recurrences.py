"""Loop, scan and closed form of a linear recurrence agree; gates and attention are as published."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from lstm_utils.models.parity import linear_recurrence, one_hot, parity_batch
from lstm_utils.models.recurrences_torch import (
    LAYERS,
    SLSTM,
    AttentionLayer,
    LinearRecurrence,
    MinLSTM,
    ParityNetwork,
    PeepholeLSTM,
    loop,
    scan,
)
from lstm_utils.models.reversal_torch import START, Reverser, digit_batch, share_reversed


def closed_form(factor, addend):
    """h_t as a sum over all earlier steps, each times the product of the factors after it."""
    states = np.zeros_like(addend)
    for t in range(addend.shape[1]):
        for s in range(t + 1):
            states[:, t] += factor[:, s + 1 : t + 1].prod(axis=1) * addend[:, s]
    return states


@given(st.integers(1, 3), st.integers(1, 33), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_loop_scan_numpy_and_the_closed_form_give_the_same_states(batch, length, hidden, seed):
    rng = np.random.default_rng(seed)
    factor = rng.uniform(-1, 1, (batch, length, hidden))
    addend = rng.normal(size=factor.shape)
    want = closed_form(factor, addend)
    np.testing.assert_allclose(linear_recurrence(factor, addend), want, atol=1e-12)
    for states in (loop, scan):
        found = states(torch.from_numpy(factor), torch.from_numpy(addend)).numpy()
        np.testing.assert_allclose(found, want, atol=1e-12)


def test_a_scan_has_the_gradients_of_the_loop():
    torch.manual_seed(0)
    factor, addend = torch.rand(2, 2, 19, 3, dtype=torch.float64).unbind()
    found = []
    for states in (loop, scan):
        a, b = factor.clone().requires_grad_(), addend.clone().requires_grad_()
        states(a, b).square().sum().backward()
        found.append((a.grad, b.grad))
    for first, second in zip(*found, strict=True):
        torch.testing.assert_close(first, second)


def test_in_float32_scan_and_loop_differ_by_rounding_alone():
    torch.manual_seed(0)
    x = torch.randn(2, 1000, 5)
    by_scan = MinLSTM(5, 7)
    by_loop = MinLSTM(5, 7, loop)
    by_loop.load_state_dict(by_scan.state_dict())
    torch.testing.assert_close(by_scan(x), by_loop(x), rtol=1e-4, atol=1e-5)


def test_a_state_goes_on_where_the_first_part_ended():
    rng = np.random.default_rng(0)
    factor, addend = rng.uniform(-1, 1, (2, 2, 9, 3))
    whole = linear_recurrence(factor, addend)
    rest = linear_recurrence(factor[:, 4:], addend[:, 4:], whole[:, 3])
    assert np.array_equal(rest, whole[:, 4:])


def test_minlstm_divides_its_two_gates_by_their_sum():
    torch.manual_seed(0)
    layer, x = MinLSTM(3, 4), torch.randn(2, 5, 3)
    f, i, candidate = layer.project(x).chunk(3, dim=-1)
    f, i = torch.sigmoid(f), torch.sigmoid(i)
    factor, addend = layer.steps(x)
    torch.testing.assert_close(factor, f / (f + i))
    torch.testing.assert_close(addend, i / (f + i) * candidate)


def test_signed_and_positive_factors_differ_by_their_range_alone():
    torch.manual_seed(0)
    signed, positive = (LinearRecurrence(2, 6, signed) for signed in (True, False))
    positive.load_state_dict(signed.state_dict())
    x = torch.randn(3, 8, 2)
    (a, b), (c, d) = signed.steps(x), positive.steps(x)
    torch.testing.assert_close(b, d)
    torch.testing.assert_close(torch.atanh(a), torch.logit(c), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("mixing", [True, False])
def test_slstm_gives_what_the_gates_give_without_the_stabiliser(mixing):
    torch.manual_seed(1)
    layer, x = SLSTM(3, 4, mixing).double(), torch.randn(2, 20, 3, dtype=torch.float64)
    h = c = n = torch.zeros(2, 4, dtype=torch.float64)
    want = []
    for t in range(20):
        z = layer.read(x[:, t]) + (layer.mix(h) if mixing else 0.0)
        i, f, candidate, o = z.chunk(4, dim=-1)
        c = torch.sigmoid(f) * c + torch.exp(i) * torch.tanh(candidate)
        n = torch.sigmoid(f) * n + torch.exp(i)
        h = torch.sigmoid(o) * c / n
        want.append(h)
    torch.testing.assert_close(layer(x), torch.stack(want, dim=1))


def test_slstm_stays_finite_where_the_exponential_alone_would_not():
    layer = SLSTM(1, 2)
    with torch.no_grad():
        layer.read.weight.fill_(1000.0)
    assert torch.isfinite(layer(torch.ones(1, 5, 1))).all()
    assert torch.isinf(torch.exp(torch.tensor(1000.0)))


def test_a_peephole_lstm_that_does_not_peep_is_pytorchs():
    torch.manual_seed(0)
    ours, theirs = PeepholeLSTM(3, 4), nn.LSTM(3, 4, batch_first=True)
    ours.load_state_dict(
        {
            "read.weight": theirs.weight_ih_l0,
            "read.bias": theirs.bias_ih_l0 + theirs.bias_hh_l0,
            "mix.weight": theirs.weight_hh_l0,
            "peep": torch.zeros(3, 4),
        }
    )
    x = torch.randn(2, 9, 3)
    torch.testing.assert_close(ours(x), theirs(x)[0], rtol=1e-4, atol=1e-5)
    with torch.no_grad():
        ours.peep[0] = 1.0
    assert not torch.allclose(ours(x), theirs(x)[0], atol=1e-3)


@pytest.mark.parametrize("kind", LAYERS)
def test_no_layer_sees_what_comes_later(kind):
    torch.manual_seed(0)
    network = ParityNetwork(kind, 8).eval()
    bits = torch.from_numpy(parity_batch(3, 12, 0)[0])
    changed = bits.clone()
    changed[:, 7] = 1 - changed[:, 7]
    with torch.no_grad():
        before, after = network(bits), network(changed)
    torch.testing.assert_close(before[:, :7], after[:, :7], rtol=1e-5, atol=1e-6)
    assert not torch.allclose(before[:, 7], after[:, 7], atol=1e-6)


def test_the_attention_layers_positions_are_those_of_the_paper():
    layer = AttentionLayer(2, 8)
    with torch.no_grad():
        layer.embed.weight.zero_()
        layer.embed.bias.zero_()
    seen = []
    layer.layer.register_forward_hook(lambda _, inputs, __: seen.append(inputs[0]))
    layer(torch.zeros(1, 30, 2))
    for position, k in ((0, 0), (7, 1), (29, 3)):
        angle = position / 10_000 ** (2 * k / 8)
        want = [np.sin(angle), np.cos(angle)]
        np.testing.assert_allclose(
            seen[0].detach()[0, position, 2 * k : 2 * k + 2], want, atol=1e-6
        )


@given(st.integers(0, 20), st.integers(0, 30), st.integers(0, 2**32 - 1))
def test_parity_is_the_exclusive_or_of_all_bits_so_far(batch, length, seed):
    bits, parity = parity_batch(batch, length, seed)
    assert bits.shape == parity.shape == (batch, length)
    for row, answers in zip(bits.tolist(), parity.tolist(), strict=True):
        so_far = 0
        for bit, answer in zip(row, answers, strict=True):
            so_far ^= bit
            assert answer == so_far


def test_one_hot_is_pytorchs():
    bits = parity_batch(3, 5, 0)[0]
    assert np.array_equal(one_hot(bits), F.one_hot(torch.from_numpy(bits), 2).numpy())
    with pytest.raises(ValueError, match="bits"):
        one_hot([[0, 2]])


@given(st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_a_sum_of_positive_powers_changes_sign_no_more_often_than_it_has_units(units, seed):
    # Chapter 10's argument: on ones alone each unit is a constant and a power, and a sum of n
    # exponentials with different bases has at most n − 1 zeros.
    rng = np.random.default_rng(seed)
    factor = np.tile(rng.uniform(0.05, 0.95, units), (1, 200, 1))
    addend = np.tile(rng.normal(size=units), (1, 200, 1))
    odds = linear_recurrence(factor, addend)[0] @ rng.normal(size=units) + rng.normal()
    assert np.count_nonzero(np.diff(np.sign(odds))) <= units


# --- Reversal -----------------------------------------------------------------------------


@pytest.mark.parametrize("attention", [True, False])
def test_fed_its_own_digits_a_reverser_scores_as_when_they_are_told(attention):
    torch.manual_seed(0)
    network = Reverser(16, attention).eval()
    digits = digit_batch(4, 7, 0)
    written, weights = network.reverse(digits)
    read, state = network.reader(network.embedding(digits))
    told = torch.cat([torch.full((4, 1), START), written[:, :-1]], dim=1)
    scores, at_once, _ = network.write(read, told, state)
    assert torch.equal(scores.argmax(dim=-1), written)
    torch.testing.assert_close(at_once, weights)
    torch.testing.assert_close(weights.sum(dim=-1), torch.ones(4, 7))


def test_the_context_is_pytorchs_attention_without_a_scale_or_the_last_state():
    torch.manual_seed(0)
    network = Reverser(16, attention=True)
    digits = digit_batch(2, 5, 0)
    read, state = network.reader(network.embedding(digits))
    own = network.writer(network.embedding(digits), state)[0]
    weights = network.write(read, digits, state)[1]
    want = F.scaled_dot_product_attention(own, read, read, scale=1.0)
    torch.testing.assert_close(weights @ read, want, rtol=1e-4, atol=1e-5)
    network.attention = False
    weights = network.write(read, digits, state)[1]
    torch.testing.assert_close(weights @ read, read[:, -1:].expand_as(own))


def test_both_reversers_have_the_same_number_of_weights():
    sizes = [sum(w.numel() for w in Reverser(8, kind).parameters()) for kind in (True, False)]
    assert sizes[0] == sizes[1]


def test_a_row_counts_as_reversed_when_all_of_it_is():
    class Writes:
        def reverse(self, digits):
            written = digits.flip(1).clone()
            written[::2, 0] = (written[::2, 0] + 1) % 10  # one digit wrong in every other row
            return written, None

    assert share_reversed(Writes(), 10, 4, 0) == 0.5
