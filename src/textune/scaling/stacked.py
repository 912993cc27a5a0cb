"""The trained weights of several seeds as one, and their batches as one."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.func import functional_call
from torch.nn import functional

from textune.training.batches import Batch
from textune.training.callbacks import trained_weights


@dataclass(frozen=True)
class Stacked:
    """A module that every seed has, with the trained weights of all seeds.

    modules: by seed; plain: as they were; weights: by name, (seeds, ...); of: by name, those of
    each seed.
    """

    modules: Sequence[nn.Module]
    plain: Sequence[nn.Module]
    weights: Mapping[str, torch.Tensor]
    of: Mapping[str, Sequence[nn.Parameter]]

    @classmethod
    def of_seeds(
        cls, modules: Sequence[nn.Module], of: Mapping[str, Sequence[nn.Parameter]]
    ) -> "Stacked":
        weights = {
            name: torch.stack([one.detach() for one in ones]).requires_grad_()
            for name, ones in of.items()
        }
        for name, ones in of.items():
            for place, one in enumerate(ones):
                # A view: what an optimizer does to it is done to the stack.
                one.data = weights[name].data[place]
        plain = [copy(module) for module in modules]
        for module in plain:
            # They run around the module itself.
            module._forward_pre_hooks, module._forward_hooks = OrderedDict(), OrderedDict()
        return cls(modules, plain, weights, of)

    def forward(self, places: Sequence[int], *args: Any) -> torch.Tensor:
        """What the first of these seeds' module makes of their rows, one seed's after the other's,
        with each one's weights.
        """
        weights = {
            name: torch.stack([stack[place] for place in places])
            for name, stack in self.weights.items()
        }
        plain, device = self.plain[places[0]], args[0].device.type
        if isinstance(plain, nn.Linear) and torch.is_autocast_enabled(device):
            # vmap would add the bias as it is to a product in autocast's type.
            kind = torch.get_autocast_dtype(device)
            weights = {name: weight.to(kind) for name, weight in weights.items()}
        apart = [arg.unflatten(0, (len(places), -1)) for arg in args]

        def of_one(own: Mapping[str, torch.Tensor], *rows: torch.Tensor) -> torch.Tensor:
            out: torch.Tensor = functional_call(plain, dict(own), rows)
            return out

        out: torch.Tensor = torch.vmap(of_one, randomness="different")(weights, *apart)
        return out.flatten(0, 1)

    def give_gradients(self, places: Sequence[int]) -> None:
        """Give each of these seeds' weights their gradients, which no longer count here."""
        for name, weights in self.weights.items():
            for place in places:
                self.of[name][place].grad = None if weights.grad is None else weights.grad[place]
            weights.grad = None

    def take_apart(self) -> None:
        """Each seed's weights are its own again."""
        for ones in self.of.values():
            for one in ones:
                one.data = one.data.clone()


def stacked(models: Sequence[nn.Module]) -> Iterator[Stacked]:
    """The modules with trained weights, and the weights of all models."""
    trained = [trained_weights(model) for model in models]
    by_module: dict[str, dict[str, list[nn.Parameter]]] = {}
    for name in trained[0]:
        path, _, own = name.rpartition(".")
        if isinstance(models[0].get_submodule(path), nn.ParameterDict):
            # It computes nothing itself.
            path, _, holder = path.rpartition(".")
            own = f"{holder}.{own}"
        by_module.setdefault(path, {})[own] = [weights[name] for weights in trained]
    for path, of in by_module.items():
        yield Stacked.of_seeds([model.get_submodule(path) for model in models], of)


def joined(batches: Sequence[Batch], pad_token_id: int) -> Batch:
    """The batches one after the other, without labels, all of the size of the largest."""
    fill = {"input_ids": pad_token_id, "attention_mask": 0}
    most = max(len(batch["labels"]) for batch in batches)
    joined = {}
    for key in batches[0].keys() - {"labels"}:
        parts = [batch[key] for batch in batches]
        if key in fill:
            longest = max(part.shape[1] for part in parts)
            parts = [
                functional.pad(part, (0, longest - part.shape[1]), value=fill[key])
                for part in parts
            ]
        # Repeated rows have logits that no loss reads.
        rows = [torch.cat([part, part[:1].expand(most - len(part), -1)]) for part in parts]
        joined[key] = torch.cat(rows)
    return joined
