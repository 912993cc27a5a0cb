"""A training that was ended goes on to the same result, to the bit."""

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.training.ending import (
    MORE_OF_A_KIND,
    SETTINGS,
    STEPS,
    MakeParams,
    end,
    learner,
    result,
    with_training,
)
from tests.training.training import prepared
from textune.data.tokenized import Prepared
from textune.pipeline.learners import make_learner
from textune.training.checkpoints import Checkpoint, stored
from textune.training.learner import EncoderLearner
from textune.training.randomness import random_state, set_random_state


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEXTUNE_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def data(tmp_path: Path, tiny_params: MakeParams) -> Prepared:
    """Twelve steps an epoch."""
    return prepared(tmp_path, tiny_params("bert"), {"train": 94, "val": 30, "test": 31})


@pytest.mark.parametrize(
    "setting",
    [
        pytest.param(name, marks=[pytest.mark.slow] if name in MORE_OF_A_KIND else [])
        for name in SETTINGS
    ],
)
def test_an_ended_training_goes_on_to_the_same_result(
    setting: str, tiny_params: MakeParams, data: Prepared, tmp_path: Path
) -> None:
    name, changes, steps = SETTINGS[setting]
    params = with_training(tiny_params, changes)
    expected = result(learner(params, name, data, tmp_path / "live"), tmp_path / "live")
    (one,) = stored()
    Checkpoint(one.key, {}).remove()
    told = end(params, name, data, steps, tmp_path / "ended")
    total = STEPS * params.train.epochs
    assert told == (
        f"stopped by SIGTERM: step {steps} of {total} is kept; the same command goes on from there"
    )
    gone_on = learner(params, name, data, tmp_path / "gone_on")
    seen: list[int] = []
    step = gone_on.trainer.training_step

    def watched(*args: Any, **kwargs: Any) -> torch.Tensor:
        seen.append(gone_on.trainer.state.global_step)
        return step(*args, **kwargs)

    gone_on.trainer.training_step = watched  # type: ignore[method-assign]
    assert result(gone_on, tmp_path / "gone_on") == expected
    assert seen[0] == steps, "it should not begin anew"
    # What is done is not done again, and gone when it is kept elsewhere.
    again = learner(params, name, data, tmp_path / "again")
    again.trainer.train = lambda **kwargs: pytest.fail("it trains")  # type: ignore[method-assign]
    assert result(again, tmp_path / "again") == expected
    again.forget()
    assert stored() == []


def test_a_training_may_be_ended_again_before_its_next_checkpoint(
    tiny_params: MakeParams, data: Prepared, tmp_path: Path
) -> None:
    name, changes, steps = SETTINGS["lora"]
    params = with_training(tiny_params, changes)
    end(params, name, data, steps, tmp_path / "ended")
    (one,) = stored()
    state: Any = Checkpoint(one.key, {}).read()
    killed = learner(params, name, data, tmp_path / "killed")
    step, steps_made = killed.trainer.training_step, []

    def die(*args: Any, **kwargs: Any) -> torch.Tensor:
        steps_made.append(1)
        if len(steps_made) == 3:
            raise KeyboardInterrupt
        return step(*args, **kwargs)

    killed.trainer.training_step = die  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        killed.fit()
    again: Any = Checkpoint(one.key, {}).read()
    assert again["training"]["dropout"] == state["training"]["dropout"]
    assert torch.equal(again["training"]["random"]["torch"], state["training"]["random"]["torch"])
    # Told to end before its first step, it has nothing new to keep.
    assert end(params, name, data, 17, tmp_path / "at_once", at_once=True).endswith("from there")
    again = Checkpoint(one.key, {}).read()
    assert again["training"]["dropout"] == state["training"]["dropout"]


def test_a_parameter_without_a_gradient_does_not_shift_the_others(
    tiny_params: MakeParams, data: Prepared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = EncoderLearner._make_model

    def with_another(self: EncoderLearner, *args: Any) -> None:
        make(self, *args)
        self.model.register_parameter("unused", torch.nn.Parameter(torch.zeros(3)))

    monkeypatch.setattr(EncoderLearner, "_make_model", with_another)
    params = with_training(tiny_params, {})
    expected = result(learner(params, "full", data, tmp_path / "live"), tmp_path / "live")
    for one in stored():
        Checkpoint(one.key, {}).remove()
    end(params, "full", data, 17, tmp_path / "ended")
    assert result(learner(params, "full", data, tmp_path / "on"), tmp_path / "on") == expected


def test_every_random_generator_goes_on() -> None:
    import random

    import numpy as np

    def draw() -> tuple[float, float, float]:
        return random.random(), float(np.random.rand()), torch.rand(1).item()

    state = random_state()
    expected = draw()
    assert draw() != expected
    set_random_state(state)
    assert draw() == expected


@pytest.mark.parametrize(
    ("section", "changes"),
    [
        ("lora", {"r": 2}),
        ("lora", {"learning_rate": 0.02}),
        ("train", {"weight_decay": 0.5}),
        ("train", {"epochs": 4}),
        ("model", {"max_length": 31}),
    ],
)
def test_another_parameter_never_goes_on_from_a_checkpoint(
    section: str,
    changes: dict[str, Any],
    tiny_params: MakeParams,
    data: Prepared,
) -> None:
    def key(**sections: dict[str, Any]) -> str:
        made = make_learner(tiny_params("bert", **sections), "lora", data, 0, resumes=True)
        assert isinstance(made, EncoderLearner)
        assert made.checkpoint is not None
        return made.checkpoint.folder.name

    assert key() == key() == key(train={"checkpoint_minutes": 1.0, "seeds": [0, 7]})
    assert key(**{section: changes}) != key()


@pytest.mark.parametrize(("minutes", "first"), [(5.0, STEPS), (1e-6, 1)])
def test_checkpoints_are_written_within_an_epoch_as_often_as_is_asked_for(
    minutes: float,
    first: int,
    tiny_params: MakeParams,
    data: Prepared,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    params = with_training(tiny_params, {"epochs": 1, "checkpoint_minutes": minutes})
    written: list[int] = []
    write = Checkpoint.write

    def noted(self: Checkpoint, state: Any, **about: Any) -> None:
        write(self, state, **about)
        written.append(about["step"])

    monkeypatch.setattr(Checkpoint, "write", noted)
    learner(params, "lora", data, tmp_path / "live").fit()
    assert (written[0], written[-1]) == (first, STEPS)
