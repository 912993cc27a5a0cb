"""What a method is: the parameters of a way of learning, and what makes a model learn that way."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from textune.config.base import AUTO, Auto, Epochs, LearningRate, Name, Section
from textune.errors import UserError

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray
    from torch import nn
    from transformers import PreTrainedModel

    from textune.config.sections import ModelParams, TrainParams
    from textune.data.tokenized import PreparedSplit
    from textune.modeling.pretrained import Classifier

_TRAINED = "trained.safetensors"


class UnsupportedError(UserError):
    """A model's architecture lacks what a method needs."""


class Method(Section):
    """A way of learning with its parameters, a section of params.yaml.

    `method` names the file that has the class; two sections of one method are variants of it.
    Heavy imports belong into the functions, so that parameters can be checked without them.
    """

    method: Name

    # Whether it starts from a pretrained encoder.
    uses_encoder: ClassVar[bool] = True
    # Whether what the model predicts before training is kept, as the row that all start from.
    keeps_untrained: ClassVar[bool] = False
    # The parameters that can be tuned, with the lowest and highest value tried (on a log scale).
    tunable: ClassVar[Mapping[str, tuple[float, float]]] = {}

    def to_tune(self, everything: bool) -> list[str]:
        """The parameters to be searched: those that are `auto`, or all that can be tuned."""
        keys = [*self.tunable, *(["epochs"] if hasattr(self, "epochs") else [])]
        return [key for key in keys if everything or getattr(self, key) == AUTO]


class OneStepModel(ABC):
    """A classifier of texts. `start` comes first, then `learn`, or `load` in the place of both."""

    def start(self) -> None:  # noqa: B027
        """Make the untrained model. Raises `UserError` if it cannot be had."""

    @abstractmethod
    def learn(self, train: "PreparedSplit", params: "TrainParams", seed: int) -> float:
        """Learn from train; the number of operations that it took.

        Raises a `UserError` whose text begins with the key of the method's parameter at fault.
        """

    @abstractmethod
    def outputs(self, texts: list[str]) -> "NDArray[np.floating]":
        """(n, classes) what the task makes probabilities of; also before anything is learned."""

    @abstractmethod
    def parameters(self) -> int:
        """How many there are; all are trained."""

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Write what `load` needs to `folder`, which is there."""

    @abstractmethod
    def load(self, folder: Path) -> None:
        """Be the model that `save` wrote."""


class OneStepMethod(Method):
    """A method whose model learns all at once: that is its only epoch."""

    # What it reads of the section `train`.
    train_keys: ClassVar[tuple[str, ...]] = ("class_weight", "resample")

    @abstractmethod
    def model(self, classes: int, encoder: "ModelParams | None", device: str) -> OneStepModel:
        """A model that has not started.

        encoder: the pretrained encoder, None for a method that `uses_encoder` says needs none;
        device: cpu or cuda.
        """


class EncoderMethod(Method):
    """A way of fine-tuning a pretrained encoder, trained by `training.learner.EncoderLearner`.

    Every method starts from a fresh `Classifier` and trains all of its head.
    """

    learning_rate: LearningRate | Auto = Field(description="a number between 0 and 1, or auto")
    epochs: Epochs | Auto | None = Field(
        description="a number of epochs from 1 to 1000, auto, or null"
    )

    # False only if nothing of the encoder is trained: then its features are computed once.
    trains_encoder: ClassVar[bool] = True
    # The library that is needed beside transformers to load the model as it was trained.
    native: ClassVar[Literal["peft", "adapters"] | None] = None

    @abstractmethod
    def attach(self, classifier: "Classifier") -> "nn.Module":
        """Make `classifier` trainable this way, in place, and return the model to train.

        At first all parameters are trainable: set `requires_grad` to False for those that are not
        to be trained. All of `classifier.head` is. Raises `UnsupportedError` if the architecture
        lacks what the method needs, or a `UserError` whose text begins with the key of the method's
        parameter at fault.
        """

    @property
    def shares_encoder(self) -> bool:
        """Whether several seeds can train over one encoder, as a part of it is frozen.

        False, too, if a module computes with trained weights that are another's.
        """
        return True

    def attach_as(self, name: str, classifier: "Classifier") -> "nn.Module":
        """`attach`; a parameter at fault is told with the section's name in front."""
        try:
            return self.attach(classifier)
        except UnsupportedError:
            raise
        except UserError as error:
            raise UserError(f"{name}.{error}") from None

    def save(self, model: "nn.Module", classifier: "Classifier", folder: Path) -> None:
        """Write what `load` needs beside the pretrained weights to `folder`, as safetensors.

        `model` is what `attach` made of `classifier`.
        """
        from safetensors.torch import save_file

        save_file({name: weights.detach() for name, weights in _trained(model)}, folder / _TRAINED)

    def merged(self, model: "nn.Module", classifier: "Classifier") -> "PreTrainedModel":
        """The same function as `model`, in place, as a model that transformers alone can load.

        `model` is what `attach` or `load` made of `classifier`. Raises `UnsupportedError` if the
        architecture has no place for what the method added.
        """
        return classifier.model

    def load(self, classifier: "Classifier", folder: Path) -> "nn.Module":
        """The model that `save` wrote to `folder`, made from a fresh `classifier`.

        `requires_grad` marks the same parameters as after `attach`.
        """
        from safetensors.torch import load_file

        model = self.attach(classifier)
        take_trained(model, load_file(folder / _TRAINED), folder)
        return model


def take_trained(model: "nn.Module", saved: Mapping[str, "torch.Tensor"], folder: Path) -> None:
    """Give the trained parameters of `model` the values saved in `folder`.

    Raises `UserError` unless it holds all of them and no others.
    """
    if saved.keys() != {name for name, _ in _trained(model)}:
        raise UserError(f"{folder} holds what was trained of another model; run `dvc repro`")
    model.load_state_dict(saved, strict=False)


def _trained(model: "nn.Module") -> Iterator[tuple[str, "nn.Parameter"]]:
    return ((name, part) for name, part in model.named_parameters() if part.requires_grad)
