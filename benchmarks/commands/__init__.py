"""The commands of `python -m benchmarks`. What they need is imported when one is run."""
