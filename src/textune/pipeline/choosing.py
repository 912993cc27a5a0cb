"""Which methods run: data/methods has a file for each section, so that a stage sees its own."""

from pathlib import Path

from textune.io import read_json, write_json
from textune.params import Params
from textune.pipeline.paths import CHOSEN

_KEY = "runs"


def choose(params: Params, folder: Path = CHOSEN) -> None:
    """Check the sections of all methods that run, and write whether they do.

    Raises `UserError` for a wrong section.
    """
    for name in params.methods:
        params.method(name)
    for name in params.sections:
        write_json(folder / f"{name}.json", {_KEY: name in params.methods})


def runs(name: str, folder: Path = CHOSEN) -> bool:
    """Whether the method runs. Raises `UserError` if the stage `choose` did not say."""
    chosen: bool = read_json(folder / f"{name}.json")[_KEY]
    return chosen
