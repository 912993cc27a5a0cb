"""A data set's own splits whose labels are not those of train."""

from pathlib import Path

import pytest

from tests.tiny import real_values
from textune.data.corpus import Corpus
from textune.data.sources.registry import read_source
from textune.errors import UserError
from textune.params import check_params

TRAIN = "text,label\na,0\nb,1\nc,2\n"


def read(folder: Path, test: str, train: str = TRAIN, **data: object) -> Corpus:
    (folder / "train.csv").write_text(train)
    (folder / "test.csv").write_text(test)
    values = real_values()
    values["data"].update(source="table", path=str(folder), **data)
    params = check_params(values, "params.yaml")
    return read_source(params.data, params.task)


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        # A benchmark's sign for hidden labels, none at all, no column for them, other columns.
        ("text,label\nd,-1\ne,-1\n", "no label of test is one of train's, '0', '1', '2'; if"),
        ("text,label\nd,?\ne,?\n", "no label of test is one of train's, '0', '1', '2'; if"),
        ("text,label\nd,\ne,  \n", "test.csv is not labelled; set it to cut"),
        ("text\nd\ne\n", "test.csv has no column 'label', which train has; if it is not labelled"),
        ("id,review\n1,d\n", "test.csv has no column 'text', which train has; if it is not lab"),
    ],
)
def test_a_split_without_labels_is_told_and_the_cure_works(
    tmp_path: Path, test: str, expected: str
) -> None:
    with pytest.raises(UserError) as caught:
        read(tmp_path, test)
    assert str(caught.value).startswith("data.test_split: ")
    assert expected in str(caught.value)
    assert "set it to cut" in str(caught.value)
    assert set(read(tmp_path, test, test_split="cut").tables) == {"train"}


@pytest.mark.parametrize(
    ("train", "test", "expected"),
    [
        (
            "text,label\na,neg\nb,pos\n",
            "text,label\nd,neg\ne,Positive\nf,Positive\n",
            r"test\.csv:3: no example of train has the label 'Positive' of 2 in test, only 'neg',"
            r" 'pos'; correct it, or name all in data\.label_names$",
        ),
        (TRAIN, "text,label\nd,0\ne,3\n", r"test\.csv:3: .* has the label '3' of 1 in test"),
    ],
)
def test_a_label_that_train_lacks_is_told_unless_it_is_declared(
    tmp_path: Path, train: str, test: str, expected: str
) -> None:
    with pytest.raises(UserError, match=expected):
        read(tmp_path, test, train)
    names = ["neg", "pos", "Positive"] if "neg" in train else ["0", "1", "2", "3"]
    assert read(tmp_path, test, train, label_names=names).label_names == names


def test_fewer_labels_in_test_are_fine(tmp_path: Path) -> None:
    assert read(tmp_path, "text,label\nd,1\n").label_names == ["0", "1", "2"]


def test_a_folder_of_another_format_is_told_with_the_cure(tmp_path: Path) -> None:
    (tmp_path / "train.json").write_text("[]")
    values = real_values()
    values["data"].update(source="table", path=str(tmp_path))
    params = check_params(values, "params.yaml")
    with pytest.raises(
        UserError, match=r"train\.json is no table .*; write one JSON object a line"
    ):
        read_source(params.data, params.task)
