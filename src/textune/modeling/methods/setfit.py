"""SetFit: an encoder trained on pairs of texts, then a linear model over its sentence vectors.

Tunstall et al. 2022, "Efficient Few-Shot Learning Without Prompts": for few labelled texts.
"""

import logging
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from textune.config.base import Auto, LearningRate
from textune.data.tokenized import PreparedSplit
from textune.modeling.learner import Job, Learner
from textune.modeling.linear_model import LinearModel
from textune.modeling.loading import explained, shown_model
from textune.modeling.methods.base import OwnLearner
from textune.modeling.one_step import OneStepLearner

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_HEAD, _ENCODER = "linear.safetensors", "encoder.safetensors"


class Setfit(OwnLearner):
    """Pulls texts of one class together and texts of two classes apart, then fits the head.

    pairs_from: so many training examples, as many of each class as there are, make the pairs; the
    head learns from all. steps: training steps, each on `train.batch_size` pairs.
    """

    pairs_from: int = Field(ge=2, le=5000)
    steps: int = Field(ge=1)
    learning_rate: LearningRate | Auto = Field(description="a number between 0 and 1, or auto")

    tunable: ClassVar[Mapping[str, tuple[float, float]]] = {"learning_rate": (2e-6, 2e-4)}

    def learner(self, job: Job) -> Learner:
        return ContrastiveLearner(self, job)


class ContrastiveLearner(OneStepLearner):
    """What `setfit.Trainer` learns, in fp32."""

    def __init__(self, method: Setfit, job: Job) -> None:
        super().__init__(job)
        self._method = method
        self._head = LinearModel(len(job.data.label_names))

    def start(self) -> None:
        self._encoder = _sentence_encoder(self.job)

    def learn(self) -> None:
        data, train = self.job.data.train, self.job.train
        chosen = data.take(_of_each_class(data.labels, self._method.pairs_from, self.job.seed))
        if len(np.unique(chosen.labels)) > 1:
            self._train_encoder(chosen)
        vectors = self._vectors(data)
        balanced = train.class_weight == "balanced"
        self.operations += self._head.fit(vectors, data.labels, c=1.0, balanced=balanced)

    def outputs(self, examples: PreparedSplit) -> NDArray[np.floating]:
        if not self._head.weights.size:
            return np.tile(self._head.biases, (len(examples), 1))
        return self._head.outputs(self._vectors(examples))

    def parameters(self) -> tuple[int, int]:
        size = sum(part.numel() for part in self._encoder.parameters()) + self._head.size
        return size, size

    def save(self, folder: Path) -> None:
        from safetensors.numpy import save_file
        from safetensors.torch import save_model

        save_file(self._head.tensors(), folder / _HEAD)
        save_model(self._encoder, str(folder / _ENCODER))

    def load(self, folder: Path) -> None:
        from safetensors.numpy import load_file
        from safetensors.torch import load_model

        self.start()
        self._head.take(load_file(folder / _HEAD))
        load_model(self._encoder, folder / _ENCODER)

    def settings(self) -> dict[str, Any]:
        train = {"batch_size": self.job.train.batch_size, "precision": "fp32"}
        of_step = super().settings()
        return {"model": self.job.model.model_dump(), "train": {**of_step["train"], **train}}

    def _train_encoder(self, examples: PreparedSplit) -> None:
        import setfit
        from datasets import Dataset, disable_progress_bars
        from transformers import PrinterCallback, ProgressCallback

        disable_progress_bars()
        method, train = self._method, self.job.train
        pairs = Dataset.from_dict({"text": examples.texts(), "label": examples.labels.tolist()})
        # It wants one for checkpoints, of which it writes none here.
        with tempfile.TemporaryDirectory(prefix="textune-setfit-") as folder:
            trainer = setfit.Trainer(
                setfit.SetFitModel(model_body=self._encoder, model_head=None),
                setfit.TrainingArguments(
                    output_dir=folder,
                    batch_size=train.batch_size,
                    max_steps=method.steps,
                    body_learning_rate=float(method.learning_rate),
                    warmup_proportion=train.warmup_ratio,
                    seed=self.job.seed,
                    report_to="none",
                    logging_strategy="no",
                    save_strategy="no",
                    show_progress_bar=False,
                ),
                train_dataset=pairs,
            )
            trainer.st_trainer.args.dataloader_pin_memory = False
            trainer.remove_callback(PrinterCallback)
            trainer.remove_callback(ProgressCallback)
            trainer.train_embeddings(*trainer.dataset_to_parameters(pairs))
        self._encoder.eval()
        texts = 2 * method.steps * train.batch_size
        self.operations = texts * self._operations_of(round(float(examples.lengths.mean())))

    def _operations_of(self, length: int) -> float:
        """Of one training step on one text of so many tokens: matrix products, as torch counts."""
        import torch
        from torch.utils.flop_counter import FlopCounterMode

        ids = torch.ones(1, length, dtype=torch.long, device=self._encoder.device)
        with FlopCounterMode(display=False) as counter:
            read = self._encoder({"input_ids": ids, "attention_mask": ids})
            read["sentence_embedding"].sum().backward()
        self._encoder.zero_grad()
        return float(counter.get_total_flops())

    def _vectors(self, examples: PreparedSplit) -> NDArray[np.float64]:
        vectors = self._encoder.encode(
            examples.texts(),
            batch_size=self.job.train.eval_batch_size,
            show_progress_bar=False,
        )
        return np.asarray(vectors, np.float64)


def _of_each_class(labels: NDArray[np.int64], size: int, seed: int) -> NDArray[np.int64]:
    """Numbers of about `size` examples, as many of each class as there are, in their order."""
    random = np.random.default_rng(seed)
    classes = np.unique(labels)
    most = max(1, size // len(classes))
    drawn = [random.permutation(np.flatnonzero(labels == label))[:most] for label in classes]
    return np.sort(np.concatenate(drawn))


def _sentence_encoder(job: Job) -> "SentenceTransformer":
    """The pretrained encoder, whose sentence vector is the mean of its tokens' vectors."""
    import setfit
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    setfit.logging.set_verbosity_error()
    logging.getLogger("sentence_transformers").setLevel(logging.ERROR)
    with shown_model(job.model) as where:
        folder = where["pretrained_model_name_or_path"]
        body = explained(
            job.model, lambda: Transformer(folder, max_seq_length=job.model.max_length)
        )
    pooling = Pooling(body.get_embedding_dimension(), "mean")
    device = None if job.train.device == "auto" else job.train.device
    return SentenceTransformer(modules=[body, pooling], device=device)
