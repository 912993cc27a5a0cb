"""How fast textune trains, and how much it learns."""

from typing import Annotated

import typer

from benchmarks.commands.app import Data, Json, Methods, Models, Quick, app, check_paths
from textune.errors import UserError


@app.command()
def speed(
    model: Models = None,
    method: Methods = None,
    quick: Quick = False,
    data: Data = None,
    json: Json = None,
) -> None:
    """Training speed, side by side with stock Trainer and with the machine's limit."""
    from benchmarks.plan import learning_as_stock, make_plan, speed_contenders
    from textune.params import read_params

    params = learning_as_stock(read_params())
    plan = make_plan(params, model or [], method or [], quick)
    check_paths(data, json)

    from benchmarks.console import progress, show
    from benchmarks.results import figures, write_list
    from benchmarks.rounds import measure, turns
    from benchmarks.tables import speed_table

    contenders = {cell.method: speed_contenders(params) for cell in plan.cells}
    with progress(turns(plan, contenders)) as tick:
        results = figures(measure(plan, contenders, params, data, tick))
    if json is not None:
        write_list(json, results)
    show(speed_table(results), params)


@app.command()
def ablation(
    model: Models = None,
    method: Methods = None,
    quick: Quick = False,
    data: Data = None,
    json: Json = None,
) -> None:
    """What each piece of the fast path gains: minilm with lora, unless options say otherwise."""
    from benchmarks.plan import learning_as_stock, make_plan
    from textune.params import read_params

    params = learning_as_stock(read_params())
    plan = make_plan(params, model or ["minilm"], method or ["lora"], quick)
    check_paths(data, json)

    from benchmarks.ablation import contenders
    from benchmarks.console import progress, show
    from benchmarks.results import gains, write_list
    from benchmarks.rounds import measure, turns
    from benchmarks.tables import gain_table

    by_method = {cell.method: contenders(params, cell.method) for cell in plan.cells}
    with progress(turns(plan, by_method)) as tick:
        results = gains(measure(plan, by_method, params, data, tick))
    if json is not None:
        write_list(json, results)
    show(gain_table(results), params)


@app.command()
def padding() -> None:
    """The share of padding, by how batches are made, on data/prepared: Markdown."""
    from benchmarks.padding import shares, table
    from textune.data.tokenized import read_prepared
    from textune.params import read_params
    from textune.pipeline.paths import PREPARED

    data = read_prepared(PREPARED, with_test=False)
    print(table(list(shares(data.train.lengths, read_params()))))


@app.command()
def together(method: Methods = None) -> None:
    """Seeds that train together beside one after the other, on data/prepared: Markdown."""
    from benchmarks.together import measure, table
    from textune.data.tokenized import read_prepared
    from textune.params import read_params
    from textune.pipeline.paths import PREPARED
    from textune.training.quiet import quieten

    params = read_params()
    names = method or ["lora", "adapter"]
    for name in names:
        params.encoder_method(name)
    data = read_prepared(PREPARED, with_test=False)
    quieten()
    print(table(list(measure(params, names, data))))


@app.command()
def same_learning(data: Data = None) -> None:
    """Validation accuracy of LoRA with the fast path and with stock Trainer, 5 seeds each."""
    from benchmarks.plan import learning_as_stock
    from textune.params import read_params

    params = learning_as_stock(read_params())
    check_paths(data)

    from benchmarks.console import show
    from benchmarks.same_learning import pairs, verdict
    from benchmarks.sample import prepare
    from textune.training.quiet import quieten

    quieten()
    results = []
    for pair in pairs(params, prepare(params, data)):
        results.append(pair)
        print(f"seed {pair.seed}  fast {pair.fast:.4f}  stock {pair.stock:.4f}", flush=True)
    show(verdict(results) + "\n", params)


@app.command()
def time_to_accuracy(
    target: Annotated[float, typer.Argument(help="Accuracy on validation, e.g. 0.7.")],
    data: Data = None,
) -> None:
    """The time that LoRA with MiniLM takes to an accuracy on validation, from 3 seeds."""
    from benchmarks.plan import learning_as_stock
    from textune.params import read_params

    if not 0 < target < 1:
        raise UserError(f"TARGET is {target:g}; it should be between 0 and 1")
    params = learning_as_stock(read_params())
    check_paths(data)

    from benchmarks.console import show
    from benchmarks.time_to_accuracy import SEEDS, in_own_process, summary

    attempts = [in_own_process(target, params, data, seed) for seed in SEEDS]
    show(summary(target, attempts), params)


@app.command()
def checkpoints(method: Methods = None) -> None:
    """What share of training is spent on checkpoints, on data/prepared: minutes; Markdown."""
    from benchmarks.checkpoints import table, waiting
    from benchmarks.plan import encoder_methods
    from textune.data.tokenized import read_prepared
    from textune.params import read_params
    from textune.pipeline.paths import PREPARED

    params = read_params()
    data = read_prepared(PREPARED, with_test=False)
    names = method or encoder_methods(params)
    print(table(list(waiting(params, names, data, params.train.seeds[0]))))
