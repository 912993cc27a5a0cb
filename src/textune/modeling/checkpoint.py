"""A trained model, read back from the folder of its run."""

from dataclasses import dataclass
from pathlib import Path

from torch import nn
from transformers import PreTrainedTokenizerBase

from textune.config.sections import ModelParams
from textune.errors import UserError
from textune.modeling.methods.base import EncoderMethod, UnsupportedError
from textune.modeling.methods.registry import method_class
from textune.modeling.pretrained import Classifier, load_classifier
from textune.modeling.tokenizer import load_tokenizer
from textune.runs.store import RunFolder


@dataclass(frozen=True)
class Checkpoint:
    """A model ready to predict, in eval mode on the CPU, with its tokenizer.

    `model` is what `method` made of `classifier`.
    """

    method: EncoderMethod
    classifier: Classifier
    model: nn.Module
    tokenizer: PreTrainedTokenizerBase
    label_names: list[str]
    max_length: int

    def merged(self) -> nn.Module:
        """The same function as `model`, in place: what can be merged into the encoder is."""
        try:
            return self.method.merged(self.model, self.classifier)
        except UnsupportedError:
            return self.model


def load_checkpoint(folder: Path) -> Checkpoint:
    """The fine-tuned encoder of the run in `folder`. Raises `UserError` if there is none."""
    run = RunFolder(folder)
    record = run.read_usable()
    kind = method_class(record.method, f"{run.record}: method")
    method = kind.model_validate(record.params["method"])
    if not isinstance(method, EncoderMethod):
        raise UserError(
            f"{folder} holds no fine-tuned encoder, but a model of {record.method}; name another"
            " with --method"
        )
    params = ModelParams.model_validate(record.params["model"])
    classifier = load_classifier(params, record.label_names, record.seed)
    model = method.load(classifier, run.weights).eval()
    tokenizer = load_tokenizer(params)
    return Checkpoint(method, classifier, model, tokenizer, record.label_names, params.max_length)
