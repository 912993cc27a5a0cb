"""The learner of a method in params.yaml."""

import hashlib
import json
from dataclasses import replace
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textune.config.sections import ModelParams
from textune.data.tokenized import Prepared
from textune.errors import UserError
from textune.modeling.learner import Job, Learner
from textune.modeling.methods.base import EncoderMethod, OneStepMethod
from textune.modeling.one_step import OneStepLearner
from textune.params import Params
from textune.runs.record import installed_versions

if TYPE_CHECKING:
    from textune.training.checkpoints import Checkpoint


_OF_MODELS = (".json", ".model", ".safetensors", ".txt")


def make_learner(
    params: Params,
    name: str,
    data: Prepared,
    seed: int,
    live: Path | None = None,
    resumes: bool = False,
    together: int = 1,
) -> Learner:
    """What learns as the section `name` says. Raises `UserError` if there is no such section.

    With `train.resample` it learns from the draw of train that the seed gives, the same for every
    method. Raises `UserError` if there is no such draw. live: the folder of dvclive's record;
    resumes: what is ended goes on where it was, until it is told to `forget`; together: so many
    seeds share their steps.
    """
    method = params.method(name)
    if params.train.resample:
        data = replace(data, train=data.train.resampled(seed))
    training = params.training(name)
    job = Job(name, params.task, params.model, training, data, seed, live, together)
    if isinstance(method, EncoderMethod):
        from textune.training.learner import EncoderLearner
        from textune.training.processes import share_cores
        from textune.training.quiet import quieten

        quieten()
        share_cores()
        return EncoderLearner(method, job, _checkpoint(method, job) if resumes else None)
    if isinstance(method, OneStepMethod):
        return OneStepLearner(method, job, _device(job) if method.uses_encoder else "cpu")
    raise UserError(f"{name}.method is {method.method!r}, which has no learner")


def _device(job: Job) -> str:
    from textune.training.hardware import choose_device

    return choose_device(job.train)


def _checkpoint(method: EncoderMethod, job: Job) -> "Checkpoint":
    """That of exactly this run: another for other code, data, model, parameters or machine."""
    import torch

    from textune.training import processes
    from textune.training.checkpoints import Checkpoint

    threads = torch.get_num_threads() * processes.number()
    setting = {
        "code": _files_digest(Path(__file__).parents[1], (".py",)),
        "name": job.name,
        "method": method.model_dump(),
        "task": job.task.name,
        "model": identity(job.model),
        "train": job.train.model_dump(exclude={"seeds", "checkpoint_minutes"}),
        "seed": job.seed,
        "together": job.together,
        "labels": job.data.label_names,
        "data": job.data.digest(),
        "versions": {**installed_versions(), "accelerate": version("accelerate")},
        # Sums come out differently with others; but whoever shares cores may go on for one.
        "machine": [threads, torch.backends.cpu.get_cpu_capability()],
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
    }
    key = hashlib.sha256(json.dumps(setting, sort_keys=True).encode()).hexdigest()[:32]
    return Checkpoint(key, {"name": job.name, "seed": job.seed})


def identity(model: ModelParams) -> dict[str, Any]:
    """What tells a model from others: its name and revision and, in a folder, its files."""
    folder = Path(model.name)
    files = {"files": _files_digest(folder, _OF_MODELS)} if folder.is_dir() else {}
    return {**model.model_dump(), **files}


@cache
def _files_digest(folder: Path, endings: tuple[str, ...]) -> str:
    """SHA-256 of the files of a folder, in hex."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.suffix in endings):
        digest.update(f"{path.relative_to(folder)} {path.stat().st_size}\n".encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
