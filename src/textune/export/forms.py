"""The forms of an exported model: what is written, and how somebody without textune loads it."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import nn

from textune.errors import UserError
from textune.modeling.checkpoint import Checkpoint
from textune.modeling.methods.base import EncoderMethod, UnsupportedError

_ADAPTER = "textune"


class Form(ABC):
    """One way of writing a fine-tuned encoder."""

    name: ClassVar[str]
    # Packages that loading needs.
    packages: ClassVar[tuple[str, ...]]
    # What else somebody who loads it should know.
    note: ClassVar[str] = ""

    @abstractmethod
    def write(self, checkpoint: Checkpoint, method: EncoderMethod, folder: Path) -> None:
        """Write the model to `folder`. Raises `UserError` that names the forms that can hold it."""

    @abstractmethod
    def load(self, folder: Path) -> nn.Module:
        """The model, as `code` loads it."""

    @abstractmethod
    def code(self, checkpoint: Checkpoint) -> str:
        """Lines of Python that make `model` and `tokenizer` of the exported folder `folder`."""


class TransformersForm(Form):
    """A plain folder for transformers alone: what was added to the encoder is merged into it."""

    name = "transformers"
    packages = ("transformers",)
    note = (
        'For short, without this cleaning and calibration: `pipeline("text-classification",'
        " model=folder)(text, truncation=True)`."
    )

    def write(self, checkpoint: Checkpoint, method: EncoderMethod, folder: Path) -> None:
        try:
            plain = method.merged(checkpoint.model, checkpoint.classifier)
        except UnsupportedError as error:
            raise UserError(f"{error}; export them with --format adapters") from None
        # One file, however large.
        plain.save_pretrained(folder, max_shard_size="1TB")

    def load(self, folder: Path) -> nn.Module:
        from transformers import AutoModelForSequenceClassification

        model: nn.Module = AutoModelForSequenceClassification.from_pretrained(folder)
        return model

    def code(self, checkpoint: Checkpoint) -> str:
        return (
            "from transformers import AutoModelForSequenceClassification, AutoTokenizer\n\n"
            "tokenizer = AutoTokenizer.from_pretrained(folder)\n"
            "model = AutoModelForSequenceClassification.from_pretrained(folder)\n"
        )


class PeftForm(Form):
    """peft's own form, with the head; the pretrained encoder is in the folder `base`."""

    name = "peft"
    packages = ("peft", "transformers")

    def write(self, checkpoint: Checkpoint, method: EncoderMethod, folder: Path) -> None:
        _require_native(self.name, method)
        model: Any = checkpoint.model
        config = model.peft_config["default"]
        config.base_model_name_or_path = "base"
        config.target_modules = sorted(config.target_modules)
        model.save_pretrained(folder, save_embedding_layers=False)
        # After it is saved: this takes the model apart. The head of the base is the trained one.
        base = model.unload()
        base.save_pretrained(folder / "base", max_shard_size="1TB")

    def load(self, folder: Path) -> nn.Module:
        from peft import PeftModel
        from transformers import AutoModelForSequenceClassification

        base = AutoModelForSequenceClassification.from_pretrained(folder / "base")
        return PeftModel.from_pretrained(base, folder)

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
    packages = ("adapters", "transformers")
    note = (
        "While it is loaded, the package warns that no adapter is active; the last line of loading"
        " changes that."
    )

    def write(self, checkpoint: Checkpoint, method: EncoderMethod, folder: Path) -> None:
        _require_native(self.name, method)
        checkpoint.classifier.model.save_pretrained(folder, max_shard_size="1TB")

    def load(self, folder: Path) -> nn.Module:
        import adapters
        import transformers

        name = _class_name(folder)
        model: Any = adapters.load_model(folder, getattr(transformers, name))
        model.set_active_adapters(_ADAPTER)
        return model

    def code(self, checkpoint: Checkpoint) -> str:
        name = type(checkpoint.classifier.model).__name__
        return (
            "import adapters\n"
            f"from transformers import AutoTokenizer, {name}\n\n"
            "tokenizer = AutoTokenizer.from_pretrained(folder)\n"
            f"model = adapters.load_model(folder, {name})\n"
            f'model.set_active_adapters("{_ADAPTER}")\n'
        )


FORMS: dict[str, Form] = {
    form.name: form for form in (TransformersForm(), PeftForm(), AdaptersForm())
}


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


@torch.inference_mode()
def largest_difference(model: nn.Module, other: nn.Module, tokens: int, length: int) -> float:
    """The largest difference of logits in fp32, of random texts of up to `length` tokens.

    tokens: the number of different tokens.
    """
    random = torch.Generator().manual_seed(0)
    differences = []
    for size in {2, min(9, length), min(33, length)}:
        ids = torch.randint(tokens, (2, size), generator=random)
        inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
        found = (one.eval().float()(**inputs).logits for one in (model, other))
        differences.append(float(torch.sub(*found).abs().max()))
    return max(differences)
