"""The figures of a study are those of the predictions that lie beside them."""

from pathlib import Path

import pytest
from textune.results.writing import write_results

from tests.tiny import ROOT
from textune.io import read_json
from textune.params import read_params
from textune.runs.archive import kept_seeds
from textune.runs.store import load_runs

# What the study's README sets for runs that are kept by a name of their own.
PARAMETERS = {"lora_all_linear": {"target_modules": "all-linear", "learning_rate": 0.0005}}
STUDIES = sorted(path.parent for path in (ROOT / "metrics/studies").rglob("runs"))
# What the study's README passes to `evaluate` for `balanced`.
BALANCED = {"metric": "macro_recall", "decision": "balanced"}
FIGURES = [
    *((study, "", {}) for study in STUDIES),
    *((study, "balanced", BALANCED) for study in STUDIES if (study / "balanced").exists()),
]


@pytest.mark.parametrize(
    ("study", "folder", "changed"), FIGURES, ids=lambda value: getattr(value, "name", None)
)
def test_the_predictions_give_every_figure_again(
    study: Path, folder: str, changed: dict[str, str], tmp_path: Path
) -> None:
    runs = study / "runs"
    settings = read_params(study / "params.yaml").evaluate.model_copy(update=changed)
    write_results(load_runs(runs, kept_seeds(runs), settings.decision), settings, tmp_path)
    again = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(again) == 8
    for path in again:
        committed = study / folder / path.relative_to(tmp_path)
        assert path.read_bytes() == committed.read_bytes(), committed


@pytest.mark.parametrize("study", STUDIES, ids=lambda path: path.name)
def test_runs_are_of_the_parameters_beside_them(study: Path) -> None:
    params = read_params(study / "params.yaml")
    train = params.train.model_dump(exclude={"seeds", "device", "precision"})
    # A link leads to the runs of another study, which has its own parameters.
    methods = [path for path in (study / "runs").iterdir() if not path.is_symlink()]
    files = [file for path in methods for file in path.glob("*/run.json")]
    assert files
    for file in files:
        record = read_json(file)
        method = record["method"]
        own = params.method(method).model_dump() | PARAMETERS.get(file.parts[-3], {})
        assert record["params"][method] == own
        assert record["params"]["model"] == params.model.model_dump()
        assert train.items() <= record["params"]["train"].items()
        assert record["params"]["train"]["precision"] == "bf16"


def test_rates_that_were_not_taken_differ_in_nothing_else() -> None:
    candidates = [file for study in STUDIES for file in study.glob("candidates/*/*/run.json")]
    assert candidates
    for file in candidates:
        params = read_params(file.parents[3] / "params.yaml")
        train = params.train.model_dump(exclude={"seeds", "device", "precision"})
        record = read_json(file)
        own = params.method(record["method"]).model_dump()
        tried = record["params"][record["method"]]
        assert {key for key in own if own[key] != tried[key]} == {"learning_rate"}
        assert train.items() <= record["params"]["train"].items()
