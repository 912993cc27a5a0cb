"""Encoders that see padding in spite of the mask, kept from it.

ConvBERT's convolutions and MobileBERT's embeddings mix neighbouring tokens. So the last tokens of a
text would see padding tokens, and its logits would depend on the texts beside it. Here they see
zeros, as they do when the text is alone.
"""

from typing import Any

import torch
from torch import nn
from transformers import MobileBertModel, PreTrainedModel
from transformers.models.convbert.modeling_convbert import ConvBertSelfAttention


def without_padding(model: PreTrainedModel) -> None:
    """Change a ConvBERT or MobileBERT in place; other models stay as they are."""
    for module in model.modules():
        if isinstance(module, ConvBertSelfAttention):
            module.register_forward_pre_hook(_note_texts, with_kwargs=True)
        elif isinstance(module, MobileBertModel):
            embeddings: Any = module.get_input_embeddings()
            with torch.no_grad():
                embeddings.weight[embeddings.padding_idx] = 0


def _note_texts(attention: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Note which tokens are no padding, (n, length, 1), for the two convolutions."""
    convbert: Any = attention
    mask = kwargs["attention_mask"] if "attention_mask" in kwargs else args[1]
    convbert.in_text = mask[:, 0, 0, :, None] == 0

    def before(module: nn.Module, inputs: tuple[torch.Tensor]) -> torch.Tensor:
        return inputs[0] * convbert.in_text.mT

    def after(module: nn.Module, inputs: Any, output: torch.Tensor) -> torch.Tensor:
        return output * convbert.in_text

    # Here, as a method may have put another module in the place of one.
    if not convbert.key_conv_attn_layer._forward_pre_hooks:
        convbert.key_conv_attn_layer.register_forward_pre_hook(before)
    if not convbert.conv_out_layer._forward_hooks:
        convbert.conv_out_layer.register_forward_hook(after)
