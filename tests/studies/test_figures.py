"""The study's predictions give every figure of its files again, byte for byte."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from studies.tweeteval_minilm.results import STUDY
from textune.config.sections import EvaluateParams
from textune.io import write_json
from textune.params import read_params
from textune.report.plot_data import write_plot_data
from textune.report.scores import cost, quality
from textune.report.tables import read_results
from textune.report.writing import write_results
from textune.runs.archive import archived, shared_seeds
from textune.runs.loading import load_runs
from textune.runs.store import RunSet


@dataclass(frozen=True)
class Evaluation:
    """What the study's README passes to `textune evaluate` for one folder of figures."""

    folder: str
    predictions: list[str]
    methods: list[str] = field(default_factory=list)
    params: str = "params.yaml"
    changed: dict[str, str] = field(default_factory=dict)

    def read(self) -> tuple[RunSet, EvaluateParams]:
        params = read_params(STUDY / self.params)
        settings = params.evaluate.model_copy(update=self.changed)
        folders = archived([STUDY / path for path in self.predictions], params.methods)
        folders = {name: folders[name] for name in self.methods or folders}
        seeds = shared_seeds(folders)
        return load_runs(folders, seeds, params.titles, settings.decision), settings


BALANCED = {"metric": "macro_recall", "decision": "balanced"}
EVALUATIONS = [
    Evaluation(".", ["runs"]),
    Evaluation(
        "../tweeteval_mpnet", ["../tweeteval_mpnet/runs"], params="../tweeteval_mpnet/params.yaml"
    ),
    Evaluation("by_macro_recall", ["by_macro_recall/runs"], params="by_macro_recall/params.yaml"),
    Evaluation(
        "ten_epochs_on_cpu",
        ["ten_epochs_on_cpu/runs"],
        ["lora_ten_epochs", "adapter_ten_epochs"],
    ),
]
LARGE = [
    Evaluation("balanced", ["runs"], changed=BALANCED),
    Evaluation(
        "ten_epochs",
        ["runs", "ten_epochs/runs"],
        ["lora", "lora_ten_epochs", "adapter", "adapter_ten_epochs"],
    ),
]


def folder_name(evaluation: Evaluation) -> str:
    return evaluation.folder


@pytest.mark.parametrize("evaluation", EVALUATIONS, ids=folder_name)
def test_the_predictions_give_every_figure_again(evaluation: Evaluation, tmp_path: Path) -> None:
    write_results(*evaluation.read(), tmp_path)
    assert_committed(evaluation, tmp_path, files=9)


@pytest.mark.slow
@pytest.mark.parametrize("evaluation", LARGE, ids=folder_name)
def test_the_predictions_give_every_figure_of_a_large_comparison_again(
    evaluation: Evaluation, tmp_path: Path
) -> None:
    write_results(*evaluation.read(), tmp_path)
    assert_committed(evaluation, tmp_path, files=9)


@pytest.mark.parametrize("evaluation", LARGE, ids=folder_name)
def test_the_predictions_give_all_but_intervals_and_tests_of_a_large_comparison_again(
    evaluation: Evaluation, tmp_path: Path
) -> None:
    runs, _ = evaluation.read()
    on_test = quality(runs, "test")
    write_json(tmp_path / "validation.json", quality(runs, "validation"))
    write_json(tmp_path / "quality.json", on_test)
    write_json(tmp_path / "cost.json", cost(runs))
    write_plot_data(runs, tmp_path)
    assert_committed(evaluation, tmp_path, files=7)
    comparison = read_results(STUDY / evaluation.folder)
    assert [method.name for method in comparison.methods] == list(runs)
    for method in comparison.methods:
        assert method.title == runs.title(method.name)
        for metric, score in method.scores.items():
            assert score.mean == pytest.approx(on_test[method.name][metric], abs=2e-6)


def assert_committed(evaluation: Evaluation, output: Path, files: int) -> None:
    written = [path for path in output.rglob("*") if path.is_file()]
    assert len(written) == files
    for path in written:
        committed = STUDY / evaluation.folder / path.relative_to(output)
        assert path.read_bytes() == committed.read_bytes(), committed
