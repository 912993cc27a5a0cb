"""What training may fail at, told with the key that mends it."""

import contextlib
from collections.abc import Iterator

import torch

from textune.errors import DivergedError, UserError
from textune.modeling.learner import Job


@contextlib.contextmanager
def explained(job: Job) -> Iterator[None]:
    """Within, a loss that is no number and too little memory are a `UserError` that names keys."""
    try:
        yield
    except DivergedError as error:
        raise DivergedError(
            f"{job.name}, seed {job.seed}: {error}: lower {job.name}.learning_rate, or raise"
            " train.warmup_ratio"
        ) from None
    except RuntimeError as error:
        # torch has a class for a full GPU, but none for full memory.
        full = isinstance(error, torch.OutOfMemoryError) or "t allocate memory" in str(error)
        if not full:
            raise
        raise UserError(
            f"{job.name} needs more memory than there is: lower train.batch_size,"
            " train.eval_batch_size or model.max_length"
        ) from None
