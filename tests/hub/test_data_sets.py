"""Data sets from the hub: splits, labels, and what is wrong told in one line."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Sequence, Value, load_dataset

from tests.hub.server import Hub
from tests.hub.small_hub import environment, report, write_config
from tests.tiny import ROOT
from textune.data.sources import hub as hub_source
from textune.data.sources.tweet_eval import NAME, REVISION
from textune.params import read_params

SENTIMENT = {"data.source": "tweet_eval", "data.config": "sentiment"}
ELSEWHERE = {
    "data.source": "hub",
    "data.name": NAME,
    "data.config": "sentiment",
    "data.revision": REVISION,
}
SIZES = {"train": 30, "validation": 12, "test": 15}
LABELS = ["negative", "neutral", "positive"]


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


def test_tweet_eval_keeps_its_splits_and_needs_no_hub_once_cached(
    hub: Hub, workspace: Path, tmp_path: Path
) -> None:
    first = prepare(hub, tmp_path, SENTIMENT)
    assert first.returncode == 0, first.stderr
    assert report()["examples_read"] == SIZES
    assert set(report()["splits"].values()) == {"its own"}
    assert read(hub, tmp_path, {}, HF_HUB_OFFLINE="1") == [{"labels": LABELS, "sizes": SIZES}]


# Changes of a good data section, and what is said of them.
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"revision": None}, f"data.revision is null, which moves; now main of {NAME} is"),
    ({"revision": "f" * 40}, f"data set {NAME} has no revision fff"),
    ({"name": "nobody/nothing"}, "data set nobody/nothing is not on the hub"),
    ({"config": "sentimental"}, "data.config: cannot load"),
    ({"text_column": "tweet"}, "has no column tweet; it may be text, label"),
    (
        {"group_column": "author"},
        "data.group_column: cardiffnlp/tweet_eval has no column author; it",
    ),
    ({"text_column": "label"}, f"data.text_column: {NAME}, train:0 is 0, no text"),
    ({"test_split": "final"}, "has no final; it has train, validation, test"),
    (
        {"label_names": ["a", "b"]},
        "has 2 names, but there are 3 classes: 'negative', 'neutral', 'positive'",
    ),
    ({"label_names": ["negative", "b"]}, "label 'neutral' is none of 'negative', 'b'"),
    ({"config": "lists"}, "train:0: the label is [0], neither a name nor a number"),
    ({"config": "hidden"}, f"data.test_split: test of {NAME} is not labelled; set it to cut"),
    ({"config": "nothing"}, f'cannot load {NAME}: Instruction "validation" corresponds to no data'),
    ({"config": "one"}, "'x' is the only label"),
    ({"config": "gaps"}, f"{NAME}, validation:1: the label is missing; remove the row"),
    ({"config": "partly"}, f"{NAME}, validation:1: the label is missing; remove the row"),
    ({"config": "empty"}, f"data.test_split: test of {NAME} is not labelled; set it to cut"),
]
# Reads data sets in a process of its own, as the clients take the hub's address when imported.
READ = """
import json, sys
from textune.errors import UserError
from textune.params import read_params

def read(changes):
    from textune.data.sources.registry import read_source
    params = read_params()
    try:
        corpus = read_source(params.data.model_copy(update=changes), params.task)
    except UserError as error:
        return str(error)
    return {"labels": corpus.label_names, "sizes": {k: len(v) for k, v in corpus.tables.items()}}

print(json.dumps([read(changes) for changes in json.load(sys.stdin)]))
"""


def read(hub: Hub, cache: Path, *data: dict[str, Any], **variables: str) -> list[Any]:
    """Of each data section what is read, or the error's text."""
    done = subprocess.run(
        [sys.executable, "-c", READ],
        input=json.dumps(data),
        env={**environment(hub, cache), "PYTHONPATH": str(ROOT / "src"), **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    answers: list[Any] = json.loads(done.stdout)
    return answers


def test_what_is_wrong_is_told_in_one_line(hub: Hub, workspace: Path, tmp_path: Path) -> None:
    folder = hub.repositories[f"datasets/{NAME}"].folder
    write_config(folder, "lists", Sequence(Value("int64")), [[0], [1]])
    write_config(folder, "hidden", ClassLabel(names=["x", "y"]), test=[-1, -1])
    write_config(folder, "nothing", ClassLabel(names=["x", "y"]), validation=[])
    write_config(folder, "one", Value("string"), ["x"])
    classes = ClassLabel(names=["x", "y"])
    write_config(folder, "gaps", classes, validation=[0, None, 1])
    write_config(folder, "partly", classes, validation=[0, -1, 1])
    write_config(folder, "empty", classes, test=[None, None])
    good = {"source": "hub", "name": NAME, "revision": REVISION, "config": "sentiment"}
    first, *told = read(hub, tmp_path, good, *({**good, **changes} for changes, _ in WRONG))
    assert first["sizes"] == SIZES
    for (_, expected), message in zip(WRONG, told, strict=True):
        assert expected in message
        assert "\n" not in message


def test_a_stage_that_fails_leaves_nothing(hub: Hub, workspace: Path, tmp_path: Path) -> None:
    told = prepare(hub, tmp_path, {**ELSEWHERE, "data.revision": "null"})
    assert told.returncode == 2
    assert told.stderr.splitlines()[-1].startswith("error: data.revision is null")
    assert "Traceback" not in told.stderr
    assert not Path("data/prepared").exists()


@pytest.mark.parametrize(
    ("feature", "labels", "given", "expected"),
    [
        (ClassLabel(names=["1", "0"]), [0, 0, 1], None, {"1": 8, "0": 4}),
        (ClassLabel(names=["1", "2", "3"]), [0, 0, 1], None, {"1": 8, "2": 4, "3": 0}),
        (ClassLabel(names=["a", "b"]), [0, 0, 1], ["0", "x"], {"0": 8, "x": 4}),
        (ClassLabel(names=["1", "1.0", " "]), [0, 0, 1], None, {"1": 8, "1.0": 4, " ": 0}),
        (ClassLabel(names=["a", "b"]), [0, 0, 1], ["b", "a"], {"b": 4, "a": 8}),
        (Value("int64"), [-1, 0, 1], None, {"-1": 4, "0": 4, "1": 4}),
        (Value("int64"), [0, 0, 1], ["no", "yes"], {"no": 8, "yes": 4}),
        (Value("string"), ["b", "a", "a"], None, {"a": 8, "b": 4}),
    ],
)
def test_what_labels_mean(
    hub: Hub,
    workspace: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    feature: Any,
    labels: list[Any],
    given: list[str] | None,
    expected: dict[str, int],
) -> None:
    write_config(tmp_path / "served", "own", feature, labels)
    loaded = load_dataset(
        "parquet",
        data_files={
            split: str(tmp_path / f"served/own/{split}-00000-of-00001.parquet")
            for split in ("train", "validation", "test")
        },
        cache_dir=str(tmp_path / "cache"),
    )
    monkeypatch.setattr(hub_source, "_load", lambda params, name: loaded)
    data = read_params().data.model_copy(update={"name": NAME, "label_names": given})
    corpus = hub_source.read(data, read_params().task)
    counts = corpus.tables["validation"]["label"].value_counts()
    assert corpus.label_names == list(expected)
    assert [counts.get(label, 0) for label in range(len(expected))] == list(expected.values())


def test_groups_are_read_from_their_column(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = {"text": [*"abcd"], "label": [0, 1, 0, 1], "author": ["ann", "bob", None, "ann"]}
    loaded = DatasetDict(train=Dataset.from_dict(rows))
    monkeypatch.setattr(hub_source, "_load", lambda params, name: loaded)
    data = read_params().data.model_copy(update={"name": NAME, "group_column": "author"})
    groups = hub_source.read(data, read_params().task).tables["train"]["group"]
    assert groups.tolist() == ["ann", "bob", "(no group) train:2", "ann"]


def test_other_tasks_other_splits_and_a_gated_data_set(
    hub: Hub, workspace: Path, tmp_path: Path
) -> None:
    tweet_eval = {"source": "tweet_eval", "config": "emotion", "label_names": ["negative"]}
    cut = {"validation_split": "cut", "test_split": "cut"}
    elsewhere = {"source": "hub", "name": NAME, "config": "sentiment", "revision": REVISION}
    emotion, uncut = read(hub, tmp_path, tweet_eval, {**elsewhere, **cut})
    # Labels that were named for another data set play no part.
    assert emotion["labels"] == ["anger", "joy", "optimism", "sadness"]
    assert uncut == {"labels": LABELS, "sizes": {"train": 30}}
    hub.repositories[f"datasets/{NAME}"].gated = True
    (told,) = read(hub, tmp_path / "another cache", elsewhere)
    assert f"data set {NAME} is gated; accept its terms at" in told


@pytest.mark.slow
def test_without_the_hub_another_revision_is_not_taken_for_it(
    hub: Hub, workspace: Path, tmp_path: Path
) -> None:
    sentiment = {"source": "tweet_eval", "config": "sentiment"}
    (first,) = read(hub, tmp_path, sentiment)
    hub.broken = True
    assert read(hub, tmp_path, sentiment) == [first]
    hub.broken = False
    hub.repositories[f"datasets/{NAME}"].commit = "f" * 40
    other = {**sentiment, "revision": "f" * 40}
    for variables in ({"HF_HUB_OFFLINE": "1"}, {"HF_DATASETS_OFFLINE": "1"}):
        (told,) = read(hub, tmp_path, other, **variables)
        assert f"the cache is {REVISION}; set data.revision to" in told


@pytest.mark.slow
def test_an_unreachable_hub(hub: Hub, workspace: Path, tmp_path: Path) -> None:
    sentiment = {"source": "tweet_eval", "config": "sentiment"}
    for variables in ({"HF_ENDPOINT": "http://127.0.0.1:9"}, {"HF_HUB_OFFLINE": "1"}):
        (told,) = read(hub, tmp_path, sentiment, **variables)
        assert told.endswith("or set data.source: crowdflower needs no hub")
