"""Where the stages read and write, below the folder of dvc.yaml."""

from pathlib import Path

CHOSEN = Path("data/methods")
PREPARED = Path("data/prepared")
ERRORS = Path("data/errors")
MODELS = Path("models")
METRICS = Path("metrics")
