"""How many floating-point operations training needs."""

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from textune.config.sections import ModelParams
from textune.modeling.learner import Job
from textune.modeling.methods.base import EncoderMethod
from textune.modeling.pretrained import Classifier, empty_classifier


def training_flops(method: EncoderMethod, job: Job, epochs: int) -> float:
    """Operations to train on all examples for so many epochs, padding not counted.

    See `flops_per_token`.
    """
    lengths = job.data.train.lengths
    mean = max(1, round(float(lengths.mean())))
    per_token = flops_per_token(method, job.model, len(job.data.label_names), mean, epochs)
    return per_token * float(lengths.sum()) * epochs


def flops_per_token(
    method: EncoderMethod, model: ModelParams, classes: int, length: int, epochs: int
) -> float:
    """Operations to train with `method` on one token of a text of `length` tokens.

    Only matrix products count, a product of (m, k) and (k, n) as 2·m·k·n; embeddings, norms,
    softmax, dropout and the optimizer count nothing. torch's FlopCounterMode sees each product
    that autograd runs for one text (on a model without values, where that can be), so exactly
    these are in:

    - forward, all products: linear layers, the two of attention (2·2·length·hidden a token and
      layer), LoRA's and the adapters' own, the head's;
    - backward to inputs, as many again, but only down to the lowest trained module;
    - gradients of weights, as many again for trained weights, none for frozen ones.

    A method that does not train the encoder needs its forward pass once for all `epochs`: it
    counts by 1 / epochs, as speed counts an example in each epoch. What DoRA computes once for a
    batch, the length of each row of weights, counts for every text.
    """
    try:
        return _counted(method, model, classes, length, epochs, "meta")
    except RuntimeError:
        # The code of some architectures looks at values.
        with torch.random.fork_rng(devices=[]):
            return _counted(method, model, classes, length, epochs, "cpu")


def _counted(
    method: EncoderMethod, model: ModelParams, classes: int, length: int, epochs: int, device: str
) -> float:
    classifier = empty_classifier(model, classes, device)
    with torch.device(device):
        trained = method.attach(classifier).train()
    with torch.device(device), FlopCounterMode(display=False) as counter:
        ids = torch.ones(1, length, dtype=torch.long)
        inputs = {"input_ids": ids, "attention_mask": ids, "labels": ids[0, :1]}
        trained(**inputs).loss.backward()
    flops = float(counter.get_total_flops())
    if not method.trains_encoder:
        flops -= _encoder_flops(counter, classifier) * (1 - 1 / epochs)
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
