"""The real parameters, shrunk; tiny random models; tiny data; a workspace to run stages in."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from textune.config.sections import Cleaning

ROOT = Path(__file__).parent.parent
CLEANING = Cleaning(fix_encoding=True, mask_mentions=True, mask_links=True)
# Those that tests are about; params.yaml and dvc.yaml may have more.
METHODS = ("baseline", "lora", "adapter", "full")
SHARED = ROOT.parent / "shared" / "data" / "tweeteval" / "sentiment"

_SIZES = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
}
_RELATIVE = {"relative_attention": True, "pos_att_type": ["c2p", "p2c"]}
# By architecture, what it needs beside the usual sizes.
_CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "albert": {"embedding_size": 16},
    "convbert": {"embedding_size": 32, "conv_kernel_size": 3},
    "deberta": {**_RELATIVE, "position_biased_input": False},
    "deberta-v2": _RELATIVE,
    "distilbert": {"dim": 32, "n_layers": 2, "n_heads": 2, "hidden_dim": 64},
    "electra": {"embedding_size": 16},
    "longformer": {"attention_window": [8, 8]},
    "mobilebert": {"embedding_size": 32, "intra_bottleneck_size": 16},
    "modernbert": {"local_attention": 8, "global_attn_every_n_layers": 2, "cls_token_id": 2},
    "rembert": {"input_embedding_size": 16, "output_embedding_size": 16},
    "squeezebert": {"embedding_size": 32},
}
# Near to another one: `make test-slow` has them.
NEAR = (
    *("big_bird", "camembert", "data2vec-text", "ernie", "megatron-bert", "mobilebert", "rembert"),
    *("roberta-prelayernorm", "squeezebert", "xlm-roberta", "xlm-roberta-xl"),
)
TWEETS = {
    0: "the flight was late and the food was bad",
    1: "the shop opens at nine on monday",
    2: "what a lovely day i love this song",
}


def tiny_model(folder: Path, architecture: str) -> Path:
    """A random headless checkpoint of `architecture` with a small vocabulary, as a folder."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import AutoConfig, AutoModel, PreTrainedTokenizerFast, set_seed

    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    words = sorted({word for tweet in TWEETS.values() for word in tweet.split()} - set(letters))
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    vocabulary = [*special, *letters, *(f"##{letter}" for letter in letters), *words]
    tokenizer = Tokenizer(
        models.WordPiece({word: i for i, word in enumerate(vocabulary)}, unk_token="[UNK]")
    )
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="[UNK]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_max_length=128,
    )
    set_seed(7)
    sizes = {} if architecture == "distilbert" else _SIZES
    config = AutoConfig.for_model(
        architecture,
        vocab_size=len(vocabulary),
        max_position_embeddings=128,
        pad_token_id=0,
        # Ten times the usual: features of random weights should tell texts apart.
        initializer_range=0.2,
        **sizes,
        **_CONFIGURATIONS.get(architecture, {}),
    )
    AutoModel.from_config(config).save_pretrained(folder, safe_serialization=True)
    fast.save_pretrained(folder)
    return folder


def write_tweeteval(folder: Path, rows: dict[str, int]) -> Path:
    """A folder in TweetEval's layout with `rows` rows a split, each text once."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mapping.txt").write_text("0\tnegative\n1\tneutral\n2\tpositive\n")
    for split, count in rows.items():
        labels = [number % 3 for number in range(count)]
        texts = [f"{TWEETS[label]} {split} {number}" for number, label in enumerate(labels)]
        (folder / f"{split}_text.txt").write_text("\n".join(texts) + "\n")
        (folder / f"{split}_labels.txt").write_text("\n".join(map(str, labels)) + "\n")
    return folder


def shrunk(values: dict[str, Any], model: Path | str, data: Path | str) -> dict[str, Any]:
    """params.yaml's values for a tiny model and data set: the same keys, smaller numbers."""
    values["data"].update(source="files", path=str(data), max_train_examples=24)
    values["model"].update(name=str(model), max_length=32)
    values["train"].update(seeds=[0], epochs=2, batch_size=8, device="cpu", precision="fp32")
    values["evaluate"].update(resamples=1000)
    values["search"].update(max_train_examples=12)
    values["tune"].update(all=False, max_epochs=2, trials=3)
    for name in METHODS:
        values[name].update(epochs=None)
    values["methods"] = list(METHODS)
    return values


def real_values() -> dict[str, Any]:
    """The values of the committed params.yaml."""
    values: dict[str, Any] = YAML(typ="safe").load(ROOT / "params.yaml")
    return values


def git(folder: Path, *arguments: str) -> str:
    """Run git in `folder`, as somebody."""
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout


def make_workspace(folder: Path, model: Path) -> Path:
    """The project as committed, with tiny data in git and parameters that use it."""
    folder.mkdir()
    for name in (".dvc", "src", "dvc.yaml", "requirements.lock", ".dvcignore", ".gitignore"):
        source = ROOT / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("tmp", "cache", "vega.js", "__pycache__", "*.egg-info")
            shutil.copytree(source, folder / name, ignore=ignored)
        else:
            shutil.copy(source, folder / name)
    write_tweeteval(folder / "data/raw/tiny", {"train": 30, "val": 12, "test": 15})
    values = shrunk(real_values(), model, "data/raw/tiny")
    YAML().dump(values, folder / "params.yaml")
    pipeline = YAML().load(folder / "dvc.yaml")
    of_methods = {f"{kind}_{name}" for kind in ("tune", "train") for name in METHODS}
    wanted = {"choose", "prepare", "evaluate", "recommend", "report", *of_methods}
    for stage in pipeline["stages"].keys() - wanted:
        del pipeline["stages"][stage]
    YAML().dump(pipeline, folder / "dvc.yaml")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "config", "user.name", "t")
    git(folder, "config", "user.email", "t@example.org")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "tiny")
    return folder
