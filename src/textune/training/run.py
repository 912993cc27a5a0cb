"""One method trained from one seed, through transformers' Trainer."""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import softmax
from torch.utils.data import Dataset
from transformers import EvalPrediction, PrinterCallback, TrainingArguments, set_seed

from textune.data.prepared import Prepared
from textune.params import Params
from textune.pretrained import load_classifier, load_tokenizer
from textune.results.metrics import score
from textune.results.predictions import Predictions
from textune.training.arguments import learning_arguments, training_arguments
from textune.training.batches import LengthGroupedBatches, PaddedRows
from textune.training.callbacks import (
    AverageWeights,
    KeepBest,
    RecordLive,
    ShowProgress,
    Stopwatch,
)
from textune.training.features import FeatureRows, HeadOverFeatures, first_token_features
from textune.training.first_token import first_token_only
from textune.training.flops import flops_per_token
from textune.training.hardware import choose_device, choose_precision
from textune.training.layer_decay import rate_scales
from textune.training.loss import TrainingLoss, class_weights
from textune.training.trainer import TextTrainer, frozen_in_bf16

VALIDATION_METRICS = ("loss", "accuracy", "macro_f1", "weighted_f1", "macro_recall")


class Run:
    """A method on a fresh pretrained model: train it, predict with it.

    `live_folder` receives dvclive's record of every epoch. After `train`, `model` has the weights
    of the best epoch, `best_epoch` is its number (0: untrained) and `train_seconds` the time spent
    in training steps and on the features of train, without validation. `trainer` may be given
    callbacks before `train`.
    """

    def __init__(
        self, name: str, params: Params, data: Prepared, seed: int, live_folder: Path | None = None
    ) -> None:
        self.name, self.params, self.seed = name, params, seed
        self.method = params.method(name)
        self.device = choose_device(params.train)
        self.precision = choose_precision(params.train, self.device)
        self.label_names = data.label_names
        self.best_epoch = 0
        self.train_seconds = 0.0
        self.classifier = load_classifier(params.model, data.label_names, seed)
        set_seed(seed)
        self.model = self.method.attach(self.classifier)
        self._splits = {"train": data.train, "validation": data.validation}
        if data.test is not None:
            self._splits["test"] = data.test
        self._pad_token_id = load_tokenizer(params.model).pad_token_id
        self._datasets: dict[str, Dataset[Any]] = {}
        self._last_logits = np.empty(0)
        # On validation; predicting again would give the same.
        self._best_logits: np.ndarray | None = None
        self.trainer = self._build_trainer()
        self.trainer.add_callback(ShowProgress(f"{name} seed {seed}", len(data.train)))
        if live_folder is not None:
            self.trainer.add_callback(RecordLive(live_folder, VALIDATION_METRICS))

    @property
    def trainable_parameters(self) -> int:
        """Number of weights that training changes."""
        return sum(p.numel() for p in self.model.parameters() if p.requires_grad)

    @property
    def total_parameters(self) -> int:
        """Number of weights of the model, with what the method added."""
        return sum(p.numel() for p in self.model.parameters())

    @property
    def training_flops(self) -> float:
        """Operations to train on all rows and epochs (`flops_per_token`), padding not counted."""
        if self.trainable_parameters == 0:
            return 0.0
        lengths = self._splits["train"].lengths
        mean = max(1, round(float(lengths.mean())))
        per_token = flops_per_token(self.name, self.params, self.label_names, mean)
        return per_token * float(lengths.sum()) * self.params.train.epochs

    @property
    def rows_per_second(self) -> float:
        """Training rows seen in a second of `train_seconds`; 0 if nothing was trained."""
        seen = len(self._splits["train"]) * self.params.train.epochs
        return seen / self.train_seconds if self.best_epoch else 0.0

    def train(self) -> list[dict[str, float]]:
        """Train, validating after each epoch; the best epoch's weights stay in `model`.

        Returns the validation metrics of every epoch from 0, the untrained model.
        """
        if self.trainable_parameters == 0:
            return [self.trainer.evaluate()]
        stopwatch = Stopwatch()
        metric = self.params.train.metric_for_best_model
        best = KeepBest(self.model, metric, lambda: self._last_logits)
        self.trainer.add_callback(stopwatch)
        if self.params.train.ema_decay:
            self.trainer.add_callback(AverageWeights(self.model, self.params.train.ema_decay))
        self.trainer.add_callback(best)
        with self._fast_model():
            self.trainer.train()
        best.restore()
        self._best_logits = best.logits
        self.best_epoch = best.epoch
        self.train_seconds += stopwatch.seconds
        return [entry for entry in self.trainer.state.log_history if "eval_loss" in entry]

    def predict(self, split: str) -> Predictions:
        """The class probabilities for every row of `split`, "validation" or "test"."""
        rows, dataset = self._splits[split], self._dataset(split)
        logits = self._best_logits if split == "validation" else None
        if logits is None:
            with self._fast_model():
                logits = np.asarray(self.trainer.predict(dataset).predictions, np.float64)
        probabilities = np.empty(logits.shape, np.float32)
        probabilities[rows.by_length()] = softmax(logits, axis=1)
        return Predictions(rows.row_ids, rows.labels, probabilities)

    @contextlib.contextmanager
    def _fast_model(self) -> Iterator[None]:
        in_bf16 = frozen_in_bf16(self.model, enabled=self.precision == "bf16")
        with in_bf16, first_token_only(self.classifier):
            yield

    def _dataset(self, split: str) -> Dataset[Any]:
        """Texts or, where the encoder is frozen, features computed once.

        Train as it is; the others by length, as texts of like length side by side cost the least
        padding.
        """
        if split not in self._datasets:
            rows = self._splits[split]
            length = self.params.model.max_length
            texts = PaddedRows(
                rows if split == "train" else rows.take(rows.by_length()),
                self._pad_token_id,
                length if self.params.train.padding == "max_length" else None,
            )
            self._datasets[split] = (
                texts if self.method.trains_encoder else self._features(split, texts)
            )
        return self._datasets[split]

    def _features(self, split: str, texts: PaddedRows) -> FeatureRows:
        start = time.perf_counter()
        batch_size = self.params.train.eval_batch_size
        with self._fast_model():
            features = first_token_features(
                self.classifier, texts, batch_size, self.device, self.precision
            )
        if split == "train":
            self.train_seconds += time.perf_counter() - start
        return FeatureRows(features, texts.split.labels)

    def _build_trainer(self) -> TextTrainer:
        over_texts = self.method.trains_encoder
        train = self.params.train
        lengths = self._splits["train"].lengths
        batches = LengthGroupedBatches(lengths, train.batch_size, self.seed)

        def compute_metrics(output: EvalPrediction) -> dict[str, float]:
            self._last_logits = np.asarray(output.predictions, np.float64)
            probabilities = softmax(self._last_logits, axis=1)
            return score(np.asarray(output.label_ids), probabilities, self.label_names)

        trainer = TextTrainer(
            train_batches=batches if over_texts and train.group_by_length else None,
            training_loss=self._training_loss(),
            rate_scales=(
                rate_scales(self.classifier, train.layer_decay) if train.layer_decay < 1 else {}
            ),
            model=self.model if over_texts else HeadOverFeatures(self.classifier),
            args=self._arguments(),
            train_dataset=self._dataset("train") if self.trainable_parameters else None,
            eval_dataset=self._dataset("validation"),
            compute_metrics=compute_metrics,
        )
        trainer.remove_callback(PrinterCallback)
        return trainer

    def _training_loss(self) -> TrainingLoss:
        train, labels = self.params.train, self._splits["train"].labels
        balanced = train.class_weight == "balanced"
        return TrainingLoss(train.label_smoothing, class_weights(labels) if balanced else None)

    def _arguments(self) -> TrainingArguments:
        return training_arguments(
            self.device,
            self.precision,
            **learning_arguments(self.params.train, self.method, self.seed),
            eval_on_start=True,
            eval_strategy="epoch",
            logging_strategy="epoch",
            remove_unused_columns=False,
            dataloader_pin_memory=self.device == "cuda",
            accelerator_config={"non_blocking": self.device == "cuda"},
        )
