"""IA³: trained factors of keys, values and inner activations, through peft (Liu et al. 2022)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from textune.modeling.methods.base import UnsupportedError
from textune.modeling.methods.through_peft import PeftMethod

if TYPE_CHECKING:
    from peft import PeftConfig

    from textune.modeling.pretrained import Classifier


class Ia3(PeftMethod):
    """Multiplies each key, value and inner activation of the feed-forward part by a trained factor.

    Where one matrix makes queries, keys and values, queries have factors as well.
    """

    tunable: ClassVar[Mapping[str, tuple[float, float]]] = {"learning_rate": (1e-3, 1e-1)}

    def config(self, classifier: "Classifier") -> "PeftConfig":
        from peft import IA3Config

        kind = classifier.architecture
        attention = classifier.linear_layers(kind.in_attention(kind.key + kind.value))
        # In some architectures the attention's output has the same ending.
        outer = classifier.linear_layers([kind.outer])
        forward = [name for name in outer if f".{kind.attention}." not in name]
        if not attention or not forward:
            raise UnsupportedError(
                f"model.name: ia3 finds no keys, values and feed-forward part in {classifier.name}"
            )
        return IA3Config(target_modules=attention + forward, feedforward_modules=forward)
