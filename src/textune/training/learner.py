"""A method fine-tuning an encoder from one seed, through transformers' Trainer."""

import contextlib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from torch import nn
from transformers import EvalPrediction, PrinterCallback, set_seed

from textune.errors import UserError
from textune.interrupts import deferred
from textune.metrics.calibration import calibrated_loss
from textune.metrics.catalog import OF_EPOCHS
from textune.modeling.learner import Job, Learner
from textune.modeling.methods.base import EncoderMethod
from textune.modeling.pretrained import load_classifier
from textune.modeling.tokenizer import load_tokenizer
from textune.runs.predictions import Predictions
from textune.runs.record import Cost
from textune.runs.store import Split
from textune.training import processes
from textune.training.arguments import learning_arguments, training_arguments
from textune.training.batches import LengthGroupedBatches, PaddedExamples
from textune.training.callbacks import History
from textune.training.checkpoints import Checkpoint
from textune.training.datasets import SplitDatasets
from textune.training.failures import explained
from textune.training.fast.cached_features import (
    FrozenEncoder,
    HeadOverFeatures,
    text_features,
)
from textune.training.fast.model import fast_model
from textune.training.fast.on_gpu import MULTIPLE
from textune.training.fitting import Fitting
from textune.training.flops import training_flops
from textune.training.hardware import PeakMemory, Precision, choose_device, choose_precision
from textune.training.layerwise_lr import rate_scales
from textune.training.trainer import TextTrainer
from textune.training.watching import RecordLive, ShowProgress


class EncoderLearner(Learner):
    """A method on a fresh pretrained model.

    `model` is what is trained, `trainer` may be given callbacks between `start` and `fit`;
    `train_seconds` is the time in training steps and in encoding train, without validation.
    With a checkpoint, `fit` goes on from it, and `forget` removes it.
    """

    def __init__(
        self, method: EncoderMethod, job: Job, checkpoint: Checkpoint | None = None
    ) -> None:
        self.method, self.job, self.checkpoint = method, job, checkpoint
        self.device = choose_device(job.train)
        self.precision: Precision = "fp32"
        self.train_seconds = 0.0
        self._splits = {"train": job.data.train, "validation": job.data.validation}
        if job.data.test is not None:
            self._splits["test"] = job.data.test
        self._history = History()
        self._live: RecordLive | None = None
        # Of the last validation, then of the best epoch's: predicting again would give the same.
        self._validation_outputs: NDArray[np.float64] | None = None
        self._peak_memory = PeakMemory(self.device)
        # Before training was ended and gone on with.
        self._peak_before = 0.0

    def start(self) -> None:
        self._make_model()
        if self.job.live is not None and processes.rank() == 0:
            self._live = RecordLive(self.job.live, OF_EPOCHS)
            self.trainer.add_callback(self._live)
        with self._fast_model():
            self.trainer.evaluate()

    def fit(self) -> list[dict[str, float]]:
        if self.trainable_parameters > 0:
            try:
                with self._peak_memory, explained(self.job):
                    self._train()
            finally:
                self._progress.stop()
        if self._live is not None:
            self._live.end()
        return self._history.epochs

    def forget(self) -> None:
        if self.checkpoint is not None:
            self.checkpoint.remove()

    def predict(self, split: Split) -> Predictions:
        examples, dataset = self._splits[split], self._datasets[split]
        outputs = self._validation_outputs if split == "validation" else None
        if outputs is None:
            with self._fast_model():
                outputs = self.trainer.outputs(dataset)
        probabilities = np.empty(outputs.shape, np.float32)
        probabilities[examples.by_length()] = self.job.task.activate(outputs)
        groups = None if examples.groups is None else examples.groups.tolist()
        return Predictions(examples.row_ids, examples.labels, probabilities, groups)

    def save(self, folder: Path) -> None:
        try:
            self.method.save(self.model, self.classifier, folder)
        except SafetensorError as error:
            raise UserError(f"{folder} cannot be written: {error}") from None

    def load(self, folder: Path) -> None:
        self._make_model(folder)

    def cost(self) -> Cost:
        trained = self.train_seconds > 0
        # Training may have stopped early; the first validation is that of the untrained model.
        epochs = len(self._history.epochs) - 1
        seen = len(self.job.data.train) * epochs
        seconds = self.train_seconds / self.job.together
        return Cost(
            trainable_parameters=self.trainable_parameters,
            total_parameters=self.total_parameters,
            training_flops=training_flops(self.method, self.job, epochs) if trained else 0.0,
            train_seconds=round(seconds, 2),
            examples_per_second=round(seen / seconds, 2) if trained else 0.0,
            peak_memory_mib=round(max(self._peak_memory.mib, self._peak_before)),
        )

    def settings(self) -> dict[str, Any]:
        train = self.job.train.model_dump(exclude={"seeds", "checkpoint_minutes"})
        train |= {"device": self.device, "precision": self.precision}
        train["together"] = self.job.together
        return {"model": self.job.model.model_dump(), "train": train}

    @property
    def trainable_parameters(self) -> int:
        """Number of weights that training changes."""
        return sum(p.numel() for p in self.model.parameters() if p.requires_grad)

    @property
    def total_parameters(self) -> int:
        """Number of weights that the model predicts with, with what the method added."""
        named = self.model.named_parameters()
        # peft keeps the head as it was before training, for when its adapter is turned off.
        return sum(p.numel() for name, p in named if "original_module" not in name)

    def _make_model(self, saved: Path | None = None) -> None:
        """Fresh from the pretrained checkpoint and ready to train, or as it was saved."""
        job = self.job
        self.classifier = load_classifier(
            job.model, job.data.label_names, job.seed, job.task.problem_type
        )
        in_bf16 = self.classifier.architecture.in_bf16
        self.precision = choose_precision(job.train, self.device, in_bf16)
        set_seed(job.seed)
        self.model: nn.Module = (
            self.method.attach_as(job.name, self.classifier)
            if saved is None
            else self.method.load(self.classifier, saved)
        )
        self.pad_token_id: int = load_tokenizer(job.model).pad_token_id
        self._datasets = SplitDatasets(
            self._splits,
            self.pad_token_id,
            job.model.max_length if job.train.padding == "max_length" else None,
            MULTIPLE if self.device == "cuda" and job.model.max_length % MULTIPLE == 0 else 1,
            self._features if self._caches_features else None,
        )
        self.trainer = self._build_trainer()
        self.trainer.remove_callback(PrinterCallback)
        self.trainer.add_callback(self._history)
        self._progress = ShowProgress(f"{job.name} seed {job.seed}", len(job.data.train))
        self.trainer.add_callback(self._progress)

    def _train(self) -> None:
        checkpoint = self.checkpoint if processes.rank() == 0 else None
        with contextlib.nullcontext(False) if checkpoint is None else checkpoint.claimed() as ours:
            checkpoint = checkpoint if ours else None
            state = processes.from_first(None if checkpoint is None else checkpoint.read())
            fitting = Fitting(
                *(self.trainer, self.model, self.job.train, self._history),
                outputs=lambda: self._validation_outputs,
            )
            if state is None or not state["finished"]:
                self.trainer.train_dataset = self._datasets["train"]
            if state is not None and self._live is not None:
                self._live.replay(state["history"], state["logged"])
            with self._fast_model(), deferred() as pending:
                fitting.run(pending, checkpoint, state, self._datasets.train_seconds)
        self._validation_outputs = fitting.best.outputs
        self.best_epoch = fitting.best.epoch
        self.train_seconds = fitting.seconds
        self._peak_before = fitting.peak_before

    @property
    def _caches_features(self) -> bool:
        return self.job.train.fast.cached_features and not self.method.trains_encoder

    def _fast_model(self) -> contextlib.AbstractContextManager[None]:
        fast = self.job.train.fast
        return fast_model(self.classifier, self.model, fast, self.device, self.precision)

    def _features(self, texts: PaddedExamples) -> torch.Tensor:
        with self._fast_model():
            batch_size = self.job.train.eval_batch_size
            return text_features(self.classifier, texts, batch_size, self.device, self.precision)

    def _build_trainer(self) -> TextTrainer:
        job, train = self.job, self.job.train
        batches = LengthGroupedBatches(
            job.data.train.lengths, train.batch_size, job.seed, train.batch_tokens
        )
        grouped = train.group_by_length and not self._caches_features
        return TextTrainer(
            train_batches=batches if grouped else None,
            training_loss=job.task.training_loss(train, job.data.train.labels),
            rate_scales=rate_scales(self.classifier, train.layer_decay),
            fast=train.fast,
            model=self._trained_module(),
            args=training_arguments(
                self.device,
                self.precision,
                **learning_arguments(train, float(self.method.learning_rate), job.seed),
                eval_strategy="epoch",
                logging_strategy="epoch",
                remove_unused_columns=False,
                dataloader_pin_memory=self.device == "cuda",
                accelerator_config={"non_blocking": self.device == "cuda"},
            ),
            eval_dataset=self._datasets["validation"],
            compute_metrics=self._validation_scores,
        )

    def _trained_module(self) -> nn.Module:
        if self.method.trains_encoder:
            return self.model
        if self._caches_features:
            return HeadOverFeatures(self.classifier)
        return FrozenEncoder(self.classifier)

    def _validation_scores(self, output: EvalPrediction) -> dict[str, float]:
        self._validation_outputs = np.asarray(output.predictions, np.float64)
        task, labels = self.job.task, np.asarray(output.label_ids)
        probabilities = task.activate(self._validation_outputs)
        predicted = task.decide(probabilities)
        scores = task.scores(labels, predicted, probabilities, self.job.data.label_names)
        return {**scores, "calibrated_loss": calibrated_loss(labels, probabilities)}
