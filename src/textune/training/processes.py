"""One training by several processes, as torchrun or `accelerate launch` start them.

Every process reads the same batches and has the same random numbers; it computes its part of each
batch, and the gradients are averaged. So state and checkpoints are those of a training by one.
"""

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from textune.errors import FailedError

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Part:
    """Which rows of a batch of `of` examples a process computes.

    One that no example is left for repeats the first, which then counts for nothing.
    """

    start: int
    stop: int
    of: int
    counts: bool = True

    @property
    def rows(self) -> slice:
        """The rows, as an index."""
        return slice(self.start, self.stop)


def number() -> int:
    """How many processes share the training."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def rank() -> int:
    """Which of them this is, from 0; only the first one writes."""
    return int(os.environ.get("RANK", "0"))


def part(examples: int, of_rank: int | None = None) -> Part:
    """What a process, this one if none is named, computes of a batch of so many examples."""
    processes, place = number(), rank() if of_rank is None else of_rank
    start, stop = (examples * edge // processes for edge in (place, place + 1))
    return Part(start, stop, examples) if start < stop else Part(0, 1, examples, counts=False)


def share_cores() -> None:
    """Divide the cores among the processes of this machine: torchrun would leave one for each."""
    import torch

    here = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    if here > 1:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        torch.set_num_threads(max(1, (cores or 1) // here))


def of_all(own: "torch.Tensor", examples: int) -> "torch.Tensor":
    """(examples, k) the rows of all processes' parts, in order; gradients flow to one's own."""
    import torch
    from torch import distributed

    parts = [part(examples, place) for place in range(number())]
    most = max(one.stop - one.start for one in parts)
    padded = own.detach().new_zeros(most, *own.shape[1:])
    padded[: len(own)] = own.detach()
    collected = [torch.empty_like(padded) for _ in parts]
    distributed.all_gather(collected, padded)
    collected[rank()] = own
    counted = zip(collected, parts, strict=True)
    return torch.cat([rows[: one.stop - one.start] for rows, one in counted if one.counts])


def whole_loss(
    own: "torch.Tensor", labels: "torch.Tensor", loss: "Callable[..., torch.Tensor]"
) -> "torch.Tensor":
    """`loss` of the logits (n, k) of all processes and the labels (n,).

    own: the logits of this one's part. The mean over the processes of this one's gradients is the
    gradient of the whole.
    """
    whole = loss(of_all(own, len(labels)), labels)
    # What a process without an example computes must take part, too.
    return whole + (number() - 1) * (whole - whole.detach()) + 0 * own.sum()


def any_of(flag: bool) -> bool:
    """Whether it is so in any of the processes."""
    if number() == 1:
        return flag

    import torch
    from torch import distributed

    on = "cuda" if distributed.get_backend() == "nccl" else "cpu"
    raised = torch.tensor(int(flag), device=on)
    distributed.all_reduce(raised, distributed.ReduceOp.MAX)
    return bool(raised)


def from_first(value: Any) -> Any:
    """The first process's value, in all of them."""
    if number() == 1:
        return value

    from torch import distributed

    box = [value]
    distributed.broadcast_object_list(box)
    return box[0]


@contextlib.contextmanager
def ending_together() -> Iterator[None]:
    """Within, the end of another process ends this one, in one line."""
    if number() == 1:
        yield
        return

    from torch import distributed

    try:
        yield
    except RuntimeError as error:
        # gloo has no class of errors of its own.
        if not (isinstance(error, distributed.DistError) or "gloo" in str(error)):
            raise
        raise FailedError(
            f"process {rank()} of {number()} lost the others: one of them ended; start all of them"
            " again, and training goes on from its last checkpoint"
        ) from None
    finally:
        if distributed.is_initialized():
            distributed.destroy_process_group()
