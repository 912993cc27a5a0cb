"""Where the parts of each architecture are: a type of model is one entry here.

Paths are those of modules in transformers' code. The types listed are those that textune takes:
encoders of text whose code is transformers' own, and which give a text the same logits alone and in
a padded batch.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal

# What a head reads of the last block: the first token, or the mean over all tokens of the text.
Reads = Literal["first", "mean"]


@dataclass(frozen=True)
class Architecture:
    """Paths to the parts of a model.

    blocks: in the model without its head; the encoder is the module that holds them.
    final_norm: in the model without its head, a norm above the blocks, if there is one; where it
    stands beside the encoder, all of that model is taken for the encoder.
    attention, inner, outer: in a block, or in a part of it; `inner` and `outer` are the linear
    layers of the feed-forward part.
    query, key, value, output: in the attention, more than one path where it has several of a kind.
    Where one matrix makes queries, keys and values, it stands for all three.
    own_adapters: whether the package adapters has code of its own for this type, which leaves the
    model as it is. Other types it is told the paths of.
    pooling: key of the configuration that says what the head reads; without, it is the first token.
    settings: of the configuration, whatever a checkpoint says.
    in_bf16: whether its code can train in bf16.
    """

    blocks: str = "encoder.layer"
    final_norm: str | None = None
    attention: str = "attention"
    query: tuple[str, ...] = ("self.query",)
    key: tuple[str, ...] = ("self.key",)
    value: tuple[str, ...] = ("self.value",)
    output: str = "output.dense"
    inner: str = "intermediate.dense"
    outer: str = "output.dense"
    own_adapters: bool = False
    pooling: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    in_bf16: bool = True

    @property
    def encoder(self) -> str:
        """Its path; empty: the model without its head itself."""
        holds_blocks = self.blocks.rpartition(".")[0]
        return "" if self.final_norm and "." not in self.final_norm else holds_blocks

    @property
    def fused(self) -> bool:
        """Whether one matrix makes queries, keys and values."""
        return self.query == self.value

    def in_attention(self, paths: tuple[str, ...]) -> list[str]:
        """Paths in a block of modules in its attention."""
        return [f"{self.attention}.{path}" for path in paths]

    def reads(self, config: Any) -> Reads:
        """What the head of a model with that configuration reads of the last block."""
        return "mean" if self.pooling and getattr(config, self.pooling) == "mean" else "first"


_IN_PROJ, _WQKV = ("self.in_proj",), ("Wqkv",)
_BERT = Architecture()
_BERT_OWN = replace(_BERT, own_adapters=True)

ARCHITECTURES: Mapping[str, Architecture] = MappingProxyType(
    {
        "albert": Architecture(
            blocks="encoder.albert_layer_groups",
            query=("query",),
            key=("key",),
            value=("value",),
            output="dense",
            inner="ffn",
            outer="ffn_output",
            own_adapters=True,
        ),
        "bert": _BERT_OWN,
        # From 700 tokens on its sparse attention depends on the texts that came before.
        "big_bird": replace(_BERT, settings={"attention_type": "original_full"}),
        "camembert": _BERT,
        "convbert": _BERT,
        "data2vec-text": _BERT,
        # The code of the package adapters would add a bias of random values to the fused matrix.
        "deberta": replace(_BERT, query=_IN_PROJ, key=_IN_PROJ, value=_IN_PROJ, in_bf16=False),
        "deberta-v2": replace(
            _BERT_OWN,
            query=("self.query_proj",),
            key=("self.key_proj",),
            value=("self.value_proj",),
        ),
        "distilbert": Architecture(
            blocks="transformer.layer",
            query=("q_lin",),
            key=("k_lin",),
            value=("v_lin",),
            output="out_lin",
            inner="ffn.lin1",
            outer="ffn.lin2",
            own_adapters=True,
        ),
        "electra": _BERT_OWN,
        "ernie": _BERT,
        # The first token, which the head reads, has queries, keys and values of its own.
        "longformer": replace(
            _BERT,
            query=("self.query", "self.query_global"),
            key=("self.key", "self.key_global"),
            value=("self.value", "self.value_global"),
        ),
        "megatron-bert": replace(_BERT, final_norm="encoder.ln"),
        "mobilebert": _BERT,
        # Also mmBERT and Ettin's encoders.
        "modernbert": Architecture(
            blocks="layers",
            final_norm="final_norm",
            attention="attn",
            query=_WQKV,
            key=_WQKV,
            value=_WQKV,
            output="Wo",
            inner="mlp.Wi",
            outer="mlp.Wo",
            pooling="classifier_pooling",
            settings={"reference_compile": False},
        ),
        "mpnet": replace(
            _BERT, query=("attn.q",), key=("attn.k",), value=("attn.v",), output="attn.o"
        ),
        "rembert": _BERT,
        "roberta": _BERT_OWN,
        "roberta-prelayernorm": replace(_BERT, final_norm="LayerNorm"),
        "squeezebert": replace(_BERT, blocks="encoder.layers"),
        "xlm-roberta": _BERT_OWN,
        "xlm-roberta-xl": replace(_BERT, final_norm="encoder.LayerNorm"),
    }
)
