from pathlib import Path

import pytest

from tests.fake_runs import TRAINED, load, settings, write_run
from textune.runs.store import RunSet
from textune.stats.comparison import compare
from textune.stats.results import Comparison

SKILL = {"baseline": 0.3, "lora": 2.5, "full": 2.5}


@pytest.fixture(scope="session")
def three_seeds(tmp_path_factory: pytest.TempPathFactory) -> RunSet:
    """A weak baseline, and LoRA and full fine-tuning of one skill. Nobody writes to it."""
    folder: Path = tmp_path_factory.mktemp("three_seeds")
    for name, skill in SKILL.items():
        for seed in range(3):
            write_run(folder, name, seed, skill=skill, trainable=TRAINED[name])
    return load(folder, [0, 1, 2])


@pytest.fixture(scope="session")
def comparison(three_seeds: RunSet) -> Comparison:
    """That of `three_seeds`, made once."""
    return compare(three_seeds, settings())
