"""What a model from elsewhere may say: its type, and keys of its configuration and tokenizer."""

import inspect
import re

from textune.modeling.architectures import ARCHITECTURES

TYPES = tuple(ARCHITECTURES)
# What transformers' code of these types reads beside the arguments of their configurations.
_ALSO_READ = {
    "attention_head_size",
    "cls_dropout",
    "conv_act",
    "conv_groups",
    "conv_kernel_size",
    "embedding_size",
    "norm_rel_ebd",
    "pooler_hidden_size",
    "position_buckets",
    "position_embedding_type",
    "share_att_key",
    "talking_head",
}
_OF_ALL_TYPES = {
    "bos_token_id",
    "chunk_size_feed_forward",
    "eos_token_id",
    "model_type",
    "pad_token_id",
    "sep_token_id",
    "tie_word_embeddings",
    "tokenizer_class",
    "transformers_version",
}
SPECIAL_TOKENS = {
    "additional_special_tokens",
    "bos_token",
    "cls_token",
    "eos_token",
    "mask_token",
    "pad_token",
    "sep_token",
    "unk_token",
}
OF_TOKENIZERS = SPECIAL_TOKENS | {
    "add_bos_token",
    "add_eos_token",
    "add_prefix_space",
    "added_tokens_decoder",
    "clean_up_tokenization_spaces",
    "do_basic_tokenize",
    "do_lower_case",
    "errors",
    "keep_accents",
    "legacy",
    "max_len",
    "model_input_names",
    "model_max_length",
    "never_split",
    "padding_side",
    "remove_space",
    "split_by_punct",
    "split_special_tokens",
    "strip_accents",
    "tokenize_chinese_chars",
    "tokenizer_class",
    "trim_offsets",
    "truncation_side",
    "vocab_type",
}
# The files that a tokenizer is made of.
VOCABULARIES = (
    "tokenizer.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "spm.model",
    "spiece.model",
    "sentencepiece.model",
    "sentencepiece.bpe.model",
)
# Keys whose value can name code, kernels, another repository or another file.
NAMES_CODE = re.compile(
    r"auto_?map(ping)?|.*(attn|attention|experts?)_implementation.*|_?implementation"
    r"|_?(pre_)?quantiz.*|compression_config|custom_.*|(use_|hub_)?kernels?(_config|_mapping)?"
    r"|trust_remote_code|code_revision|_?adapters?(_.*)?|peft.*|.*backbone.*|.*timm.*"
    r"|configuration_files|transformers_weights|gguf_file|base_model_name_or_path|megatron_c.*",
    re.IGNORECASE,
)


def keys_of(model_type: str) -> set[str]:
    """The keys of the configuration of a type in `TYPES` that are passed on."""
    from transformers import CONFIG_MAPPING

    config = CONFIG_MAPPING[model_type]
    arguments = inspect.signature(config.__init__).parameters.keys() - {"self", "kwargs"}
    return _OF_ALL_TYPES | _ALSO_READ | arguments | config.attribute_map.keys()


def tokenizer_classes() -> set[str]:
    """The names of tokenizers that transformers has a fast class for, and of these classes."""
    from transformers.models.auto.tokenization_auto import TOKENIZER_MAPPING_NAMES

    pairs = [pair for pair in TOKENIZER_MAPPING_NAMES.values() if pair[1]]
    return {"PreTrainedTokenizerFast", *(name for pair in pairs for name in pair if name)}
