"""`textune review` and `textune gate`: a change played through, from git alone."""

import json
import shutil
from pathlib import Path

import pytest

from tests.cli_commands import Commands
from tests.review.changes import BASE, change, commit, reviewed, train, verdicts, write_lock
from tests.tiny import git
from textune.review.words import MARKER


def test_nothing_differs(repository: Path, textune: Commands) -> None:
    found = reviewed(textune)
    assert (found["differs"], found["sentence"]) == (False, "Nothing differs.")
    assert set(verdicts(found).values()) == {"unchanged"}
    assert textune.run("gate", "--base", "base").startswith("Open: ")


def test_a_method_that_got_worse_closes_the_gate(repository: Path, textune: Commands) -> None:
    train(repository, textune, lora=0.6)
    found = reviewed(textune)
    assert verdicts(found) == {"baseline": "unchanged", "lora": "surely worse", "full": "unchanged"}
    assert found["moves"]["paired"]
    assert "LoRA -" in found["sentence"]
    assert "points, surely worse; " in found["sentence"]
    (moved,) = [one for one in found["moves"]["methods"] if one["name"] == "lora"]
    assert moved["difference"] == pytest.approx(moved["head"] - moved["base"])
    assert moved["low"] < moved["difference"] < moved["high"] < 0
    assert found["gate"]["closed"]
    ended, told, _ = textune._call(("gate", "--base", "base"))
    assert (ended, told) == (1, "Closed: LoRA surely worse by more than 5 points.\n")
    # The other way round it is better, and nothing closes.
    commit(repository)
    textune.run("gate", "--base", "main", "--head", "base")
    told = textune.run("review", "--base", "main", "--head", "base")
    assert "LoRA +" in told
    assert "surely better" in told


def test_new_seeds_are_noise(repository: Path, textune: Commands) -> None:
    train(repository, textune, lora=1.5, full=1.6)
    found = reviewed(textune)
    assert verdicts(found)["lora"] == verdicts(found)["full"] == "within noise"
    assert found["differs"]
    assert "within noise (±" in found["sentence"]
    told = textune.run("gate", "--base", "base")
    assert told.startswith("Open: no method is surely worse by more than 5 points. It would have")
    losses = [one["detectable"] for one in found["moves"]["methods"] if one["detectable"]]
    assert all(0.05 < loss < 0.3 for loss in losses)
    text = textune.run("review", "--base", "base")
    assert len(text.splitlines()) < 6, "what is within noise is in one line"


def test_other_test_examples_are_no_comparison(repository: Path, textune: Commands) -> None:
    train(repository, textune, more=60, **BASE)
    found = reviewed(textune)
    assert not found["moves"]["comparable"]
    assert "test has other examples" in found["sentence"].lower()
    assert textune.run("gate", "--base", "base").startswith("Open, as nothing can be compared.")


def test_without_predictions_intervals_must_do(repository: Path, textune: Commands) -> None:
    shutil.rmtree(repository / "models")
    write_lock(repository, {}, baseline="a", lora="b", full="c")
    commit(repository)
    git(repository, "tag", "-f", "base")
    assert not reviewed(textune, "--head", "main")["differs"], "the same models, by their hashes"
    write_lock(repository, {}, baseline="a", lora="d", full="c")
    quality = repository / "metrics/comparison.json"
    text = quality.read_text()
    score = json.loads(text)["methods"]["lora"]["accuracy"]["mean"]
    quality.write_text(text.replace(str(score), str(round(score - 0.01, 6))))
    found = reviewed(textune)
    assert not found["moves"]["paired"]
    assert "which is weaker, without predictions (base: " in found["sentence"]
    assert verdicts(found) == {"baseline": "unchanged", "lora": "within noise", "full": "unchanged"}
    (repository / "dvc.lock").unlink()
    assert "is not known to have the same examples" in reviewed(textune)["sentence"]


def test_other_seeds_are_held_against_each_other_where_both_have_them(
    repository: Path, textune: Commands
) -> None:
    change(repository, "  - 1\n  - 2\n", "  - 1\n")
    shutil.rmtree(repository / "models/lora/2")
    textune.run("evaluate", "--predictions", "models", "--metrics", "metrics")
    found = reviewed(textune)
    assert set(verdicts(found).values()) == {"unchanged"}
    assert all(one["base"] == one["head"] for one in found["moves"]["methods"])
    assert "The sides have other seeds, so this is over 0, 1 alone." in found["sentence"]


def test_a_change_is_not_judged_by_its_own_margin(repository: Path, textune: Commands) -> None:
    train(repository, textune, lora=0.6)
    change(repository, "noninferiority_margin: 0.05", "noninferiority_margin: 0.5")
    change(repository, "level: 0.05", "level: 0.0001")
    ended, told, _ = textune._call(("gate", "--base", "base"))
    assert (ended, told) == (1, "Closed: LoRA surely worse by more than 5 points.\n")


def test_results_of_other_parameters_are_told(repository: Path, textune: Commands) -> None:
    write_lock(repository, {"train.seeds": [0, 1, 2], "lora": {"r": 8, "alpha": 16}})
    commit(repository)
    assert "were not made with" not in reviewed(textune)["sentence"]
    change(repository, "  r: 8", "  r: 64")
    told = (
        "The results of the workspace were not made with its params.yaml (lora.r): run dvc repro."
    )
    assert told in reviewed(textune)["sentence"]
    assert told in textune.run("gate", "--base", "base")


def test_other_metrics_are_held_against_each_other_too(repository: Path, textune: Commands) -> None:
    train(repository, textune, lora=0.6)
    found = reviewed(textune)
    others = {(one["name"], one["metric"]): one for one in found["moves"]["others"]}
    assert others["lora", "macro_f1"]["verdict"] == "surely worse"
    assert others["full", "macro_f1"]["verdict"] == "unchanged"
    assert "LoRA macro F1 -" in found["sentence"]


def test_verdicts_and_intervals_agree(repository: Path, textune: Commands) -> None:
    for number in range(1, 4):
        train(repository, textune, lora=1.5 - number / 4, full=1.6 + number / 6)
        for move in (*(moves := reviewed(textune)["moves"])["methods"], *moves["others"]):
            excludes = move["low"] > 0 or move["high"] < 0
            assert excludes == move["verdict"].startswith("surely")


def test_a_method_that_is_gone_is_named(repository: Path, textune: Commands) -> None:
    shutil.rmtree(repository / "models/lora")
    change(repository, "- lora\n", "")
    textune.run("evaluate", "--predictions", "models", "--metrics", "metrics")
    assert "Compared no more: LoRA." in textune.run("gate", "--base", "base")


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("metrics/cost.json", '{"lora": 3}'),
        ("metrics/cost.json", "{"),
        ("params.yaml", "train: 3"),
        ("params.yaml", "[]"),
        ("dvc.lock", "stages: 3"),
    ],
)
def test_wrong_content_is_told_and_is_no_closed_gate(
    file: str, content: str, repository: Path, textune: Commands
) -> None:
    (repository / file).write_text(content)
    told = textune.error("gate", "--base", "base")
    assert told.startswith("the workspace: ")
    commit(repository)
    git(repository, "tag", "broken")
    told = textune.run("review", "--base", "broken", "--head", "base")
    assert told.startswith("There is nothing to hold base against (broken: ")


def test_what_else_changed_is_told(repository: Path, textune: Commands) -> None:
    change(repository, "  r: 8", "  r: 16")
    (repository / "requirements.lock").write_text("torch==2.14.0\nnew==1\n")
    data = {"kept": {"test": {"examples": 241}}, "dropped": {}}
    (repository / "metrics/data.json").write_text(json.dumps(data))
    found = reviewed(textune)
    changes = [tuple(change.values()) for change in found["changes"]]
    assert changes == [
        ("parameters", "lora.r", "8", "16"),
        ("data", "kept.test.examples", "240", "241"),
        ("versions", "new", "–", "1"),
        ("versions", "torch", "2.13.0", "2.14.0"),
    ]
    assert found["sentence"].startswith("No score moved; recommended method unchanged")


def test_a_comment_in_markdown_holds_no_code_of_others(repository: Path, textune: Commands) -> None:
    params = (repository / "params.yaml").read_text()
    hostile = params.replace("lora: LoRA", 'lora: "\\x1b[31m<script>|[x](y)`~~"')
    assert hostile != params
    (repository / "params.yaml").write_text(hostile)
    train(repository, textune, lora=0.6)
    told = textune.run("review", "--base", "base", "--format", "md")
    assert told.startswith(MARKER)
    assert "<script>" not in told
    rows = [line for line in told.splitlines() if line.startswith("| ")]
    assert all(len(row.replace(r"\|", "").split("|")) in (5, 9) for row in rows)
    assert "~~" not in told.replace(r"\~", "")
    assert "\x1b" not in textune.run("review", "--base", "base")
    assert "\x1b" not in textune._call(("gate", "--base", "base"))[1]
    assert "<details><summary>All methods</summary>" in told


def test_no_base(repository: Path, textune: Commands) -> None:
    told = textune.error("review", "--base", "nowhere")
    assert textune.error("gate", "--base", "").startswith("--base is empty")
    assert told.startswith("--base nowhere is no commit, branch, tag or experiment here")
    assert textune.error("review", "--base", "base", "--format", "pdf").startswith("--format is")
    git(repository, "checkout", "-q", "--orphan", "empty")
    git(repository, "rm", "-rqf", "--cached", "metrics")
    git(repository, "commit", "-qm", "nothing yet")
    told = textune.run("review", "--base", "empty", "--head", "base")
    assert told.startswith("There is nothing to hold base against (empty: metrics/comparison.json")
    assert "Recommended: " in told
    assert textune.run("gate", "--base", "empty", "--head", "base").startswith("Open, as nothing")
