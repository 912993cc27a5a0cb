"""Every method trains the same head on a fresh encoder, and is the same model when loaded again."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.tiny import METHODS, ROOT
from textune.errors import UserError
from textune.modeling.methods.registry import method_class
from textune.modeling.pretrained import Classifier, load_classifier
from textune.params import Params

ONE_LAYER = {"classifier.weight", "classifier.bias"}
TWO_LAYERS = {
    f"classifier.{layer}.{kind}" for layer in ("dense", "out_proj") for kind in ("weight", "bias")
}
HEADS = {
    "bert": ONE_LAYER,
    "distilbert": ONE_LAYER | {"pre_classifier.weight", "pre_classifier.bias"},
    "roberta": TWO_LAYERS,
    "xlm-roberta": TWO_LAYERS,
    "electra": TWO_LAYERS,
    "deberta-v2": ONE_LAYER | {"pooler.dense.weight", "pooler.dense.bias"},
}
LABELS = ["negative", "neutral", "positive"]
MakeParams = Callable[..., Params]


def own_name(name: str) -> str:
    """The model's own name of a parameter that peft has renamed."""
    return name.removeprefix("base_model.model.").replace(".modules_to_save.default", "")


def trained_names(model: torch.nn.Module) -> set[str]:
    return {own_name(name) for name, p in model.named_parameters() if p.requires_grad}


def fresh(params: Params, seed: int = 0) -> Classifier:
    return load_classifier(params.model, LABELS, seed)


@pytest.mark.parametrize("architecture", HEADS)
@pytest.mark.parametrize("name", METHODS)
def test_all_methods_train_the_same_head(
    tiny_params: MakeParams, architecture: str, name: str
) -> None:
    params = tiny_params(architecture)
    classifier = fresh(params)
    sizes = {n: p.numel() for n, p in classifier.model.named_parameters()}
    assert classifier.head == HEADS[architecture]
    model = params.encoder_method(name).attach(classifier)
    trained = trained_names(model)
    added = {n for n in trained if "lora" in n or "adapter" in n}
    head_size = sum(sizes[n] for n in classifier.head)
    assert classifier.head <= trained
    if name == "full":
        assert trained == sizes.keys()
    else:
        assert trained - added == classifier.head
        own = [p for n, p in model.named_parameters() if p.requires_grad and own_name(n) in sizes]
        assert sum(p.numel() for p in own) == head_size
    assert bool(added) == (name in ("lora", "adapter"))


def test_a_pooler_that_the_checkpoint_lacks_is_part_of_the_head(
    tiny_params: MakeParams, tmp_path: Path
) -> None:
    from transformers import BertModel

    params = tiny_params("bert")
    headless = BertModel.from_pretrained(params.model.name, add_pooling_layer=False)
    headless.save_pretrained(tmp_path, safe_serialization=True)
    shutil.copy(Path(params.model.name, "tokenizer.json"), tmp_path)
    classifier = fresh(
        params.model_copy(update={"model": params.model.model_copy(update={"name": str(tmp_path)})})
    )
    pooler = {"bert.pooler.dense.weight", "bert.pooler.dense.bias"}
    assert classifier.head == HEADS["bert"] | pooler
    for name in ("baseline", "lora", "adapter"):
        attached = params.encoder_method(name).attach(
            load_classifier(params.model.model_copy(update={"name": str(tmp_path)}), LABELS, 0)
        )
        assert pooler <= trained_names(attached), name


@pytest.mark.parametrize("architecture", HEADS)
def test_one_seed_gives_every_method_the_same_untrained_head(
    tiny_params: MakeParams, architecture: str
) -> None:
    params = tiny_params(architecture)
    heads = []
    for name in METHODS:
        model = params.encoder_method(name).attach(fresh(params, seed=5))
        values = {own_name(n): p for n, p in model.named_parameters() if "lora" not in n}
        heads.append(torch.cat([values[n].flatten() for n in sorted(HEADS[architecture])]))
    assert all(torch.equal(head, heads[0]) for head in heads)
    other = fresh(params, seed=6).head_weights()
    assert not torch.equal(
        torch.cat([other[n].flatten() for n in sorted(HEADS[architecture])]), heads[0]
    )


def test_head_left_untrained(tiny_params: MakeParams) -> None:
    params = tiny_params("bert", baseline={"tune": "none"})
    assert not trained_names(params.encoder_method("baseline").attach(fresh(params)))


def test_an_adapter_with_another_head_is_not_loaded(
    tiny_params: MakeParams, tmp_path: Path
) -> None:
    params = tiny_params()
    method, classifier = params.encoder_method("adapter"), fresh(params)
    method.save(method.attach(classifier), classifier, tmp_path)
    (weights,) = tmp_path.glob("head.safetensors")
    head = load_file(weights)
    method.load(fresh(params), tmp_path)
    save_file({name: head[name] for name in sorted(head)[1:]}, weights)
    with pytest.raises(UserError, match="holds what was trained of another model"):
        method.load(fresh(params), tmp_path)


@pytest.mark.parametrize("name", ["lora", "adapter"])
def test_configurations_beside_trained_weights_are_not_read(
    tiny_params: MakeParams, tmp_path: Path, name: str
) -> None:
    params = tiny_params("bert")
    expected, _ = save_changed(params, name, tmp_path)
    hostile = {"peft_type": "LORA", "megatron_core": "own", "auto_mapping": {"parent_library": "x"}}
    (tmp_path / "adapter_config.json").write_text(json.dumps(hostile))
    loaded = params.encoder_method(name).load(fresh(params, seed=99), tmp_path).eval()
    torch.testing.assert_close(logits(loaded), expected, atol=1e-5, rtol=0)
    for weights in tmp_path.glob("adapter*.safetensors"):
        save_file({"other": torch.zeros(1)}, weights)
    with pytest.raises(UserError, match="holds what was trained of another model"):
        params.encoder_method(name).load(fresh(params), tmp_path)


IDS = torch.tensor([[2, 40, 41, 42, 3], [2, 43, 44, 3, 0]])


def logits(model: torch.nn.Module) -> torch.Tensor:
    with torch.no_grad():
        found: torch.Tensor = model(input_ids=IDS, attention_mask=(IDS > 0).long()).logits
    return found


def save_changed(params: Params, name: str, folder: Path) -> tuple[torch.Tensor, int]:
    """Save a model, each trained weight of which has changed; its logits, and its size in bytes."""
    classifier = fresh(params)
    model = params.encoder_method(name).attach(classifier).eval()
    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(torch.randn_like(parameter) / 10)
    params.encoder_method(name).save(model, classifier, folder)
    return logits(model), sum(p.numel() for p in classifier.model.parameters()) * 4


@pytest.mark.parametrize("name", METHODS)
def test_saved_and_loaded_it_is_the_same_model(
    tiny_params: MakeParams, tmp_path: Path, name: str
) -> None:
    params = tiny_params("roberta")
    expected, whole = save_changed(params, name, tmp_path)
    loaded = params.encoder_method(name).load(fresh(params, seed=99), tmp_path).eval()
    torch.testing.assert_close(logits(loaded), expected, atol=1e-5, rtol=0)
    assert not [f for f in tmp_path.iterdir() if f.suffix in (".bin", ".pt", ".pth")]
    size = sum(file.stat().st_size for file in tmp_path.glob("*.safetensors"))
    assert (size < whole / 2) == (name != "full")


@pytest.mark.parametrize("name", METHODS)
def test_a_loaded_model_has_the_same_parameters_to_train(
    tiny_params: MakeParams, tmp_path: Path, name: str
) -> None:
    params = tiny_params("bert")
    classifier, method = fresh(params), params.encoder_method(name)
    model = method.attach(classifier)
    method.save(model, classifier, tmp_path)
    loaded = method.load(fresh(params), tmp_path)
    assert trained_names(loaded) == trained_names(model)


def test_a_file_without_its_class_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from textune.modeling.methods import full

    monkeypatch.delattr(full, "Full")
    with pytest.raises(UserError, match=r"full\.py should have a class Full, derived from Method"):
        method_class("full", "full.method")


RELOAD = """
import json, sys
from pathlib import Path

import numpy as np
import torch

from textune.config.sections import ModelParams
from textune.modeling.methods.registry import method_class
from textune.modeling.pretrained import load_classifier

labels, ids, saved = json.load(sys.stdin)
ids = torch.tensor(ids)
for folder, (model_params, section) in saved.items():
    fresh = load_classifier(ModelParams.model_validate(model_params), labels, 99)
    method = method_class(section["method"], "test").model_validate(section)
    model = method.load(fresh, Path(folder)).eval()
    with torch.no_grad():
        logits = model(input_ids=ids, attention_mask=(ids > 0).long()).logits
    np.save(Path(folder) / "logits.npy", logits.numpy())
"""


def test_another_process_loads_the_same_models(tiny_params: MakeParams, tmp_path: Path) -> None:
    saved, expected = {}, {}
    for architecture in ("bert", "deberta", "modernbert", "mpnet"):
        params = tiny_params(architecture)
        for name in METHODS:
            folder = tmp_path / architecture / name
            folder.mkdir(parents=True)
            saved[str(folder)] = params.model.model_dump(), params.method(name).model_dump()
            expected[folder], _ = save_changed(params, name, folder)
    subprocess.run(
        [sys.executable, "-c", RELOAD],
        cwd=ROOT / "src",
        input=json.dumps([LABELS, IDS.tolist(), saved]),
        text=True,
        check=True,
    )
    for folder, logits_here in expected.items():
        found = np.load(folder / "logits.npy")
        np.testing.assert_allclose(found, logits_here.numpy(), atol=1e-5, err_msg=str(folder))
