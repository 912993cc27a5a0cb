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
from transformers import (
    DataCollatorWithPadding,
    PreTrainedTokenizerBase,
    Trainer,
    set_seed,
)

from textune.bench.sample import spread
from textune.params import Params
from textune.pretrained import Classifier, load_classifier
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


# The study tells the length it pads to; that it used fp32 and batches of 16 is assumed.
SETTINGS = {
    "study": Setting(True, 16, group_by_length=False, autocast=False),
    "expert": Setting(False, 32, group_by_length=True, autocast=True),
}


class SomeBatches(Trainer):
    """Stock Trainer that leaves out batches: of those its own sampler makes, it trains on `count`.

    `chosen` has the rows of those batches.
    """

    def __init__(self, count: int, lengths: list[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._count, self._lengths = count, np.array(lengths)
        self.chosen: list[int] = []

    def _get_train_sampler(self, train_dataset: Any = None) -> Sampler[int]:
        rows = list(super()._get_train_sampler(train_dataset) or [])
        size = self.args.train_batch_size
        # The last batch may be a short one.
        batches = [rows[start : start + size] for start in range(0, len(rows) - size + 1, size)]
        batches = spread(batches or [rows], self._lengths, self._count)
        self.chosen = [row for batch in batches for row in batch]
        return _Order(self.chosen)


class _Order(Sampler[int]):
    def __init__(self, rows: list[int]) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[int]:
        return iter(self._rows)


class StockTraining:
    """A contender: a method on a fresh model through stock Trainer, over `texts` with `labels`.

    A round trains on `rows` of them, in whole batches.
    """

    def __init__(
        self,
        setting: Setting,
        method: str,
        params: Params,
        tokenizer: PreTrainedTokenizerBase,
        label_names: list[str],
        texts: list[str],
        labels: list[int],
        rows: int,
    ) -> None:
        self._setting, self._method, self._params = setting, method, params
        self._tokenizer, self._label_names = tokenizer, label_names
        cut: dict[str, Any] = {"truncation": True, "max_length": params.model.max_length}
        # Without padding, as speed is told in the texts' own tokens.
        self._lengths = [len(ids) for ids in tokenizer(texts, **cut)["input_ids"]]
        if setting.pad_to_max_length:
            cut["padding"] = "max_length"
        columns = {**tokenizer(texts, **cut), "labels": labels}
        if setting.group_by_length:
            columns["length"] = self._lengths
        self._rows = Dataset.from_dict(columns)
        self._batches = max(1, rows // setting.batch_size)

    def warm_up(self) -> None:
        """Train untimed: one step where all have one shape, else a round."""
        self.trainer(max_steps=1 if self._setting.pad_to_max_length else -1).train()

    def tweets_per_second(self) -> float:
        """Rows trained on in a second of training steps.

        Where batches are of like length, rows of the mean length, by the tokens trained on.
        """
        trainer, stopwatch = self.trainer(), Stopwatch()
        trainer.add_callback(stopwatch)
        trainer.train()
        if self._setting.pad_to_max_length:
            return len(trainer.chosen) / stopwatch.seconds
        tokens = sum(self._lengths[row] for row in trainer.chosen)
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
            model=attach(self._method, self._params, classifier),
            args=training_arguments(
                device,
                precision,
                num_train_epochs=1,
                max_steps=max_steps,
                per_device_train_batch_size=setting.batch_size,
                learning_rate=self._params.method(self._method).learning_rate,
                group_by_length=setting.group_by_length,
            ),
            train_dataset=self._rows,
            data_collator=(
                None if setting.pad_to_max_length else DataCollatorWithPadding(self._tokenizer)
            ),
        )


def attach(method: str, params: Params, classifier: Classifier) -> nn.Module:
    """The model that trains what `textune.methods` would train, made by the libraries alone."""
    model: Any = classifier.model
    settings: Any = params.method(method)
    if method == "full":
        return classifier.model
    if method == "lora":
        from peft import get_peft_model

        # The same modules and sizes, read off textune's own model.
        other = load_classifier(params.model, [*model.config.id2label.values()], seed=0)
        config: Any = settings.attach(other).peft_config["default"]
        return get_peft_model(model, config)
    if method == "adapter":
        import adapters
        from adapters import AdapterConfig

        adapters.init(model)
        config = AdapterConfig.load(
            settings.architecture,
            reduction_factor=settings.reduction_factor,
            non_linearity=settings.non_linearity,
        )
        model.add_adapter("stock", config=config)
        model.train_adapter("stock")
    for name, parameter in model.named_parameters():
        is_head = name in classifier.head
        parameter.requires_grad = is_head or (method == "adapter" and parameter.requires_grad)
    return classifier.model
