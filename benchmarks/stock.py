"""Training as one writes it with transformers' Trainer, peft and adapters alone.

Nothing of textune's speed is here: torch's own dropout and attention, peft's own casts, the
tokenizer's collator. Model, head, method and trained weights are the same as textune's.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from datasets import Dataset
from torch import nn
from torch.utils.data import Sampler
from transformers import DataCollatorWithPadding, Trainer, set_seed

from benchmarks.plan import Kind
from benchmarks.sample import spread
from textune.modeling.methods.base import EncoderMethod
from textune.modeling.pretrained import Classifier, load_classifier
from textune.modeling.tokenizer import load_tokenizer
from textune.params import Params
from textune.training.arguments import training_arguments
from textune.training.callbacks import Stopwatch
from textune.training.hardware import choose_device, choose_precision


@dataclass(frozen=True)
class Setting:
    """How a contender sets Trainer."""

    pad_to_max_length: bool
    batch_size: int
    group_by_length: bool
    autocast: bool  # bf16 where the hardware has it, else fp32


# The study says which length it pads to; that it used fp32 and batches of 16 is assumed.
SETTINGS: dict[Kind, Setting] = {
    "study": Setting(True, 16, group_by_length=False, autocast=False),
    "expert": Setting(False, 32, group_by_length=True, autocast=True),
}


class SomeBatches(Trainer):
    """Stock Trainer that leaves out batches: of those its own sampler makes, it trains on `count`.

    `chosen` has the numbers of the examples in those batches.
    """

    def __init__(self, count: int, lengths: list[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._count, self._lengths = count, np.array(lengths)
        self.chosen: list[int] = []

    def _get_train_sampler(self, train_dataset: Any = None) -> Sampler[int]:
        order = list(super()._get_train_sampler(train_dataset) or [])
        size = self.args.train_batch_size
        # The last batch may be a short one.
        batches = [order[start : start + size] for start in range(0, len(order) - size + 1, size)]
        some = spread(batches or [order], self._lengths, self._count)
        self.chosen = [number for batch in some for number in batch]
        return _Order(self.chosen)


class _Order(Sampler[int]):
    def __init__(self, numbers: list[int]) -> None:
        self._numbers = numbers

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[int]:
        return iter(self._numbers)


class StockTraining:
    """A method on a fresh model through stock Trainer, over `texts` with `labels`.

    A round trains on `examples` of them, in whole batches.
    """

    def __init__(
        self,
        setting: Setting,
        method: str,
        params: Params,
        label_names: list[str],
        texts: list[str],
        labels: list[int],
        examples: int,
    ) -> None:
        self._setting, self._params, self._label_names = setting, params, label_names
        self._method = params.encoder_method(method)
        self._tokenizer = load_tokenizer(params.model)
        cut: dict[str, Any] = {"truncation": True, "max_length": params.model.max_length}
        # Without padding, as speed is given in the texts' own tokens.
        self._lengths = [len(ids) for ids in self._tokenizer(texts, **cut)["input_ids"]]
        if setting.pad_to_max_length:
            cut["padding"] = "max_length"
        columns = {**self._tokenizer(texts, **cut), "labels": labels}
        if setting.group_by_length:
            columns["length"] = self._lengths
        self._dataset = Dataset.from_dict(columns)
        self._batches = max(1, examples // setting.batch_size)

    def warm_up(self) -> None:
        """Train untimed: one step where all have one shape, else a round."""
        self.trainer(max_steps=1 if self._setting.pad_to_max_length else -1).train()

    def examples_per_second(self) -> float:
        """Examples trained on in a second of training steps.

        Where batches are of like length, examples of the mean length, by the tokens trained on.
        """
        trainer, stopwatch = self.trainer(), Stopwatch()
        trainer.add_callback(stopwatch)
        trainer.train()
        if self._setting.pad_to_max_length:
            return len(trainer.chosen) / stopwatch.seconds
        tokens = sum(self._lengths[number] for number in trainer.chosen)
        return tokens / float(np.mean(self._lengths)) / stopwatch.seconds

    def trainer(self, max_steps: int = -1) -> SomeBatches:
        """A Trainer for a round, or `max_steps` steps, with a fresh model."""
        setting, train = self._setting, self._params.train
        device = choose_device(train)
        precision = choose_precision(train, device) if setting.autocast else "fp32"
        classifier = load_classifier(self._params.model, self._label_names, seed=0)
        set_seed(0)
        return SomeBatches(
            self._batches,
            self._lengths,
            model=attach(self._method, classifier),
            args=training_arguments(
                device,
                precision,
                num_train_epochs=1,
                max_steps=max_steps,
                per_device_train_batch_size=setting.batch_size,
                learning_rate=float(self._method.learning_rate),
                group_by_length=setting.group_by_length,
            ),
            train_dataset=self._dataset,
            data_collator=(
                None if setting.pad_to_max_length else DataCollatorWithPadding(self._tokenizer)
            ),
        )


def attach(method: EncoderMethod, classifier: Classifier) -> nn.Module:
    """The model to train, with the casts of peft's layers, which textune turns off for speed."""
    model = method.attach(classifier)
    for module in model.modules():
        layer: Any = module
        if hasattr(layer, "cast_input_dtype_enabled"):
            layer.cast_input_dtype_enabled = True
    return model
