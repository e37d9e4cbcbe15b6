"""Recipes say what their records say, catch a misspelt key, and programs stand on their own."""

import ast
import hashlib
import json
from dataclasses import replace

import pytest

from experiments import (
    __main__,
    cell_speed,
    forecasting,
    headlines,
    machines,
    marked_product,
    marker,
    parity,
    reading,
    reversal,
    reviews_data,
    runs,
    scan_speed,
    sentiment,
)
from experiments.headlines_data import add_arguments
from lstm_utils.records import results_folder


def every_run():
    """Every run of every program, by folder, name and seed."""
    options = runs.parser_of("Headlines.", add_arguments).parse_args(["--list"])
    asked = [program.all_runs(options) for program in (headlines, machines, sentiment, reading)]
    asked.append(forecasting.all_runs(options))
    asked += [marked_product.all_runs(), cell_speed.RUNS, marker.RUNS]
    asked += [parity.all_runs(), reversal.all_runs(), scan_speed.RUNS]
    found = [run for some in asked for run in some]
    return {(run.experiment, str(run)): run for run in found}


def test_the_records_there_are_hold_the_recipes_of_today():
    runs_of_today = every_run()
    for path in results_folder().glob("*/*.json"):
        recipe = json.loads(path.read_text(encoding="utf-8"))["recipe"]
        run = runs_of_today[path.parent.name, path.stem]
        assert run.recipe_json == recipe, path
        digest = hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()[:8]
        assert run.checkpoint_path(".").name == f"{run}-{digest}.safetensors"


def test_no_recipe_takes_a_key_that_it_does_not_know():
    recipes = {type(run.recipe): run.recipe for run in every_run().values()}
    assert len(recipes) >= 13
    for recipe in recipes.values():
        with pytest.raises(TypeError, match="epohcs"):
            replace(recipe, epohcs=3)


def test_a_recipe_without_a_setting_is_refused():
    with pytest.raises(TypeError, match="vocabulary"):
        machines.UpdatesRecipe(processes=1, rows=2, length=3)
    with pytest.raises(TypeError, match="tokens"):
        sentiment.NetworkRecipe(averaging=None)


def test_a_misspelt_key_stops_a_program_before_anything_is_loaded(tmp_path, monkeypatch):
    monkeypatch.setitem(sentiment.RUNGS, "training-3-pooled", {"pol": True})
    monkeypatch.setattr(reviews_data, "load_nsmc", lambda split: pytest.fail("was loaded"))
    with pytest.raises(TypeError, match="pol"):
        sentiment.main(["--quick", "--results", str(tmp_path), "--checkpoints", str(tmp_path)])


def imports_of(path):
    """Names of the modules of `experiments` that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name.removeprefix("experiments.") for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = "" if node.module == "experiments" else node.module
            inside = node.level or (node.module or "").startswith("experiments")
            if inside:
                whole = (module or "").removeprefix("experiments.")
                found |= {whole} if whole else {name.name for name in node.names}
    return found


def test_programs_import_shared_modules_and_not_each_other():
    programs = {*__main__.PROGRAMS, "summary", "__main__"}
    modules = {path.stem: imports_of(path) for path in runs.HERE.glob("*.py")}
    assert programs <= modules.keys()
    assert "headlines_training" in modules["machines"]
    assert not {name: programs & found for name, found in modules.items() if programs & found}
