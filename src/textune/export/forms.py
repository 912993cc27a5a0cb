"""The forms of an exported model: what is written, and how somebody without textune loads it."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from textune.errors import UserError
from textune.modeling.checkpoint import Checkpoint
from textune.modeling.methods.base import EncoderMethod, UnsupportedError
from textune.prediction.encoder import Logits
from textune.training.batches import Batch

_ADAPTER = "textune"
_USING = """\
inputs = tokenizer(texts, truncation=True, padding=True, return_tensors="pt")
probabilities = (model(**inputs).logits / {temperature}).softmax(dim=1)
print([model.config.id2label[number] for number in probabilities.argmax(dim=1).tolist()])
"""


class Form(ABC):
    """One way of writing a fine-tuned encoder."""

    name: ClassVar[str]
    # Packages that loading needs.
    packages: ClassVar[tuple[str, ...]]
    # What else somebody who loads it should know.
    note: ClassVar[str] = ""
    # How much a logit may differ from the run's own, in fp32.
    tolerance: ClassVar[float] = 1e-5
    # Lines of Python that print the classes of `texts`, with the `temperature` to fill in.
    using: ClassVar[str] = _USING

    @abstractmethod
    def write(self, checkpoint: Checkpoint, folder: Path) -> None:
        """Write the model to `folder`. Raises `UserError` that names the forms that can hold it."""

    @abstractmethod
    def load(self, folder: Path) -> Logits:
        """The model, as `code` loads it."""

    @abstractmethod
    def code(self, checkpoint: Checkpoint) -> str:
        """Lines of Python that make what `using` needs of the exported folder `folder`."""


class TransformersForm(Form):
    """A plain folder for transformers alone: what was added to the encoder is merged into it."""

    name = "transformers"
    packages = ("transformers", "torch")
    note = (
        'For short, without this cleaning and calibration: `pipeline("text-classification",'
        " model=folder)(text, truncation=True)`."
    )

    def write(self, checkpoint: Checkpoint, folder: Path) -> None:
        try:
            plain = checkpoint.method.merged(checkpoint.model, checkpoint.classifier)
        except UnsupportedError as error:
            raise UserError(f"{error}; export them with --format adapters") from None
        # One file, however large.
        plain.save_pretrained(folder, max_shard_size="1TB")

    def load(self, folder: Path) -> Logits:
        from transformers import AutoModelForSequenceClassification

        return logits_of(AutoModelForSequenceClassification.from_pretrained(folder))

    def code(self, checkpoint: Checkpoint) -> str:
        return (
            "from transformers import AutoModelForSequenceClassification, AutoTokenizer\n\n"
            "tokenizer = AutoTokenizer.from_pretrained(folder)\n"
            "model = AutoModelForSequenceClassification.from_pretrained(folder)\n"
        )


class PeftForm(Form):
    """peft's own form, with the head; the pretrained encoder is in the folder `base`."""

    name = "peft"
    packages = ("peft", "transformers", "torch")

    def write(self, checkpoint: Checkpoint, folder: Path) -> None:
        _require_native(self.name, checkpoint.method)
        model: Any = checkpoint.model
        config = model.peft_config["default"]
        config.base_model_name_or_path = "base"
        config.target_modules = sorted(config.target_modules)
        model.save_pretrained(folder, save_embedding_layers=False)
        # After it is saved: this takes the model apart. The head of the base is the trained one.
        base = model.unload()
        base.save_pretrained(folder / "base", max_shard_size="1TB")

    def load(self, folder: Path) -> Logits:
        from peft import PeftModel
        from transformers import AutoModelForSequenceClassification

        base = AutoModelForSequenceClassification.from_pretrained(folder / "base")
        return logits_of(PeftModel.from_pretrained(base, folder))

    def code(self, checkpoint: Checkpoint) -> str:
        return (
            "from peft import PeftModel\n"
            "from transformers import AutoModelForSequenceClassification, AutoTokenizer\n\n"
            "tokenizer = AutoTokenizer.from_pretrained(folder)\n"
            'base = AutoModelForSequenceClassification.from_pretrained(f"{folder}/base")\n'
            "model = PeftModel.from_pretrained(base, folder)\n"
        )


class AdaptersForm(Form):
    """The form of the package adapters: encoder, adapters and head in one folder."""

    name = "adapters"
    packages = ("adapters", "transformers", "torch")
    note = (
        "While it is loaded, the package warns that no adapter is active; the last line of loading"
        " changes that."
    )

    def write(self, checkpoint: Checkpoint, folder: Path) -> None:
        _require_native(self.name, checkpoint.method)
        checkpoint.classifier.model.save_pretrained(folder, max_shard_size="1TB")

    def load(self, folder: Path) -> Logits:
        import adapters
        import transformers

        name = _class_name(folder)
        model: Any = adapters.load_model(folder, getattr(transformers, name))
        model.set_active_adapters(_ADAPTER)
        return logits_of(model)

    def code(self, checkpoint: Checkpoint) -> str:
        name = type(checkpoint.classifier.model).__name__
        return (
            "import adapters\n"
            f"from transformers import AutoTokenizer, {name}\n\n"
            "tokenizer = AutoTokenizer.from_pretrained(folder)\n"
            f"model = adapters.load_model(folder, {name})\n"
            f'model.set_active_adapters("{_ADAPTER}")\n'
        )


def logits_of(model: nn.Module) -> Logits:
    """A model of transformers in fp32, in eval mode."""
    model.eval().float()

    @torch.inference_mode()
    def logits(batch: Batch) -> NDArray[np.float32]:
        found: NDArray[np.float32] = model(**batch).logits.numpy()
        return found

    return logits


def _require_native(form: str, method: EncoderMethod) -> None:
    if method.native != form:
        own = "transformers" if method.native is None else method.native
        raise UserError(
            f"{method.method} is not trained through {form}, so it has no such form; export it with"
            f" --format {own}"
        )


def _class_name(folder: Path) -> str:
    from transformers import AutoConfig

    (name,) = AutoConfig.from_pretrained(folder).architectures
    return str(name)
