"""What it gains to train several seeds together: one epoch, after one of each seed alone."""

from collections.abc import Iterator
from dataclasses import dataclass

from textune.data.tokenized import Prepared
from textune.params import Params, changed
from textune.pipeline.learners import make_learner
from textune.scaling.together import fit_together


@dataclass(frozen=True)
class Speed:
    """Of one method; seconds of training steps, without validation, for all seeds."""

    method: str
    seeds: int
    alone: float
    together: float


def measure(params: Params, names: list[str], data: Prepared) -> Iterator[Speed]:
    """One epoch from each of `train.seeds`. Raises `UserError` for a method that cannot."""
    seeds = params.train.seeds
    for name in names:
        shorter = changed(params, f"{name}.epochs", 1)
        seconds = []
        for groups in ([[seed] for seed in seeds], [seeds]):
            learners = [
                [make_learner(shorter, name, data, seed, together=len(group)) for seed in group]
                for group in groups
            ]
            for group in learners:
                for learner in group:
                    learner.start()
                epochs = fit_together(group) if len(group) > 1 else [group[0].fit()]
                assert epochs
            costs = [learner.cost() for group in learners for learner in group]
            seconds.append(sum(cost.train_seconds for cost in costs))
        yield Speed(name, len(seeds), *seconds)


def table(rows: list[Speed]) -> str:
    """As Markdown."""
    lines = [
        "| method | seeds | one after the other, s | together, s | times as fast |",
        "| :-- | --: | --: | --: | --: |",
    ]
    lines += [
        f"| {row.method} | {row.seeds} | {row.alone:.1f} | {row.together:.1f}"
        f" | {row.alone / row.together:.2f} |"
        for row in rows
    ]
    return "\n".join(lines)
