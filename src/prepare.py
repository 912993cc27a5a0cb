"""Stage `prepare`: labelled text in, clean, split and tokenized examples in data/prepared out."""

from pathlib import Path

from textune.errors import run


def main() -> None:
    from textune.params import read_params

    params = read_params()

    from textune.data.cleaning import clean
    from textune.data.report import data_report, source_report
    from textune.data.sources.registry import OF_FILES, read_source, require_source
    from textune.data.splitting import split, without_training
    from textune.data.tokenized import write_prepared
    from textune.io import write_json
    from textune.metrics.of_classes import numbers_of
    from textune.modeling.tokenizer import tokenize
    from textune.pipeline.paths import METRICS, PREPARED
    from textune.pipeline.tracking import require_model_tracked, require_tracked

    require_source(params.data)
    require_model_tracked(params.model)
    if params.data.source in OF_FILES:
        require_tracked(Path(params.data.path))
    corpus = read_source(params.data, params.task)
    label_names, source = corpus.label_names, source_report(corpus)
    # What evaluate.metric names is told before anything trains.
    numbers_of(params.evaluate.metric, label_names)
    corpus, dropped = clean(corpus, params.data)
    tables, left_out = split(corpus, params.data, dropped["train"])
    # A million texts are too many to hold them twice.
    del corpus

    for warning in without_training(tables, label_names):
        print(f"warning: {warning}")
    for name, table in tables.items():
        tables[name] = table.assign(token_ids=tokenize(params.model, table["text"]))

    report = data_report(
        params.data, source, dropped, left_out, tables, label_names, params.model.max_length
    )
    write_prepared(PREPARED, label_names, tables, params.data.cleaning)
    write_json(METRICS / "data.json", report)


if __name__ == "__main__":
    run(main)
