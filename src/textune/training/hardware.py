"""What the machine offers: device and precision."""

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
