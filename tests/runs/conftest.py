from pathlib import Path

import pytest

from tests.fake_runs import write_models


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A folder of runs that a test may change."""
    folder = tmp_path / "models"
    write_models(folder)
    return folder
