"""Stages of a workspace, run one after another without DVC; large libraries are imported once."""

import json
import os
import subprocess
import sys
from pathlib import Path

# Each stage is a fork that begins with the libraries and none of textune's modules.
_RUN = """
import json, os, runpy, sys
import datasets, sklearn.metrics, torch, transformers

sys.path.insert(0, "src")
for command in json.loads(sys.argv[1]):
    if os.fork() == 0:
        sys.argv = command
        runpy.run_path(command[0], run_name="__main__")
        loaded = (m.__file__ for name, m in sys.modules.items() if name.startswith("textune"))
        print("MODULES", *filter(None, loaded), flush=True)
        os._exit(0)
    if os.wait()[1]:
        sys.exit(f"{command} failed")
"""


def run_stages(work: Path, *commands: list[str], **environment: str) -> list[set[Path]]:
    """Run `python COMMAND` for each, in `work`; the modules of textune that each imported."""
    done = subprocess.run(
        [sys.executable, "-c", _RUN, json.dumps(commands)],
        cwd=work,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    listed = [line for line in done.stdout.splitlines() if line.startswith("MODULES")]
    return [
        {Path(m).resolve().relative_to(work.resolve()) for m in line.split()[1:]} for line in listed
    ]
