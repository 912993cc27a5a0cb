"""SetFit: an encoder trained on pairs of texts, then a linear model over its sentence vectors.

Tunstall et al. 2022, "Efficient Few-Shot Learning Without Prompts": for few labelled texts.
"""

import logging
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from textune.config.base import Auto, LearningRate
from textune.modeling.linear_model import LinearModel
from textune.modeling.methods.base import OneStepMethod, OneStepModel

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

    from textune.config.sections import ModelParams, TrainParams
    from textune.data.tokenized import PreparedSplit

_HEAD, _ENCODER = "linear.safetensors", "encoder.safetensors"
_TEXTS_AT_A_TIME = 128


class Setfit(OneStepMethod):
    """Pulls texts of one class together and texts of two classes apart, then fits the head.

    It trains in fp32. pairs_from: so many training examples, as many of each class as there are,
    make the pairs; the head learns from all. steps: training steps, each on `train.batch_size`
    pairs.
    """

    pairs_from: int = Field(ge=2, le=5000)
    steps: int = Field(ge=1)
    learning_rate: LearningRate | Auto = Field(description="a number between 0 and 1, or auto")

    train_keys: ClassVar[tuple[str, ...]] = (
        *OneStepMethod.train_keys,
        "batch_size",
        "warmup_ratio",
    )
    tunable: ClassVar[Mapping[str, tuple[float, float]]] = {"learning_rate": (2e-6, 2e-4)}

    def model(self, classes: int, encoder: "ModelParams | None", device: str) -> OneStepModel:
        assert encoder is not None
        return SentenceModel(self, classes, encoder, device)


class SentenceModel(OneStepModel):
    """A linear model over sentence vectors: the means of the vectors of their tokens."""

    def __init__(self, method: Setfit, classes: int, encoder: "ModelParams", device: str) -> None:
        self._method, self._params, self._device = method, encoder, device
        self._linear = LinearModel(classes)

    def start(self) -> None:
        self._encoder = _sentence_encoder(self._params, self._device)

    def learn(self, train: "PreparedSplit", params: "TrainParams", seed: int) -> float:
        numbers = _of_each_class(train.labels, self._method.pairs_from, seed)
        operations = 0.0
        if len(np.unique(train.labels)) > 1:
            operations = self._train_encoder(train.take(numbers), params, seed)
        vectors = self._vectors(train.texts())
        balanced = params.class_weight == "balanced"
        return operations + self._linear.fit(vectors, train.labels, 1.0, balanced)

    def outputs(self, texts: list[str]) -> NDArray[np.floating]:
        if not self._linear.weights.size:
            return np.tile(self._linear.biases, (len(texts), 1))
        return self._linear.outputs(self._vectors(texts))

    def parameters(self) -> int:
        return sum(part.numel() for part in self._encoder.parameters()) + self._linear.size

    def save(self, folder: Path) -> None:
        from safetensors.numpy import save_file
        from safetensors.torch import save_model

        save_file(self._linear.tensors(), folder / _HEAD)
        save_model(self._encoder, str(folder / _ENCODER))

    def load(self, folder: Path) -> None:
        from safetensors.numpy import load_file
        from safetensors.torch import load_model

        self.start()
        self._linear.take(load_file(folder / _HEAD))
        load_model(self._encoder, folder / _ENCODER)

    def _train_encoder(self, examples: "PreparedSplit", params: "TrainParams", seed: int) -> float:
        """The number of operations that it took."""
        import setfit
        from datasets import Dataset, disable_progress_bars
        from transformers import PrinterCallback, ProgressCallback

        disable_progress_bars()
        method = self._method
        labelled = Dataset.from_dict({"text": examples.texts(), "label": examples.labels.tolist()})
        # It wants one for checkpoints, of which it writes none here.
        with tempfile.TemporaryDirectory(prefix="textune-setfit-") as folder:
            trainer = setfit.Trainer(
                setfit.SetFitModel(model_body=self._encoder, model_head=None),
                setfit.TrainingArguments(
                    output_dir=folder,
                    batch_size=params.batch_size,
                    max_steps=method.steps,
                    body_learning_rate=float(method.learning_rate),
                    warmup_proportion=params.warmup_ratio,
                    seed=seed,
                    report_to="none",
                    logging_strategy="no",
                    save_strategy="no",
                    show_progress_bar=False,
                ),
                train_dataset=labelled,
            )
            trainer.st_trainer.args.dataloader_pin_memory = False
            trainer.remove_callback(PrinterCallback)
            trainer.remove_callback(ProgressCallback)
            trainer.train_embeddings(*trainer.dataset_to_parameters(labelled))
        self._encoder.eval()
        texts = 2 * method.steps * params.batch_size
        return texts * self._operations_of(round(float(examples.lengths.mean())))

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

    def _vectors(self, texts: list[str]) -> NDArray[np.float64]:
        encode = self._encoder.encode
        vectors = encode(texts, batch_size=_TEXTS_AT_A_TIME, show_progress_bar=False)
        return np.asarray(vectors, np.float64)


def _of_each_class(labels: NDArray[np.int64], size: int, seed: int) -> NDArray[np.int64]:
    """Numbers of about `size` examples in their order, at least one of each class.

    There are as many of each class, or all of it.
    """
    random = np.random.default_rng(seed)
    classes = np.unique(labels)
    most = max(1, size // len(classes))
    drawn = [random.permutation(np.flatnonzero(labels == label))[:most] for label in classes]
    return np.sort(np.concatenate(drawn))


def _sentence_encoder(params: "ModelParams", device: str) -> "SentenceTransformer":
    import setfit
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    from textune.modeling.loading import explained, shown_model

    setfit.logging.set_verbosity_error()
    logging.getLogger("sentence_transformers").setLevel(logging.ERROR)
    with shown_model(params) as where:
        folder = where["pretrained_model_name_or_path"]
        body = explained(params, lambda: Transformer(folder, max_seq_length=params.max_length))
    pooling = Pooling(body.get_embedding_dimension(), "mean")
    return SentenceTransformer(modules=[body, pooling], device=device)
