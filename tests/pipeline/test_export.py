"""`textune export`: a process without textune loads the folder as its card says; equal logits."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.cli_commands import Commands
from textune.runs.predictions import read as read_predictions

FORMS = {
    "baseline": "transformers",
    "lora": "transformers",
    "full": "transformers",
    "lora ": "peft",
    "adapter": "adapters",
}
# What a process may not import that loads the form.
BLOCKED = {
    "transformers": ["textune", "peft", "adapters"],
    "peft": ["textune", "adapters"],
    "adapters": ["textune"],
}
# After the card's own lines: probabilities of each text, alone, and what a pipeline says.
THEN = """
import json, torch
texts = json.loads(open("texts.json").read())
found = []
for text in texts:
    inputs = tokenizer([text], truncation=True, return_tensors="pt")
    with torch.inference_mode():
        found.append(model.eval()(**inputs).logits.softmax(-1)[0].tolist())
print("PROBABILITIES", json.dumps(found))
"""
PIPELINE = """
from transformers import pipeline
said = pipeline("text-classification", model=folder)(texts, truncation=True)
print("LABELS", json.dumps([one["label"] for one in said]))
"""


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Commands:
    return Commands(monkeypatch, capsys)


@pytest.mark.parametrize("method", FORMS)
def test_another_process_gets_the_same_logits(
    trained_workspace: Path,
    commands: Commands,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    method: str,
) -> None:
    monkeypatch.chdir(trained_workspace)
    form, method = FORMS[method], method.strip()
    folder = tmp_path / "exported"
    commands.run("export", str(folder), "--method", method, "--format", form)
    rows = pd.read_parquet("data/prepared/test.parquet")
    (folder / "texts.json").write_text(json.dumps(rows["text"].tolist()))
    code = re.search(r"```python\n(.*?)```", (folder / "README.md").read_text(), re.S)
    assert code is not None
    blocks = f"import sys; sys.modules.update(dict.fromkeys({BLOCKED[form]}))\n"
    whole = blocks + code[1] + THEN + (PIPELINE if form == "transformers" else "")
    done = subprocess.run([sys.executable, "-c", whole], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    expected = read_predictions(Path(f"models/{method}/0/predictions/test.parquet"))
    lines = dict(line.split(" ", 1) for line in done.stdout.splitlines() if line[:1].isupper())
    np.testing.assert_allclose(
        json.loads(lines["PROBABILITIES"]), expected.probabilities, atol=1e-5
    )
    if form == "transformers":
        names = ["negative", "neutral", "positive"]
        best = [names[number] for number in expected.probabilities.argmax(axis=1)]
        assert json.loads(lines["LABELS"]) == best


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
    assert told == "--format is 'gguf', but it may be transformers, peft, adapters"
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
    told = commands.error("export", str(tmp_path / "new"), "--method", "full")
    assert told.startswith("the exported model is another one: a logit differs by 0.01")
    assert not list(tmp_path.iterdir())


def test_names_in_a_card_stay_text(tmp_path: Path) -> None:
    from textune.export.card import _safe

    assert _safe("a|b <script>\n# x `y` [z](u)") == r"a\|b &lt;script&gt; \# x \`y\` \[z\](u)"


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
