"""What a run records of itself: time, speed, memory, and that nothing is done twice."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoModelForSequenceClassification, TrainingArguments

from tests.training.training import fitted, prepared, started
from textune.config.sections import TrainParams
from textune.data.tokenized import Prepared
from textune.modeling.methods.base import EncoderMethod
from textune.params import Params
from textune.runs.store import SPLITS
from textune.tasks.single_label import SingleLabel
from textune.training import callbacks, datasets, learner
from textune.training.arguments import learning_arguments, training_arguments
from textune.training.fast import cached_features
from textune.training.hardware import PeakMemory
from textune.training.trainer import TextTrainer

MakeParams = Callable[..., Params]


@pytest.fixture
def data(tmp_path: Path, tiny_params: MakeParams) -> Prepared:
    return prepared(tmp_path, tiny_params("bert"), {"train": 24, "val": 12, "test": 9})


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], float]:
    """A clock that hardly moves unless it is moved on by so many seconds."""
    now = [0.0]

    def move(seconds: float) -> float:
        now[0] += seconds
        return now[0]

    for module in (callbacks, datasets):
        monkeypatch.setattr(module.time, "perf_counter", lambda: move(1e-9))

    return move


def test_time_is_that_of_training_steps_alone(
    tiny_params: MakeParams,
    data: Prepared,
    clock: Callable[[float], float],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = started(tiny_params("bert", train={"epochs": 3}), "lora", data)
    step, evaluate = run.trainer.training_step, run.trainer.evaluate

    def slow_step(*args: Any, **kwargs: Any) -> Any:
        clock(2)
        return step(*args, **kwargs)

    def slow_validation(*args: Any, **kwargs: Any) -> Any:
        clock(1000)
        return evaluate(*args, **kwargs)

    monkeypatch.setattr(run.trainer, "training_step", slow_step)
    monkeypatch.setattr(run.trainer, "evaluate", slow_validation)
    run.fit()
    run.predict("test")
    cost = run.cost()
    # 24 examples in batches of 8, three epochs, 2 s a step.
    assert cost.train_seconds == 18
    assert cost.examples_per_second == 24 * 3 / 18


def test_encoding_the_training_examples_counts_as_training(
    tiny_params: MakeParams,
    data: Prepared,
    clock: Callable[[float], float],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    features = cached_features.text_features

    def slow(*args: Any, **kwargs: Any) -> torch.Tensor:
        clock(7)
        return features(*args, **kwargs)

    monkeypatch.setattr(learner, "text_features", slow)
    run, _ = fitted(tiny_params("bert"), "baseline", data)
    run.predict("test")
    assert run.cost().train_seconds == 7, "validation and test are not training"


def test_peak_memory_is_what_was_held_within() -> None:
    def hold(mib: int) -> None:
        np.ones(mib * 2**20, np.uint8)

    hold(700)
    with PeakMemory("cpu") as quiet:
        hold(1)
    with PeakMemory("cpu") as loud:
        hold(300)
    hold(700)
    assert loud.mib - quiet.mib == pytest.approx(300, abs=60)


def test_memory_is_watched_while_it_trains_and_no_longer(
    tiny_params: MakeParams, data: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []

    class Watched(PeakMemory):
        def __enter__(self) -> "Watched":
            order.append("enter")
            return self

        def __exit__(self, *error: object) -> None:
            order.append("exit")
            self.mib = 1234.0

    monkeypatch.setattr(learner, "PeakMemory", Watched)
    run = started(tiny_params("bert"), "lora", data)
    for owner, name in (
        (run.trainer, "train"),
        (run.trainer, "outputs"),
        (learner, "training_flops"),
        (learner, "load_classifier"),
    ):
        function = getattr(owner, name)

        def call(*args: Any, function: Any = function, name: str = name, **kwargs: Any) -> Any:
            order.append(name)
            return function(*args, **kwargs)

        monkeypatch.setattr(owner, name, call)
    run.fit()
    for split in SPLITS:
        run.predict(split)
    assert run.cost().peak_memory_mib == 1234
    # Validation's outputs are those of its best epoch; test is predicted once.
    assert order == ["enter", "train", "exit", "outputs", "training_flops"]


@pytest.mark.parametrize("name", ["baseline", "lora"])
def test_a_run_loads_and_attaches_once_and_validates_once_an_epoch(
    tiny_params: MakeParams, data: Prepared, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    calls: list[str] = []

    def counted(owner: Any, attribute: str) -> None:
        function = getattr(owner, attribute)

        def call(*args: Any, **kwargs: Any) -> Any:
            calls.append(attribute)
            return function(*args, **kwargs)

        monkeypatch.setattr(owner, attribute, call)

    params = tiny_params("bert", train={"epochs": 2})
    counted(learner, "load_classifier")
    counted(AutoModelForSequenceClassification, "from_pretrained")
    counted(SingleLabel, "scores")
    counted(EncoderMethod, "attach_as")
    counted(type(params.method(name)), "attach")
    counted(TextTrainer, "outputs")
    run = started(params, name, data)
    run.predict("validation")
    run.fit()
    run.predict("validation")
    run.predict("test")
    assert calls.count("load_classifier") == calls.count("from_pretrained") == 1
    assert calls.count("attach_as") == calls.count("attach") == 1
    # Of test; validation is never predicted again.
    assert calls.count("outputs") == 1
    # The untrained model's, and each epoch's; test is not scored in training.
    assert calls.count("scores") == 3


def test_every_parameter_of_training_reaches_its_place(
    tiny_params: MakeParams, data: Prepared
) -> None:
    train = {
        "epochs": 5,
        "batch_size": 6,
        "eval_batch_size": 7,
        "lr_scheduler": "cosine",
        "warmup_ratio": 0.25,
        "weight_decay": 0.125,
    }
    params = tiny_params("bert", train=train, lora={"learning_rate": 0.0375})
    run = started(params, "lora", data, seed=11)
    arguments = run.trainer.args
    assert (arguments.num_train_epochs, arguments.learning_rate) == (5, 0.0375)
    assert arguments.per_device_train_batch_size == arguments.train_batch_size == 6
    assert arguments.per_device_eval_batch_size == arguments.eval_batch_size == 7
    assert arguments.lr_scheduler_type == "cosine"
    assert (arguments.warmup_ratio, arguments.weight_decay) == (0.25, 0.125)
    assert arguments.seed == 11
    assert not arguments.bf16
    # The other parameters have tests of their own; a new one must find its place, here or there.
    elsewhere = {
        "seeds": "test_learner.py",
        "batch_tokens": "test_batches.py",
        "padding": "test_learner.py",
        "group_by_length": "test_batches.py",
        "layer_decay": "test_learning_choices.py",
        "label_smoothing": "test_learning_choices.py",
        "class_weight": "test_learning_choices.py",
        "ema_decay": "test_learning_choices.py",
        "resample": "test_learning_choices.py",
        "patience": "test_learner.py",
        "metric_for_best_model": "test_learner.py",
        "device": "test_learner.py",
        "precision": "test_learner.py",
        "checkpoint_minutes": "test_resuming.py",
        "fast": "../benchmarks/test_ablation.py",
    }
    assert {*train, *elsewhere} == set(TrainParams.model_fields)


def test_two_visible_gpus_change_nothing(
    tiny_params: MakeParams, monkeypatch: pytest.MonkeyPatch
) -> None:
    def with_two(self: TrainingArguments) -> torch.device:
        self._n_gpu = 2
        return torch.device("cpu")

    monkeypatch.setattr(TrainingArguments, "_setup_devices", property(with_two))
    train = tiny_params("bert").train
    arguments = training_arguments("cuda", "fp32", **learning_arguments(train, 0.01, seed=0))
    # A repeated look at the device would count the GPUs again.
    monkeypatch.setattr(
        TrainingArguments, "_setup_devices", property(lambda self: torch.device("cpu"))
    )
    assert arguments.n_gpu == 1
    assert arguments.train_batch_size == train.batch_size


def test_a_run_records_its_settings_and_its_learning_rate(
    tiny_params: MakeParams, data: Prepared, tmp_path: Path
) -> None:
    train = {"lr_scheduler": "constant", "device": "auto", "precision": "fp32", "epochs": 2}
    params = tiny_params("bert", train=train, lora={"learning_rate": 0.0375})
    run, _ = fitted(params, "lora", data, live=tmp_path)
    settings = run.settings()
    assert settings["model"] == params.model.model_dump()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    expected = params.train.model_dump(exclude={"seeds", "checkpoint_minutes"})
    assert settings["train"] == expected | {"device": device, "together": 1}
    _header, *rows = (tmp_path / "plots/metrics/train/learning_rate.tsv").read_text().splitlines()
    assert [float(row.split("\t")[1]) for row in rows] == [0.0375, 0.0375]
