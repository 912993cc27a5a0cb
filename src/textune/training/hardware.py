"""What the machine offers: device, precision, memory."""

import re
import resource
import sys
from pathlib import Path
from typing import Literal

import torch

from textune.errors import UserError
from textune.params import TrainParams

Device = Literal["cpu", "cuda"]
Precision = Literal["fp32", "bf16"]


def choose_device(params: TrainParams) -> Device:
    """The device to train on. Raises `UserError` if `train.device` is a GPU that is not there."""
    available = torch.cuda.is_available()
    if params.device == "cuda" and not available:
        raise UserError("train.device is cuda, but torch sees no GPU; use auto or cpu")
    return "cuda" if available and params.device != "cpu" else "cpu"


def choose_precision(params: TrainParams, device: Device) -> Precision:
    """bf16 autocast where the hardware multiplies bf16 natively, if `train.precision` is auto."""
    if params.precision != "auto":
        return params.precision
    if device == "cuda":
        native = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        native = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return "bf16" if native else "fp32"


def peak_memory_mib() -> float:
    """The most memory that this process has held; on a GPU that torch's allocator has."""
    if torch.cuda.is_initialized():
        return torch.cuda.max_memory_allocated() / 2**20
    status = Path("/proc/self/status")
    if status.exists() and (found := re.search(r"VmHWM:\s+(\d+) kB", status.read_text())):
        return int(found[1]) / 2**10
    # Linux counts a parent's memory in here.
    unit = 1 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20
