"""Stage `prepare`: labelled text in, clean, split and tokenized rows in data/prepared out."""

from pathlib import Path

from textune.errors import UserError, run


def main() -> None:
    from textune.params import read_params

    params = read_params()

    from textune.data.cleaning import clean
    from textune.data.prepared import write_prepared
    from textune.data.report import data_report
    from textune.data.sources import read_source
    from textune.data.splitting import split
    from textune.files import write_json
    from textune.pretrained import load_tokenizer

    source = read_source(params.data)
    corpus, dropped = clean(source, params.data)
    tables, left_out = split(corpus, params.data)

    tokenizer = load_tokenizer(params.model)
    if params.model.max_length > tokenizer.model_max_length:
        raise UserError(
            f"model.max_length is {params.model.max_length}, but {params.model.name} reads at most"
            f" {tokenizer.model_max_length} tokens"
        )
    limits = {"truncation": True, "max_length": params.model.max_length}
    for name, table in tables.items():
        encoded = tokenizer(table["text"].tolist(), **limits, return_attention_mask=False)
        tables[name] = table.assign(token_ids=encoded["input_ids"])

    report = data_report(params.data, source, dropped, left_out, tables, params.model.max_length)
    write_prepared(Path("data/prepared"), corpus.label_names, tables)
    write_json(Path("metrics/data.json"), report)


if __name__ == "__main__":
    run(main)
