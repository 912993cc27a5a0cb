"""Training speed: `python -m benchmarks --help`.

`plan`, `ablation` and `sample` say what is measured: which contenders, on which examples. `stock`,
`roofline` and `contenders` are what is timed; `worker` and `rounds` let it take turns. `results`
are its figures, which `tables` shows. `same_learning` and `time_to_accuracy` measure accuracy, and
`__main__` has the commands.
"""
