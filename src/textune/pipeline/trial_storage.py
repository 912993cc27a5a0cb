"""Where the trials of a search are kept, and what is told if they cannot be."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from textune.data.tokenized import Prepared
from textune.errors import UserError
from textune.io import user_cache
from textune.params import Params
from textune.pipeline.learners import identity
from textune.runs.record import installed_versions


def storage(params: Params, name: str, data: Prepared, tuned: Sequence[str]) -> Path:
    """Where the trials of exactly this search are: outside of what DVC deletes before a stage.

    `$TEXTUNE_CACHE`, or the user's cache folder, has a file for each search.
    """
    method = params.method(name).model_dump(exclude={*tuned})
    setting = {
        "method": method,
        "tuned": list(tuned),
        "model": identity(params.model),
        "train": params.train.model_dump(exclude={"seeds", "checkpoint_minutes"}),
        "training_seed": params.tune.seed,
        "tune": params.tune.model_dump(exclude={"all"}),
        "data": data.digest(),
        "versions": installed_versions(),
    }
    key = hashlib.sha256(json.dumps(setting, sort_keys=True).encode()).hexdigest()[:32]
    return user_cache("tuning") / f"{key}.db"


def explained(path: Path, error: SQLAlchemyError) -> UserError:
    """What went wrong with a storage, and the cure."""
    reason = str(getattr(error, "orig", None) or error)
    if "not a database" in reason or "malformed" in reason:
        return UserError(f"{path} holds no trials: delete it")
    return UserError(f"{path} cannot be used: {reason}")
