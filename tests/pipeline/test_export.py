"""`textune export`: a process without textune loads the folder as its card says; equal logits."""

import errno
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pandas as pd
import pytest
from safetensors import SafetensorError

from tests.cli_commands import Commands
from textune.data.tokenized import read_prepared
from textune.metrics.calibration import rescaled
from textune.prediction.encoder import logits_by_length
from textune.prediction.onnx import OnnxModel
from textune.report.escaping import as_text
from textune.runs.store import RunFolder

FORMS = [
    # Like full's.
    pytest.param("baseline", "transformers", marks=pytest.mark.slow),
    ("lora", "transformers"),
    # Plain transformers, as merged LoRA is.
    pytest.param("full", "transformers", marks=pytest.mark.slow),
    ("lora", "peft"),
    ("adapter", "adapters"),
    ("adapter", "onnx"),
    # Like LoRA's, which is merged.
    pytest.param("lora", "onnx", marks=pytest.mark.slow),
    pytest.param("baseline", "onnx", marks=pytest.mark.slow),
    pytest.param("full", "onnx", marks=pytest.mark.slow),
]
# What a process may not import that loads the form.
BLOCKED = {
    "transformers": ["textune", "peft", "adapters"],
    "peft": ["textune", "adapters"],
    "adapters": ["textune"],
    "onnx": ["textune", "peft", "adapters", "transformers", "torch"],
}
# After the card's own lines: probabilities of each text, in batches of three, and what a pipeline
# says.
THEN = """
import json
texts = json.loads(open("texts.json").read())
batches = [texts[start : start + 3] for start in range(0, len(texts), 3)]
found = []
for texts in batches:
    USING
    found += probabilities.tolist()
print("PROBABILITIES", json.dumps(found))
texts = sum(batches, [])
"""
PIPELINE = """
from transformers import pipeline
said = pipeline("text-classification", model=folder)(texts, truncation=True)
print("LABELS", json.dumps([one["label"] for one in said]))
"""


@pytest.mark.parametrize(("method", "form"), FORMS)
def test_another_process_gets_the_same_probabilities(
    trained_workspace: Path,
    commands: Commands,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    method: str,
    form: str,
) -> None:
    monkeypatch.chdir(trained_workspace)
    folder = tmp_path / "exported"
    commands.run("export", str(folder), "--method", method, "--format", form)
    rows = pd.read_parquet("data/prepared/test.parquet")
    (folder / "texts.json").write_text(json.dumps(rows["text"].tolist()))
    code = code_of(folder)
    # The card's last lines are those that predict.
    _, using = code.split('cleaned("what a lovely day")]\n')
    blocks = f"import sys; sys.modules.update(dict.fromkeys({BLOCKED[form]}))\n"
    then = THEN.replace("USING", using.replace("\n", "\n    "))
    whole = blocks + code + then + (PIPELINE if form == "transformers" else "")
    done = subprocess.run([sys.executable, "-c", whole], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    run = RunFolder(Path(f"models/{method}/0")).read()
    own = run.predictions["test"].probabilities
    assert run.record.temperature is not None
    lines = dict(line.split(" ", 1) for line in done.stdout.splitlines() if line[:1].isupper())
    found = json.loads(lines["PROBABILITIES"])
    np.testing.assert_allclose(found, rescaled(own, run.record.temperature), atol=1e-5)
    if form == "transformers":
        names = ["negative", "neutral", "positive"]
        best = [names[number] for number in own.argmax(axis=1)]
        assert json.loads(lines["LABELS"]) == best


def code_of(folder: Path) -> str:
    """The lines of Python in the card."""
    found = re.search(r"```python\n(.*?)```", (folder / "README.md").read_text(), re.S)
    assert found is not None
    return found[1]


def test_what_8_bits_cost_is_measured_on_test(
    trained_workspace: Path, commands: Commands, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(trained_workspace)
    command = ("export", "--method", "lora", "--format", "onnx", "--quantize", "int8")
    sentence = commands.run(*command, str(tmp_path)).splitlines()[-1]
    assert sentence in (tmp_path / "README.md").read_text()
    test = read_prepared(Path("data/prepared")).test
    run = RunFolder(Path("models/lora/0")).read()
    assert test is not None
    logits = logits_by_length(OnnxModel(tmp_path / "model.onnx"), test, 0)
    of_own = (run.predicted("test") == test.labels).mean()
    of_int8 = (logits.argmax(axis=1) == test.labels).mean()
    changed = (logits.argmax(axis=1) != run.predicted("test")).mean()
    assert f"accuracy on test is {of_int8:.3f} in the place of {of_own:.3f}" in sentence
    assert f"{changed:.1%} of the texts get another class" in sentence
    weights = onnx.load(tmp_path / "model.onnx").graph.initializer
    assert {one.data_type for one in weights} >= {onnx.TensorProto.INT8}


def test_what_has_no_such_form_is_told(
    trained_workspace: Path, commands: Commands, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(trained_workspace)
    folder = str(tmp_path / "new")
    told = commands.error("export", folder, "--method", "adapter")
    assert "export them with --format adapters" in told
    told = commands.error("export", folder, "--method", "full", "--format", "peft")
    assert "export it with --format transformers" in told
    told = commands.error("export", folder, "--format", "gguf")
    assert told == "--format is 'gguf', but it may be transformers, peft, adapters, onnx"
    told = commands.error("export", folder, "--quantize", "int8")
    assert told == "--quantize is for --format onnx; leave one of them out"
    told = commands.error("export", folder, "--format", "onnx", "--quantize", "int4")
    assert told == "--quantize is 'int4', but it may be int8"
    told = commands.error("export", folder, "--push", "tweets")
    assert told == "--push is 'tweets', but it should be a repository, as owner/name"
    assert "--public is for --push" in commands.error("export", folder, "--public")
    assert not list(tmp_path.iterdir())
    (tmp_path / "mine").write_text("")
    assert "is there already" in commands.error("export", str(tmp_path))


def test_an_export_that_is_another_model_is_not_kept(
    trained_workspace: Path, commands: Commands, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from transformers import PreTrainedModel

    saved: Any = PreTrainedModel.save_pretrained

    def wrongly(self: Any, *arguments: Any, **options: Any) -> None:
        self.classifier.bias.data += 0.01
        saved(self, *arguments, **options)

    monkeypatch.setattr(PreTrainedModel, "save_pretrained", wrongly)
    monkeypatch.chdir(trained_workspace)
    told = commands.error("export", str(tmp_path / "a/new"), "--method", "full", code=1)
    assert told.startswith("the exported model is another one: a logit differs by 0.01")
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_told_in_one_line(
    inside: Path, commands: Commands, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from transformers import PreTrainedModel

    def full(*arguments: Any, **options: Any) -> None:
        raise SafetensorError("I/O error:\nNo space left on device (os error 28)")

    monkeypatch.setattr(PreTrainedModel, "save_pretrained", full)
    told = commands.error("export", str(tmp_path / "new"), "--method", "full", code=1)
    assert told.endswith("new cannot be written (I/O error: No space left on device (os error 28))")

    def no_room(*arguments: Any, **options: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "model.onnx")

    monkeypatch.setattr("torch.onnx.export", no_room)
    onnx_wanted = ("export", str(tmp_path / "new"), "--method", "full", "--format", "onnx")
    assert commands.error(*onnx_wanted, code=1) == "model.onnx: No space left on device"
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_8_bits_are_not_measured_on_other_examples(
    work: Path, commands: Commands, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(work)
    path = Path("data/prepared/test.parquet")
    rows = pd.read_parquet(path)
    path.unlink()
    rows.iloc[::-1].to_parquet(path, index=False)
    wanted = ("export", str(tmp_path / "new"), "--method", "lora", "--format", "onnx")
    told = commands.error(*wanted, "--quantize", "int8")
    assert told.startswith("data/prepared is not the data of the run, on which int8 would be")
    assert not (tmp_path / "new").exists()


def test_names_in_a_card_stay_text(tmp_path: Path) -> None:
    assert as_text("a|b <script>\n# x `y` [z](u)") == r"a\|b &lt;script&gt; \# x \`y\` \[z\](u)"


@pytest.mark.parametrize("on", [True, False])
def test_the_card_cleans_as_training_does(on: bool) -> None:
    from textune.config.sections import Cleaning
    from textune.data.cleaning import mend
    from textune.export.card import _cleaning

    params = Cleaning(fix_encoding=on, mask_mentions=on, mask_links=on)
    names: dict[str, Any] = {}
    exec(_cleaning(params.model_dump()), names)
    for text in (
        "@anna look  HTTPS://x.org/a!",
        "a@b.de &amp; caf\u00c3\u00a9\n www.x.org",
        "plain",
    ):
        assert names["cleaned"](text) == mend(text, params)
