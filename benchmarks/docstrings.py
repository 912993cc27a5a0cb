"""A set of texts with many classes, some of them rare, from what is installed: which package does a
docstring come from?

The sources are read, not imported. With the versions of requirements.lock the rows are the same on
every machine.
"""

import ast
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from textune.errors import UserError
from textune.io import write_csv

PACKAGES = (
    "accelerate",
    "adapters",
    "alembic",
    "datasets",
    "dvc",
    "fsspec",
    "ftfy",
    "huggingface_hub",
    "networkx",
    "numpy",
    "optuna",
    "pandas",
    "peft",
    "pydantic",
    "pygit2",
    "rich",
    "scipy",
    "sklearn",
    "sqlalchemy",
    "statsmodels",
    "sympy",
    "torch",
    "transformers",
    "typer",
)
MOST_OF_A_PACKAGE = 400
# Of so many texts one is taken, so that small packages make small classes.
_ONE_OF = 5
_FEWEST_WORDS = 6


def write_docstrings(path: Path) -> dict[str, int]:
    """Write the columns `text` and `package` as CSV; returns the number of rows by package.

    Raises `UserError` if a package is not installed.
    """
    folder = Path(sysconfig.get_paths()["purelib"])
    missing = [name for name in PACKAGES if not (folder / name).is_dir()]
    if missing:
        raise UserError(f"{', '.join(missing)} is not in {folder}: run `make install`")
    rows: list[tuple[str, str]] = []
    counts = {}
    for name in PACKAGES:
        texts = sorted(set(_summaries(folder / name, name)))
        step = max(_ONE_OF, len(texts) // MOST_OF_A_PACKAGE)
        chosen = texts[::step][:MOST_OF_A_PACKAGE]
        counts[name] = len(chosen)
        rows += [(text, name) for text in chosen]
    write_csv(path, ("text", "package"), rows)
    return counts


def _summaries(folder: Path, name: str) -> Iterator[str]:
    """The first paragraphs of the package's docstrings, without its name."""
    for path in sorted(folder.rglob("*.py")):
        if "tests" in path.relative_to(folder).parts:
            continue
        try:
            tree = ast.parse(path.read_text(encoding="utf-8"))
        except (SyntaxError, UnicodeDecodeError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
                first = (ast.get_docstring(node) or "").split("\n\n")[0]
                text = " ".join(word for word in first.split() if name not in word.lower())
                if len(text.split()) >= _FEWEST_WORDS:
                    yield text
