"""What tables and pictures call methods, and runs of them that are kept by another name."""

import pytest

from textune.results.names import row_name


@pytest.mark.parametrize(
    ("method", "trained", "name"),
    [
        ("lora", 1, "LoRA"),
        ("lora_all_linear", 1, "LoRA, all linear layers"),
        ("lora_all_linear_ten_epochs", 1, "LoRA, all linear layers, ten epochs"),
        ("adapter_ten_epochs", 1, "adapters, ten epochs"),
        ("adapterhub", 1, "adapterhub"),
        ("baseline", 0, "head left untrained (baseline)"),
        ("baseline_short", 0, "head left untrained (baseline), short"),
        ("own_method", 1, "own_method"),
    ],
)
def test_names(method: str, trained: int, name: str) -> None:
    assert row_name(method, trained) == name
