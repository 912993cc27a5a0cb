"""A hub on this machine with a tiny TweetEval and a tiny DistilBERT, at the pinned commits."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from datasets import ClassLabel, Dataset, Features, Value

from tests.hub.server import Hub, Repository, serve
from tests.tiny import TWEETS
from textune.data.sources.tweet_eval import NAME, REVISION

MODEL = "distilbert/distilbert-base-uncased"
MODEL_COMMIT = "12040accade4e8a0f71eabdb258fecc2e7e948be"


@contextmanager
def small_hub(folder: Path, model: Path) -> Iterator[Hub]:
    """Serve TweetEval from `folder`, where it is written first, and the model."""
    write_data_set(folder)
    with serve() as hub:
        hub.repositories[f"datasets/{NAME}"] = Repository(folder, REVISION)
        hub.repositories[f"models/{MODEL}"] = Repository(model, MODEL_COMMIT)
        yield hub


def write_data_set(folder: Path) -> None:
    """A tiny TweetEval in the hub's layout: Parquet by configuration, and the card that says so."""
    write_config(folder, "sentiment", ClassLabel(names=["negative", "neutral", "positive"]))
    write_config(folder, "emotion", ClassLabel(names=["anger", "joy", "optimism", "sadness"]))


def write_config(
    folder: Path, config: str, feature: Any, labels: list[Any] | None = None, **splits: list[Any]
) -> None:
    """Add a configuration with labels of the type `feature`, by default numbers of its classes.

    labels: what a row may have. splits: the labels of a split, row by row, in their place.
    """
    rows = {"train": 30, "validation": 12, "test": 15}
    labels = labels or list(range(getattr(feature, "num_classes", 0)))
    features = Features({"text": Value("string"), "label": feature})
    card = folder / "README.md"
    head = card.read_text().removesuffix("---\n") if card.exists() else "---\nconfigs:\n"
    head += f"- config_name: {config}\n  data_files:\n"
    for split, count in rows.items():
        column = splits.get(split, [labels[number % len(labels)] for number in range(count)])
        texts = [f"{TWEETS[number % 3]} {split} {number}" for number in range(len(column))]
        path = folder / config / f"{split}-00000-of-00001.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        Dataset.from_dict({"text": texts, "label": column}, features=features).to_parquet(path)
        head += f"  - split: {split}\n    path: {config}/{split}-*\n"
    card.write_text(f"{head}---\n")


def environment(hub: Hub, cache: Path) -> dict[str, str]:
    return {
        **os.environ,
        "HF_ENDPOINT": hub.address,
        "HF_HUB_OFFLINE": "0",
        "HF_HOME": str(cache),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "200",
    }


def report() -> Any:
    return json.loads(Path("metrics/data.json").read_text())
