"""The small hub as a fixture."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub.server import Hub
from tests.hub.small_hub import small_hub


@pytest.fixture
def hub(tmp_path: Path, tiny_models: dict[str, Path]) -> Iterator[Hub]:
    with small_hub(tmp_path / "served", tiny_models["distilbert"]) as hub:
        yield hub
