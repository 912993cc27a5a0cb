import shutil
from pathlib import Path

import pytest

from tests.fake_runs import load, settings, write_models, write_run
from textune.report.writing import write_results
from textune.runs.store import RunSet

# A variant beside its method, and names that hold what the keys of comparison.json hold.
VARIANTS = {
    "baseline": ("trained head (baseline)", 1_155),
    "lora": ("LoRA", 74_883),
    "lora_all": ("LoRA, all linear layers", 300_000),
    "y_minus_z": ("<b>own", 50_000),
    "full": ("full fine-tuning", 22_714_371),
}


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A folder of runs that a test may change."""
    folder = tmp_path / "models"
    write_models(folder)
    return folder


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> RunSet:
    """baseline, lora and full with two seeds."""
    folder = tmp_path_factory.mktemp("models")
    write_models(folder)
    return load(folder, [0, 1])


@pytest.fixture(scope="session")
def variants(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The metrics of `VARIANTS` with two seeds, compared once."""
    models, metrics = (tmp_path_factory.mktemp(name) for name in ("models", "metrics"))
    for name, (_, trainable) in VARIANTS.items():
        for seed in (0, 1):
            write_run(models, name, seed, skill=1.0, trainable=trainable)
    titles = {name: title for name, (title, _) in VARIANTS.items()}
    write_results(load(models, [0, 1], list(VARIANTS), titles=titles), settings(), metrics)
    return metrics


@pytest.fixture
def metrics(variants: Path, tmp_path: Path) -> Path:
    """A copy of `variants` that a test may change."""
    return Path(shutil.copytree(variants, tmp_path / "metrics"))
