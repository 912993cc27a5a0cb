"""The steps of the workflows, run here: a review is made, and is one comment of its pull."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.cli_commands import Commands
from tests.review.changes import commit, train
from tests.review.github_api import TOKEN, GitHub, serve
from tests.tiny import ROOT, git
from textune.review.words import MARKER

HEAD = {"HEAD_OWNER": "ben", "HEAD_BRANCH": "better", "HEAD_SHA": "1" * 40}


@pytest.fixture
def github() -> Iterator[GitHub]:
    with serve() as hub:
        hub.open(7, "ben:better", "1" * 40)
        hub.open(8, "ben:better", "2" * 40)
        hub.open(9, "anna:better", "1" * 40)
        yield hub


def step(file: str, job: str, name: str) -> dict[str, Any]:
    jobs = YAML(typ="safe").load(ROOT / ".github/workflows" / file)["jobs"]
    (found,) = [one for one in jobs[job]["steps"] if one.get("name") == name]
    step: dict[str, Any] = found
    return step


def shell(file: str) -> list[str]:
    """What a runner starts: with pipefail only where the workflow names bash."""
    workflow = YAML(typ="safe").load(ROOT / ".github/workflows" / file)
    named = workflow.get("defaults", {}).get("run", {}).get("shell") == "bash"
    return ["bash", "-e", *(["-o", "pipefail"] if named else []), "-c"]


def run(
    script: str, folder: Path, file: str = "ci.yml", **variables: str
) -> subprocess.CompletedProcess[str]:
    """As a runner does, with textune on the path."""
    commands = folder / ".commands"
    commands.mkdir(exist_ok=True)
    (commands / "textune").write_text(
        f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(ROOT / 'src')!r})\n"
        "from textune.cli import main\nmain()\n"
    )
    (commands / "textune").chmod(0o755)
    path = f"{commands}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [*shell(file), script],
        cwd=folder,
        env={**os.environ, "PATH": path, **variables},
        capture_output=True,
        text=True,
    )


def test_the_job_reviews_from_where_the_branch_left_and_closes_the_gate(
    repository: Path, textune: Commands
) -> None:
    git(repository, "checkout", "-q", "-b", "worse")
    train(repository, textune, lora=0.6)
    commit(repository)
    git(repository, "checkout", "-q", "main")
    (repository / "gained.txt").write_text("since")
    commit(repository)
    git(repository, "checkout", "-q", "worse")
    base, head = (git(repository, "rev-parse", name).strip() for name in ("main", "worse"))
    files = {name: str(repository / f".{name}") for name in ("GITHUB_ENV", "GITHUB_STEP_SUMMARY")}
    done = run(step("ci.yml", "review", "Review")["run"], repository, BASE=base, HEAD=head, **files)
    assert done.returncode == 0, done.stderr
    assert "LoRA -" in json.loads((repository / "review/review.json").read_text())["sentence"]
    summary = Path(files["GITHUB_STEP_SUMMARY"])
    assert summary.read_text().startswith((repository / "review/comment.md").read_text())
    assert "artifact `review`" in summary.read_text()
    assert {path.suffix for path in (repository / "review/pictures").iterdir()} == {".svg"}
    left = Path(files["GITHUB_ENV"]).read_text().strip().removeprefix("FROM=")
    assert left == git(repository, "rev-parse", "base").strip()
    gate = step("ci.yml", "review", "Gate")["run"]
    assert run(gate, repository, FROM=left, HEAD=head, **files).returncode == 1
    assert "Closed: LoRA surely worse" in summary.read_text()
    assert run(gate, repository, FROM=left, HEAD=left, **files).returncode == 0


def write_review(folder: Path, differs: bool, body: str = f"{MARKER}\nLoRA is worse.") -> None:
    folder.mkdir(exist_ok=True)
    (folder / "comment.md").write_text(body)
    (folder / "review.json").write_text(json.dumps({"differs": differs}))


def test_one_comment_is_written_changed_and_removed(github: GitHub, tmp_path: Path) -> None:
    script = step("comment.yml", "comment", "Write the comment, or remove it")["run"]
    variables = {
        "GITHUB_API_URL": github.address,
        "GITHUB_REPOSITORY": "anna/tweets",
        "GITHUB_TOKEN": TOKEN,
        "RUN_URL": "https://github.com/anna/tweets/actions/runs/1",
        **HEAD,
    }
    (tmp_path / ".ci").symlink_to(ROOT / ".ci")
    # More than a page of others, one of whom pretends.
    for number in range(120):
        github.say(7, f"comment {number}")
    github.say(7, f"{MARKER} mine")
    write_review(tmp_path / "review", True)
    assert run(script, tmp_path, **variables).returncode == 0
    assert len(github.comments[7]) == 122
    body = github.comments[7][-1]["body"]
    assert body.startswith(f"{MARKER}\nLoRA is worse.\n\nMade by the code of 111111111111, with")
    assert body.endswith("actions/runs/1")
    write_review(tmp_path / "review", True, f"{MARKER}\n" + "x" * 70_000)
    assert run(script, tmp_path, **variables).returncode == 0
    assert len(github.comments[7]) == 122
    assert len(github.comments[7][-1]["body"]) < 65_536
    hostile = "@ben ![x](https://evil.example/x.png) www.evil.example <img src=x> <!-- </details>"
    write_review(tmp_path / "review", True, f"{MARKER}\n{hostile}")
    assert run(script, tmp_path, **variables).returncode == 0
    told = github.comments[7][-1]["body"].removeprefix(MARKER).rpartition("Made by")[0]
    assert not re.search(r"@\w|://|www\.|<(?!/details)|[^\\]\]", told)
    shutil.rmtree(tmp_path / "review")
    assert run(script, tmp_path, **variables).returncode == 0
    assert "No review could be made of this commit." in github.comments[7][-1]["body"]
    write_review(tmp_path / "review", False)
    for _ in range(2):
        assert run(script, tmp_path, **variables).returncode == 0
        assert len(github.comments[7]) == 121
    assert github.comments[8] == github.comments[9] == []
    write_review(tmp_path / "review", True, "anything")
    assert run(script, tmp_path, **variables).returncode == 1
    write_review(tmp_path / "review", True)
    gone = run(script, tmp_path, **{**variables, "HEAD_SHA": "3" * 40})
    assert "no open pull request" in gone.stdout
    assert len(github.comments[7]) == 121


def test_the_comment_runs_no_code_of_a_fork_and_may_do_no_more_than_it_needs() -> None:
    workflow = YAML(typ="safe").load(ROOT / ".github/workflows/comment.yml")
    assert workflow["permissions"] == {}
    job = workflow["jobs"]["comment"]
    assert job["permissions"] == {
        "actions": "read", "contents": "read", "pull-requests": "write"
    }  # fmt: skip
    checkout = job["steps"][0]
    assert checkout["uses"].startswith("actions/checkout@")
    assert checkout["with"] == {"persist-credentials": False}
    assert not any("${{" in one.get("run", "") for one in job["steps"])
    assert MARKER in (ROOT / ".ci/comment.py").read_text()
