"""Twenty experiments in a row leave nothing behind but what DVC keeps of them."""

import time
from pathlib import Path

import psutil
import pytest

from tests.pipeline.commands import dvc, ran

ROUNDS = 5


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """By environment variable, the folders that belong to nobody else."""
    folders = {name: tmp_path / name.lower() for name in ("HOME", "TEXTUNE_CACHE", "TMPDIR")}
    for name, folder in folders.items():
        folder.mkdir()
        monkeypatch.setenv(name, str(folder))
    return folders


def changes(number: int) -> list[list[str]]:
    """Four experiments: one retrains LoRA, one elsewhere, one the head, one only evaluates."""
    return [
        ["-S", f"lora.learning_rate=0.00{number}"],
        ["--temp", "-S", f"lora.r={number}"],
        ["-S", f"baseline.learning_rate=0.0{number}"],
        ["-S", f"evaluate.seed={number}"],
    ]


def sizes(folder: Path) -> dict[str, int]:
    """By path in the folder, the bytes of each file."""
    return {str(p.relative_to(folder)): p.stat().st_size for p in folder.rglob("*") if p.is_file()}


def processes(places: dict[str, Path]) -> list[psutil.Process]:
    """Those that have our temporary folder in their environment."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("TMPDIR") == str(places["TMPDIR"]):
                found.append(process)
        except psutil.Error:
            continue
    return found


@pytest.mark.slow
def test_twenty_experiments_leave_nothing_that_grows(
    places: dict[str, Path], two_methods: Path
) -> None:
    kept = []
    for number in range(1, ROUNDS + 1):
        for change in changes(number):
            assert "evaluate" in ran(dvc(two_methods, "exp", "run", *change))
        assert list(places["TMPDIR"].iterdir()) == []
        kept.append({name: sizes(folder) for name, folder in places.items()})
    assert kept[-1] == kept[0]
    assert kept[-1]["TEXTUNE_CACHE"] == {}
    # A process may take a moment to end.
    for _ in range(60):
        if not processes(places):
            break
        time.sleep(1)
    assert processes(places) == []
    assert len(dvc(two_methods, "exp", "list", "--name-only").split()) == 4 * ROUNDS
    # Of a copy of the workspace, which `--temp` runs in, nothing is left.
    assert list((two_methods / ".dvc/tmp").rglob("params.yaml")) == []
