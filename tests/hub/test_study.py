"""The study's own command and the examples of docs/data.md, against a small hub on this machine."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.hub.server import Hub
from tests.hub.small_hub import MODEL, MODEL_COMMIT, environment, report
from tests.tiny import ROOT, TWEETS, write_tweeteval
from textune.data.sources.tweet_eval import REVISION


def commands(page: str, section: str = "") -> list[str]:
    """The blocks of shell commands of a page in docs/, or of a section of it."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    if section:
        text = text.partition(f"## {section}\n")[2].partition("\n## ")[0]
    return [block.partition("```")[0] for block in text.split("```sh\n")[1:]]


def run(command: str, hub: Hub, cache: Path, **variables: str) -> None:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        env={**environment(hub, cache), **variables},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def values() -> Any:
    return YAML(typ="safe").load(Path("params.yaml"))


# All that the study states, and the two settings that are assumed for it.
STUDY: dict[str, dict[str, Any]] = {
    "data": {
        "source": "tweet_eval",
        "config": "sentiment",
        "revision": REVISION,
        "max_train_examples": None,
        "fix_encoding": False,
        "mask_mentions": False,
        "mask_links": False,
        "copies": "keep",
    },
    "model": {"name": MODEL, "revision": MODEL_COMMIT, "max_length": 128},
    "train": {
        "padding": "max_length",
        "group_by_length": False,
        "metric_for_best_model": "accuracy",
        "batch_size": 16,
        "precision": "fp32",
    },
    "baseline": {"tune": "none"},
    "lora": {
        "r": 8,
        "alpha": 16,
        "dropout": 0.1,
        "bias": "none",
        "target_modules": "auto",
        "epochs": 3,
    },
    "adapter": {
        "architecture": "seq_bn",
        "reduction_factor": 16,
        "non_linearity": "relu",
        "epochs": 3,
    },
    "full": {"epochs": 3},
}


@pytest.mark.slow
def test_the_study_in_one_line(hub: Hub, workspace: Path, tmp_path: Path) -> None:
    before = values()
    run(commands("experiments.md", "Run the original study")[0], hub, tmp_path)
    expected = {
        name: {**section, **STUDY[name]} if name in STUDY else section
        for name, section in before.items()
    }
    assert values() == expected
    assert report()["examples_read"] == {"train": 30, "validation": 12, "test": 15}
    cost = json.loads(Path("metrics/cost.json").read_text())
    assert cost["baseline"]["trainable_parameters"] == 0
    assert 0 < cost["lora"]["trainable_parameters"] < cost["full"]["trainable_parameters"]


@pytest.mark.slow
@pytest.mark.parametrize("example", [0, 1, 2])
def test_worked_examples(hub: Hub, workspace: Path, tmp_path: Path, example: int) -> None:
    write_tweeteval(tmp_path / "tweeteval/datasets/sentiment", {"train": 30, "val": 12, "test": 15})
    reviews = [f"{TWEETS[number % 3]} {number},{number % 3 + 1}" for number in range(60)]
    (tmp_path / "reviews.csv").write_text("\n".join(["review,stars", *reviews]) + "\n")
    command = commands("data.md")[example]
    # The test of the study runs every stage; here the data counts.
    run(command.replace("dvc exp run", "dvc exp run prepare"), hub, tmp_path, HOME=str(tmp_path))
    counts = report()
    read = {"train": 60} if example == 0 else {"train": 30, "validation": 12, "test": 15}
    assert counts["examples_read"] == read
    rows = sum(kept["examples"] for kept in counts["kept"].values())
    # The third keeps the default of at most so many training rows, which is 24 here.
    assert rows == sum(read.values()) - (30 - 24) * (example == 2)
    names = (["1", "2", "3"], ["negative", "neutral", "positive"], ["anger", "joy", "optimism"])
    assert list(counts["kept"]["test"]["by_label"])[:3] == names[example]
