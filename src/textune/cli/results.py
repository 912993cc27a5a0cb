"""Commands about results: tables, charts, runs for git, and what more runs would settle."""

from pathlib import Path
from typing import Annotated

import typer

from textune import errors
from textune.cli.app import app

Metrics = Annotated[Path, typer.Option(help="The folder that `evaluate` writes.")]


@app.command()
def table(
    metrics: Metrics = Path("metrics"),
    markdown: Annotated[bool, typer.Option(help="Print Markdown, as in the README.")] = False,
) -> None:
    """Print the table of results, from metrics/ alone."""
    from textune.report.tables import print_table

    print_table(metrics, markdown)


@app.command()
def plot(
    metrics: Metrics = Path("metrics"),
    output: Annotated[Path, typer.Option(help="The folder of the charts.")] = Path("pictures"),
) -> None:
    """Draw the scores with their intervals and the curves of training, from metrics/ alone."""
    from textune.report.charts import write_charts

    for path in write_charts(metrics, output):
        print(path)


@app.command()
def report(
    metrics: Metrics = Path("metrics"),
    output: Annotated[Path, typer.Option(help="The page, one HTML file.")] = Path("report.html"),
    show: Annotated[bool, typer.Option("--open", help="Show it in the browser.")] = False,
) -> None:
    """Write one page with all the evidence of a comparison; it holds texts of test."""
    import webbrowser

    from textune.pipeline.paths import ERRORS
    from textune.report.page.writing import write_page

    write_page(metrics, ERRORS, Path("params.yaml"), output)
    print(f"{output} has the report; with texts of test in it, it is not for git")
    if show:
        webbrowser.open(output.resolve().as_uri())


@app.command()
def learning_curve(
    output: Annotated[
        Path, typer.Option(help="The chart, as SVG; the points go beside it as CSV.")
    ] = Path("learning_curve.svg"),
) -> None:
    """Draw scores over training size, from experiments that differ in data.max_train_examples."""
    from textune.report.learning_curve import learning_curves, write_learning_curves

    curves = learning_curves()
    write_learning_curves(curves, output)
    for point in curves.points:
        print(
            f"{point.method:24}{point.examples:>8,} examples  {point.score:.3f}"
            f" [{point.low:.3f}, {point.high:.3f}]"
        )
    print(f"{output} has the chart")


@app.command()
def archive(
    folder: Annotated[Path, typer.Argument(help="Where the runs go: FOLDER/<name>/<seed>.")],
    method: Annotated[str, typer.Option(help="The method whose runs in models/ are meant.")],
    name: Annotated[
        str | None, typer.Option(help="What it is called there, if not by its own name.")
    ] = None,
) -> None:
    """Copy a method's runs for git: predictions, curves and records, without the weights."""
    from textune.params import read_params

    params = read_params()
    params.method(method)

    from textune.pipeline.paths import MODELS
    from textune.runs.archive import archive

    for target in archive(MODELS, method, params.train.seeds, name or method, folder):
        print(f"{target} has the run")


@app.command()
def evaluate(
    predictions: Annotated[
        list[Path], typer.Option(help="A folder of runs that `archive` made; again for more.")
    ],
    metrics: Annotated[Path, typer.Option(help="Where the results go.")],
    params_file: Annotated[
        Path, typer.Option("--params", help="The parameters of the comparison, and titles.")
    ] = Path("params.yaml"),
    method: Annotated[
        list[str] | None,
        typer.Option(help="Compare this method; again for more, in this order. Default: all."),
    ] = None,
    metric: Annotated[str | None, typer.Option(help="Instead of params.yaml's.")] = None,
    decision: Annotated[str | None, typer.Option(help="Instead of params.yaml's.")] = None,
) -> None:
    """Score and compare archived runs, as the stage `evaluate` does those in models/.

    Without --method, methods that params.yaml declares come first. Only seeds that every method
    has are used.
    """
    from textune.params import changed, read_params

    params = read_params(params_file)
    for key, value in (("evaluate.metric", metric), ("evaluate.decision", decision)):
        if value is not None:
            params = changed(params, key, value)

    from textune.report.tables import print_table
    from textune.report.writing import write_results
    from textune.runs.archive import archived, shared_seeds
    from textune.runs.loading import load_runs

    folders = archived(predictions, method or params.methods)
    if method:
        missing = [name for name in method if name not in folders]
        if missing:
            raise errors.UserError(
                f"--method: there are no runs of {', '.join(missing)}; the methods in"
                f" {', '.join(map(str, predictions))} are {', '.join(folders)}"
            )
        folders = {name: folders[name] for name in method}
    seeds = shared_seeds(folders)
    runs = load_runs(folders, seeds, params.titles, params.evaluate.decision)
    write_results(runs, params.evaluate, metrics)
    print_table(metrics)


@app.command()
def plan(
    margin: Annotated[
        float | None, typer.Option(help="Instead of evaluate.noninferiority_margin.")
    ] = None,
    predictions: Annotated[
        list[Path] | None,
        typer.Option(help="A folder of runs that `archive` made, instead of models/; again."),
    ] = None,
) -> None:
    """How likely more seeds or test examples settle the recommendation, from the runs at hand."""
    from textune.params import changed, read_params

    params = read_params()
    if margin is not None:
        params = changed(params, "evaluate.noninferiority_margin", margin)

    from textune.pipeline.paths import MODELS
    from textune.report.plan import print_plan
    from textune.runs.archive import archived, shared_seeds
    from textune.runs.loading import load_runs, split_skipped

    if predictions:
        folders = archived(predictions, params.methods)
        seeds = shared_seeds(folders)
    else:
        seeds, by_default = params.train.seeds, params.methods_by_default
        folders, _ = split_skipped(MODELS, params.methods, seeds, by_default)
    print_plan(load_runs(folders, seeds, params.titles, params.evaluate.decision), params.evaluate)
