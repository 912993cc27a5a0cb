"""Stage `report`: one page with all the evidence, from metrics/ and the surest errors.

It holds texts of test, so it goes to DVC and not to git.
"""

from pathlib import Path

from textune.errors import run

_OUT = Path("data/report.html")


def main() -> None:
    from textune.pipeline.paths import ERRORS, METRICS
    from textune.report.page.writing import write_page

    write_page(METRICS, ERRORS, Path("params.yaml"), _OUT)


if __name__ == "__main__":
    run(main)
