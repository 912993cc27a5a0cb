"""How many trainings a GPU has room for, by what earlier ones were measured to take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from textune.errors import UserError
from textune.pipeline.paths import MODELS
from textune.runs.record import read_record

# What torch's allocator sets aside, as a multiple of what it was measured to hold.
_SET_ASIDE = 1.25
# MiB that CUDA and its libraries take for each process.
_CONTEXT = 700


@dataclass
class Room:
    """The memory of a GPU, and who holds how much of it. Without a GPU there is always room.

    A training whose method was never measured gets all of it, so it runs alone, once.
    """

    total_mib: float | None
    models: Path = MODELS
    _held: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of_this_machine(cls, device: str) -> "Room":
        """That of the GPU, if there is one and `train.device` lets trainings use it."""
        import torch

        if device == "cpu" or not torch.cuda.is_available():
            return cls(None)
        return cls(torch.cuda.get_device_properties(0).total_memory / 2**20)

    def take(self, stages: Sequence[str]) -> bool:
        """Whether there is room for the stages of one job, which then hold it."""
        if self.total_mib is None or not stages[0].startswith(("train_", "tune_")):
            return True
        name = stages[0].partition("_")[2].partition("@")[0]
        needed = min(len(stages) * self._needed(name), self.total_mib)
        if sum(self._held.values()) + needed > self.total_mib:
            return False
        self._held[stages[0]] = needed
        return True

    def give_back(self, stages: Sequence[str]) -> None:
        """The job is over."""
        self._held.pop(stages[0], None)

    def _needed(self, name: str) -> float:
        """MiB that a training of the method takes; endless if none has been measured."""
        peaks = [peak for path in (self.models / name).glob("*/run.json") if (peak := _peak(path))]
        return max(peaks) * _SET_ASIDE + _CONTEXT if peaks else float("inf")


def _peak(path: Path) -> float | None:
    """MiB on a GPU, or None for a run that was made without one."""
    try:
        record = read_record(path)
    except UserError:
        return None
    train: Mapping[str, object] = record.params.get("train", {})
    if train.get("device") != "cuda":
        return None
    # That of the process, for all seeds that trained in it.
    return record.cost.peak_memory_mib / int(str(train.get("together", 1)))
