"""What a method is: the parameters of a way of learning, and what makes a model learn that way."""

from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textune.config.base import LearningRate, Name, Section

if TYPE_CHECKING:
    from torch import nn

    from textune.modeling.learner import Job, Learner
    from textune.modeling.pretrained import Classifier


class Method(Section):
    """A way of learning with its parameters, a section of params.yaml.

    `method` names the file that has the class; two sections of one method are variants of it.
    Heavy imports belong into the functions, so that parameters can be checked without them.
    """

    method: Name

    # Whether what the model predicts before training is kept, as the row that all start from.
    keeps_untrained: ClassVar[bool] = False


class OwnLearner(Method):
    """A method that brings its own learner, for instance one without an encoder."""

    @abstractmethod
    def learner(self, job: "Job") -> "Learner":
        """What learns with these parameters."""


class EncoderMethod(Method):
    """A way of fine-tuning a pretrained encoder, trained by `training.learner.EncoderLearner`.

    Every method starts from a fresh `Classifier` and trains all of its head.
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
