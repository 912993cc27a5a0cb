"""The last block computes only what the head reads: its first token.

The heads of sequence classification read the first token of the last block. All tokens are needed
there as keys and values, but only one as a query, and behind the attention only that one goes on.
In a model of 6 blocks this leaves out a seventh of all operations, forward and backward, and
changes no logit and no gradient.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from textune.modeling.pretrained import Classifier

# Not ELECTRA: with adapters' code its attention would lose the mask.
_LIKE_BERT = {"bert", "camembert", "roberta", "xlm-roberta"}


@contextlib.contextmanager
def first_token_only(classifier: Classifier, enabled: bool = True) -> Iterator[None]:
    """For a while, the encoder of `classifier` gives (n, 1, hidden), the first token of each text.

    The encoders of other architectures than BERT, RoBERTa, XLM-R, CamemBERT, DistilBERT and MPNet
    stay as they are.
    """
    kind = classifier.model.config.model_type if enabled else None
    hooks = []
    if kind in _LIKE_BERT:
        attention: Any = classifier.blocks[-1].attention
        hooks.append(attention.register_forward_pre_hook(_cross_attend, with_kwargs=True))
    elif kind == "distilbert":
        block: Any = classifier.blocks[-1]
        hooks.append(block.attention.register_forward_pre_hook(_one_query, with_kwargs=True))
        # What comes in is the attention's one token added to each token of its input.
        hooks.append(block.sa_layer_norm.register_forward_pre_hook(_first))
    elif kind == "mpnet":
        part: Any = classifier.blocks[-1].attention
        hooks.append(part.attn.register_forward_pre_hook(_one_row_of_bias))
        hooks.append(part.attn.q.register_forward_pre_hook(_first))
        hooks.append(part.LayerNorm.register_forward_pre_hook(_first))
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _cross_attend(
    attention: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """BERT's attention can take keys and values from elsewhere: from all tokens here."""
    (tokens,) = args
    mask = _for_one_query(kwargs["attention_mask"])
    return (_first_token(tokens),), {
        **kwargs,
        "attention_mask": mask,
        "encoder_hidden_states": tokens,
    }


def _one_query(
    attention: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    mask = _for_one_query(kwargs["mask"])
    return args, {**kwargs, "query": _first_token(kwargs["query"]), "mask": mask}


def _one_row_of_bias(attention: nn.Module, args: tuple[Any, ...]) -> tuple[Any, ...]:
    *others, position_bias = args
    return *others, _for_one_query(position_bias)


def _first(module: nn.Module, args: tuple[torch.Tensor]) -> torch.Tensor:
    return _first_token(args[0])


def _first_token(tokens: torch.Tensor) -> torch.Tensor:
    # Contiguous, or else torch's linear layer copies its weights for each text of the batch.
    return tokens[:, :1].contiguous()


def _for_one_query(mask: torch.Tensor | None) -> torch.Tensor | None:
    """A mask (n, 1, queries, keys) for the first query; one that is the same for all, as it is."""
    return mask[:, :, :1] if mask is not None and mask.dim() == 4 else mask
