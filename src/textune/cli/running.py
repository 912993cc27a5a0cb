"""Commands that run the pipeline on more than one training at a time."""

from typing import Annotated

import typer

from textune.cli.app import app


@app.command()
def repro(
    targets: Annotated[
        list[str] | None, typer.Argument(help="Stages, with what they need. Default: all.")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Stages that run at a time.")] = 2,
    together: Annotated[
        bool,
        typer.Option("--together", help="One training for all seeds over a frozen encoder."),
    ] = False,
) -> None:
    """Run the stages that are out of date as `dvc repro` does, several at a time."""
    from textune.scaling.stages import repro

    repro(jobs, targets or [], together)


@app.command()
def sweep(
    set_param: Annotated[
        list[str],
        typer.Option(
            "--set-param", "-S", help="As of `dvc exp run`; also KEY=interval(LOW,HIGH). Again."
        ),
    ],
    name: Annotated[str, typer.Option(help="What the experiments' names begin with.")] = "sweep",
    trials: Annotated[
        int | None, typer.Option(min=1, help="So many suggestions of Optuna's. Default: all.")
    ] = None,
    objective: Annotated[
        str | None, typer.Option(help="FILE:KEY, such as metrics/val/accuracy.json:lora.")
    ] = None,
    minimize: Annotated[bool, typer.Option("--minimize", help="Lower is better.")] = False,
    seed: Annotated[int, typer.Option(help="Of the suggestions.")] = 0,
    address: Annotated[
        str | None, typer.Option(help="Of Ray. Default: $RAY_ADDRESS, else this machine.")
    ] = None,
    cpus: Annotated[float, typer.Option(min=0, help="CPUs that a trial takes.")] = 1,
    gpus: Annotated[float, typer.Option(min=0, help="GPUs that a trial takes, such as 0.1.")] = 0,
    price: Annotated[
        float | None, typer.Option(min=0, help="Of an hour of a trial, to tell the cost.")
    ] = None,
) -> None:
    """Make DVC experiments for many values of parameters, on all machines of a Ray cluster."""
    from textune.scaling.sweep import Settings, sweep

    sweep(
        set_param,
        Settings(name, address, cpus, gpus, trials, objective, minimize, seed, price),
    )
