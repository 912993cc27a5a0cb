"""The ways of fine-tuning, one file each, behind one interface.

A new method is a new file here with one subclass of `Method`, named like the file; its section in
params.yaml bears the same name. A stage in dvc.yaml trains it.
"""

import importlib
import pkgutil
from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from textune.section import LearningRate, Section

if TYPE_CHECKING:
    from torch import nn

    from textune.pretrained import Classifier

METHOD_NAMES = tuple(module.name for module in pkgutil.iter_modules(__path__))


class Method(Section):
    """A way of fine-tuning with its parameters.

    Every method starts from a fresh `Classifier` and trains all of its head. Heavy imports belong
    into the functions, so that the parameters can be checked without them.
    """

    learning_rate: LearningRate

    trains_encoder: ClassVar[bool] = True

    @abstractmethod
    def attach(self, classifier: "Classifier") -> "nn.Module":
        """Make `classifier` trainable this way, in place, and return the model to train.

        On return, `requires_grad` marks what is trained. Raises `UserError` if the architecture
        does not support the method.
        """

    def save(self, model: "nn.Module", classifier: "Classifier", folder: Path) -> None:
        """Write what `load` needs beside the pretrained weights to `folder`, as safetensors.

        `model` is what `attach` made of `classifier`.
        """
        # One file, however large: sharded weights would need an index to load.
        classifier.model.save_pretrained(folder, safe_serialization=True, max_shard_size="1TB")

    def load(self, classifier: "Classifier", folder: Path) -> "nn.Module":
        """The model that `save` wrote to `folder`, made from a fresh `classifier`."""
        from safetensors.torch import load_model

        load_model(classifier.model, folder / "model.safetensors")
        return classifier.model


def method_class(name: str) -> type[Method]:
    """The class of the method `name`, which is one of `METHOD_NAMES`."""
    module = importlib.import_module(f"textune.methods.{name}")
    return cast(type[Method], getattr(module, name.capitalize()))
