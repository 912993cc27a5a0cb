"""`textune …`: what is not a stage of the pipeline.

Nothing heavy is imported before a command needs it, so that `--help` answers at once.
"""

from pathlib import Path
from typing import Annotated

import typer

from textune import errors

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

Metrics = Annotated[Path, typer.Option(help="The folder that `evaluate` writes.")]


@app.callback()
def about() -> None:
    """Which way of fine-tuning an encoder wins on your labelled text, and what each costs."""


@app.command()
def table(
    metrics: Metrics = Path("metrics"),
    markdown: Annotated[bool, typer.Option(help="Print Markdown, as in the README.")] = False,
) -> None:
    """Print the table of results, from metrics/ alone."""
    from textune.results.table import print_table

    print_table(metrics, markdown)


@app.command()
def draw(
    metrics: Metrics = Path("metrics"),
    output: Annotated[Path, typer.Option(help="The folder of the pictures.")] = Path("pictures"),
) -> None:
    """Draw the scores with their intervals and the curves of training, from metrics/ alone."""
    from textune.results.pictures import draw

    for path in draw(metrics, output):
        print(path)


@app.command()
def learning_curve(
    output: Annotated[
        Path, typer.Option(help="The picture, as SVG; the points go beside it as CSV.")
    ] = Path("learning_curve.svg"),
) -> None:
    """Draw scores over training size, from experiments that differ in data.max_train_examples."""
    from textune.results.learning_curve import learning_curves, write_learning_curves

    curves = learning_curves()
    write_learning_curves(curves, output)
    for point in curves.points:
        print(
            f"{point.method:24}{point.rows:>8,} rows  {point.score:.3f}"
            f" [{point.low:.3f}, {point.high:.3f}]"
        )
    print(f"{output} has the picture")


@app.command()
def keep(
    folder: Annotated[Path, typer.Argument(help="Where the runs go: FOLDER/<name>/<seed>.")],
    method: Annotated[str, typer.Option(help="The method whose runs in models/ are meant.")],
    name: Annotated[
        str | None, typer.Option(help="What it is called there, if not by its own name.")
    ] = None,
) -> None:
    """Copy a method's runs for git: predictions, curves and records, without the weights."""
    from textune.params import read_params

    params = read_params()

    from textune.results.keeping import keep

    params.method(method)
    for target in keep(Path("models"), method, params.train.seeds, name or method, folder):
        print(f"{target} has the run")


@app.command()
def evaluate(
    predictions: Annotated[Path, typer.Option(help="A folder of runs that `keep` made.")],
    metrics: Annotated[Path, typer.Option(help="Where the figures go.")],
    metric: Annotated[str | None, typer.Option(help="Instead of params.yaml's.")] = None,
    decision: Annotated[str | None, typer.Option(help="Instead of params.yaml's.")] = None,
) -> None:
    """Score and compare kept runs, as the stage `evaluate` does those in models/.

    Only seeds that every method has are used.
    """
    from textune.params import changed, read_params

    params = read_params()
    for key, value in (("evaluate.metric", metric), ("evaluate.decision", decision)):
        if value is not None:
            params = changed(params, key, value)
    settings = params.evaluate

    from textune.results.keeping import kept_seeds
    from textune.results.runs import load_runs
    from textune.results.table import print_table
    from textune.results.writing import write_results

    runs = load_runs(predictions, kept_seeds(predictions), settings.decision)
    write_results(runs, settings, metrics)
    print_table(metrics)


@app.command()
def check() -> None:
    """Check params.yaml as a whole, and that the model has every method, before anything runs."""
    from textune.params import read_params

    params = read_params()

    from textune import support
    from textune.methods import METHOD_NAMES
    from textune.training.quiet import quieten

    quieten()
    support.require(params, *METHOD_NAMES)


@app.command()
def search(
    output: Annotated[
        Path | None,
        typer.Option(
            help="Where the result goes: metrics/search.json, or search_changes.json with --vary."
        ),
    ] = None,
    vary: Annotated[
        list[str] | None,
        typer.Option(help="KEY=VALUE,VALUE: instead, change this of params.yaml; again for more."),
    ] = None,
    method: Annotated[
        list[str] | None, typer.Option(help="With --vary, one method; again for more.")
    ] = None,
) -> None:
    """Choose on validation: learning rates, as many for every method, or what --vary names.

    With --vary, params.yaml as it is competes with every single change.
    """
    from textune.params import read_params

    params = read_params()
    if method and not vary:
        raise errors.UserError("--method goes with --vary; learning rates are for all methods")

    from textune.search import learning_rate_trials, one_at_a_time, search
    from textune.training.quiet import quieten

    output = output or Path("metrics") / ("search_changes.json" if vary else "search.json")
    trials = one_at_a_time(params, vary, method or []) if vary else learning_rate_trials(params)
    quieten()
    for trial, score in search(params, trials, output, rates_vary=not vary):
        print(f"{trial.method}  {trial.name}  {score:.4f}", flush=True)
    print(f"{output} has all scores, and the best; write what you want into params.yaml")


@app.command()
def bench(
    model: Annotated[
        list[str] | None,
        typer.Option(help="minilm, distilbert or the folder of another; again for more."),
    ] = None,
    method: Annotated[
        list[str] | None, typer.Option(help="One method of params.yaml; again for more.")
    ] = None,
    quick: Annotated[bool, typer.Option(help="Fewer cells and rounds, within 3 minutes.")] = False,
    data: Annotated[
        Path | None, typer.Option(help="A folder in TweetEval's layout, instead of data.source.")
    ] = None,
    json: Annotated[Path | None, typer.Option(help="Write the table as JSON to this file.")] = None,
    pieces: Annotated[
        bool, typer.Option(help="Instead, what each piece of the fast path gains.")
    ] = False,
    same_learning: Annotated[
        bool,
        typer.Option(help="Instead, accuracy of the fast path and of stock Trainer, 5 seeds each."),
    ] = False,
    to_accuracy: Annotated[
        float | None,
        typer.Option(help="Instead, the time LoRA with MiniLM takes to this on validation."),
    ] = None,
) -> None:
    """Measure training speed side by side with stock Trainer and with the machine's limit."""
    from textune.params import read_params

    params = read_params()

    from textune.bench.command import bench

    bench(
        params,
        models=model or [],
        methods=method or [],
        quick=quick,
        data=data,
        json=json,
        pieces=pieces,
        same_learning=same_learning,
        to_accuracy=to_accuracy,
    )


def main() -> None:
    """Run a command; what a user can mend is told in one line, with exit code 1."""
    errors.run(app)
