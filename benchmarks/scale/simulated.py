"""A sweep on many workers, by events: workers that are lost, and a head that takes its time."""

import heapq
import math
from dataclasses import dataclass

import numpy as np

# Trials differ in length, as machines do: the standard deviation of the logarithm.
_SPREAD = 0.2
# Seconds until the trial of a lost worker runs elsewhere, and at most until the last checkpoint.
_RESTART, _CHECKPOINT = 60.0, 300.0


@dataclass(frozen=True)
class Sweep:
    """trial: seconds, the median; lost_per_hour: how often a worker is lost; fetch: seconds of the
    head for the first result, and fetch_more: for each experiment that is there.
    """

    trials: int
    trial: float
    lost_per_hour: float
    fetch: float
    fetch_more: float


@dataclass(frozen=True)
class Outcome:
    """hours: until all results are at the head; worker_hours: that workers were rented for;
    busy: the share of the time that the head was busy; lost: trials begun again.
    """

    workers: int
    hours: float
    worker_hours: float
    busy: float
    lost: int


def simulate(sweep: Sweep, workers: int, seed: int = 0) -> Outcome:
    """Trials go to the worker that is free first. The head takes results one after the other."""
    random = np.random.default_rng(seed)
    free = [0.0] * workers
    finished, lost = [], 0
    for _ in range(sweep.trials):
        start = heapq.heappop(free)
        left, now = sweep.trial * math.exp(random.normal(0, _SPREAD)), start
        while left > (until := random.exponential(3600 / sweep.lost_per_hour)):
            lost += 1
            kept = max(0.0, until - random.uniform(0, _CHECKPOINT))
            left, now = left - kept, now + until + _RESTART
        finished.append(now + left)
        heapq.heappush(free, now + left)
    head = busy = 0.0
    for number, moment in enumerate(sorted(finished)):
        took = sweep.fetch + sweep.fetch_more * number
        head, busy = max(head, moment) + took, busy + took
    return Outcome(workers, head / 3600, workers * head / 3600, busy / head, lost)
