"""What is installed and what the workflow runs: pinned, hashed, and known holes with a reason."""

import hashlib
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.tiny import ROOT

PINNED = re.compile(r"[\w./-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+")


def pins(name: str = "requirements.lock") -> dict[str, list[str]]:
    """By "package==version" of a lock, its hashes."""
    text = (ROOT / name).read_text("utf-8")
    entries = re.findall(r"(?m)^([^\s#]+)((?:.*\\\n)*.*)", text)
    return {pin: re.findall(r"--hash=sha256:([0-9a-f]{64})\b", rest) for pin, rest in entries}


def unpinned(workflow: str) -> list[str]:
    """The actions of a workflow that are not named by commit, with their version in a comment."""
    return [use for use in re.findall(r"uses: *(.+)", workflow) if not PINNED.fullmatch(use)]


def test_actions_are_pinned_by_commit() -> None:
    workflows = [*(ROOT / ".github/workflows").glob("*.y*ml")]
    assert workflows
    for path in workflows:
        assert "uses:" in path.read_text("utf-8")
        assert unpinned(path.read_text("utf-8")) == []
    bad = ["actions/checkout@v6", f"actions/checkout@{'a' * 40}", f"a/b@{'a' * 39}  # v1.0.0"]
    assert unpinned("".join(f"- uses: {use}\n" for use in bad)) == bad


def test_every_locked_package_has_hashes() -> None:
    locked = pins()
    assert len(locked) > 150
    assert [pin for pin, hashes in locked.items() if "==" not in pin or not hashes] == []
    # What replaces torch of PyPI is the same version.
    ((cpu, hashes),) = pins("requirements-cpu.lock").items()
    assert hashes
    assert cpu.removesuffix("+cpu") in locked


def test_every_exception_of_the_audit_is_of_a_locked_version_and_has_a_reason() -> None:
    exceptions: dict[str, Any] = YAML(typ="safe").load(ROOT / "audit.yaml")
    assert exceptions
    for name, exception in exceptions.items():
        assert re.fullmatch(r"(CVE|GHSA|PYSEC)-[\w-]+", name)
        assert exception.keys() == {"package", "reason"}, name
        assert exception["package"] in pins(), f"{name} may be mended: take it out, run make audit"
        assert len(exception["reason"].split()) > 10, name
    told = subprocess.run(
        ["make", "--no-print-directory", "--dry-run", "--assume-old=.venv/.supply", "audit"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    ignored = subprocess.run(
        ["bash", "-c", told.replace(".venv/bin/pip-audit", "echo")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert re.findall(r"--ignore-vuln (\S+)", ignored) == [*exceptions]


def test_what_an_update_would_move(tmp_path: Path) -> None:
    (tmp_path / "old").write_text(
        "# Made by hand.\nkept==1.0 \\\n    --hash=sha256:aa\n    # via gone\n"
        "moved==1.0 ; sys_platform == 'win32' \\\nforked==1\ngone==2\n"
    )
    (tmp_path / "new").write_text(
        "kept==1.0 \\\n    --hash=sha256:bb\nmoved==1.1\nadded==3.0rc1\n"
        "forked==1 ; python_full_version < '3.12'\nforked==2 ; python_full_version >= '3.12'\n"
    )
    moves = subprocess.run(
        ["awk", "-f", str(ROOT / ".ci/moves.awk"), "old", "new"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    expected = ["added: none -> 3.0rc1", "forked: 1 -> 1 2", "gone: 2 -> none", "moved: 1.0 -> 1.1"]
    assert sorted(moves.splitlines()) == expected


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (None, "Would install inner-1.0 outer-1.0"),
        ("other bytes", "THESE PACKAGES DO NOT MATCH THE HASHES"),
        ("no hash", "In --require-hashes mode, all requirements must have"),
    ],
)
def test_pip_takes_no_file_whose_hash_is_not_in_the_lock(
    tmp_path: Path, damage: str | None, expected: str
) -> None:
    """As `make install` calls it; the damage is to a package that another one needs."""
    outer, inner = wheel(tmp_path, "outer", needs="inner"), wheel(tmp_path, "inner")
    lock = [f"{name}==1.0 --hash=sha256:{digest}\n" for name, digest in (outer, inner)]
    if damage == "other bytes":
        wheel(tmp_path, "inner", summary="changed")
    if damage == "no hash":
        lock[1] = "inner==1.0\n"
    (tmp_path / "requirements.lock").write_text("".join(lock))
    (tmp_path / "names.txt").write_text("outer>=1\n")
    flags = re.findall(r"(?m)^LOCKED := (.+)", (ROOT / "Makefile").read_text("utf-8"))[0].split()
    command = [sys.executable, "-m", "pip", "--isolated", "install", "--no-index", "--dry-run"]
    done = subprocess.run(
        [*command, "--find-links", ".", *flags, "-r", "names.txt"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    output = done.stdout + done.stderr
    assert expected in output
    assert (done.returncode == 0) == (damage is None)


def wheel(folder: Path, name: str, needs: str | None = None, summary: str = "") -> tuple[str, str]:
    """Make an empty package; its name and the digest of its file."""
    path = folder / f"{name}-1.0-py3-none-any.whl"
    about = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\nSummary: {summary}\n"
    with zipfile.ZipFile(path, "w") as archive:
        info = f"{name}-1.0.dist-info"
        archive.writestr(f"{info}/METADATA", about + (f"Requires-Dist: {needs}\n" if needs else ""))
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return name, hashlib.sha256(path.read_bytes()).hexdigest()
