from pathlib import Path

import pytest

from tests.results.fake_runs import write_models


@pytest.fixture
def models(tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    write_models(folder)
    return folder
