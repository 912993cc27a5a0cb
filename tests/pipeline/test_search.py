"""The search: what is tried, what is best, and which trials are made again."""

import json
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.pipeline.searching import make_params
from tests.tiny import CLEANING, METHODS, ROOT, real_values
from textune.cli import main
from textune.data.tokenized import Prepared, write_prepared
from textune.errors import UserError
from textune.io import read_json
from textune.metrics.catalog import OF_EPOCHS
from textune.params import Params, check_params
from textune.pipeline import search as search_module
from textune.pipeline.paths import PREPARED
from textune.pipeline.search import AS_GIVEN, Trial, one_at_a_time, search

RATES = [0.01, 0.02]  # as given, and the change
CHANGE = "lora.learning_rate=0.02"
VARY = ["baseline.learning_rate=0.02", "lora.learning_rate=0.02"]


class FakeLearner:
    """Two epochs, of which the first has the better loss and the second the better accuracy."""

    def __init__(self, params: Params, name: str, data: Prepared, seed: int) -> None:
        section = params.sections[name]
        self.accuracy = section["learning_rate"] * (1 if params.train.fast.attention else 2)
        self.started = False
        self.made = (name, section["learning_rate"], len(data.train), data.test, seed)

    def start(self) -> None:
        self.started = True

    def forget(self) -> None:
        """Nothing is kept."""

    def fit(self) -> list[dict[str, float]]:
        assert self.started
        untrained = dict.fromkeys(OF_EPOCHS, 99.0)
        first = {**dict.fromkeys(OF_EPOCHS, self.accuracy), "loss": 0.5}
        second = {**dict.fromkeys(OF_EPOCHS, self.accuracy + 0.1234567), "loss": 0.7}
        return [{"epoch": i, **of} for i, of in enumerate((untrained, first, second))]


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was trained, in order; in a folder with prepared data, of which test cannot be read."""
    monkeypatch.chdir(tmp_path)
    write_tables()
    (PREPARED / "test.parquet").write_bytes(b"never opened")
    trained: list[Any] = []

    def make(*arguments: Any, resumes: bool) -> FakeLearner:
        assert resumes
        learner = FakeLearner(*arguments)
        trained.append(learner.made)
        return learner

    monkeypatch.setattr(search_module, "make_learner", make)
    return trained


def write_tables(**first_token: int) -> None:
    """Of 30 and 12 examples; a split's first token is 1 if nothing else is said."""
    tables = {
        split: pd.DataFrame(
            {
                "row_id": [f"{split}-{number}" for number in range(examples)],
                "text": ["a"] * examples,
                "label": np.arange(examples) % 3,
                "token_ids": [[first_token.get(split, 1), 2, n] for n in range(examples)],
            }
        )
        for split, examples in (("train", 30), ("validation", 12))
    }
    write_prepared(PREPARED, ["a", "b", "c"], tables, CLEANING)


def run(params: Params, trials: list[Trial] | None = None) -> dict[str, Any]:
    """The file, after a search of `VARY` or of `trials`."""
    path = Path("metrics/search.json")
    list(search(params, trials or one_at_a_time(params, VARY, []), path))
    return read_json(path)


def test_every_change_is_tried_on_part_of_train(made: list[Any]) -> None:
    results = run(make_params(train__seeds=[7, 8]))
    assert made == [(name, rate, 12, None, 7) for name in ("baseline", "lora") for rate in RATES]
    assert set(results) == {"baseline", "lora", "setting"}
    setting = results["setting"]
    assert setting["train_examples"] == setting["validation_examples"] == 12
    assert setting["seed"] == 7
    assert setting["lora"]["method"] == "lora"
    assert setting["train"]["fast"]["attention"] is True


@pytest.mark.parametrize(
    ("metric", "best", "score"), [("accuracy", CHANGE, 0.143457), ("loss", AS_GIVEN, 0.5)]
)
def test_the_best_is_by_the_direction_of_the_metric(
    made: list[Any], metric: str, best: str, score: float
) -> None:
    """The untrained epoch is no candidate; all scores are those of the best epoch."""
    lora = run(make_params(train__metric_for_best_model=metric))["lora"]
    assert lora["best"] == best
    assert set(lora["trials"]) == {AS_GIVEN, CHANGE}
    assert all(scores.keys() == set(OF_EPOCHS) for scores in lora["trials"].values())
    assert lora["trials"][best][metric] == score
    assert lora["trials"][AS_GIVEN]["loss"] == (0.7 if metric == "accuracy" else 0.5)


def test_trials_of_the_same_setting_are_not_made_again(made: list[Any]) -> None:
    path = Path("metrics/search.json")
    results = run(make_params())
    results["lora"]["trials"][AS_GIVEN] = {"accuracy": 9.0}
    path.write_text(json.dumps(results))
    made.clear()
    again = run(make_params())["lora"]
    assert made == []
    assert again["best"] == AS_GIVEN


@pytest.mark.parametrize(
    "change",
    [
        {"train__epochs": 2},
        {"train__seeds": [1]},
        {"train__fast": {**real_values()["train"]["fast"], "dropout": False}},
        {"model__max_length": 64},
        {"search__max_train_examples": 11},
    ],
)
def test_another_setting_makes_all_trials_again(made: list[Any], change: dict[str, Any]) -> None:
    run(make_params())
    made.clear()
    run(make_params(**change))
    assert len(made) == 4


@pytest.mark.parametrize("split", ["train", "validation"])
def test_other_data_make_all_trials_again(made: list[Any], split: str) -> None:
    """As many examples, with another token."""
    run(make_params())
    made.clear()
    write_tables(**{split: 3})
    run(make_params())
    assert len(made) == 4


def test_a_methods_own_section_makes_its_trials_again(made: list[Any]) -> None:
    run(make_params())
    made.clear()
    run(make_params(lora__r=2))
    assert {name for name, *_ in made} == {"lora"}


def test_changes_join_the_file(made: list[Any]) -> None:
    params = make_params()
    run(params, one_at_a_time(params, ["train.fast.attention=false"], ["lora"]))
    made.clear()
    trials = one_at_a_time(params, ["lora.r=2"], []) + one_at_a_time(
        params, ["lora_all.r=2"], ["lora_all"]
    )
    results = run(params, trials)
    assert set(results["lora"]["trials"]) == {AS_GIVEN, "train.fast.attention=False", "lora.r=2"}
    assert results["lora"]["best"] == "train.fast.attention=False"
    # Of LoRA one trial is new.
    assert [name for name, *_ in made] == ["lora", "lora_all", "lora_all"]


@pytest.mark.slow
def test_the_command_with_real_learners(
    workspace: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every method of params.yaml learns from the tiny data, and test is never opened."""
    monkeypatch.setattr("sys.argv", ["textune", "search", "--vary", "train.label_smoothing=0.1"])
    with pytest.raises(SystemExit):
        main()
    assert "about.json is missing; run `dvc repro prepare`" in capsys.readouterr().err
    runpy.run_path(str(ROOT / "src/prepare.py"), run_name="__main__")
    (workspace / PREPARED / "test.parquet").write_bytes(b"never opened")
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 0
    printed = capsys.readouterr().out
    results = read_json(workspace / "metrics/search.json")
    for name in METHODS:
        trials = results[name]["trials"]
        assert len(trials) == 2
        assert f"{name}  {results[name]['best']}  " in printed
        best = trials[results[name]["best"]]["accuracy"]
        assert best == max(scores["accuracy"] for scores in trials.values())
        assert all(scores.keys() == set(OF_EPOCHS) for scores in trials.values())


@pytest.mark.parametrize("name", ["setting", "seed", "data_sha256"])
def test_a_method_called_like_a_key_of_the_file_is_refused(made: list[Any], name: str) -> None:
    values = real_values()
    values[name] = values["lora"]
    values["methods"] = ["lora", name]
    params = check_params(values, "params.yaml")
    with pytest.raises(UserError, match=f"a method cannot be called {name}"):
        list(search(params, one_at_a_time(params, ["lora.r=2"], []), Path("x.json")))
    assert not made
