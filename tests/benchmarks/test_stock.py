"""The stock contenders are what they are said to be, and train what textune trains."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from transformers import Trainer

from benchmarks import stock
from benchmarks.plan import Kind
from benchmarks.stock import SETTINGS, StockTraining, attach
from tests.tiny import METHODS
from textune.modeling.pretrained import load_classifier
from textune.params import Params
from textune.training.callbacks import Stopwatch

MakeParams = Callable[..., Params]
LABELS = ["negative", "neutral", "positive"]


def contender(
    name: Kind, params: Params, method: str = "lora", examples: int = 64
) -> StockTraining:
    texts = [" ".join(["day"] * (1 + number % 20)) for number in range(1600)]
    labels = [number % 3 for number in range(1600)]
    return StockTraining(SETTINGS[name], method, params, LABELS, texts, labels, examples)


def model_of(trainer: Trainer) -> torch.nn.Module:
    """What `trainer` trains."""
    assert isinstance(trainer.model, torch.nn.Module)
    return trainer.model


def test_study_pads_to_the_maximum_in_fp32(tiny_params: MakeParams) -> None:
    trainer = contender("study", tiny_params(train={"precision": "bf16"})).trainer()
    assert not trainer.args.bf16
    for batch in trainer.get_train_dataloader():
        assert batch["input_ids"].shape == (16, 32)
    assert {parameter.dtype for parameter in model_of(trainer).parameters()} == {torch.float32}


def test_expert_pads_batches_of_like_length_to_their_longest(tiny_params: MakeParams) -> None:
    trainer = contender("expert", tiny_params(train={"precision": "bf16"})).trainer()
    assert trainer.args.bf16
    assert trainer.args.group_by_length
    batches = list(trainer.get_train_dataloader())
    assert len(batches) == 2
    for batch in batches:
        assert len(batch["input_ids"]) == 32
        assert batch["input_ids"].shape[1] == batch["attention_mask"].sum(1).max()
    lengths = [batch["input_ids"].shape[1] for batch in batches]
    assert min(lengths) < 15 < max(lengths)


def test_nothing_of_textune_takes_part(tiny_params: MakeParams) -> None:
    trainer = contender("expert", tiny_params()).trainer()
    assert type(trainer).compute_loss is Trainer.compute_loss
    assert type(trainer).training_step is Trainer.training_step
    casts = [
        getattr(module, "cast_input_dtype_enabled", True)
        for module in model_of(trainer).modules()
        if hasattr(module, "lora_A")
    ]
    assert casts
    assert all(casts)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("architecture", ["bert", "distilbert"])
def test_the_same_weights_are_trained_as_by_textune(
    tiny_params: MakeParams, method: str, architecture: str
) -> None:
    params = tiny_params(architecture)

    def trained(model: Any) -> list[tuple[int, ...]]:
        return sorted(tuple(p.shape) for p in model.parameters() if p.requires_grad)

    stock = attach(params.encoder_method(method), load_classifier(params.model, LABELS, seed=0))
    own = params.encoder_method(method).attach(load_classifier(params.model, LABELS, seed=0))
    assert trained(stock) == trained(own)


@pytest.mark.parametrize("name", ["study", "expert"])
def test_it_trains(tiny_params: MakeParams, name: Kind) -> None:
    training = contender(name, tiny_params(), examples=32)
    training.warm_up()
    assert training.examples_per_second() > 0


@pytest.mark.parametrize("name", ["study", "expert"])
def test_speed_is_examples_or_their_tokens_over_the_seconds_of_steps(
    tiny_params: MakeParams, monkeypatch: pytest.MonkeyPatch, name: Kind
) -> None:
    class TwoSeconds(Stopwatch):
        def on_train_end(self, *args: Any, **kwargs: Any) -> None:
            self.seconds = 2.0

    monkeypatch.setattr(stock, "Stopwatch", TwoSeconds)
    timed = contender(name, tiny_params())
    speed = timed.examples_per_second()
    trainer = timed.trainer()
    list(trainer.get_train_dataloader())
    if name == "study":
        assert speed == 64 / 2
    else:
        # Texts have 1 to 20 words and two special tokens, 12.5 in the mean.
        tokens = sum(2 + 1 + number % 20 for number in trainer.chosen)
        assert speed == pytest.approx(tokens / 12.5 / 2)
