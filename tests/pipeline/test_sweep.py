"""Sweeps on Ray: two nodes with object stores and folders of their own, one of them killed."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from tests.pipeline.commands import dvc, set_parameter, textune
from tests.tiny import ROOT, git
from textune.scaling.trial import Mirror

KEY = "metrics/val/accuracy.json:lora"


@pytest.fixture
def with_remote(work: Path) -> Path:
    """The trained workspace with a DVC remote, committed."""
    dvc(work, "remote", "add", "-d", "store", str(work.parent / "store"))
    git(work, "commit", "-qam", "A remote")
    return work


def metrics_of(work: Path, ref: str) -> dict[str, str]:
    """By file, the metrics of a commit that do not change with the day; recipes and losses differ
    from trial to trial, as scores of tiny data may not.
    """
    folders = [
        f"metrics/{name}" for name in ("test", "val", "curves", "recipes", "parameters.json")
    ]
    names = git(work, "ls-tree", "-r", "--name-only", ref, *folders).split()
    assert "metrics/curves/loss.csv" in names
    return {name: git(work, "show", f"{ref}:{name}") for name in names}


def refs(work: Path) -> dict[str, str]:
    found = git(work, "for-each-ref", "--format=%(refname)", "refs/exps/").split()
    return {ref.rpartition("/")[2]: ref for ref in found if "/stash" not in ref}


@pytest.mark.slow
def test_a_sweep_is_what_experiments_here_are(with_remote: Path) -> None:
    """On a Ray that is started for it; asked for again, nothing is made again."""
    work = with_remote
    told = textune(work, "sweep", "-S", "lora.r=2,4", "--objective", KEY, "--price", "3")
    assert "2 of 2, 0 minutes left" in told
    assert "2 experiments in" in told
    swept = {name: metrics_of(work, ref) for name, ref in refs(work).items()}
    assert len(swept) == 2
    assert len({str(metrics) for metrics in swept.values()}) == 2
    dvc(work, "exp", "run", "-n", "here", "-S", "lora.r=4")
    git(work, "checkout", "-q", ".")
    dvc(work, "checkout", "-q")
    here = metrics_of(work, refs(work)["here"])
    assert here in swept.values()
    table = dvc(work, "exp", "show", "--only-changed", "--csv")
    assert all(name in table for name in swept)
    again = textune(work, "sweep", "-S", "lora.r=2,4", "--objective", KEY)
    assert again.count("there already") == 2
    # Its model is in the remote.
    best = next(line for line in told.splitlines() if "the best is" in line).split()[3].strip(";")
    subprocess.run(["rm", "-rf", ".dvc/cache", "models"], cwd=work, check=True)
    dvc(work, "exp", "apply", best, fails=True)
    dvc(work, "pull", "models/lora/0")
    assert (work / "models/lora/0/model").is_dir()


@pytest.mark.slow
def test_a_node_that_is_killed_loses_nothing(
    with_remote: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ray.cluster_utils import Cluster

    work = with_remote
    set_parameter(work, "train", "checkpoint_minutes", 0.01)
    dvc(work, "repro")
    git(work, "commit", "-qam", "checkpoints")
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    nodes = [cluster.add_node(num_cpus=1, object_store_memory=80 * 2**20) for _ in range(2)]

    def kill() -> None:
        """The second node, when it has a training that has written a checkpoint."""
        checkpoints = work.parent / "store/textune/checkpoints"
        while not list(checkpoints.glob("*/*/state.json")):
            time.sleep(0.2)
        cluster.remove_node(nodes[1], allow_graceful=False)

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    try:
        rates = ",".join(str(round(0.001 * step, 3)) for step in range(1, 13))
        told = textune(
            work,
            "sweep",
            "--address",
            cluster.address,
            "-S",
            f"lora.learning_rate={rates}",
        )
    finally:
        cluster.shutdown()
    assert not killer.is_alive(), "a node was killed"
    assert "12 of 12, 0 minutes left" in told
    assert len(refs(work)) == 12
    swept = {name: metrics_of(work, ref) for name, ref in refs(work).items()}
    assert len({str(metrics) for metrics in swept.values()}) == 12
    dvc(work, "exp", "run", "-n", "here", "-S", "lora.learning_rate=0.012")
    assert metrics_of(work, refs(work)["here"]) in swept.values()


@pytest.mark.slow
def test_a_search_on_ray_finds_what_one_here_finds(
    work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its first three trainings side by side, on two nodes."""
    from ray.cluster_utils import Cluster

    set_parameter(work, "tune", "all", True)
    set_parameter(work, "tune", "max_epochs", 6)

    def found(name: str) -> list[str]:
        monkeypatch.setenv("TEXTUNE_CACHE", str(work.parent / name))
        subprocess.run([sys.executable, "src/tune.py", "lora"], cwd=work, check=True)
        return [(work / f"metrics/{kind}/lora.json").read_text() for kind in ("recipes", "trials")]

    here = found("here")
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    for _ in range(2):
        cluster.add_node(num_cpus=1, object_store_memory=80 * 2**20)
    monkeypatch.setenv("RAY_ADDRESS", cluster.address)
    try:
        on_ray = found("on_ray")
    finally:
        cluster.shutdown()
    assert on_ray == here
    assert '"operations"' in here[1]
    # The trainings kept their checkpoints where they ran.
    assert not list((work.parent / "on_ray/checkpoints").glob("*/state.json"))


@pytest.mark.slow
def test_what_no_node_has_and_what_no_trial_measures(with_remote: Path) -> None:
    told = textune(with_remote, "sweep", "-S", "lora.r=2", "--gpus", "5", fails=True)
    assert "no node has 1 CPUs and 5 GPUs" in told
    assert "lower --cpus or --gpus" in told
    # A trial without the objective fails, and the others are made.
    methods = "methods=[lora],[baseline]"
    told = textune(with_remote, "sweep", "-S", methods, "--objective", KEY, fails=True)
    assert told.count(": done, ") == 1
    assert "1 of 2 trials failed, and the same command tries them again: --objective" in told


@pytest.mark.slow
def test_ctrl_c_ends_a_sweep(with_remote: Path) -> None:
    work = with_remote
    code = "import sys; sys.path.insert(0, 'src'); from textune.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "sweep", "-S", "lora.r=2,4"],
        cwd=work,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    clones = Path(tempfile.gettempdir())
    before = set(clones.glob("textune-*/clone/.dvc/config.local"))
    while set(clones.glob("textune-*/clone/.dvc/config.local")) <= before:
        time.sleep(0.2)
        assert process.poll() is None
    time.sleep(3)
    # As a terminal does, to all of the group.
    os.killpg(process.pid, signal.SIGINT)
    _, told = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "stopped by Ctrl-C: what is done is kept" in told
    assert "Traceback" not in told
    assert set(clones.glob("textune-*/clone/.dvc/config.local")) <= before


def test_checkpoints_come_to_another_node_through_the_remote(with_remote: Path) -> None:
    here, there = with_remote.parent / "here", with_remote.parent / "there"
    state = here / "checkpoints/3fa8/state.json"
    state.parent.mkdir(parents=True)
    (state.parent / "tensors.safetensors").write_bytes(b"tensors")
    state.write_text("state")
    mirror = Mirror(with_remote, here, "sweep-1")
    mirror.keep()
    Mirror(with_remote, there, "sweep-2").fetch()
    assert not there.exists(), "another trial's"
    Mirror(with_remote, there, "sweep-1").fetch()
    found = {path.name: path.read_bytes() for path in (there / "checkpoints/3fa8").iterdir()}
    assert found == {"state.json": b"state", "tensors.safetensors": b"tensors"}
    mirror.remove()
    Mirror(with_remote, there / "again", "sweep-1").fetch()
    assert not (there / "again").exists()


def test_what_is_here_must_be_head(work: Path) -> None:
    set_parameter(work, "lora", "r", 4)
    told = textune(work, "sweep", "-S", "lora.r=2,4", fails=True)
    assert "commit with git first" in told
    wrong = ("--objective", "metrics/val/accuracy.json:lore")
    told = textune(work, "sweep", "-S", "lora.r=2,4", *wrong, fails=True)
    assert "metrics/val/accuracy.json has no number lore at HEAD" in told


def test_without_a_remote_or_with_stages_to_do(work: Path) -> None:
    told = textune(work, "sweep", "-S", "lora.r=2,4", fails=True)
    assert "add one with `dvc remote add --default NAME URL`" in told
    dvc(work, "remote", "add", "-d", "store", str(work.parent / "store"))
    set_parameter(work, "lora", "r", 4)
    git(work, "commit", "-qam", "another rank")
    told = textune(work, "sweep", "-S", "lora.r=2,4", fails=True)
    assert "every trial would run what is out of date (choose," in told
    assert told.count("\n") == 1


def test_help_imports_no_ray() -> None:
    code = (
        "import sys\nfrom textune.cli import main\nsys.argv = ['textune', 'sweep', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\nprint('RAY', 'ray' in sys.modules)"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT / "src", capture_output=True, text=True, check=True)
    assert "RAY False" in done.stdout
