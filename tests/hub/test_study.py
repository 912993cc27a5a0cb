"""Data sets from the hub, and the study's own command against a small hub on this machine."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from datasets import ClassLabel, Dataset, Features, Value

from tests.hub.server import Hub, Repository, serve
from tests.tiny import ROOT, TWEETS
from textune.data.sources.tweet_eval import NAME, REVISION
from textune.params import read_params

MODEL = "distilbert/distilbert-base-uncased"
MODEL_COMMIT = "12040accade4e8a0f71eabdb258fecc2e7e948be"
SENTIMENT = {"data.source": "tweet_eval", "data.config": "sentiment"}
ELSEWHERE = {"data.source": "hub", "data.name": NAME, "data.revision": REVISION}


@pytest.fixture
def hub(tmp_path: Path, tiny_models: dict[str, Path]) -> Iterator[Hub]:
    folder = tmp_path / "served"
    write_data_set(folder)
    with serve() as hub:
        hub.repositories[f"datasets/{NAME}"] = Repository(folder, REVISION)
        hub.repositories[f"models/{MODEL}"] = Repository(tiny_models["distilbert"], MODEL_COMMIT)
        yield hub


def write_data_set(folder: Path) -> None:
    """A tiny TweetEval in the hub's layout: Parquet by configuration, and the card that says so."""
    names = ["negative", "neutral", "positive"]
    features = Features({"text": Value("string"), "label": ClassLabel(names=names)})
    for split, count in {"train": 30, "validation": 12, "test": 15}.items():
        rows = {
            "text": [f"{TWEETS[number % 3]} {split} {number}" for number in range(count)],
            "label": [number % 3 for number in range(count)],
        }
        path = folder / "sentiment" / f"{split}-00000-of-00001.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        Dataset.from_dict(rows, features=features).to_parquet(path)
    files = "".join(
        f"  - split: {split}\n    path: sentiment/{split}-*\n"
        for split in ("train", "validation", "test")
    )
    (folder / "README.md").write_text(
        f"---\nconfigs:\n- config_name: sentiment\n  data_files:\n{files}---\n"
    )


def environment(hub: Hub, cache: Path) -> dict[str, str]:
    return {
        **os.environ,
        "HF_ENDPOINT": hub.address,
        "HF_HUB_OFFLINE": "0",
        "HF_HOME": str(cache),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "200",
    }


def prepare(
    hub: Hub, cache: Path, changes: dict[str, str], **variables: str
) -> subprocess.CompletedProcess[str]:
    from dvc.utils.hydra import apply_overrides

    apply_overrides("params.yaml", [f"{key}={value}" for key, value in changes.items()])
    return subprocess.run(
        [sys.executable, "src/prepare.py"],
        env={**environment(hub, cache), **variables},
        capture_output=True,
        text=True,
    )


def report() -> Any:
    return json.loads(Path("metrics/data.json").read_text())


def test_tweet_eval_keeps_its_splits_and_needs_no_hub_once_cached(
    hub: Hub, workspace: Path, tmp_path: Path
) -> None:
    first = prepare(hub, tmp_path, SENTIMENT)
    assert first.returncode == 0, first.stderr
    assert report()["rows_read"] == {"train": 30, "validation": 12, "test": 15}
    assert set(report()["splits"].values()) == {"its own"}
    offline = prepare(hub, tmp_path, SENTIMENT, HF_HUB_OFFLINE="1")
    assert offline.returncode == 0, offline.stderr


def test_splits_that_are_missing_are_cut_from_train(
    hub: Hub, workspace: Path, tmp_path: Path
) -> None:
    sizes = {"data.validation_size": "6", "data.test_split": "cut", "data.test_size": "0.2"}
    done = prepare(hub, tmp_path, {**ELSEWHERE, **sizes, "data.validation_split": "cut"})
    assert done.returncode == 0, done.stderr
    assert report()["splits"] == {
        "train": "its own",
        "validation": "cut from train",
        "test": "cut from train",
    }
    assert report()["kept"]["validation"] == {
        "rows": 6,
        "negative": 2,
        "neutral": 2,
        "positive": 2,
    }


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"data.revision": "null"}, f"data.revision is null, which moves; now main of {NAME} is"),
        ({"data.revision": "f" * 40}, f"data set {NAME} has no revision fff"),
        ({"data.name": "nobody/nothing"}, "data set nobody/nothing is not on the hub"),
        ({"data.config": "sentimental"}, "data.config: cannot load"),
        ({"data.text_column": "tweet"}, "has no column tweet; it may be text, label"),
        ({"data.test_split": "final"}, "has no final, but train, validation, test"),
        ({"data.label_names": "[a,b]"}, "label '2' is none of a, b"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(
    hub: Hub, workspace: Path, tmp_path: Path, changes: dict[str, str], expected: str
) -> None:
    told = prepare(hub, tmp_path, {**ELSEWHERE, **changes})
    assert told.returncode == 1
    last = told.stderr.splitlines()[-1]
    assert last.startswith("error: "), told.stderr
    assert expected in last
    assert "Traceback" not in told.stderr
    assert not Path("data/prepared").exists()


def test_an_unreachable_hub(hub: Hub, workspace: Path, tmp_path: Path) -> None:
    for variables in ({"HF_ENDPOINT": "http://127.0.0.1:9"}, {"HF_HUB_OFFLINE": "1"}):
        told = prepare(hub, tmp_path, SENTIMENT, **variables)
        assert told.returncode == 1
        assert "set data.source: crowdflower needs no hub" in told.stderr.splitlines()[-1]


def study_command() -> list[str]:
    """The command of the README's section about the study."""
    section = (ROOT / "README.md").read_text().partition("## The study behind it")[2]
    command = section.partition("```sh\n")[2].partition("```")[0]
    return shlex.split(command.replace("\\\n", " "), comments=True)


def test_the_study_in_one_line(hub: Hub, workspace: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        study_command(), env=environment(hub, tmp_path), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert report()["rows_read"] == {"train": 30, "validation": 12, "test": 15}
    params = read_params()
    data, train = params.data, params.train
    assert (data.source, data.config, data.revision) == ("tweet_eval", "sentiment", REVISION)
    assert data.max_train_examples is None
    assert (data.fix_encoding, data.mask_mentions, data.mask_links) == (False, False, False)
    assert (params.model.name, params.model.revision) == (MODEL, MODEL_COMMIT)
    assert params.model.max_length == 128
    assert (train.epochs, train.padding, train.group_by_length) == (3, "max_length", False)
    assert (train.metric_for_best_model, train.precision, train.batch_size) == (
        "accuracy",
        "fp32",
        16,
    )
    lora, adapter = params.method("lora").model_dump(), params.method("adapter").model_dump()
    lora.pop("learning_rate")
    adapter.pop("learning_rate")
    assert lora == {
        "r": 8,
        "alpha": 16,
        "dropout": 0.1,
        "bias": "none",
        "target_modules": "auto",
    }
    assert adapter == {
        "architecture": "seq_bn",
        "reduction_factor": 16,
        "non_linearity": "relu",
    }
    assert params.method("baseline").model_dump()["tune"] == "none"
    cost = json.loads(Path("metrics/cost.json").read_text())
    assert cost["baseline"]["trainable_parameters"] == 0
    assert 0 < cost["lora"]["trainable_parameters"] < cost["full"]["trainable_parameters"]
