"""Commands that use a trained model: predict, export."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from textune.cli.app import app
from textune.errors import UserError

Method = Annotated[
    str | None, typer.Option(help="A method of params.yaml. Default: the recommended one.")
]
Seed = Annotated[int | None, typer.Option(help="One of its seeds. Default: the first.")]
Revision = Annotated[
    str | None,
    typer.Option(help="The model of another commit, branch or experiment, from DVC's cache."),
]
Device = Annotated[str, typer.Option(help="auto, cpu or cuda.")]


@app.command()
def predict(
    texts: Annotated[list[str] | None, typer.Argument(help="Texts.")] = None,
    input: Annotated[
        list[Path] | None,
        typer.Option(help="A CSV, TSV, JSON Lines or Parquet file; again for more; - for lines."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="A file, or a folder for several. Default: shown.")
    ] = None,
    form: Annotated[
        str | None,
        typer.Option("--format", help="lines, csv, tsv, jsonl or parquet. Default: as --output."),
    ] = None,
    text_column: Annotated[str, typer.Option(help="The column with the text.")] = "text",
    method: Method = None,
    seed: Seed = None,
    ensemble: Annotated[
        bool, typer.Option("--ensemble", help="The mean of all of the method's seeds.")
    ] = False,
    revision: Revision = None,
    run: Annotated[
        Path | None,
        typer.Option("--run", help="The folder of a run, e.g. one that `dvc artifacts get` wrote."),
    ] = None,
    abstain_below: Annotated[
        float, typer.Option(help="Leave a text undecided whose class is less probable.")
    ] = 0.0,
    allow_empty: Annotated[
        bool, typer.Option("--allow-empty", help="Leave rows without a text undecided.")
    ] = False,
    stream: Annotated[
        bool, typer.Option("--stream", help="Write each row as soon as it is read.")
    ] = False,
    device: Device = "auto",
) -> None:
    """Predict classes, with calibrated probabilities, for texts of your own."""
    if input and texts:
        raise UserError("texts and --input are both given; leave one of them out")
    if not input and not texts and sys.stdin.isatty():
        raise UserError("there is nothing to predict; give texts, or a file with --input")
    if device not in ("auto", "cpu", "cuda"):
        raise UserError(f"--device is {device!r}, but it may be auto, cpu or cuda")
    if not 0 <= abstain_below <= 1:
        raise UserError(f"--abstain-below is {abstain_below:g}, but it should be from 0 to 1")
    if ensemble and seed is not None:
        raise UserError("--ensemble takes all seeds, so leave --seed out")
    if run is not None and (ensemble or (method, seed, revision) != (None, None, None)):
        raise UserError("--run is one model; leave --method, --seed, --ensemble, --revision out")

    from textune.prediction.job import Form, Wanted
    from textune.prediction.job import predict as start

    wanted = Wanted(method, seed, ensemble, revision, run, device)
    start(
        texts or [],
        input or [],
        output,
        wanted,
        Form(text_column, form, abstain_below, allow_empty, stream),
    )


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(help="A folder that is not there, or is empty.")],
    form: Annotated[
        str, typer.Option("--format", help="transformers, peft, adapters or onnx.")
    ] = "transformers",
    quantize: Annotated[
        str | None, typer.Option(help="int8: ONNX in 8 bits, measured on test.")
    ] = None,
    method: Method = None,
    seed: Seed = None,
    revision: Revision = None,
    push: Annotated[
        str | None, typer.Option(help="Upload it to the hub as this repository, owner/name.")
    ] = None,
    public: Annotated[
        bool, typer.Option("--public", help="Let everybody see the repository of --push.")
    ] = False,
) -> None:
    """Write a trained encoder as a folder that programs without textune read."""
    from textune.export.exporting import export as write
    from textune.export.exporting import form_of
    from textune.export.pushing import push as upload
    from textune.export.pushing import require_repository
    from textune.pipeline.paths import METRICS, PREPARED
    from textune.prediction.finding import place, recommended, run_folders

    chosen = form_of(form, quantize)
    if push is not None:
        require_repository(push)
    elif public:
        raise UserError("--public is for --push; name a repository, or leave it out")
    with place(revision) as where:
        name = method or recommended(where)
        (run,) = run_folders(where, name, seed, all_seeds=False)
        data = where.local(PREPARED) if quantize else PREPARED
        done = write(run, folder, chosen, where.local(METRICS), data)
    print(f"{folder} has {name}, seed {run.name}; its logits differ by {done.error:.0e} at most")
    if done.quantized:
        print(done.quantized)
    if push is not None:
        print(f"{upload(folder, push, public)} has it, for {'everybody' if public else 'you'}")
