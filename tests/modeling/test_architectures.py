"""Every architecture with every method: the encoder stays as it is, learns, and comes back."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from tests.tiny import NEAR, TWEETS
from textune.errors import UserError
from textune.modeling.architectures import ARCHITECTURES
from textune.modeling.methods.base import UnsupportedError
from textune.modeling.pretrained import Classifier, load_classifier
from textune.modeling.tokenizer import load_tokenizer
from textune.params import Params

MakeParams = Callable[..., Params]

LABELS = ["negative", "neutral", "positive"]
EACH = [pytest.param(n, marks=pytest.mark.slow) if n in NEAR else n for n in ARCHITECTURES]
METHODS = ("baseline", "lora", "adapter", "full", "bitfit", "ia3", "freeze")
# What an architecture cannot have.
LACKING = {
    ("modernbert", "bitfit"),  # it has no biases
    ("albert", "freeze"),  # its blocks are one block
    ("mobilebert", "adapter"),  # its layers are of several widths
    *(("squeezebert", name) for name in ("lora", "adapter", "ia3")),  # it has no linear layers
}


@pytest.fixture
def texts(tiny_params: MakeParams) -> dict[str, torch.Tensor]:
    tokenizer = load_tokenizer(tiny_params("bert").model)
    words = [*TWEETS.values(), "a"]
    encoded = tokenizer(words, padding=True, return_tensors="pt", return_token_type_ids=False)
    return {name: encoded[name] for name in ("input_ids", "attention_mask")}


def fresh(params: Params, seed: int = 0) -> Classifier:
    return load_classifier(params.model, LABELS, seed)


def logits(model: nn.Module, texts: dict[str, torch.Tensor]) -> torch.Tensor:
    with torch.no_grad():
        return model.eval()(**texts).logits


def close(one: torch.Tensor, other: torch.Tensor) -> bool:
    return bool(torch.allclose(one, other, atol=1e-5))


@pytest.mark.parametrize("architecture", EACH)
def test_each_method(
    tiny_params: MakeParams, texts: dict[str, torch.Tensor], tmp_path: Path, architecture: str
) -> None:
    params = tiny_params(architecture, lora={"dropout": 0.0})
    before = logits(fresh(params).model, texts)
    for name in METHODS:
        method = params.encoder_method(name)
        classifier = fresh(params)
        if (architecture, name) in LACKING:
            with pytest.raises(UnsupportedError, match=r"^model\.name: "):
                method.attach_as(name, classifier)
            continue
        model = method.attach_as(name, classifier)
        assert close(logits(_without_update(model), texts), before), f"{name} changes the encoder"
        _train(model, texts)
        after = logits(model, texts)
        assert not close(after, before), f"{name} learns nothing"
        (tmp_path / name).mkdir()
        method.save(model, classifier, tmp_path / name)
        torch.manual_seed(99)
        anew = fresh(params)
        again = method.load(anew, tmp_path / name)
        assert close(logits(again, texts), after), f"{name} is another model when loaded"
        if name == "adapter":
            with pytest.raises(UnsupportedError, match=r"^adapters stand between"):
                method.merged(again, anew)
            continue
        plain = method.merged(again, anew)
        assert not [m for m in plain.modules() if type(m).__module__.startswith("peft")]
        assert close(logits(plain, texts), after), f"{name} is another model when merged"


def _without_update(model: nn.Module) -> nn.Module:
    """Adapters begin with a small update at random; the others with none."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "adapter_up" in name:
                parameter.zero_()
    return model


def _train(model: nn.Module, texts: dict[str, torch.Tensor]) -> None:
    """A few steps, in which the loss falls."""
    labels = torch.tensor([0, 1, 2, 0])
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(trained, lr=0.01)
    losses = []
    for _ in range(8):
        loss = nn.functional.cross_entropy(model.train()(**texts).logits, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            losses.append(nn.functional.cross_entropy(model.eval()(**texts).logits, labels))
    assert min(losses[1:]) < losses[0]


@pytest.mark.parametrize("architecture", EACH)
def test_a_text_alone_and_in_a_padded_batch(
    tiny_params: MakeParams, texts: dict[str, torch.Tensor], tmp_path: Path, architecture: str
) -> None:
    params = tiny_params(architecture)
    theirs: Any = fresh(params).model
    with torch.no_grad():
        theirs.get_input_embeddings().weight[0] = 1  # of padding
    folder = _saved_beside_tokenizer(theirs, params, tmp_path)
    # In fp64, as products of other shapes are rounded otherwise.
    model = fresh(tiny_params(architecture, model={"name": str(folder)})).model.double()
    together = logits(model, texts)
    for number, length in enumerate(texts["attention_mask"].sum(dim=1).tolist()):
        alone = {name: ids[number : number + 1, :length] for name, ids in texts.items()}
        assert close(logits(model, alone)[0], together[number])


@pytest.mark.parametrize("kind", ["double_seq_bn", "par_bn"])
@pytest.mark.parametrize("architecture", ["deberta", "longformer", "modernbert", "mpnet"])
def test_other_kinds_of_adapters_where_the_package_is_told_the_places(
    tiny_params: MakeParams,
    texts: dict[str, torch.Tensor],
    tmp_path: Path,
    architecture: str,
    kind: str,
) -> None:
    params = tiny_params(architecture, adapter={"architecture": kind})
    before, method = logits(fresh(params).model, texts), params.encoder_method("adapter")
    classifier = fresh(params)
    model = method.attach(classifier)
    assert close(logits(_without_update(model), texts), before)
    _train(model, texts)
    after = logits(model, texts)
    method.save(model, classifier, tmp_path)
    assert close(logits(method.load(fresh(params), tmp_path), texts), after)


@pytest.mark.parametrize("variant", ["rslora", "dora", "pissa"])
@pytest.mark.parametrize("architecture", ["bert", "modernbert", "mpnet"])
def test_variants_of_lora(
    tiny_params: MakeParams,
    texts: dict[str, torch.Tensor],
    tmp_path: Path,
    architecture: str,
    variant: str,
) -> None:
    params = tiny_params(architecture, lora={"dropout": 0.0, "variant": variant})
    before, method = logits(fresh(params).model, texts), params.encoder_method("lora")
    classifier = fresh(params)
    model = method.attach(classifier)
    assert close(logits(model, texts), before)
    _train(model, texts)
    after = logits(model, texts)
    assert not close(after, before)
    method.save(model, classifier, tmp_path)
    assert close(logits(method.load(fresh(params), tmp_path), texts), after)


def test_pissa_of_too_high_a_rank(tiny_params: MakeParams) -> None:
    params = tiny_params("bert", lora={"variant": "pissa", "r": 33})
    with pytest.raises(UserError, match=r"^lora\.r is 33, but pissa takes at most 32 singular"):
        params.encoder_method("lora").attach_as("lora", fresh(params))


def test_lora_of_peft_reads_what_pissa_saved(
    tiny_params: MakeParams, texts: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    from peft import PeftModel

    params = tiny_params("bert", lora={"dropout": 0.0, "variant": "pissa"})
    method, classifier = params.encoder_method("lora"), fresh(params)
    model = method.attach(classifier)
    _train(model, texts)
    after = logits(model, texts)
    method.save(model, classifier, tmp_path)
    theirs = PeftModel.from_pretrained(fresh(params, seed=5).model, str(tmp_path))
    assert close(logits(theirs, texts), after)


@pytest.mark.parametrize("architecture", ["bert", "roberta", "modernbert", "deberta-v2"])
def test_the_head_is_new_whatever_the_checkpoint_brings(
    tiny_params: MakeParams, tmp_path: Path, architecture: str
) -> None:
    params = tiny_params(architecture)
    expected = {name: p.clone() for name, p in fresh(params).head_weights().items()}
    theirs = load_classifier(params.model, ["a", "b", "c"], seed=9).model
    with torch.no_grad():
        for name, parameter in theirs.named_parameters():
            if not name.startswith(theirs.base_model_prefix):
                parameter.fill_(9.0)
    folder = _saved_beside_tokenizer(theirs, params, tmp_path)
    brought = tiny_params(architecture, model={"name": str(folder)})
    found = fresh(brought).head_weights()
    assert found.keys() == expected.keys()
    for name, weights in found.items():
        assert torch.equal(weights, expected[name]), name


def _saved_beside_tokenizer(model: Any, params: Params, folder: Path) -> Path:
    model.save_pretrained(folder, safe_serialization=True)
    load_tokenizer(params.model).save_pretrained(folder)
    return folder


@pytest.mark.parametrize("architecture", ["bert", "mpnet", "longformer"])
def test_ia3_scales_keys_values_and_the_feed_forward_part(
    tiny_params: MakeParams, architecture: str
) -> None:
    params = tiny_params(architecture)
    classifier = fresh(params)
    model: Any = params.encoder_method("ia3").attach(classifier)
    config = model.peft_config["default"]
    kind = ARCHITECTURES[architecture]
    per_block = len(kind.key) + len(kind.value) + 1
    assert len(config.target_modules) == 2 * per_block
    assert len(config.feedforward_modules) == 2
    assert not any("attention" in name for name in config.feedforward_modules)


def test_bitfit_trains_biases_and_head(tiny_params: MakeParams) -> None:
    classifier = fresh(tiny_params("deberta"))
    tiny_params("deberta").encoder_method("bitfit").attach(classifier)
    named = dict(classifier.model.named_parameters())
    trained = {name for name, p in named.items() if p.requires_grad}
    assert trained == {n for n in named if n.endswith("bias")} | classifier.head
    assert any(name.endswith("q_bias") for name in trained)


def test_freeze_trains_the_last_blocks_and_the_head(tiny_params: MakeParams) -> None:
    params = tiny_params("modernbert", freeze={"trained_blocks": 1})
    classifier = fresh(params)
    params.encoder_method("freeze").attach(classifier)
    named = classifier.model.named_parameters()
    trained = {name for name, p in named if p.requires_grad}
    inside = {name for name in trained if name.startswith("model.")}
    assert inside
    assert all(name.startswith(("model.layers.1.", "model.final_norm.")) for name in inside)
    assert "model.final_norm.weight" in inside
    assert trained - inside == classifier.head
