"""Commands about parameters: whether they are right, and which are better on validation."""

from pathlib import Path
from typing import Annotated

import typer

from textune.cli.app import app


@app.command()
def check() -> None:
    """Check params.yaml as a whole, and that the model has every method, before anything runs."""
    from textune.params import read_params

    params = read_params()

    from textune.pipeline.checking import check

    for warning in check(params):
        print(warning)


@app.command()
def search(
    vary: Annotated[
        list[str], typer.Option(help="KEY=VALUE,VALUE of params.yaml; again for more.")
    ],
    output: Annotated[Path | None, typer.Option(help="Default: metrics/search.json.")] = None,
    method: Annotated[
        list[str] | None, typer.Option(help="Only this method; again for more. Default: all.")
    ] = None,
) -> None:
    """Compare params.yaml as it is with single changes of it, on validation.

    Learning rates and epochs are tuned by `dvc exp run -S tune.all=true`.
    """
    from textune.params import read_params

    params = read_params()

    from textune.pipeline.paths import METRICS
    from textune.pipeline.search import one_at_a_time, search, searched_methods
    from textune.training.quiet import quieten

    output = output or METRICS / "search.json"
    quieten()
    trials = one_at_a_time(params, vary, method or searched_methods(params))
    for trial, score in search(params, trials, output):
        print(f"{trial.method}  {trial.name}  {score:.4f}", flush=True)
    print(f"{output} has all scores, and the best; write what you want into params.yaml")


@app.command()
def adopt() -> None:
    """Write the recipes that tuning found into params.yaml, as numbers that cost nothing."""
    from textune.params import read_params

    params = read_params()

    from textune.pipeline.adoption import adopt

    for name, recipe in adopt(params).items():
        print(f"{name}: {', '.join(f'{key} {value:g}' for key, value in recipe.items())}")
