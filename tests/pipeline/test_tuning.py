"""The search for a recipe: how much it tries, what it chooses, and that it goes on where it was."""

import math
import runpy
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest

from tests.pipeline.formula import BEST_RATE, TRAIN, FakeLearner, data, everything, replace_learners
from tests.pipeline.searching import make_params
from tests.tiny import ROOT
from textune.errors import DivergedError, UserError
from textune.io import read_json
from textune.params import Params
from textune.pipeline.given import as_given
from textune.pipeline.learners import make_learner
from textune.pipeline.trial_training import Here
from textune.pipeline.tuning import tune
from textune.runs.tuning import Trial, Tuning, read_tuning
from textune.training.checkpoints import stored
from textune.training.trainer import TextTrainer


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Any]:
    """What was trained, in order; with a cache of searches of its own."""
    monkeypatch.setenv("TEXTUNE_CACHE", str(tmp_path / "cache"))
    return replace_learners(monkeypatch, FakeLearner)


def tuned(params: Params, name: str = "lora", examples: int = TRAIN) -> Tuning:
    return tune(params, name, data(examples))


def test_numbers_are_taken_as_they_are() -> None:
    found = as_given(make_params(), "lora", "digest")
    assert found.recipe == {"learning_rate": 0.01, "epochs": 3}
    assert (found.tuned, found.trials, found.data_sha256) == ([], [], "digest")


def test_short_trials_then_the_best_two_then_the_better_one(made: list[Any]) -> None:
    found = tuned(everything())
    assert [trial.epochs for trial in found.trials] == [3] * 5 + [9] * 2 + [15]
    assert [(rate, epochs) for _, rate, epochs, _ in made] == [
        (trial.values["learning_rate"], trial.epochs) for trial in found.trials
    ]
    short = sorted(found.trials[:5], key=lambda trial: trial.calibrated_loss)
    assert [t.values for t in found.trials[5:7]] == [t.values for t in short[:2]]
    assert found.trials[7].values == short[0].values
    assert found.tuned == ["learning_rate", "epochs"]


def test_it_finds_the_learning_rate_and_the_shortest_of_the_best_lengths(made: list[Any]) -> None:
    """15 epochs are not better than 9, so they are not chosen."""
    found = tuned(everything())
    assert found.recipe["epochs"] == 9
    assert found.recipe["learning_rate"] == pytest.approx(BEST_RATE, rel=0.3)
    assert all(f"{trial.values['learning_rate']:.2g}" for trial in found.trials)


def test_longer_trials_end_as_soon_as_one_does_not_pay(
    made: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.pipeline.formula.loss", lambda rate, epochs: rate + epochs)
    assert [trial.epochs for trial in tuned(everything()).trials] == [3] * 5 + [9] * 2


def test_what_waits_for_no_other_training_is_told_ahead(made: list[Any], tmp_path: Path) -> None:
    """The first three short ones, then each longer round; what an ended search has is not."""

    class Engine(Here):
        ahead_of_all: ClassVar[list[tuple[int, float]]] = []

        def ahead(self, epochs: int, values: Sequence[Mapping[str, float]]) -> None:
            self.ahead_of_all.extend((epochs, one["learning_rate"]) for one in values)

    params = everything()
    engine = Engine(params, "lora", data())
    found = tune(params, "lora", data(), trainings=engine)
    asked = [(trial.epochs, trial.values["learning_rate"]) for trial in found.trials]
    assert engine.ahead_of_all == [*asked[:3], *asked[5:]]
    engine.ahead_of_all.clear()
    assert tune(params, "lora", data(), trainings=engine) == found
    assert engine.ahead_of_all == []


def test_every_method_has_the_same_budget(made: list[Any]) -> None:
    params = everything()
    first, second = tuned(params, "lora"), tuned(params, "baseline")
    assert [trial.epochs for trial in first.trials] == [trial.epochs for trial in second.trials]
    assert sum(t.operations for t in first.trials) == sum(t.operations for t in second.trials)


def test_auto_tunes_one_parameter_alone(made: list[Any]) -> None:
    values = make_params().sections["lora"]
    rate = tuned(make_params(lora={**values, "learning_rate": "auto", "epochs": 6}))
    assert rate.tuned == ["learning_rate"]
    assert rate.recipe["epochs"] == 6
    assert {trial.epochs for trial in rate.trials} == {3, 6}
    # Another length is another question: only trials of 6 epochs are candidates.
    assert rate.recipe["learning_rate"] in {
        trial.values["learning_rate"] for trial in rate.trials if trial.epochs == 6
    }
    epochs = tuned(make_params(lora={**values, "epochs": "auto"}))
    assert epochs.tuned == ["epochs"]
    assert epochs.recipe == {"learning_rate": 0.01, "epochs": 9}
    assert {rate for _, rate, *_ in made[-3:]} == {0.01}


def test_a_search_goes_on_where_it_was(
    made: list[Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Whenever it is ended, the trials are those of a search that was not."""
    whole = tuned(everything())
    for ends_after in (1, 4, 6):
        monkeypatch.setenv("TEXTUNE_CACHE", str(tmp_path / f"cache-{ends_after}"))
        made.clear()
        seen: list[Trial] = []

        def tell(trial: Trial, seen: list[Trial] = seen, last: int = ends_after) -> None:
            seen.append(trial)
            if len(seen) == last:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            tune(everything(), "lora", data(), tell)
        assert tuned(everything()) == whole
        assert len(made) == len(whole.trials)


@pytest.mark.parametrize(
    "ends_in", [6, *(pytest.param(number, marks=pytest.mark.slow) for number in (1, 2, 4, 8))]
)
def test_a_trial_that_was_ended_in_its_middle_is_made_again_as_it_was(
    made: list[Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ends_in: int
) -> None:
    """A first one, one that was proposed, and longer ones: whatever they are, nothing shifts."""
    whole = tuned(everything())
    monkeypatch.setenv("TEXTUNE_CACHE", str(tmp_path / "another"))
    fits: list[int] = []

    class Killed(FakeLearner):
        def fit(self) -> list[dict[str, float]]:
            fits.append(1)
            if len(fits) == ends_in:
                raise KeyboardInterrupt
            return super().fit()

    replace_learners(monkeypatch, Killed)
    with pytest.raises(KeyboardInterrupt):
        tuned(everything())
    assert tuned(everything()) == whole
    assert len(fits) == len(whole.trials) + 1


@pytest.mark.parametrize(
    "change",
    [
        {"train__weight_decay": 0.5},
        pytest.param({"model__max_length": 64}, marks=pytest.mark.slow),
        pytest.param(
            {"tune": {"all": True, "max_epochs": 15, "trials": 5, "seed": 1}},
            marks=pytest.mark.slow,
        ),
    ],
)
def test_another_setting_is_another_search(made: list[Any], change: dict[str, Any]) -> None:
    tuned(everything())
    made.clear()
    tuned(everything())
    assert made == []
    tuned(make_params(**{"tune": everything().tune.model_dump(), **change}))
    assert len(made) == 8


def test_other_data_are_another_search(made: list[Any]) -> None:
    tuned(everything())
    made.clear()
    tune(everything(), "lora", data(first_token=2))
    assert len(made) == 8


def test_a_training_that_diverges_is_as_good_as_guessing(
    made: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Diverges(FakeLearner):
        def fit(self) -> list[dict[str, float]]:
            if self.rate > BEST_RATE:
                self.best_epoch = 0
                raise DivergedError("the model predicts NaN")
            return super().fit()

    replace_learners(monkeypatch, Diverges)
    found = tuned(everything())
    assert found.recipe["learning_rate"] <= BEST_RATE
    worst = max(found.trials, key=lambda trial: trial.calibrated_loss)
    assert worst.calibrated_loss == pytest.approx(math.log(3), abs=1e-6)


def test_a_damaged_cache_names_the_file(made: list[Any], tmp_path: Path) -> None:
    tuned(everything())
    (database,) = (tmp_path / "cache").rglob("*.db")
    with sqlite3.connect(database) as connection:
        assert connection.execute("select count(*) from trials").fetchone() == (8,)
    database.write_bytes(b"not a database")
    with pytest.raises(UserError, match=rf"{database.name}.*delete it"):
        tuned(everything())


def test_the_stage_with_a_real_learner(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Real trials of the head on the tiny data; training then takes the recipe and what the best
    trial learned, and test is not opened before."""
    monkeypatch.setenv("TEXTUNE_CACHE", str(workspace / "cache"))
    params_yaml = (workspace / "params.yaml").read_text()
    changed = params_yaml.replace("all: false", "all: true")
    assert changed != params_yaml
    (workspace / "params.yaml").write_text(changed)
    runpy.run_path(str(ROOT / "src/choose.py"), run_name="__main__")
    runpy.run_path(str(ROOT / "src/prepare.py"), run_name="__main__")
    test = workspace / "data/prepared/test.parquet"
    content = test.read_bytes()
    test.write_bytes(b"never opened")
    monkeypatch.setattr("sys.argv", ["tune.py", "baseline"])
    runpy.run_path(str(ROOT / "src/tune.py"), run_name="__main__")
    found = read_tuning(workspace / "metrics/trials/baseline.json")
    assert len(found.trials) == 3  # of two epochs each, the longest that is allowed here
    section = read_json(workspace / "metrics/recipes/baseline.json")
    assert section == {"method": "head", "tune": "head", **found.recipe}
    best = min(found.trials, key=lambda trial: trial.calibrated_loss)
    assert found.recipe == {"learning_rate": best.values["learning_rate"], "epochs": 2}
    assert all(trial.operations > 0 for trial in found.trials)
    test.write_bytes(content)
    (left,) = stored()
    assert (left.about["name"], left.about["step"]) == ("baseline", left.about["steps"])
    # The training of the best trial is that of this seed, and is done.
    monkeypatch.setattr(TextTrainer, "train", lambda self: pytest.fail("it trains again"))
    monkeypatch.setattr("sys.argv", ["train.py", "baseline", "0"])
    runpy.run_path(str(ROOT / "src/train.py"), run_name="__main__")
    assert stored() == []
    method = read_json(workspace / "models/baseline/0/run.json")["params"]["method"]
    assert method["learning_rate"] == found.recipe["learning_rate"]
    assert method["epochs"] == 2


def test_what_is_still_to_be_tuned_cannot_train() -> None:
    values = make_params().sections["lora"]
    params = make_params(lora={**values, "learning_rate": "auto"})
    with pytest.raises(UserError, match=r"lora\.learning_rate is auto: run `dvc repro tune_lora`"):
        make_learner(params, "lora", data(), 0)
