"""Stage `recommend`: a copy of the model to use, to share: the recommended method's first seed."""

import shutil
from pathlib import Path

from textune.errors import run

_OUT = Path("data/recommended")


def main() -> None:
    from textune.prediction.finding import COMPARISON, Place, recommended, run_folders

    place = Place()
    (source,) = run_folders(place, recommended(place), seed=None, all_seeds=False)
    draft = _OUT.with_name(f".{_OUT.name}")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        shutil.copytree(source, draft)
        # Why it is this one, and how it decides.
        shutil.copy(COMPARISON, draft)
        shutil.rmtree(_OUT, ignore_errors=True)
        draft.rename(_OUT)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


if __name__ == "__main__":
    run(main)
