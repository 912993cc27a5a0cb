import pytest

from textune.stats.progress import shown


@pytest.mark.parametrize(
    ("terminal", "patience", "told"), [("1", 0.0, True), ("1", 60.0, False), ("0", 0.0, False)]
)
def test_a_bar_only_in_a_terminal_and_after_a_while(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    terminal: str,
    patience: float,
    told: bool,
) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", terminal)
    assert list(shown(iter("abc"), 3, "testing pairs", patience)) == ["a", "b", "c"]
    out, err = capsys.readouterr()
    assert out == ""
    assert ("testing pairs" in err) == told
    assert bool(err) == told
