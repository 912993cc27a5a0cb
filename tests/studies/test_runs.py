"""The study's runs were trained with the parameters that lie beside them."""

from pathlib import Path
from typing import Any

import pytest

from studies.tweeteval_minilm.results import STUDY
from textune.modeling.methods.registry import method_class
from textune.params import Params, changed, read_params
from textune.runs.record import RunRecord, read_record
from textune.runs.store import RunFolder

FINAL = read_params(STUDY / "params.yaml")
TEN_EPOCHS = changed(FINAL, "train.epochs", 10)
PARAMS = {
    "runs": FINAL,
    "by_macro_recall/runs": read_params(STUDY / "by_macro_recall/params.yaml"),
    "ten_epochs/runs": TEN_EPOCHS,
    "ten_epochs_on_cpu/runs": TEN_EPOCHS,
}


def records(folder: str) -> dict[Path, RunRecord]:
    """By folder of a run."""
    paths = [path for path in (STUDY / folder).glob("*/*") if path.is_dir()]
    assert paths
    return {path: read_record(RunFolder(path).record) for path in paths}


def check_training(record: RunRecord, params: Params) -> None:
    """Everything but the method's own parameters."""
    train = params.train.model_dump(exclude={"seeds", "device", "precision", "checkpoint_minutes"})
    own = dict(record.params["train"])
    assert own.pop("precision") == "bf16"
    assert own.pop("device") in ("cpu", "cuda")
    # The runs are older than these keys.
    own |= {"fast": {"compiled": False, **own["fast"]}}
    assert {"resample": False, "patience": 0, "batch_tokens": None, **own} == train
    assert record.params["model"] == params.model.model_dump()
    assert record.seed in params.train.seeds


def declared(record: RunRecord, params: Params) -> dict[str, Any]:
    """The parameters of a run's method: of the variant of its name, or else of its kind."""
    name = record.name if record.name in params.sections else _section(record, params)
    return params.method(name).model_dump()


def trained(record: RunRecord) -> dict[str, Any]:
    """The parameters that the run was trained with. It is older than some keys."""
    own = {"epochs": None, **record.params["method"]}
    return method_class(record.method, "method").model_validate(own).model_dump()


def _section(record: RunRecord, params: Params) -> str:
    """The first declared method of a run's kind."""
    return next(name for name in params.methods if params.method(name).method == record.method)


@pytest.mark.parametrize("folder", PARAMS)
def test_runs_are_of_the_parameters_beside_them(folder: str) -> None:
    params = PARAMS[folder]
    for path, record in records(folder).items():
        assert path == STUDY / folder / record.name / str(record.seed)
        assert record.name in params.titles
        assert trained(record) == declared(record, params)
        check_training(record, params)


def test_rates_that_were_not_chosen_differ_in_nothing_else() -> None:
    for record in records("candidates").values():
        chosen, tried = declared(record, FINAL), trained(record)
        assert {key for key in chosen if chosen[key] != tried[key]} == {"learning_rate"}
        check_training(record, FINAL)
