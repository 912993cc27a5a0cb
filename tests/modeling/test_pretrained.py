"""Checkpoints of all kinds: what is loaded of them, and what is refused in one line."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file
from sentencepiece import SentencePieceTrainer
from transformers import AutoModelForSequenceClassification

from tests.tiny import TWEETS
from textune.config.sections import ModelParams
from textune.errors import UserError
from textune.modeling.pretrained import load_classifier
from textune.modeling.tokenizer import load_tokenizer

LABELS = ["no", "yes"]


@pytest.fixture
def folder(tmp_path: Path, tiny_models: dict[str, Path]) -> Path:
    """A copy of the tiny DistilBERT, to spoil."""
    return Path(shutil.copytree(tiny_models["distilbert"], tmp_path / "model"))


def params(folder: Path) -> ModelParams:
    return ModelParams(name=str(folder), revision=None, max_length=16)


def change_config(folder: Path, **changes: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


@pytest.mark.parametrize("classes", [2, 5])
def test_a_checkpoint_with_a_head_of_its_own(folder: Path, classes: int) -> None:
    own = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=classes)
    own.save_pretrained(folder)
    loaded = load_classifier(params(folder), LABELS, seed=0)
    saved = load_file(folder / "model.safetensors")
    weights = dict(loaded.model.named_parameters())
    assert weights["classifier.weight"].shape[0] == 2
    assert not weights["classifier.weight"].equal(saved["classifier.weight"][:2])
    for name, tensor in weights.items():
        if not name.startswith(("classifier.", "pre_classifier.")):
            assert tensor.equal(saved[name])


def test_a_revision_of_a_folder_is_refused(folder: Path) -> None:
    with pytest.raises(
        UserError, match=r"^model\.revision: .* has one version only; set it to null"
    ):
        load_classifier(params(folder).model_copy(update={"revision": "a1"}), LABELS, seed=0)


@pytest.mark.parametrize(
    ("architecture", "file"),
    [("deberta-v2", "spm.model"), ("xlm-roberta", "sentencepiece.bpe.model")],
)
def test_a_tokenizer_that_is_sentencepiece_alone(
    tmp_path: Path, tiny_models: dict[str, Path], architecture: str, file: str
) -> None:
    folder = Path(shutil.copytree(tiny_models[architecture], tmp_path / "model"))
    for path in folder.glob("*token*"):
        path.unlink()
    with (folder / file).open("wb") as model:
        SentencePieceTrainer.train(
            sentence_iterator=iter(TWEETS.values()),
            model_writer=model,
            vocab_size=60,
            hard_vocab_limit=False,
            minloglevel=2,
        )
    ids = load_tokenizer(params(folder))(TWEETS[0], truncation=True, max_length=16)["input_ids"]
    assert len(ids) == 16


def told(folder: Path) -> str:
    with pytest.raises(UserError) as caught:
        load_classifier(params(folder), LABELS, seed=0)
    message = str(caught.value)
    assert message.startswith("model.name: ")
    assert "\n" not in message
    return message


def test_weights_that_do_not_fit_the_configuration(folder: Path) -> None:
    change_config(folder, hidden_dim=128)
    assert "has another shape than its configuration says" in told(folder)
    change_config(folder, hidden_dim="64")
    assert f"cannot load {folder}" in told(folder)


def test_damaged_weights(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    assert f"model.safetensors of {folder} is damaged or no safetensors" in told(folder)


def test_a_folder_without_safetensors(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    assert "has no safetensors; where you trust it, load model and tokenizer" in told(folder)
