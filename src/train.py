"""Stages `train_<method>`: train one method from one seed; the model and its predictions out.

Usage: python src/train.py METHOD SEED
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from textune.errors import UserError, run

if TYPE_CHECKING:
    from textune.params import Params


def main() -> None:
    from textune.params import read_params

    params = read_params()
    match sys.argv[1:]:
        case [name, seed] if seed.isdecimal():
            params.method(name)
            train(params, name, int(seed), Path("models") / name / seed)
        case arguments:
            raise UserError(f"usage: python src/train.py METHOD SEED; was {' '.join(arguments)!r}")


def train(params: "Params", name: str, seed: int, folder: Path) -> None:
    from textune import support
    from textune.data.prepared import read_prepared
    from textune.results import predictions
    from textune.trained import write_run
    from textune.training.quiet import quieten
    from textune.training.run import Run

    quieten()
    support.require(params, name)
    trained = Run(name, params, read_prepared(), seed, folder / "live")
    if name == "baseline":
        # The study's baseline: every method starts from this encoder and this head.
        for split in ("validation", "test"):
            predictions.write(folder / "untrained" / f"{split}.parquet", trained.predict(split))
    trained.train()
    for split in ("validation", "test"):
        predictions.write(folder / "predictions" / f"{split}.parquet", trained.predict(split))
    write_run(trained, folder)


if __name__ == "__main__":
    run(main)
