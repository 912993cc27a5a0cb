"""Every kind of figure of the study's comparison, computed again by other means.

    python -m studies.tweeteval_minilm.recomputed

takes the committed predictions and compares them with textune, and with `other_means`, which
shares no code with textune's metrics and statistics. Writes recomputed.json and prints it as the
table of docs/statistics.md. Takes two minutes.
"""

from collections.abc import Mapping
from typing import Any

from studies.tweeteval_minilm.results import STUDY, table
from textune.io import read_json, write_json

FILE = STUDY / "recomputed.json"
_HEAD = ["figure", "how many", "least alike", "textune", "other", "difference", "the other means"]


def main() -> None:
    from studies.tweeteval_minilm.agreement import checks
    from studies.tweeteval_minilm.both_sides import Study

    study = Study.read()
    write_json(FILE, {"rows": [check.row() for check in checks(study)]})
    print(markdown())


def markdown() -> str:
    """The table in recomputed.json: of each kind of figure the one that differs most."""
    return table(_HEAD, [_cells(row) for row in read_json(FILE)["rows"]])


def _cells(row: Mapping[str, Any]) -> list[str]:
    values = [f"{row['textune']:.6g}", f"{row['other']:.6g}", f"{row['difference']:+.0e}"]
    return [row["figure"], str(row["how_many"]), row["least_alike"], *values, row["means"]]


if __name__ == "__main__":
    main()
