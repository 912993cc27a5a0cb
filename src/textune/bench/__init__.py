"""`textune bench`: training speed side by side with stock Trainer and with the machine's limit.

`plan` says what is measured, `sample` on which rows, `stock` and `contenders` who takes part,
`roofline` what the machine would allow, `worker` and `rounds` how they take turns,
`table` what is shown. Other measurements: `pieces`, what each piece of the fast path gains;
`learning`, whether it learns as much as stock Trainer; `accuracy`, the time to a given accuracy.
"""
