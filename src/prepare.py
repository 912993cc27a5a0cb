"""Stage `prepare`: labelled text in, clean, split and tokenized rows in data/prepared out."""

from pathlib import Path

from textune.errors import run


def main() -> None:
    from textune.params import read_params

    params = read_params()

    from textune.data.cleaning import clean
    from textune.data.prepared import write_prepared
    from textune.data.report import data_report, source_report
    from textune.data.sources import read_source
    from textune.data.splitting import split
    from textune.files import write_json
    from textune.pretrained import tokenize

    corpus = read_source(params.data)
    label_names, source = corpus.label_names, source_report(corpus)
    corpus, dropped = clean(corpus, params.data)
    tables, left_out = split(corpus, params.data)
    # A million texts are too many to hold them twice.
    del corpus

    for name, table in tables.items():
        tables[name] = table.assign(token_ids=tokenize(params.model, table["text"]))

    report = data_report(
        params.data, source, dropped, left_out, tables, label_names, params.model.max_length
    )
    write_prepared(Path("data/prepared"), label_names, tables)
    write_json(Path("metrics/data.json"), report)


if __name__ == "__main__":
    run(main)
