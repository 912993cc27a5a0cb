"""Values that params.yaml may not have: each is told in one plain line before any work."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tests.cli_commands import Commands
from tests.tiny import real_values
from textune.errors import UserError, run
from textune.params import check_params, read_params

WHOLE, NUMBER, LOGICAL = "a whole number", "a number", "true or false"
SIZE = "a number of examples, or a share between 0 and 1"
RATE = "a number between 0 and 1, or auto"
EPOCHS = "a number of epochs from 1 to 1000, auto, or null"
COST = "parameters, operations, saved_bytes, or weights of these such as {parameters: 1"
LOOKS = "null, or rising numbers of seeds such as [3, 5, 10]"
SHELL = "$(touch marker); touch marker `touch marker`"

# The key, what it is set to, and what is said after the key.
BAD: list[tuple[str, Any, str]] = [
    ("methods", [], " is [], but it should have at least 1 entry"),
    ("methods", "lora", " is 'lora', but it should be a list"),
    ("methods", ["lora", "lora"], " is ['lora', 'lora'], but it should have each method once"),
    ("methods", ["a;b"], ".0 is 'a;b', but it should be letters, digits and _, with a let"),
    ("methods", ["-rf"], ".0 is '-rf', but it should be letters, digits and _, with a letter fi"),
    ("methods", [7], ".0 is 7, but it should be text"),
    ("methods", ["lora", "prompt"], " names prompt, but the methods with a section are tfidf"),
    ("titles", {"a b": "x"}, ".'a b': the name should be letters, digits and _"),
    ("titles", {"lora": 3}, ".lora is 3, but it should be text; text goes in quotes: '3' in the f"),
    ("titles", None, " is null, but it should be keys with values"),
    ("data", None, " is null, but it should be keys with values"),
    (
        "data.sources",
        "x",
        " is no parameter; known here: fix_encoding, mask_mentions, mask_links, source,",
    ),
    ("data.source", "kaggle", " is 'kaggle', but it may be crowdflower, files, hub"),
    ("data.source", SHELL, f" is '{SHELL}', but it may be crowdflower, files"),
    ("data.path", None, " is null, but it should be text"),
    ("data.path", "", " is '', but it should not be empty"),
    ("data.path", ["a", "b"], " is ['a', 'b'], but it should be text"),
    ("data.path", "a\0b", " is 'a\\x00b', but it should have no control characters"),
    ("data.path", "a\nb", " is 'a\\nb', but it should have no control characters"),
    (
        "data.text_column",
        0,
        """ is 0, but it should be text; text goes in quotes: '0' in the file""",
    ),
    ("data.text_column", "", " is '', but it should not be empty"),
    ("data.label_column", "text", " is 'text', but it should be another column than the text's"),
    ("data.label_column", True, " is true, but it should be text; text goes in quotes: 'True' in"),
    ("data.group_column", "label", " is 'label', but it should be another column than those"),
    ("data.group_column", "author", " is 'author', but only the sources hub and table have col"),
    ("data.revision", "a1b2", " is 'a1b2', but only the sources hub and tweet_eval have revis"),
    ("data.label_names", [1, 2], ".0 is 1, but it should be text; data.label_names.1 is 2, but"),
    ("data.label_names", ["a"], " is ['a'], but it should have at least 2 entries, or null"),
    ("data.label_names", ["a", "a"], " is ['a', 'a'], but it should have each name once"),
    ("data.label_names", "a,b", " is 'a,b', but it should be a list, or null"),
    ("data.split_seed", -1, " is -1, but it should be greater than or equal to 0"),
    ("data.split_seed", 2**32, " is 4294967296, but it should be less than 4294967296"),
    ("data.split_seed", "0", f" is '0', but it should be {WHOLE}"),
    ("data.validation_size", 0, f" is 0, but it should be {SIZE}"),
    ("data.validation_size", 1.5, f" is 1.5, but it should be {SIZE}"),
    ("data.test_size", "20%", f" is '20%', but it should be {SIZE}"),
    ("data.test_size", None, f" is null, but it should be {SIZE}"),
    ("data.max_train_examples", 0, " is 0, but it should be greater than or equal to 1, or null"),
    ("data.max_train_examples", "all", f" is 'all', but it should be {WHOLE}, or null"),
    ("data.fix_encoding", "yes", f" is 'yes', but it should be {LOGICAL}"),
    ("data.mask_links", 1, f" is 1, but it should be {LOGICAL}"),
    ("data.copies", "some", " is 'some', but it should be 'near', 'exact' or 'keep'"),
    ("data.min_confidence", 2, " is 2, but it should be less than or equal to 1"),
    ("data.min_confidence", float("nan"), " is nan, but it should be a finite number"),
    ("train.seeds", [], " is [], but it should have at least 1 entry"),
    ("train.seeds", 0, " is 0, but it should be a list"),
    ("train.seeds", ["0; touch marker"], f".0 is '0; touch marker', but it should be {WHOLE}"),
    ("train.seeds", ["0\ntouch marker"], f".0 is '0\\ntouch marker', but it should be {WHOLE}"),
    ("train.seeds", ["../../src"], f".0 is '../../src', but it should be {WHOLE}"),
    ("train.seeds", [-1], ".0 is -1, but it should be greater than or equal to 0"),
    ("train.seeds", [1, 1], " is [1, 1], but it should have each seed once"),
    ("train.seeds", [0.5], f".0 is 0.5, but it should be {WHOLE}"),
    ("train.seeds", [True], f".0 is true, but it should be {WHOLE}"),
    ("train.epochs", 0, " is 0, but it should be greater than or equal to 1"),
    ("train.epochs", 10**30, " is 1000000000000000000000000000000, but it should be less than or"),
    ("train.batch_size", 8.0, f" is 8.0, but it should be {WHOLE}"),
    ("train.padding", "no", " is 'no', but it should be 'longest' or 'max_length'"),
    ("train.warmup_ratio", 1, " is 1, but it should be less than 1"),
    ("train.weight_decay", float("inf"), " is inf, but it should be a finite number"),
    ("train.fast", 3, " is 3, but it should be keys with values"),
    ("train.fast.dropout", 1, f" is 1, but it should be {LOGICAL}"),
    ("train.fast", {"a\nb": 1}, ".'a\\nb' is no parameter; known here: first_token"),
    ("tune.trials", 1, " is 1, but it should be greater than or equal to 3"),
    ("tune.all", None, f" is null, but it should be {LOGICAL}"),
    ("evaluate.planned_seeds", [], f" is [], but it should be {LOOKS}"),
    ("evaluate.planned_seeds", 3, f" is 3, but it should be {LOOKS}"),
    ("evaluate.planned_seeds", [5, 3], " is [5, 3], but it should rise, as in [3, 5, 10]"),
    ("evaluate.planned_seeds", [0], ".0 is 0, but it should be greater than or equal to 1"),
    ("evaluate.cost", {}, f" is {{}}, but it should be {COST}"),
    ("evaluate.cost", "euros", f" is 'euros', but it should be {COST}"),
    ("evaluate.cost", {"euros": 1}, ".euros: the name should be 'parameters', 'operations' or"),
    ("evaluate.cost", {"parameters": 0}, ".parameters is 0, but it should be greater than 0"),
    ("evaluate.margin", 0.02, " is now evaluate.noninferiority_margin"),
    ("evaluate.level", "5 %", f" is '5 %', but it should be {NUMBER}"),
    ("evaluate.metric", "f1", " is 'f1', but it should be accuracy, macro_recall, macro_f1, f1_of"),
    ("evaluate.resamples", 10, " is 10, but it should be greater than or equal to 1000"),
    ("search.max_train_examples", [3000], f" is [3000], but it should be {WHOLE}"),
    ("lora.r", "eight", f" is 'eight', but it should be {WHOLE}"),
    ("lora.rank", 8, " is no parameter; known here: method, learning_rate, epochs, variant, r,"),
    ("lora.method", "prompt", " is 'prompt', but it may be adapter, bitfit, freeze"),
    ("lora.method", "../../x", " is '../../x', but it may be adapter, bitfit, freeze"),
    ("lora.method", SHELL, f" is '{SHELL}', but it may be adapter, bitfit, freeze"),
    ("lora.method", 3, " is 3, but it should be the name of a file in src/textune/modeling/meth"),
    ("lora.target_modules", [], " is [], but it should be auto, all-linear, or a list of names"),
    ("lora.target_modules", [3], ".0 is 3, but it should be text"),
    ("lora.learning_rate", "automatic", f" is 'automatic', but it should be {RATE}"),
    ("lora.learning_rate", 0, f" is 0, but it should be {RATE}"),
    ("adapter.learning_rate", float("nan"), f" is nan, but it should be {RATE}"),
    ("full.epochs", 1001, f" is 1001, but it should be {EPOCHS}"),
    ("trian", {"epochs": 3}, " is no parameter; known here: methods, titles, data, model, train"),
    ("lora_all", {"r": 8}, ".method"),
    ("no-name", {"method": "lora"}, ": the name should be letters, digits and _, with a letter f"),
    ("untrained", {"method": "lora"}, " is the model before training; call the section somethin"),
]
# Words of pydantic and Python that mean nothing to who writes params.yaml.
JARGON = ("valid ", "Input", "String should", "List should", "Dictionary", "instance of", "None ")


VALUES = real_values()


def with_value(key: str, value: Any) -> dict[str, Any]:
    values = deepcopy(VALUES)
    *path, last = key.split(".")
    section = values
    for part in path:
        section = section[part]
    section[last] = value
    return values


@pytest.mark.parametrize(("key", "value", "expected"), BAD)
def test_textune_check_tells_it_in_one_plain_line(
    tmp_path: Path,
    textune: Commands,
    monkeypatch: pytest.MonkeyPatch,
    key: str,
    value: Any,
    expected: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    # JSON with NaN as YAML has it.
    text = json.dumps(with_value(key, value)).replace("NaN", ".nan").replace("Infinity", ".inf")
    Path("params.yaml").write_text(text)
    error = textune.error("check")
    assert f"{key}{expected}" in error
    assert not [word for word in JARGON if word in error]
    assert [path.name for path in tmp_path.iterdir()] == ["params.yaml"]


def leaves(values: dict[str, Any], prefix: str = "") -> list[str]:
    keys = []
    for key, value in values.items():
        inner = isinstance(value, dict) and key != "titles"
        keys += leaves(value, f"{prefix}{key}.") if inner else [f"{prefix}{key}"]
    return keys


@pytest.mark.parametrize("key", leaves(VALUES))
def test_whatever_a_key_is_set_to_it_is_taken_or_told(key: str) -> None:
    strange = [None, True, -1, 0, 10**400, 1.5, float("inf"), "", SHELL, "\n", "--help", "é" * 9999]
    for value in [*strange, [], {}, [SHELL], {SHELL: SHELL}, [[[[[[[[1]]]]]]]]]:
        try:
            params = check_params(with_value(key, value), "params.yaml")
            for name in params.methods:
                params.method(name)
        except UserError as error:
            line = str(error)
            assert key in line
            assert len(line.splitlines()) == 1
            assert len(line) < 1000
            assert not [word for word in JARGON if word in line], line


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("data: [", "is not valid YAML"),
        ("a: 1\na: 2", "is not valid YAML"),
        ("a: !!python/object/apply:os.system [touch marker]", "is not valid YAML"),
        ("[" * 1_500, "is not valid YAML"),
        ("", "the file is null, but it should be keys with values"),
        ("[1]", "the file is [1], but it should be keys with values"),
        ("1: 2", "1 is no parameter; known here: methods, titles, data"),
        (b"\xff", "is not valid YAML"),
    ],
)
def test_file_that_is_no_params(tmp_path: Path, text: str | bytes, expected: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(UserError) as caught:
        read_params(path)
    assert expected in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["params.yaml"]


def test_values_that_refer_to_each_other_are_told_in_a_short_line() -> None:
    laughs: list[Any] = ["ha"]
    for _ in range(40):
        laughs = [laughs] * 9
    with pytest.raises(UserError) as caught:
        check_params(with_value("data.path", laughs), "params.yaml")
    assert len(str(caught.value)) < 2000


def test_every_wrong_key_is_told_at_once() -> None:
    values = with_value("evaluate.seed", -1)
    values["train"]["batch_size"] = 0
    del values["train"]["epochs"]
    with pytest.raises(
        UserError,
        match=r"train\.epochs is missing; train\.batch_size is 0.*evaluate\.seed is -1",
    ):
        check_params(values, "params.yaml")


def test_a_name_with_line_breaks_is_told_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    def main() -> None:
        raise UserError("data/raw has no one\ntwo\r\nthree\u2028four")

    with pytest.raises(SystemExit) as stopped:
        run(main)
    assert stopped.value.code == 2
    assert capsys.readouterr().err == "error: data/raw has no one\\ntwo\\nthree\\nfour\n"
