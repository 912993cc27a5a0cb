"""Every metric once: its name in files, its title for people, and which direction is better."""

from dataclasses import dataclass
from typing import get_args

from textune.config.sections import BestMetric

# A fixed rounding keeps a change that is none out of the diff of metrics/.
DIGITS = 6


@dataclass(frozen=True)
class Metric:
    """A score of predictions, or a cost of training."""

    name: str
    title: str
    higher_is_better: bool

    def is_better(self, value: float, than: float) -> bool:
        """Whether `value` is strictly better."""
        return value > than if self.higher_is_better else value < than


CATALOG: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("accuracy", "accuracy", higher_is_better=True),
        Metric("macro_recall", "macro recall", higher_is_better=True),
        Metric("macro_f1", "macro F1", higher_is_better=True),
        Metric("weighted_f1", "weighted F1", higher_is_better=True),
        Metric("loss", "cross-entropy", higher_is_better=False),
        Metric("calibrated_loss", "calibrated log loss", higher_is_better=False),
        Metric("log_loss", "log loss", higher_is_better=False),
        Metric("calibration_error", "calibration error", higher_is_better=False),
        Metric("trainable_parameters", "trained parameters", higher_is_better=False),
        Metric("training_flops", "operations of training", higher_is_better=False),
        Metric("train_seconds", "training time", higher_is_better=False),
        Metric("examples_per_second", "examples/s", higher_is_better=True),
        Metric("peak_memory_mib", "peak memory", higher_is_better=False),
        Metric("saved_bytes", "size on disk", higher_is_better=False),
    )
}
# Methods are always compared by these.
COMPARED = ("accuracy", "macro_recall", "macro_f1")
# Validation has these at each epoch; the epoch that is kept is the best by one of them.
OF_EPOCHS: tuple[BestMetric, ...] = get_args(BestMetric)
