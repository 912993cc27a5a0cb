"""What the machine offers: device, precision, memory."""

import contextlib
import re
import resource
import sys
from pathlib import Path
from typing import Literal

import torch

from textune.config.sections import TrainParams
from textune.errors import UserError

Device = Literal["cpu", "cuda"]
Precision = Literal["fp32", "bf16"]


def choose_device(params: TrainParams) -> Device:
    """The device to train on. Raises `UserError` if `train.device` is a GPU that is not there."""
    return available_device(params.device, "train.device")


def available_device(wanted: str, key: str) -> Device:
    """What auto, cpu or cuda stands for. Raises `UserError` for a GPU that is not there.

    key: what the user calls this.
    """
    available = torch.cuda.is_available()
    if wanted == "cuda" and not available:
        raise UserError(f"{key} is cuda, but torch sees no GPU; use auto or cpu")
    return "cuda" if available and wanted != "cpu" else "cpu"


def choose_precision(params: TrainParams, device: Device, in_bf16: bool = True) -> Precision:
    """bf16 autocast where the hardware multiplies bf16 natively, if `train.precision` is auto.

    in_bf16: whether the model's code can do that. Raises `UserError` if it is told to and cannot.
    """
    if params.precision == "bf16" and not in_bf16:
        raise UserError(
            "train.precision is bf16, but transformers cannot train this type of model in it; use"
            " auto or fp32"
        )
    if params.precision != "auto":
        return params.precision
    if not in_bf16:
        return "fp32"
    return "bf16" if multiplies_bf16(device) else "fp32"


def multiplies_bf16(device: Device) -> bool:
    """Whether the hardware multiplies bf16 natively."""
    if device == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


class PeakMemory:
    """A context; afterwards `mib` is the most memory in MiB that was held within, else 0.

    On the CPU it is the process's, with the model and the libraries; on a GPU that of torch's
    allocator. Where the system cannot start a new count (not Linux), it is the most ever held.
    """

    def __init__(self, device: Device) -> None:
        self._device = device
        self.mib = 0.0

    def __enter__(self) -> "PeakMemory":
        if self._device == "cuda":
            torch.cuda.reset_peak_memory_stats()
        else:
            # Linux starts a new count of the highest resident set at a 5 (man 5 proc).
            with contextlib.suppress(OSError):
                Path("/proc/self/clear_refs").write_text("5")
        return self

    def __exit__(self, *error: object) -> None:
        self.mib = peak_memory_mib(self._device)


def peak_memory_mib(device: Device) -> float:
    """The most memory that this process has held; on a GPU that torch's allocator has."""
    if device == "cuda":
        return torch.cuda.max_memory_allocated() / 2**20
    status = Path("/proc/self/status")
    if status.exists() and (highest := re.search(r"VmHWM:\s+(\d+) kB", status.read_text())):
        return int(highest[1]) / 2**10
    # Linux counts a parent's memory in here.
    unit = 1 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20
