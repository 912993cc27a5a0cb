"""How many floating-point operations training needs for a token."""

import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from textune.params import Params
from textune.pretrained import Classifier, load_classifier


def flops_per_token(method: str, params: Params, label_names: list[str], length: int) -> float:
    """Operations to train with `method` on one token of a text of `length` tokens.

    Only matrix products count, a product of (m, k) and (k, n) as 2·m·k·n; embeddings, norms,
    softmax, dropout and the optimizer count nothing. torch's FlopCounterMode sees each product
    that autograd runs for one text, so exactly these are in:

    - forward, all products: linear layers, the two of attention (2·2·length·hidden a token and
      layer), LoRA's and the adapters' own, the head's;
    - backward to inputs, as many again, but only down to the lowest trained module;
    - gradients of weights, as many again for trained weights, none for frozen ones.

    A method that does not train the encoder needs its forward pass once for all epochs: it counts
    by 1 / `train.epochs`, as speed counts a row in each epoch.
    """
    classifier = load_classifier(params.model, label_names, seed=0)
    chosen = params.method(method)
    model = chosen.attach(classifier).train()
    ids = torch.ones(1, length, dtype=torch.long)
    inputs = {"input_ids": ids, "attention_mask": ids, "labels": ids[0, :1]}
    # Other ways to compute attention hide their products from the counter.
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
        model(**inputs).loss.backward()
    flops = float(counter.get_total_flops())
    if not chosen.trains_encoder:
        flops -= _encoder_flops(counter, classifier) * (1 - 1 / params.train.epochs)
    return flops / length


def encoder_shapes(classifier: Classifier) -> list[tuple[int, int]]:
    """(inputs, outputs) of every linear layer of the encoder."""
    modules = classifier.encoder.modules()
    return [(m.in_features, m.out_features) for m in modules if isinstance(m, nn.Linear)]


def _encoder_flops(counter: FlopCounterMode, classifier: Classifier) -> float:
    """What `counter` saw in the stack of blocks."""
    name = next(n for n, module in classifier.model.named_modules() if module is classifier.encoder)
    counts = counter.get_flop_counts()[f"{type(classifier.model).__name__}.{name}"]
    return float(sum(counts.values()))
