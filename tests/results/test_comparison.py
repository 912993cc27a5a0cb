"""The comparison: two questions, verdicts, and the method to use."""

import json
from pathlib import Path
from typing import Any

import pytest
from statsmodels.stats.contingency_tables import mcnemar

from tests.results.fake_runs import settings, write_run
from textune.results.comparison import comparison
from textune.results.runs import load_runs
from textune.results.summary import quality

PARAMETERS = {"baseline": 1_155, "lora": 74_883, "full": 22_714_371}


def write(folder: Path, seeds: int, **skill: float) -> Path:
    for method, one in skill.items():
        for seed in range(seeds):
            write_run(folder, method, seed, skill=one, trainable=PARAMETERS[method])
    return folder


@pytest.fixture
def three_seeds(tmp_path: Path) -> Path:
    return write(tmp_path / "models", 3, baseline=0.3, lora=2.5, full=2.5)


def compared(models: Path, seeds: int, **changes: Any) -> dict[str, Any]:
    return comparison(load_runs(models, list(range(seeds))), settings(**changes))


def test_means_and_differences_are_those_of_the_quality(three_seeds: Path) -> None:
    found = compared(three_seeds, 3)
    scores = quality(load_runs(three_seeds, [0, 1, 2]), "test")
    assert set(found["methods"]) == {"untrained", *PARAMETERS}
    for method, by_metric in found["methods"].items():
        for metric, numbers in by_metric.items():
            assert numbers["mean"] == pytest.approx(scores[method][metric], abs=2e-6)
            for question in ("models", "method"):
                assert numbers[question]["low"] < numbers["mean"] < numbers[question]["high"]
    assert set(found["pairs"]) == {"lora_minus_baseline", "full_minus_baseline", "full_minus_lora"}
    for metric, numbers in found["pairs"]["lora_minus_baseline"].items():
        expected = scores["lora"][metric] - scores["baseline"][metric]
        assert numbers["difference"] == pytest.approx(expected, abs=2e-6)


def test_verdicts_are_about_the_method_with_three_seeds(three_seeds: Path) -> None:
    found = compared(three_seeds, 3)
    assert found["question"] == "method"
    assert found["pairs"]["lora_minus_baseline"]["accuracy"]["verdict"] == "better"
    same = found["pairs"]["full_minus_lora"]["accuracy"]
    assert same["verdict"] == "not distinguishable"
    assert same["method"]["p_holm"] >= same["method"]["p"]


@pytest.mark.parametrize("seeds", [1, 2])
def test_with_fewer_seeds_they_are_about_these_models(tmp_path: Path, seeds: int) -> None:
    models = write(tmp_path / "models", seeds, baseline=0.3, lora=2.5)
    found = compared(models, seeds)
    assert found["question"] == "models"
    numbers = found["pairs"]["lora_minus_baseline"]["accuracy"]
    assert "method" not in numbers
    assert "method" not in found["methods"]["lora"]["accuracy"]
    assert ("seed_sd" in found["methods"]["lora"]["accuracy"]) == (seeds > 1)
    assert numbers["verdict"] == "these models: better"


def test_p_of_each_pair_of_models_is_mcnemars(three_seeds: Path) -> None:
    found = compared(three_seeds, 3)["pairs"]["full_minus_lora"]["accuracy"]["models"]
    runs = load_runs(three_seeds, [0, 1, 2])
    for seed in range(3):
        one, other = (runs[m][seed].predictions["test"].hits for m in ("full", "lora"))
        table = [[sum(one * other), sum(one > other)], [sum(other > one), 0]]
        assert found[f"p_seed_{seed}"] == pytest.approx(mcnemar(table).pvalue, rel=1e-3)


def test_holm_by_hand(three_seeds: Path) -> None:
    found = compared(three_seeds, 3)["pairs"]
    for question in ("models", "method"):
        answers = [numbers["macro_f1"][question] for numbers in found.values()]
        answers.sort(key=lambda one: one["p"])
        highest = 0.0
        for rank, one in enumerate(answers):
            highest = max(highest, min(1.0, (3 - rank) * one["p"]))
            assert one["p_holm"] == pytest.approx(highest, rel=1e-3)


def test_the_cheapest_method_that_is_surely_good_enough(three_seeds: Path) -> None:
    """LoRA and full have one skill; whichever is best on validation, LoRA is cheaper."""
    assert compared(three_seeds, 3, margin=0.2)["choice"]["method"] == "lora"
    assert compared(three_seeds, 3, margin=0.9)["choice"]["method"] == "baseline"
    narrow = compared(three_seeds, 3, margin=1e-6)["choice"]
    assert narrow["method"] == narrow["best_on_validation"]


def test_the_best_is_that_of_validation_and_a_better_one_on_test_is_told(tmp_path: Path) -> None:
    """Test must not choose what it is then compared with."""
    models = write(tmp_path / "models", 1, baseline=0.3, lora=2.5, full=0.5)
    splits = {method: models / method / "0/predictions" for method in ("baseline", "lora")}
    contents = {m: (folder / "validation.parquet").read_bytes() for m, folder in splits.items()}
    for method, other in (("baseline", "lora"), ("lora", "baseline")):
        (splits[method] / "validation.parquet").write_bytes(contents[other])
    choice = compared(models, 1)["choice"]
    assert choice == {
        "method": "baseline",
        "best_on_validation": "baseline",
        "better_on_test": "lora",
    }


@pytest.mark.parametrize(("lora", "full"), [(2e9, 1e9), (1e9, 2e9)])
def test_operations_decide_between_methods_with_as_many_parameters(
    tmp_path: Path, lora: float, full: float
) -> None:
    """Whichever is best on validation: the other is chosen only if it takes fewer operations."""
    models = write(tmp_path / "models", 1, lora=2.0, full=2.0)
    for method, flops in (("lora", lora), ("full", full)):
        path = models / method / "0/run.json"
        record = json.loads(path.read_text())
        record |= {"trainable_parameters": 9, "training_flops": flops}
        path.write_text(json.dumps(record))
    chosen = compared(models, 1, margin=0.5)["choice"]["method"]
    assert chosen == ("lora" if lora < full else "full")


def test_only_numbers_and_names_for_dvc(three_seeds: Path) -> None:
    def leaves(value: Any) -> list[Any]:
        if isinstance(value, dict):
            return [leaf for one in value.values() for leaf in leaves(one)]
        return [value]

    assert {type(leaf) for leaf in leaves(compared(three_seeds, 3))} <= {int, float, str}


def test_a_single_method_is_chosen_without_comparison(tmp_path: Path) -> None:
    found = compared(write(tmp_path / "models", 1, lora=1.0), 1)
    assert found["pairs"] == {}
    assert found["choice"] == {"method": "lora", "best_on_validation": "lora"}
