"""`python -m benchmarks COMMAND`, from the folder of params.yaml.

Nothing heavy is imported before a command needs it, so that `--help` answers at once.
"""

from pathlib import Path
from typing import Annotated

import typer

from textune import errors

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

Models = Annotated[
    list[str] | None,
    typer.Option("--model", help="minilm, distilbert or the folder of another; again for more."),
]
Methods = Annotated[
    list[str] | None,
    typer.Option("--method", help="One method of params.yaml; again for more."),
]
Quick = Annotated[bool, typer.Option("--quick", help="Fewer cells and rounds.")]
Data = Annotated[
    Path | None, typer.Option(help="A folder in TweetEval's layout, instead of data.source.")
]
Json = Annotated[Path | None, typer.Option(help="Write the table as JSON to this file.")]


@app.callback()
def about() -> None:
    """Measure how fast textune trains, how much it learns, and whether its statistics hold."""


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
    _check_paths(data, json)

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
    _check_paths(data, json)

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
def same_learning(data: Data = None) -> None:
    """Validation accuracy of LoRA with the fast path and with stock Trainer, 5 seeds each."""
    from benchmarks.plan import learning_as_stock
    from textune.params import read_params

    params = learning_as_stock(read_params())
    _check_paths(data)

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
        raise errors.UserError(f"TARGET is {target:g}; it should be between 0 and 1")
    params = learning_as_stock(read_params())
    _check_paths(data)

    from benchmarks.console import show
    from benchmarks.time_to_accuracy import SEEDS, in_own_process, summary

    attempts = [in_own_process(target, params, data, seed) for seed in SEEDS]
    show(summary(target, attempts), params)


@app.command()
def scale(
    experiments: Annotated[list[int] | None, typer.Option(min=1, help="So many; again.")] = None,
    json: Json = None,
) -> None:
    """What the node that a sweep is started from takes for an experiment: measured in a copy."""
    from benchmarks.scale import measured, tables

    _check_paths(None, json)
    heads = list(measured.measure(Path(), sorted(experiments or [10, 50])))
    tables.write(json, heads)
    print(tables.head_table(heads))


@app.command()
def simulate(
    quick: Annotated[bool, typer.Option("--quick", help="A twentieth of the trials.")] = False,
    json: Json = None,
) -> None:
    """How often the recommendation is right, against known truths: tables in Markdown."""
    _check_paths(None, json)

    from benchmarks.console import progress
    from benchmarks.simulation import run, tables
    from benchmarks.simulation.results import write

    with progress(run.STEPS) as tick:
        results = run.simulate(quick, tick)
    if json is not None:
        write(json, results)
    print(tables.everything(results))


@app.command()
def tuning(method: Methods = None) -> None:
    """What tuning finds beside a dense grid, on data/prepared: hours on a CPU; Markdown."""
    from benchmarks.plan import encoder_methods
    from benchmarks.tuning import beside_a_grid, table
    from textune.data.tokenized import read_prepared
    from textune.params import changed, read_params
    from textune.pipeline.paths import PREPARED

    params = changed(read_params(), "tune.all", True)
    names = method or encoder_methods(params)
    for name in names:
        params.encoder_method(name)
    data = read_prepared(PREPARED, with_test=False)
    print(table(list(beside_a_grid(params, names, data))))


@app.command()
def predict(
    method: Annotated[str, typer.Option(help="Whose model in models/ predicts.")] = "full",
    quick: Quick = False,
    json: Json = None,
) -> None:
    """How fast a trained model predicts, by what runs it, and what each one loses."""
    from textune.params import read_params

    params = read_params()
    _check_paths(None, json)

    from benchmarks.console import progress, show
    from benchmarks.predicting import measure, steps
    from benchmarks.results import write_list
    from benchmarks.tables import runtime_table
    from textune.training.quiet import quieten

    quieten()
    with progress(steps(quick)) as tick:
        results = list(measure(params, method, quick, tick))
    if json is not None:
        write_list(json, results)
    show(runtime_table(results), params)


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


@app.command()
def docstrings(
    path: Annotated[Path, typer.Argument(help="The CSV to write.")],
) -> None:
    """Write a set of texts with many classes, some rare: docstrings of installed packages."""
    from benchmarks.docstrings import write_docstrings

    for name, rows in write_docstrings(path).items():
        print(f"{name}  {rows}")


def _check_paths(data: Path | None, json: Path | None = None) -> None:
    """Raise `UserError` if there is no such folder to read, or none to write to."""
    if data is not None and not data.is_dir():
        raise errors.UserError(
            f"--data is {data}, which is no folder; it should be one in TweetEval's layout"
        )
    if json is not None and not json.absolute().parent.is_dir():
        raise errors.UserError(f"--json is {json}, but there is no folder {json.absolute().parent}")


if __name__ == "__main__":
    errors.run(app)
