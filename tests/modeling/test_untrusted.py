"""Nothing that comes with a model runs, with the package `kernels` installed as well."""

import inspect
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import transformers
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES as CLASSES,
)

from tests.modeling.hostile import CASES, MARK, WEIGHTS, Pickled, sets
from tests.tiny import ROOT
from textune.modeling import allowed
from textune.modeling.untrusted import shown

# A package that runs what it is asked for, as the real one does.
KERNELS = """
import enum

class Device:
    def __init__(self, **kwargs): pass

class Mode(enum.Flag):
    TRAINING = INFERENCE = TORCH_COMPILE = FALLBACK = 1

class LayerRepository:
    def __init__(self, **kwargs): pass

def register_kernel_mapping(mapping): pass
def use_kernel_forward_from_hub(name): return lambda layer: layer
def replace_kernel_forward_from_hub(*args): pass

def get_kernel(name, **kwargs):
    MARK
    raise ValueError(f"{name} ran")
kernelize = get_kernel
"""

# What `textune check` and training do with each folder; the last is read by transformers alone.
TRY = """
import json, sys
from pathlib import Path
from textune.errors import UserError
from textune.params import check_params
from textune.pipeline.rehearsal import Rehearsal
from textune.training.quiet import quieten

quieten()
values, folders = json.load(sys.stdin)
told = {}
for case, folder in folders.items():
    values["model"]["name"] = folder
    params = check_params(values, "test")
    try:
        Rehearsal(params).attempt("full", params.method("full"))
        told[case] = "trains"
    except UserError as error:
        told[case] = str(error)
    told[case] = told[case].replace(folder, "MODEL")
told["ran"] = Path("ran").exists()
from transformers import AutoModelForSequenceClassification as Model
try:
    Model.from_pretrained(folders["config _attn_implementation_internal"])
except Exception:
    told["ran without textune"] = Path("ran").exists()
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, tiny_models: dict[str, Path]) -> dict[str, Any]:
    """What is told of each hostile model in one process, and whether anything ran."""
    from tests.tiny import real_values, shrunk

    work = tmp_path_factory.mktemp("hostile")
    packages = work / "packages"
    (packages / "kernels-0.9.0.dist-info").mkdir(parents=True)
    metadata = "Metadata-Version: 2.1\nName: kernels\nVersion: 0.9.0\n"
    (packages / "kernels-0.9.0.dist-info/METADATA").write_text(metadata)
    (packages / "kernels.py").write_text(KERNELS.replace("MARK", MARK.format("kernels").strip()))
    folders = {}
    for number, (case, (change, _)) in enumerate({**CASES, "good": (lambda f: None, "")}.items()):
        folder = Path(shutil.copytree(tiny_models["distilbert"], work / f"model-{number}"))
        (folder / "own.py").write_text(MARK.format("own.py"))
        change(folder)
        folders[case] = str(folder)
    done = subprocess.run(
        [sys.executable, "-c", TRY],
        cwd=work,
        input=json.dumps([shrunk(real_values(), "x", "x"), folders]),
        env={
            **os.environ,
            "HOSTILE": str(work),
            "TMPDIR": str(packages),
            "PYTHONPATH": os.pathsep.join(map(str, (ROOT / "src", ROOT, packages))),
        },
        capture_output=True,
        text=True,
        check=True,
        # A configuration of a million layers would be built for ever.
        timeout=120,
    )
    answers: dict[str, Any] = json.loads(done.stdout)
    answers["left"] = sorted(path.name for path in packages.iterdir())
    return answers


def test_hostile_models_are_refused_in_a_line_and_nothing_runs(told: dict[str, Any]) -> None:
    """In one test, because another worker would try them all again."""
    assert told["good"] == "trains"
    assert told["ran"] is False
    # So it would have been noticed.
    assert told["ran without textune"] is True
    assert [name for name in told["left"] if name.startswith("textune-model-")] == []
    accepted_or_unclear = {
        case: told[case]
        for case, (_, expected) in CASES.items()
        if not (
            told[case].startswith("model.name: ")
            and told[case].isprintable()
            and expected in told[case]
        )
    }
    assert accepted_or_unclear == {}


def test_what_names_no_code_is_left_out(tmp_path: Path, tiny_models: dict[str, Path]) -> None:
    folder = Path(shutil.copytree(tiny_models["distilbert"], tmp_path / "model"))
    plain: dict[str, Any] = {
        "_attn_implementation_autoset": True,
        "auto_map": None,
        "quantization_config": {},
    }
    modes: dict[str, Any] = {
        "output_attentions": True,
        "return_dict": False,
        "torchscript": True,
        "dtype": "load",
    }
    sets(**plain, **modes, architectures=["Own"], finetuning_task="x", own_key="evil/code")(folder)
    paths: dict[str, Any] = {
        "vocab_file": "/etc/passwd",
        "tokenizer_file": "/etc/passwd",
        "init_inputs": ["/etc"],
    }
    others: dict[str, Any] = {
        "name_or_path": "evil/model",
        "from_slow": True,
        "chat_template": "{{ 1 }}",
    }
    sets("tokenizer_config.json", **paths, **others)(folder)
    sets("special_tokens_map.json", **paths)(folder)
    for file in ("generation_config.json", "chat_template.jinja", "own.py"):
        (folder / file).write_text("{}")
    with shown(folder, "model") as seen:
        files = {path.name for path in seen.iterdir()}
        assert files == {
            "config.json",
            "tokenizer_config.json",
            "special_tokens_map.json",
            "tokenizer.json",
            WEIGHTS,
        }
        keys = {file: json.loads((seen / file).read_text()).keys() for file in files - {WEIGHTS}}
    assert not seen.exists()
    mine = {**plain, **modes, "architectures": 0, "finetuning_task": 0, "own_key": 0}
    assert not keys["config.json"] & mine.keys()
    assert {"dim", "n_layers", "vocab_size"} <= keys["config.json"]
    for file in ("tokenizer_config.json", "special_tokens_map.json"):
        assert not keys[file] & {*paths, *others}
        assert "pad_token" in keys[file]


@pytest.mark.parametrize("kind", allowed.TYPES)
def test_every_key_that_the_code_of_a_type_reads_is_known(kind: str) -> None:
    source = inspect.getsource(inspect.getmodule(getattr(transformers, CLASSES[kind])))  # type: ignore[arg-type]
    read = {*re.findall(r"config\.([a-z]\w*)", source)}
    read |= {*re.findall(r"""(?:get|has)attr\(\s*(?:self\.)?config, ["']([a-z]\w*)""", source)}
    common = set(dir(transformers.PretrainedConfig())) | {"add_cross_attention", "rope_scaling"}
    # Their configurations compute one; the others are of heads for other tasks.
    unused = {"true_hidden_size"} | {key for key in read if key.startswith("summary_")}
    assert read - common - unused - allowed.keys_of(kind) == set()


def test_every_file_of_their_tokenizers_is_known() -> None:
    from transformers.models.auto.tokenization_auto import TOKENIZER_MAPPING_NAMES

    fast = {TOKENIZER_MAPPING_NAMES[kind][1] for kind in allowed.TYPES}
    files = {
        file
        for name in fast
        for file in getattr(transformers, str(name)).vocab_files_names.values()
    }
    # tokenizer.model is tiktoken's, which no encoder of these types has.
    assert files - {"tokenizer.model"} <= {*allowed.VOCABULARIES}


def test_pickles_beside_safetensors_are_not_seen(
    tmp_path: Path, tiny_models: dict[str, Path]
) -> None:
    import pickle

    folder = Path(shutil.copytree(tiny_models["distilbert"], tmp_path / "model"))
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Pickled()))
    with shown(folder, "model") as seen:
        assert not [path for path in seen.iterdir() if path.suffix == ".bin"]


def test_links_within_the_caches_of_the_hub_and_of_dvc(
    tmp_path: Path, tiny_models: dict[str, Path]
) -> None:
    model = tmp_path / "models--a--b/snapshots/0123"
    shutil.copytree(tiny_models["distilbert"], model)
    for file, cache in (("config.json", "models--a--b/blobs"), (WEIGHTS, ".dvc/cache/files/md5")):
        target = tmp_path / cache / "ab"
        target.parent.mkdir(parents=True, exist_ok=True)
        (model / file).rename(target)
        (model / file).symlink_to(target)
    with shown(model, "model") as seen:
        assert (seen / WEIGHTS).is_file()
