"""TrainingArguments: what decides how a model learns, and what keeps Trainer quiet."""

import os
import tempfile
from typing import Any

from transformers import TrainingArguments

from textune.config.sections import TrainParams
from textune.training.hardware import Device, Precision


def training_arguments(device: Device, precision: Precision, **others: Any) -> TrainingArguments:
    """Arguments for a Trainer on one device, in exactly this precision, that saves nothing."""
    # Without `bf16`, TrainingArguments would keep what the user or an earlier one has set here.
    os.environ["ACCELERATE_MIXED_PRECISION"] = "no"
    arguments = TrainingArguments(
        # Trainer makes this folder, but nothing is written there.
        output_dir=tempfile.gettempdir(),
        bf16=precision == "bf16",
        use_cpu=device == "cpu",
        save_strategy="no",
        # TextTrainer ends such a training instead.
        logging_nan_inf_filter=False,
        report_to="none",
        disable_tqdm=True,
        label_names=["labels"],
        **others,
    )
    # With more GPUs in sight Trainer would wrap the model in DataParallel and double the batch.
    arguments._n_gpu = min(arguments.n_gpu, 1)
    return arguments


def learning_arguments(train: TrainParams, learning_rate: float, seed: int) -> dict[str, Any]:
    """The arguments that decide what is learned, from the parameters."""
    return {
        "learning_rate": learning_rate,
        "num_train_epochs": train.epochs,
        "per_device_train_batch_size": train.batch_size,
        "per_device_eval_batch_size": train.eval_batch_size,
        "lr_scheduler_type": train.lr_scheduler,
        "warmup_ratio": train.warmup_ratio,
        "weight_decay": train.weight_decay,
        "seed": seed,
    }
