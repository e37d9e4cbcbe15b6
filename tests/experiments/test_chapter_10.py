"""The experiments of chapter 10: choices follow from the tuning, and scores count what is right."""

import numpy as np
import pytest
import torch

from experiments import parity, reversal, scan_speed
from lstm_utils.models.parity import parity_batch
from lstm_utils.records import load_records


def test_the_parity_networks_step_sizes_follow_from_the_tuning_by_the_rule():
    for record in load_records("parity_tuning"):
        means = [
            {rate: np.mean(record["metrics"][key][str(rate)]) for rate in parity.RATES}
            for key in ("validation_share_right", "training_loss")
        ]
        shares, losses = means
        near = [rate for rate in shares if shares[rate] >= max(shares.values()) - 0.02]
        assert parity.CHOSEN[record["name"]] == min(near, key=losses.get), record["name"]


def test_the_reversers_step_sizes_have_the_largest_share_on_validation_rows():
    for record in load_records("reversal_tuning"):
        of_rates = record["metrics"]["validation_share_reversed"]
        means = {
            rate: np.mean([list(shares.values()) for shares in seeds])
            for rate, seeds in of_rates.items()
        }
        assert reversal.CHOSEN[record["name"]] == float(max(means, key=means.get))


def test_no_scored_network_has_a_seed_that_tuned():
    for program in (parity, reversal):
        for run in program.all_runs():
            assert run.experiment.endswith("_tuning") or run.seed not in program.TUNED_WITH


def test_every_kind_has_the_same_budget():
    for program, kinds in ((parity, parity.LAYERS), (reversal, reversal.KINDS)):
        scored = {run.name: run.recipe for run in program.all_runs() if hasattr(run.recipe, "rate")}
        assert set(scored) == set(kinds)
        assert len({(recipe.updates, recipe.batch) for recipe in scored.values()}) == 1


def test_a_share_of_right_answers_is_counted_step_by_step():
    class Late(torch.nn.Module):
        """Right from the third step on, wrong before."""

        def forward(self, bits):
            odds = 2.0 * (bits.cumsum(dim=1) % 2) - 1
            odds[:, :2] *= -1
            return odds

    found = parity.right(Late(), 40, 8, 3)
    assert found.tolist() == [0.0, 0.0, *[1.0] * 6]
    bits, odd = parity_batch(2, 5, 3)
    assert ((bits.cumsum(axis=1) % 2) == odd).all()


@pytest.mark.parametrize(("threshold", "right_until"), [(2 / 3, 10), (0.6, 3)])
def test_on_ones_alone_a_swing_halves_and_the_answers_end_where_it_leaves_the_threshold(
    threshold, right_until
):
    # h_t = 1 − h_{t−1}/2 from 0: 1, 0.5, 0.75, 0.625, ... about 2/3.
    network = parity.ParityNetwork("signed", 1)
    with torch.no_grad():
        network.layer.project.weight.copy_(torch.tensor([[3.0, -np.arctanh(0.5)], [0.0, 1.0]]))
        network.layer.project.bias.zero_()
        network.read_out.weight.fill_(1.0)
        network.read_out.bias.fill_(-threshold)
    found = parity.on_ones(network, length=10)
    assert found == {"lowest_factor": -0.5, "swing_left": 0.001, "right_until": right_until}


def test_all_timed_layers_have_the_shape_of_an_lstms_states_and_the_loop_is_the_scan():
    recipe = scan_speed.RUNS[0].recipe
    x = torch.randn(2, 9, recipe.hidden)
    timed = scan_speed.layers(recipe)
    timed["minLSTM, loop"].load_state_dict(timed["minLSTM, scan"].state_dict())
    outs = {name: layer(x) for name, layer in timed.items()}
    outs["nn.LSTM"] = outs["nn.LSTM"][0]
    assert {out.shape for out in outs.values()} == {x.shape}
    torch.testing.assert_close(outs["minLSTM, loop"], outs["minLSTM, scan"], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("threads", [1, 2])
def test_the_threads_that_are_timed_are_those_that_the_record_names(threads):
    runs = [run for run in scan_speed.RUNS if run.name == f"threads-{threads}"]
    assert [run.recipe.threads for run in runs] == [threads] * 3
