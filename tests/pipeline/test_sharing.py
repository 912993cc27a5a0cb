"""Models and predictions through a remote, a folder or S3, in a second clone and without one."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pipeline.commands import dvc, textune
from tests.tiny import ROOT, git

# What docs/using.md says. `sed` and `xargs` of the system do the rest.
PREDICTIONS_ONLY = (
    "dvc list . models -R --dvc-only | cut -d/ -f1-3 | sort -u | grep -v '/model$' \\\n"
    "  | sed 's|^|models/|' | xargs -r dvc pull"
)


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a server that answers as S3 does and has the bucket `team`."""
    import boto3
    from moto.server import ThreadedMotoServer

    for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(key, "of-this-test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    boto3.client("s3", endpoint_url=address).create_bucket(Bucket="team")
    yield address
    server.stop()


def clone(work: Path) -> Path:
    second = work.parent / "second"
    git(work, "clone", "-q", str(work), str(second))
    return second


@pytest.mark.slow
def test_through_s3(work: Path, bucket: str) -> None:
    dvc(work, "remote", "add", "-d", "store", "s3://team/textune")
    dvc(work, "remote", "modify", "store", "endpointurl", bucket)
    git(work, "commit", "-qam", "A remote")
    dvc(work, "push")
    second = clone(work)
    shutil.rmtree(work)
    dvc(second, "pull", "models/lora/0", "data/recommended")
    files = second / "models/lora/0/model"
    assert "adapter_model.safetensors" in {path.name for path in files.iterdir()}
    recommended = json.loads((second / "data/recommended/run.json").read_text())["name"]
    told = textune(second, "predict", "so lovely", "--run", "data/recommended")
    assert f"{recommended}, seed 0" in told
    assert "lora, seed 0" in textune(second, "predict", "so lovely", "--method", "lora")


@pytest.mark.slow
def test_predictions_alone_give_the_committed_figures(
    work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dvc(work, "remote", "add", "-d", "store", str(work.parent / "store"))
    git(work, "commit", "-qam", "A remote")
    dvc(work, "push")
    second = clone(work)
    assert PREDICTIONS_ONLY in (ROOT / "docs/using.md").read_text()
    subprocess.run(["bash", "-c", PREDICTIONS_ONLY], cwd=second, check=True, capture_output=True)
    assert not list(second.glob("models/*/*/model"))
    for file in ("comparison", "quality", "cost", "intervals", "validation"):
        (second / f"metrics/{file}.json").unlink()
    textune(second, "evaluate", "--predictions", "models", "--metrics", "metrics")
    assert git(second, "status", "--short") == ""

    # Somebody who has no clone.
    elsewhere = work.parent / "elsewhere"
    elsewhere.mkdir()
    assert "Unable to find artifact" in dvc(
        elsewhere, "artifacts", "get", str(work), "recommended", fails=True
    )
    git(work, "tag", "-a", "recommended@v0.0.1", "-m", "as `gto register recommended` does")
    dvc(elsewhere, "artifacts", "get", str(work), "recommended", "-o", "got")
    comparison = json.loads((work / "metrics/comparison.json").read_text())
    record = json.loads((elsewhere / "got/run.json").read_text())
    assert record["name"] == comparison["recommendation"]["method"]
    assert json.loads((elsewhere / "got/comparison.json").read_text()) == comparison
    shutil.copytree(work / "src", elsewhere / "src")
    alone = textune(elsewhere, "predict", "so lovely", "--run", "got", "--format", "jsonl")
    told = textune(work, "predict", "so lovely", "--format", "jsonl")
    assert alone.splitlines()[0] == told.splitlines()[0]
