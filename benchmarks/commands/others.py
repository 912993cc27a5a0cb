"""Tuning, prediction, statistics, sweeps, and data to try them on."""

from pathlib import Path
from typing import Annotated

import typer

from benchmarks.commands.app import Json, Methods, Quick, app, check_paths
from textune.errors import UserError


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
    check_paths(None, json)

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
def simulate(
    quick: Annotated[bool, typer.Option("--quick", help="A twentieth of the trials.")] = False,
    json: Json = None,
) -> None:
    """How often the recommendation is right, against known truths: tables in Markdown."""
    check_paths(None, json)

    from benchmarks.console import progress
    from benchmarks.simulation import run, tables
    from benchmarks.simulation.results import write

    with progress(run.STEPS) as tick:
        results = run.simulate(quick, tick)
    if json is not None:
        write(json, results)
    print(tables.everything(results))


@app.command()
def scale(
    experiments: Annotated[list[int] | None, typer.Option(min=1, help="So many; again.")] = None,
    json: Json = None,
) -> None:
    """What the node that a sweep is started from takes for an experiment: measured in a copy."""
    from benchmarks.scale import measured, tables

    check_paths(None, json)
    sizes = sorted({*(experiments or [10, 50])})
    if len(sizes) < 2:
        raise UserError("--experiments: give two numbers, as a line is drawn through them")
    fixed = measured.fixed_cost(Path())
    heads = list(measured.measure(Path(), sizes))
    found = tables.Measured(heads, fixed)
    tables.write(json, found)
    print(tables.head_table(found))


@app.command()
def docstrings(
    path: Annotated[Path, typer.Argument(help="The CSV to write.")],
) -> None:
    """Write a set of texts with many classes, some rare: docstrings of installed packages."""
    from benchmarks.docstrings import write_docstrings

    for name, rows in write_docstrings(path).items():
        print(f"{name}  {rows}")
