"""What AWS does not document is in one list, and nothing else can be assumed."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal import assumptions
from rehearsal.faults import Fault, Faults

PAGE = Path(__file__).parents[3] / "docs" / "how-it-works.md"


def test_every_combination_has_one_answer_to_each_question() -> None:
    settings = assumptions.every_combination()

    assert len(settings) == len(set(settings)) == 3 * 2 * 2 * 2
    for setting in settings:
        for each in assumptions.ASSUMPTIONS:
            assert len(set(setting.names) & set(each.others)) <= 1
    assert [str(each) for each in assumptions.each_alone()][0] == "as-assumed"


def test_the_answer_in_force_is_told() -> None:
    faults = Faults()
    faults.add(Fault("assumption", assumptions.EMPTY_FAILS))

    in_force = set(filter(faults.assumes, assumptions.NAMES))
    found = [each["in_force"] for each in assumptions.describe(in_force)]

    assert found == [None, None, None, assumptions.EMPTY_FAILS]


def test_an_assumption_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="there are alias-rollback-by-deployment"):
        Fault("assumption", "the-moon-is-cheese")


def test_the_page_names_every_answer() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [name for name in assumptions.NAMES if f"`{name}`" not in page] == []
