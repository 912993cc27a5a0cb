"""What counts as the cost of a method, for the choice of the cheapest."""

from collections.abc import Mapping
from statistics import fmean

from textune.config.sections import CostName
from textune.runs.store import Run, RunSet


def costs(
    runs: RunSet, counted: CostName | Mapping[CostName, float]
) -> dict[str, tuple[float, ...]]:
    """By method what it costs, to be compared as tuples: where the first is equal, the next counts.

    counted: what costs, or the weights of several costs, each as a share of the dearest method's.
    After it come trained parameters, then operations. All are means over seeds. Seconds play no
    part, because they vary from run to run.
    """
    weights: Mapping[CostName, float] = (
        {counted: 1.0} if isinstance(counted, str) else dict(counted)
    )
    amounts = {name: _amounts(runs[name]) for name in runs.methods}
    most = {cost: max(of_method[cost] for of_method in amounts.values()) or 1 for cost in weights}
    return {
        name: (
            sum(weight * of_method[cost] / most[cost] for cost, weight in weights.items()),
            of_method["parameters"],
            of_method["operations"],
        )
        for name, of_method in amounts.items()
    }


def _amounts(of_method: list[Run]) -> dict[CostName, float]:
    records = [run.record for run in of_method]
    return {
        "parameters": fmean(record.cost.trainable_parameters for record in records),
        "operations": fmean(record.cost.training_flops for record in records),
        "saved_bytes": fmean(record.saved_bytes for record in records),
    }
