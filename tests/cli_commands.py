"""`textune`, run in the process of a test."""

import pytest

from textune.cli import main


class Commands:
    """`textune` in this process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def run(self, *arguments: str) -> str:
        """What it prints. It must succeed."""
        code, out, err = self._call(arguments)
        assert code == 0, err
        return out

    def error(self, *arguments: str, code: int = 2) -> str:
        """Its one line on stderr. It must fail with this exit code."""
        ended, _, err = self._call(arguments)
        assert ended == code
        (line,) = err.splitlines()
        assert line.startswith("error: ")
        return line.removeprefix("error: ")

    def _call(self, arguments: tuple[str, ...]) -> tuple[object, str, str]:
        self._monkeypatch.setattr("sys.argv", ["textune", *arguments])
        with pytest.raises(SystemExit) as stopped:
            main()
        return (stopped.value.code, *self._capsys.readouterr())
