"""The record of a run says what it was made with."""

import platform
from importlib.metadata import version

from textune.runs.record import installed_versions


def test_versions_are_those_that_are_installed() -> None:
    versions = installed_versions()
    assert versions["python"] == platform.python_version()
    for package in ("torch", "transformers", "peft", "adapters", "numpy"):
        assert versions[package] == version(package)
