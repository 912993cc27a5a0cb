"""The layout holds: one direction of imports, no circles, and files that can be read at once."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.tiny import ROOT

CODE = [
    path
    for folder in ("src", "benchmarks", "studies")
    for path in sorted((ROOT / folder).rglob("*.py"))
]


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """import-linter with the contracts of pyproject.toml, over the packages in `folder`."""
    command = [str(Path(sys.executable).parent / "lint-imports"), str(ROOT / "pyproject.toml")]
    return subprocess.run(
        [*command, "--no-cache"],
        cwd=folder,
        env={"PYTHONPATH": f"{folder / 'src'}:{folder}"},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ("room", "module", "expected"),
    [
        ("metrics/catalog", "textune.stats.seeds", "textune.metrics is not allowed to import"),
        ("report/tables", "textune.training.flops", "textune.report is not allowed to import"),
        ("runs/predictions", "textune.runs.archive", "No cycles are allowed in textune.runs"),
    ],
)
def test_an_import_against_the_direction_is_noticed(
    tmp_path: Path, room: str, module: str, expected: str
) -> None:
    for path in CODE:
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    with (tmp_path / f"src/textune/{room}.py").open("a") as file:
        file.write(f"\nimport {module}\n")
    done = lint_imports(tmp_path)
    assert done.returncode == 1
    assert expected in done.stdout


def test_no_file_is_longer_than_250_lines() -> None:
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in CODE}
    assert len(lengths) > 90
    assert {path: length for path, length in lengths.items() if length > 250} == {}
