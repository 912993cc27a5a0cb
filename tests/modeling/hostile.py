"""Models that try something: a good folder, and one change that should be refused in a line."""

import json
import os
import pickle
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

Change = Callable[[Path], object]
WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
# Writes its own name into the folder that HOSTILE names when it runs.
MARK = "import os, pathlib; pathlib.Path(os.environ['HOSTILE'], 'ran').write_text({!r})\n"
CODE = "which can name code, kernels or another repository"


class Pickled:
    """Runs when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return exec, (MARK.format("pickle"),)


def sets(file: str = "config.json", /, **changes: Any) -> Change:
    def change(folder: Path) -> None:
        path = folder / file
        content = json.loads(path.read_text()) if path.exists() else {}
        path.write_text(json.dumps({**content, **changes}))

    return change


def writes(file: str, text: str) -> Change:
    return lambda folder: (folder / file).write_text(text)


def removes(pattern: str) -> Change:
    def remove(folder: Path) -> None:
        for path in folder.glob(pattern):
            path.unlink()

    return remove


def links(file: str, target: str) -> Change:
    def change(folder: Path) -> None:
        (folder / file).unlink(missing_ok=True)
        (folder / file).symlink_to(target)

    return change


def header(change: Callable[[dict[str, Any]], object], length: int | None = None) -> Change:
    """Rewrites the header of the weights, or lies about its length."""

    def rewrite(folder: Path) -> None:
        raw = (folder / WEIGHTS).read_bytes()
        size = struct.unpack("<Q", raw[:8])[0]
        content = json.loads(raw[8 : 8 + size])
        change(content)
        text = json.dumps(content).encode()
        start = struct.pack("<Q", length or len(text))
        (folder / WEIGHTS).write_bytes(start + text + raw[8 + size :])

    return rewrite


def first(content: dict[str, Any]) -> dict[str, Any]:
    return next(tensor for name, tensor in content.items() if name != "__metadata__")


def sharded(weight_map: Any) -> Change:
    def change(folder: Path) -> None:
        (folder / WEIGHTS).rename(folder / "part.safetensors")
        (folder / INDEX).write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))

    return change


def weights(change: Callable[[dict[str, torch.Tensor]], object]) -> Change:
    def rewrite(folder: Path) -> None:
        tensors = load_file(folder / WEIGHTS)
        change(tensors)
        save_file(tensors, folder / WEIGHTS, {"format": "pt"})

    return rewrite


def pickled(folder: Path) -> None:
    (folder / WEIGHTS).unlink()
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Pickled()))


def as_pipe(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()
    os.mkfifo(folder / "tokenizer.json")


def changes_tokenizer(change: Callable[[dict[str, Any]], object]) -> Change:
    def rewrite(folder: Path) -> None:
        path = folder / "tokenizer.json"
        content = json.loads(path.read_text())
        change(content)
        path.write_text(json.dumps(content))

    return rewrite


_DEEP = "[" * 100_000 + "]" * 100_000
_TOKENIZER = "tokenizer_config.json"
_KERNEL = "evil/kernel"
LENGTHS: tuple[Any, ...] = ("512", [], -1, True)

CASES: dict[str, tuple[Change, str]] = {
    **{
        f"config {key}": (sets(**{key: value}), f"config.json of MODEL has {key}, {CODE}")
        for key, value in {
            "auto_map": {"AutoConfig": "own.Config", "AutoModel": "own.Model"},
            "_attn_implementation": _KERNEL,
            "attn_implementation": _KERNEL,
            "_attn_implementation_internal": _KERNEL,
            "Attn_Implementation": "flash_attention_2",
            "experts_implementation": _KERNEL,
            "_experts_implementation_internal": {"": _KERNEL},
            "quantization_config": {"quant_method": "gptq"},
            "compression_config": {"quant_method": "compressed-tensors"},
            "custom_pipelines": {"text": {"impl": "own.Pipeline"}},
            "custom_generate": "own",
            "use_kernels": "yes",
            "adapters": {"adapters": {"x": "own"}},
            "backbone": "evil/backbone",
            "configuration_files": ["config.1.0.0.json"],
            "transformers_weights": "other.safetensors",
            "base_model_name_or_path": "evil/model",
        }.items()
    },
    **{
        f"length {value}": (
            sets(_TOKENIZER, model_max_length=value),
            f"{_TOKENIZER} of MODEL has model_max_length: {value}, which is no number of tokens",
        )
        for value in LENGTHS
    },
    "nested": (
        sets(text_config={"more": [{"_attn_implementation_internal": _KERNEL}]}),
        f"config.json of MODEL has text_config.more.0._attn_implementation_internal, {CODE}",
    ),
    "tokenizer auto_map": (
        sets(_TOKENIZER, auto_map={"AutoTokenizer": ["own.Tokenizer", None]}),
        f"{_TOKENIZER} of MODEL has auto_map, {CODE}",
    ),
    "tokens auto_map": (sets("special_tokens_map.json", auto_map=["own.T", "own.T"]), CODE),
    "an adapter": (
        sets("adapter_config.json", base_model_name_or_path="evil/model", peft_type="LORA"),
        "it is an adapter of another model",
    ),
    "pickle": (pickled, "has no safetensors"),
    **{
        f"type {kind}": (
            sets(model_type=kind),
            "encoders of texts, no decoders or encoder-decoders, of the types a",
        )
        for kind in ("gpt2", "bart", "own", None, ["bert"], "timm_wrapper", "a\nb")
    },
    "decoder": (sets(is_decoder=True), "config.json of MODEL sets is_decoder, which no method"),
    **{
        f"tokenizer {name}": (
            sets(file, tokenizer_class=name),
            f"{file} of MODEL names the tokenizer {name}, of which transformers has no fast one",
        )
        for name, file in [
            ("AutoModel", _TOKENIZER),
            ("RagRetriever", _TOKENIZER),
            ("Own", "config.json"),
            (["X"], _TOKENIZER),
        ]
    },
    **{
        f"value {key} {value}": (sets(**{key: value}), f"config.json of MODEL has {key}: ")
        for key, value in [
            ("dim", 10**9),
            ("n_layers", 10**6),
            ("activation", "evil/code"),
            ("qa_dropout", {"a": 1}),
            ("pad_token_id", [[0]]),
        ]
    },
    "too large a number": (
        writes("config.json", '{"model_type": "distilbert", "dropout": 1e999}'),
        "config.json of MODEL has dropout: inf",
    ),
    "not a number": (
        writes("config.json", '{"dropout": NaN}'),
        "config.json of MODEL is not valid JSON (NaN is no number)",
    ),
    "endless number": (writes("config.json", f'{{"dim": {"9" * 9999}}}'), "is not valid JSON"),
    "deep": (writes("config.json", f'{{"a": {_DEEP}}}'), "config.json of MODEL is not valid JSON"),
    "rather deep": (
        writes(_TOKENIZER, f'{{"a": {"[" * 50 + "]" * 50}}}'),
        f"{_TOKENIZER} of MODEL is nested more than 10 levels deep",
    ),
    "a list": (writes("config.json", "[]"), "config.json of MODEL holds no JSON object"),
    "no configuration": (removes("config.json"), "has no config.json"),
    "bytes": (lambda folder: (folder / "config.json").write_bytes(b"\xff"), "is not valid JSON"),
    "larger than its weights": (
        sets(dim=4096, hidden_dim=16384, n_layers=100),
        "its configuration is of 20,",
    ),
    "other head count": (sets(n_heads=7), "cannot load MODEL"),
    "header too long": (header(lambda content: None, 2**40), "is damaged or no safetensors"),
    "header beyond the file": (header(lambda content: None, 10**7), "is damaged or no safetensors"),
    "offsets beyond the file": (
        header(lambda content: first(content).update(data_offsets=[0, 2**40])),
        "model.safetensors of MODEL is damaged or no safetensors",
    ),
    "offsets that overlap": (
        header(
            lambda content: [t.update(data_offsets=[0, 4], shape=[1]) for t in (first(content),)]
        ),
        "model.safetensors of MODEL is damaged or no safetensors",
    ),
    "weights of another framework": (
        header(lambda content: content.update(__metadata__={"format": "tf"})),
        "model.safetensors of MODEL holds weights for tf, not for PyTorch",
    ),
    "fewer layers than it says": (
        sets(n_layers=3),
        "its weights lack distilbert.transformer.layer.2.attention.k_lin.bias of the encoder",
    ),
    "8-bit weights": (
        weights(lambda all: all.update({n: t.to(torch.int8) for n, t in all.items()})),
        "as I8: textune trains no such weights",
    ),
    "weights that are no numbers": (
        weights(lambda all: [tensor.fill_(float("nan")) for tensor in all.values()]),
        "MODEL gives a loss of nan for three short texts; its weights are damaged",
    ),
    **{
        f"index {file}": (
            sharded({"a": file}),
            f"{INDEX} of MODEL names {file!r}, which is no safetensors file beside it",
        )
        for file in ("../../x.safetensors", "/etc/passwd", "pytorch_model.bin", "..", 3)
    },
    "index of nothing": (sharded([]), f"{INDEX} of MODEL has no weight_map"),
    "index of a missing file": (sharded({"a": "b.safetensors"}), "names b.safetensors, which is m"),
    "index of a missing tensor": (
        sharded({"a": "part.safetensors"}),
        "says that part.safetensors has a, which it has not",
    ),
    "link out": (
        links("tokenizer.json", "/etc/passwd"),
        "is a link out of its folder, to /etc/pas",
    ),
    "link to nothing": (links("vocab.txt", "nowhere"), "vocab.txt of MODEL cannot be read"),
    "link to itself": (links("config.json", "config.json"), "config.json of MODEL cannot be read"),
    "device": (links("config.json", "/dev/zero"), "config.json of MODEL is no file"),
    "pipe": (as_pipe, "tokenizer.json of MODEL is no file"),
    "no tokenizer": (
        removes("*token*"),
        "MODEL has no tokenizer: none of tokenizer.json, vocab.txt",
    ),
    "damaged tokenizer": (writes("tokenizer.json", '{"version": "1.0"}'), "cannot load MODEL"),
    "panic": (
        changes_tokenizer(lambda content: content["post_processor"].update(special_tokens={})),
        "cannot load MODEL: its tokenizer is damaged",
    ),
    "token that only a template has": (
        changes_tokenizer(
            lambda content: content["post_processor"]["special_tokens"]["[CLS]"].update(ids=[2**31])
        ),
        "cannot load MODEL",
    ),
    "tokens of text": (
        writes("added_tokens.json", '{"a": "b"}'),
        "has tokens whose number is none",
    ),
    "late token": (
        changes_tokenizer(lambda content: content["model"]["vocab"].update(late=5000)),
        "has a token 5000, but the model knows those below ",
    ),
    "no padding": (
        lambda folder: [
            sets(_TOKENIZER, pad_token=None)(folder),
            sets("special_tokens_map.json", pad_token=None)(folder),
        ],
        "the tokenizer of MODEL has no padding token",
    ),
}
