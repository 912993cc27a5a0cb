"""What users of DVC expect of the pipeline, shown on tiny data, a tiny model and a real dvc."""

import json
import shutil
from pathlib import Path

import pytest

from tests.pipeline.commands import dvc, read, set_parameter, trained
from tests.tiny import METHODS, ROOT, git, write_tweeteval

# Hashes of files, and scores but for accuracy on validation.
DROPPED = "src|data/|models|metrics(?!/val/accuracy)|.*_pm|.*(yaml|lock)$"


def test_repro_again_runs_nothing_and_all_is_committed(work: Path) -> None:
    assert not trained(dvc(work, "repro"))
    assert "up to date" in dvc(work, "status")
    assert git(work, "status", "--porcelain") == ""


def test_results_name_every_method(work: Path) -> None:
    for name in ("quality.json", "validation.json", "cost.json"):
        assert read(work, name).keys() == {"untrained", *METHODS}
    wanted = {"accuracy", "macro_recall", "macro_f1", "weighted_f1", "log_loss"}
    assert all(wanted <= scores.keys() for scores in read(work, "quality.json").values())
    assert set(read(work, "cost.json")["lora"]) == {
        "trainable_parameters",
        "total_parameters",
        "training_flops",
        "train_seconds",
        "examples_per_second",
        "peak_memory_mib",
        "saved_bytes",
    }
    data = read(work, "data.json")
    assert data["kept"]["train"]["examples"] == 24
    assert data["dropped"]["train"] == {"over_max_train_examples": 6}
    assert set(data["overlap"].values()) == {0}


def test_what_dvc_shows_fits_a_screen(work: Path) -> None:
    lines = dvc(work, "metrics", "show").splitlines()
    assert max(map(len, lines)) <= 120
    assert len(lines) <= 20
    assert {*METHODS, "recommended"} < set(lines[0].split())
    # What the day changes is not among it.
    cost = read(work, "cost.json")
    cost["lora"]["train_seconds"] += 100
    (work / "metrics/cost.json").write_text(json.dumps(cost))
    assert dvc(work, "metrics", "diff") == ""


@pytest.mark.slow
def test_changing_lora_trains_lora_alone_and_the_old_one_is_restored(work: Path) -> None:
    before, pairs = read(work, "cost.json"), read(work, "comparison.json")["pairs"].keys()
    output = dvc(work, "exp", "run", "-n", "wide", "-S", "lora.r=16")
    assert trained(output) == {"train_lora@0", "evaluate"}
    after = read(work, "cost.json")
    changed = {m for m in after if after[m] != before[m]}
    assert changed == {"lora"}
    added = 2 * 2 * 2 * 32 * 8
    assert after["lora"]["trainable_parameters"] == before["lora"]["trainable_parameters"] + added
    # LoRA trains more than adapters now, but what is compared keeps its name.
    assert after["lora"]["trainable_parameters"] > after["adapter"]["trainable_parameters"]
    assert read(work, "comparison.json")["pairs"].keys() == pairs
    changes = [line.split() for line in dvc(work, "metrics", "diff").splitlines()]
    parameters = str(after["lora"]["trainable_parameters"])
    (line,) = [one for one in changes if one[0] == "metrics/parameters.json"]
    assert (line[1], line[3]) == ("lora", parameters)
    assert not [one for one in changes if one[1] == "baseline"]
    assert "wide" in dvc(work, "exp", "show", "--csv")

    output = dvc(work, "exp", "run", "-S", "lora.r=8")
    assert "train_lora@0" not in trained(output)
    assert read(work, "cost.json") == before


@pytest.mark.slow
def test_changing_the_margin_compares_again_and_trains_nothing(work: Path) -> None:
    output = dvc(work, "exp", "run", "-S", "evaluate.noninferiority_margin=0.9")
    assert trained(output) == {"evaluate"}
    table = dvc(work, "exp", "show", "--no-pager", "--only-changed", "--drop", DROPPED)
    assert f"--drop '{DROPPED}'" in (ROOT / "docs/experiments.md").read_text("utf-8")
    assert "evaluate.noninferiority_margin" in table
    assert max(map(len, table.splitlines())) <= 120
    assert read(work, "comparison.json")["recommendation"]["method"] == "baseline"
    diff = dvc(work, "metrics", "diff", "--targets", "metrics/comparison.json")
    assert "noninferiority_margin" in diff


@pytest.mark.slow
def test_another_seed_trains_alone_and_a_dropped_one_is_not_scored(two_methods: Path) -> None:
    work = two_methods
    before = read(work, "quality.json")
    output = dvc(work, "exp", "run", "-S", "train.seeds=[0,1]")
    assert trained(output) == {"evaluate", "train_baseline@1", "train_lora@1"}
    assert read(work, "quality.json") != before

    output = dvc(work, "exp", "run", "-S", "train.seeds=[0]")
    assert trained(output) <= {"evaluate"}
    assert read(work, "quality.json") == before


def test_a_clone_without_cache_shows_metrics_and_plots_from_git(work: Path, tmp_path: Path) -> None:
    accuracy = read(work, "test/accuracy.json")
    accuracy["lora"] = 0.123
    (work / "metrics/test/accuracy.json").write_text(json.dumps(accuracy))
    git(work, "commit", "-qam", "another result")
    git(tmp_path, "clone", "-q", str(work), "clone")
    clone = tmp_path / "clone"
    assert not (clone / "models").exists()
    shown = json.loads(dvc(clone, "metrics", "show", "--json"))[""]["data"]
    assert shown["metrics/test/accuracy.json"]["data"]["lora"] == 0.123
    *_, changed = dvc(clone, "metrics", "diff", "HEAD~1").splitlines()
    assert changed.split()[:2] == ["metrics/test/accuracy.json", "lora"]
    dvc(clone, "plots", "show")
    page = (clone / "dvc_plots" / "index.html").read_text()
    assert "Validation accuracy by epoch" in page
    assert "https://cdn" not in page
    for title in ("trained head (baseline)", "LoRA", "adapters", "full fine-tuning"):
        assert title in page


@pytest.mark.parametrize(
    ("changed", "stages"),
    [
        ("src/textune/modeling/methods/lora.py", {"train_lora@0"}),
        pytest.param(
            *("src/textune/modeling/methods/head.py", {"train_baseline@0"}), marks=pytest.mark.slow
        ),
        ("src/textune/report/tables.py", {"evaluate"}),
        ("src/textune/data/cleaning.py", {"prepare"}),
        ("src/textune/training/learner.py", {f"train_{m}@0" for m in METHODS}),
        pytest.param("data/raw/tiny/val_text.txt", {"prepare"}, marks=pytest.mark.slow),
    ],
)
def test_stages_depend_on_their_own_code(work: Path, changed: str, stages: set[str]) -> None:
    with (work / changed).open("a") as file:
        file.write("\n# changed\n")
    planned = trained(dvc(work, "repro", "--dry"))
    if "prepare" in stages:
        # Whether the others follow is decided when prepare has run.
        assert "prepare" in planned
    else:
        assert planned == stages


@pytest.mark.parametrize(
    ("setting", "stage", "expected"),
    [
        pytest.param(
            *("lora.r=0", "train_lora@0", "lora.r is 0, but it should be greater than"),
            marks=pytest.mark.slow,
        ),
        pytest.param(
            *("+lora.rank=8", "train_lora@0", "lora.rank is no parameter"), marks=pytest.mark.slow
        ),
        pytest.param(
            *("data.path=data/raw/stray", "prepare", "run `dvc add data/raw/stray`"),
            marks=pytest.mark.slow,
        ),
        pytest.param(
            *("model.max_length=129", "prepare", "model.max_length is 129, but"),
            marks=pytest.mark.slow,
        ),
        ('train.seeds=["--x; touch marker; `touch marker`$(touch marker)"]', None, "train.seeds.0"),
    ],
)
def test_bad_input_stops_with_one_line(
    work: Path, setting: str, stage: str | None, expected: str
) -> None:
    write_tweeteval(work / "data/raw/stray", {"train": 9, "val": 6, "test": 6})
    before = read(work, "quality.json")
    output = dvc(work, "exp", "run", "-S", setting, *([stage] if stage else []), fails=True)
    errors = [line for line in output.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    assert expected in errors[0]
    assert "Traceback" not in output
    assert read(work, "quality.json") == before
    assert not (work / "marker").exists()


def test_line_breaks_in_a_seed_run_nothing(work: Path) -> None:
    set_parameter(work, "train", "seeds", ["0'\ntouch marker\n'"])
    assert "Traceback" not in dvc(work, "repro", fails=True)
    assert not (work / "marker").exists()


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("nonsense.key=1", "Key 'nonsense' is not in struct"),
        pytest.param(
            "data.path=data/raw/nowhere.csv", "No such file or directory", marks=pytest.mark.slow
        ),
        ("data.path=a;touch marker", "LexerNoViableAltException"),
        pytest.param(
            "data.path=$(touch marker)",
            "mismatched input '(' expecting <EOF>",
            marks=pytest.mark.slow,
        ),
        pytest.param("data.path=", "unexpected error", marks=pytest.mark.slow),
        pytest.param("train.seeds=5", "'Value' object is not iterable", marks=pytest.mark.slow),
        pytest.param(
            "train.seeds=0,1",
            "Sweep overrides can't be used without `--queue`",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_what_dvc_says_first_is_explained(work: Path, setting: str, told: str) -> None:
    assert told in dvc(work, "exp", "run", "-S", setting, fails=True)
    assert told in (ROOT / "docs/troubleshooting.md").read_text("utf-8")
    assert not (work / "marker").exists()


@pytest.mark.slow
def test_label_outside_the_mapping_stops_prepare(work: Path) -> None:
    labels = work / "data/raw/tiny/val_labels.txt"
    labels.write_text(labels.read_text().replace("2", "7", 1))
    output = dvc(work, "repro", "prepare", fails=True)
    assert "val_labels.txt:3 is '7'; mapping.txt has 0 to 2" in output


@pytest.mark.slow
def test_another_source_runs_where_the_raw_data_is_missing(work: Path) -> None:
    write_tweeteval(work / "data/raw/mine", {"train": 27, "val": 12, "test": 12})
    dvc(work, "add", "data/raw/mine")
    git(work, "commit", "-qam", "my data")
    shutil.rmtree(work / "data/raw/mine")
    shutil.rmtree(work / ".dvc/cache/files", ignore_errors=True)
    (work / "data/raw/README.md").touch()
    settings = ["data.source=crowdflower", "data.path=data/raw/README.md"]
    arguments = [word for setting in settings for word in ("-S", setting)]
    output = dvc(work, "exp", "run", *arguments, "-S", "data.test_size=100", "prepare")
    assert trained(output) == {"prepare"}
    assert read(work, "data.json")["examples_read"]["train"] == 38158
