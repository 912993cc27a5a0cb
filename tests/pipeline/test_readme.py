"""The README's way from one's own CSV to scored rows and a model that runs without textune."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests import pages
from tests.tiny import TWEETS, make_workspace, tiny_model

ACTIVATION = "make install && . .venv/bin/activate\n"
WITHOUT = "import sys; sys.modules.update(dict.fromkeys(['textune', 'torch', 'transformers']))\n"


def commands(section: str) -> str:
    """The shell commands of a section of the README."""
    text = pages.page("README.md").partition(f"## {section}\n")[2].partition("\n## ")[0]
    return "".join(block.partition("```")[0] for block in text.split("```sh\n")[1:])


@pytest.mark.slow
def test_every_command_from_ones_own_data_to_another_machine(tmp_path: Path) -> None:
    work = make_workspace(tmp_path / "work", tiny_model(tmp_path / "model", "bert"))
    stars = {"negative": "one, or none", "neutral": "🙂", "positive": "five\nstars"}
    rows = [
        {"review": f"{TWEETS[number % 3]} {number}", "stars": list(stars.values())[number % 3]}
        for number in range(120)
    ]
    home = tmp_path / "home"
    home.mkdir()
    pd.DataFrame(rows).to_csv(home / "reviews.csv", index=False)
    train, use = commands("Use your own data"), commands("Use the winner")
    assert ACTIVATION in train
    # The environment is there already.
    for script in (train.replace(ACTIVATION, ""), use):
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=work,
            env={
                **os.environ,
                "HOME": str(home),
                "TEXTUNE_CACHE": str(tmp_path / "cache"),
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
                "PYTHONPATH": str(work / "src"),
            },
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    scored = pd.read_csv(work / "scored.csv")
    assert scored["review"].tolist() == [row["review"] for row in rows]
    assert set(scored["predicted"]) <= {*stars.values()}

    folder = work / "my_model"
    code = re.search(r"```python\n(.*?)```", (folder / "README.md").read_text(), re.S)
    assert code is not None
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT + code[1]], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    (name,) = eval(done.stdout)
    assert name in json.loads((folder / "config.json").read_text())["id2label"].values()
