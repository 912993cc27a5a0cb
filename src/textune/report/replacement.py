"""What it costs to use another model in the place of a trained one, in words."""

from textune.metrics.of_classes import title_of
from textune.report.advice import points
from textune.report.titles import percent
from textune.stats.replacement import Replacement
from textune.stats.results import Comparison


def cost_of(replacement: Replacement, what: str, comparison: Comparison) -> str:
    """Two sentences. what: what the other model is, such as `In 8 bits`."""
    interval, margin = replacement.interval, points(comparison.noninferiority_margin)
    surely = "It surely loses" if replacement.within_margin else "It may lose more than"
    less = f"less than {margin}" if replacement.within_margin else margin
    level = percent(comparison.confidence_level)
    return (
        f"{what} {title_of(replacement.metric)} on test is {replacement.other:.3f} in the place of"
        f" {replacement.own:.3f}: {100 * replacement.difference:+.2f} points, {level} interval"
        f" {100 * interval.low:+.2f} to {100 * interval.high:+.2f}; {replacement.changed:.1%} of"
        f" the texts get another class. {surely} {less}, from"
        f" {comparison.examples:,} texts and this one model."
    )
