"""Lower learning rates for lower blocks (Clark et al. 2020, ELECTRA)."""

from collections.abc import Mapping
from typing import Any

from torch import nn

from textune.errors import UserError
from textune.modeling.pretrained import Classifier


def rate_scales(classifier: Classifier, decay: float) -> dict[nn.Parameter, float]:
    """The factor of the learning rate for each parameter of a model that a method has attached to.

    It is 1 for what stands above the blocks, `decay` for the last block, `decay` squared for the
    one below, and so on down to the embeddings. With a decay of 1 there are no factors. Raises
    `UserError` if the blocks are one.
    """
    if decay == 1:
        return {}
    try:
        blocks = classifier.blocks
    except UserError as error:
        raise UserError(f"{error}; set train.layer_decay to 1") from None
    scales = dict.fromkeys(classifier.model.parameters(), 1.0)
    below = ("embeddings", "embeddings_project")  # the second is ELECTRA's
    modules = [getattr(classifier.model.base_model, name, None) for name in below]
    # The encoder, too: DeBERTa has embeddings of relative positions there, beside the blocks.
    for module in filter(None, [*modules, classifier.encoder]):
        scales.update(dict.fromkeys(module.parameters(), decay ** (len(blocks) + 1)))
    scales.update({parameter: 1.0 for _, parameter in classifier.above_blocks()})
    for depth, block in enumerate(reversed(blocks), start=1):
        scales.update(dict.fromkeys(block.parameters(), decay**depth))
    return scales


def scaled_groups(
    groups: list[dict[str, Any]], scales: Mapping[nn.Parameter, float]
) -> list[dict[str, Any]]:
    """An optimizer's groups of parameters, apart by the scales of their rates.

    The highest rate comes first: that of the first group is logged.
    """
    return [
        {**group, "lr": group["lr"] * scale, "params": scaled}
        for scale in sorted(set(scales.values()), reverse=True)
        for group in groups
        if (scaled := [p for p in group["params"] if scales[p] == scale])
    ]
