"""Several experiments: queued, each with its own code, and drawn as a learning curve."""

import json
import shutil
import time
from pathlib import Path

import pytest

from tests.pipeline.commands import dvc, read, textune
from tests.tiny import METHODS, git, write_tweeteval


@pytest.mark.slow
def test_queued_experiments_run_their_own_code(two_methods: Path) -> None:
    work = two_methods
    metrics = work / "src/textune/metrics/scores.py"
    code = metrics.read_text()
    assert "    scores = {\n" in code
    metrics.write_text(code.replace("    scores = {\n", '    scores = {"own": 1.0,\n'))
    git(work, "commit", "-qam", "another metric")
    # A data set that DVC tracks, as a user would bring it.
    write_tweeteval(work / "data/raw/mine", {"train": 27, "val": 12, "test": 12})
    dvc(work, "add", "data/raw/mine")
    git(work, "commit", "-qam", "my data")
    dvc(work, "exp", "run", "--queue", "-S", "data.path=data/raw/mine", "-S", "lora.r=4,16")
    dvc(work, "queue", "start")
    wait_for_queue(work)
    rows = json.loads(dvc(work, "exp", "show", "--json"))
    experiments = [row["revs"][0] for row in rows[1]["experiments"]]
    assert len(experiments) == 2
    found = set()
    for experiment in experiments:
        files = ("quality", "data")
        quality, data = (
            json.loads(git(work, "show", f"{experiment['rev']}:metrics/{file}.json"))
            for file in files
        )
        assert quality["lora"]["own"] == 1.0
        assert data["examples_read"]["train"] == 27
        found.add(experiment["data"]["params"]["params.yaml"]["data"]["lora"]["r"])
    assert found == {4, 16}


@pytest.mark.slow
def test_a_learning_curve_from_experiments(two_methods: Path) -> None:
    work = two_methods
    # Another parameter has changed, too: not a point of the same curve.
    dvc(work, "exp", "run", "-S", "data.max_train_examples=12", "-S", "lora.r=2")
    dvc(work, "exp", "run", "-S", "data.max_train_examples=24", "-S", "lora.r=8")
    told = textune(work, "learning-curve", fails=True)
    assert "one training size only; run others with `dvc exp run -S data.max_train" in told
    # In a folder of its own, so that nothing here changes.
    before = git(work, "diff")
    dvc(work, "exp", "run", "--temp", "-S", "data.max_train_examples=12")
    assert git(work, "diff") == before
    told = textune(work, "learning-curve", "--output", "curve.svg")
    lines = [line.split() for line in told.splitlines() if " examples " in line]
    assert [line[1] for line in lines if line[0] == "LoRA"] == ["12", "24"]
    assert (work / "curve.svg").read_text().startswith("<svg")


def wait_for_queue(work: Path) -> None:
    """Until no experiment is queued or running, for at most five minutes."""
    for _ in range(300):
        status = dvc(work, "queue", "status")
        if "Failed" in status:
            raise AssertionError(status)
        if not {"Queued", "Running"} & set(status.split()):
            return
        time.sleep(1)
    raise AssertionError("the queue is still busy")


@pytest.mark.slow
def test_archived_runs_are_scored_where_no_model_is(work: Path) -> None:
    for method in METHODS:
        textune(work, "archive", "runs", "--method", method)
    textune(work, "archive", "runs", "--method", "lora", "--name", "lora_minus_nothing")
    shutil.rmtree(work / "models")
    output = textune(work, "evaluate", "--predictions", "runs", "--metrics", "metrics/runs")
    assert "lora_minus_nothing minus LoRA" in output
    expected, found = read(work, "quality.json"), read(work, "runs/quality.json")
    assert found.pop("lora_minus_nothing") == found["lora"]
    assert found == expected
    # For macro recall, with no models to load and params.yaml as it is.
    where = ("--predictions", "runs", "--metrics", "metrics/balanced")
    textune(work, "evaluate", *where, "--metric", "macro_recall", "--decision", "balanced")
    balanced = read(work, "balanced/comparison.json")
    assert (balanced["metric"], balanced["decision"]) == ("macro_recall", "balanced")
    log_loss = read(work, "balanced/quality.json")["lora"]["log_loss"]
    assert log_loss == expected["lora"]["log_loss"]
    told = textune(work, "evaluate", *where, "--decision", "fair", fails=True)
    assert told.splitlines()[-1].startswith(
        "error: evaluate.decision=fair: evaluate.decision is 'fair'"
    )
    told = textune(work, "evaluate", "--predictions", "run", "--metrics", "metrics/x", fails=True)
    assert told.splitlines()[-1].startswith("error: run holds no runs")
    assert not (work / "metrics/x").exists()
