"""The recommendation in words."""

from pathlib import Path

import pytest

from tests.report.fake_comparison import FIXED_MODELS, advice, compared, method
from textune.errors import UserError
from textune.io import write_json
from textune.report.advice import recommendation, tuned_elsewhere
from textune.runs.tuning import Tuning, adopted_path, write_tuning
from textune.stats.results import Candidate, Recommendation

HOW_SURE = (
    "How sure it is that each one is: LoRA 98.1 %, adapters 88 %, full fine-tuning over 99.9 %;"
    " settling takes 97.5 %. Surely not: trained head (baseline)."
)


def test_settled_names_the_method_why_and_how_sure() -> None:
    assert recommendation(compared()) == (
        "Settled: use LoRA. Of the methods whose accuracy is surely within 1 point of the best, it"
        f" trains the fewest parameters. {HOW_SURE}"
    )
    fixed = recommendation(compared(FIXED_MODELS))
    assert fixed.startswith("Of these trained models only. Settled: use LoRA. ")


def test_a_cheaper_method_that_may_do_is_told() -> None:
    told = recommendation(compared(recommendation=advice("full", seeds_needed=7)))
    assert told.startswith("Settled: use full fine-tuning. ")
    assert told.endswith(
        "LoRA and adapters may be good enough too, at less cost: if the differences are those seen,"
        " 7 seeds instead of 3 would probably show it."
    )
    nothing = recommendation(compared(recommendation=advice("full")))
    assert nothing.endswith("LoRA and adapters may be good enough too, at less cost.")


def test_not_settled_says_what_would_settle_it() -> None:
    needed = {"seeds_needed": 5, "examples_needed": 20_000}
    told = recommendation(compared(recommendation=advice("full", settled=False, **needed)))
    assert told == (
        "Not settled: no method's accuracy is surely within 1 point of the best."
        f" {HOW_SURE} If the differences are those seen, 5 seeds instead of 3 or 20,000 test"
        " examples instead of 12,284 would settle it (80 % of the time). Until then, full"
        " fine-tuning is the surest."
    )


def test_what_nothing_would_settle_is_decided_by_cost() -> None:
    told = recommendation(compared(recommendation=advice("lora", settled=False)))
    assert told.endswith(
        "not even 30 seeds or 10 times the test examples would settle it: take the cheapest that"
        " may be good enough, LoRA."
    )
    fixed = recommendation(compared(FIXED_MODELS, recommendation=advice("lora", settled=False)))
    assert "30 seeds" not in fixed


@pytest.mark.parametrize(
    ("cost", "told"),
    [
        ("operations", "it takes the fewest operations to train."),
        ("saved_bytes", "it takes the fewest bytes on disk."),
        (
            {"parameters": 1.0, "saved_bytes": 2.5},
            "costs the least (parameters 1, saved_bytes 2.5)",
        ),
    ],
)
def test_the_users_cost_is_named(cost: object, told: str) -> None:
    assert told in recommendation(compared(cost=cost))


def test_where_the_tests_do_not_hold_no_verdict_is_given() -> None:
    withheld = advice("lora", settled=False).model_copy(update={"withheld": True})
    told = recommendation(
        compared(metric="macro_f1", small_classes=["🙂"], recommendation=withheld)
    )
    assert told == (
        "No verdict: test has fewer than 100 examples of 🙂, so a method whose macro F1 is worse by"
        " 1 point would pass too often. Compare by accuracy (evaluate.metric), or take a larger"
        " test set or margin. The highest probability of being good enough is that of LoRA."
    )


def test_one_method_leaves_no_choice() -> None:
    only = Candidate(name="lora", sure=1.0, in_the_running=True, good_enough=True)
    alone = Recommendation(method="lora", settled=True, level=0.05, candidates=[only])
    comparison = compared(methods=[method("lora", "LoRA", 0.7)], pairs=[], recommendation=alone)
    assert recommendation(comparison) == "There is one method, LoRA, and nothing to choose."


def tuning(**changes: object) -> Tuning:
    values = {
        "recipe": {"learning_rate": 0.002, "epochs": 3},
        "tuned": [],
        "data_sha256": "today's",
        "model": "bundled:a",
        "trials": [],
    }
    return Tuning.model_validate({**values, **changes})


def warned(metrics: Path, now: Tuning, adopted: Tuning | None) -> str | None:
    write_tuning("lora", now, {}, metrics)
    if adopted is not None:
        write_json(adopted_path(metrics), {"lora": adopted.model_dump(mode="json")})
    return tuned_elsewhere(compared(), metrics)


def test_a_recipe_of_other_data_is_told_with_the_flag(tmp_path: Path) -> None:
    assert warned(tmp_path, tuning(), None) == (
        "The recipes of LoRA were not tuned on this data with this model, so a"
        " difference may be that of recipes, not of methods. To tune every method:"
        " `dvc exp run -S tune.all=true`."
    )


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, False),
        ({"data_sha256": "of yesterday"}, True),
        ({"model": "bundled:b"}, True),
        ({"recipe": {"learning_rate": 0.003, "epochs": 3}}, True),
    ],
)
def test_an_adopted_recipe_holds_for_its_data_and_model_alone(
    tmp_path: Path, changes: dict[str, object], told: bool
) -> None:
    adopted = tuning(tuned=["learning_rate", "epochs"], **changes)
    assert (warned(tmp_path, tuning(), adopted) is not None) == told


def test_what_was_tuned_just_now_or_has_nothing_to_tune_is_no_cause(tmp_path: Path) -> None:
    assert warned(tmp_path, tuning(tuned=["learning_rate"]), None) is None
    assert warned(tmp_path, tuning(recipe={}), None) is None


def test_damaged_files_are_told(tmp_path: Path) -> None:
    write_tuning("lora", tuning(), {}, tmp_path)
    adopted_path(tmp_path).write_text('{"lora": 3}')
    with pytest.raises(
        UserError, match=r"adopted\.json is damaged: take it from git, or delete it"
    ):
        tuned_elsewhere(compared(), tmp_path)
