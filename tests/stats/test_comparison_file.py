"""comparison.json gives the comparison back, whatever methods are called."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.fake_runs import load, settings, write_run
from textune.errors import UserError
from textune.io import read_json, write_json
from textune.stats.comparison import compare
from textune.stats.comparison_file import (
    from_json,
    pair_keys,
    read_comparison,
    to_json,
    write_comparison,
)
from textune.stats.results import Comparison, declared_pairs


@pytest.fixture(scope="module")
def odd_names(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """One seed, and methods whose names look like keys of the file, in no order of the alphabet."""
    models = tmp_path_factory.mktemp("odd_names")
    names = ["x_minus_y", "lora", "tested", "a_minus_b_minus_c"]
    for number, name in enumerate(names):
        write_run(models, name, 7, skill=1.0, trainable=10 + number)
    return compare(load(models, [7], names), settings(decision="balanced"))


def test_what_is_written_is_read(
    comparison: Comparison, odd_names: Comparison, tmp_path: Path
) -> None:
    for number, written in enumerate((comparison, odd_names)):
        path = tmp_path / f"{number}.json"
        write_comparison(path, written)
        read = read_comparison(path)
        assert read == written
        # Of the kinds that tables ask for.
        assert read.pairs[0].differences["accuracy"].verdict.name
        assert read.question.name


def test_keys_for_dvc(comparison: Comparison) -> None:
    content = to_json(comparison)
    assert set(content["pairs"]) == {
        "lora_minus_baseline",
        "full_minus_baseline",
        "full_minus_lora",
    }
    pair = content["pairs"]["full_minus_lora"]
    assert (pair["first"], pair["second"]) == ("full", "lora")
    accuracy = pair["accuracy"]
    assert set(accuracy) == {"difference", "verdict", "fixed_models", "over_seeds"}
    of_seeds = {"low", "high", "p", "p_holm", "smallest_detectable"}
    assert set(accuracy["over_seeds"]) == of_seeds
    assert set(accuracy["fixed_models"]) == of_seeds | {"p_seed_0", "p_seed_1", "p_seed_2"}
    lora = content["methods"]["lora"]
    assert (lora["title"], lora["method"]) == ("LoRA", "lora")
    assert set(lora["accuracy"]) == {"mean", "test_sd", "seed_sd", "fixed_models", "over_seeds"}
    advice = content["recommendation"]
    candidate = {"sure", "in_the_running", "good_enough", "rival"}
    assert set(advice["candidates"]["baseline"]) == candidate
    assert advice["cheapest_first"] == ["baseline", "lora", "full"]
    assert content["order"] == ["untrained", "baseline", "lora", "full"]


def test_what_has_no_answer_is_left_out(odd_names: Comparison) -> None:
    text = json.dumps(to_json(odd_names))
    assert "null" not in text
    assert '"over_seeds"' not in text
    assert "seed_sd" not in text


def test_only_numbers_and_names_and_three_lists(comparison: Comparison) -> None:
    """DVC shows numbers and names; it passes over lists."""

    def leaves(value: Any) -> list[Any]:
        if isinstance(value, dict):
            return [leaf for inner in value.values() for leaf in leaves(inner)]
        return [value]

    lists = [leaf for leaf in leaves(to_json(comparison)) if isinstance(leaf, list)]
    assert len(lists) == 3  # `order`, `cheapest_first` and `small_classes`
    values = {type(leaf) for leaf in leaves(to_json(comparison)) if leaf not in lists}
    assert values <= {int, float, str, bool}


def test_shares_have_six_decimals_and_p_four_digits(comparison: Comparison) -> None:
    for pair in to_json(comparison)["pairs"].values():
        for values in (pair["accuracy"]["fixed_models"], pair["macro_f1"]["over_seeds"]):
            for name, value in values.items():
                is_p = name.startswith("p")
                assert value == (float(f"{value:.4g}") if is_p else round(value, 6))


def test_names_that_would_share_a_key_are_refused() -> None:
    told = "x minus y_minus_z and x_minus_y minus z would both be called x_minus_y_minus_z"
    with pytest.raises(UserError, match=f"{told} in .*: rename one of these methods"):
        pair_keys([("x", "y_minus_z"), ("x_minus_y", "z")])
    assert len(pair_keys(declared_pairs(["a", "b_minus_c", "c"]))) == 3


@pytest.mark.parametrize("change", ["order", "pairs", "question", "recommendation"])
def test_a_file_of_another_version_names_the_cure(
    comparison: Comparison, tmp_path: Path, change: str
) -> None:
    path = tmp_path / "comparison.json"
    for content in ({k: v for k, v in to_json(comparison).items() if k != change}, {"choice": 1}):
        write_json(path, content)
        with pytest.raises(UserError, match=r"comparison\.json is damaged or .*run `dvc repro`"):
            read_comparison(path)


def test_a_name_is_never_read_from_a_key(comparison: Comparison, tmp_path: Path) -> None:
    """Pairs are known by their fields."""
    write_comparison(tmp_path / "comparison.json", comparison)
    content = read_json(tmp_path / "comparison.json")
    content["pairs"] = {f"k{i}": pair for i, pair in enumerate(content["pairs"].values())}
    assert from_json(content) == comparison
