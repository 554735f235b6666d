"""The page about cost tells of every option and lever, and what it shows is what is printed."""

from __future__ import annotations

import re

from click.testing import CliRunner
import pytest
from cost_facts import ROOT, assumptions, shipped_facts

from delivery.cli.cost import cost
from delivery.cli.options import Settings
from delivery.cost.assumptions import ASSUMPTIONS
from delivery.cost.levers import find_levers
from delivery.cost.prices import load_prices
from delivery.cost.report import estimate_of

pytestmark = pytest.mark.thorough

PAGE = (ROOT / "docs" / "cost.md").read_text(encoding="utf-8")


def test_every_assumption_is_documented_with_its_default_and_no_other() -> None:
    rows = dict(re.findall(r"^\| `--([a-z-]+)` \| ([^|]+) \|", PAGE, re.M))
    assert rows == {each.name: str(each.default) for each in ASSUMPTIONS}


def test_every_assumption_has_its_option_and_says_its_default() -> None:
    options = {each.opts[0].removeprefix("--"): each for each in cost.params}
    for each in ASSUMPTIONS:
        assert f"[default: {each.default}]" in str(vars(options[each.name])["help"])


def test_every_lever_is_documented() -> None:
    def costs(facts):
        return estimate_of(facts, assumptions(), load_prices()).after

    rows = re.findall(r"^\| ([A-Z][^|`]+) \| [a-z]", PAGE, re.M)
    titles = [each.title for each in find_levers(shipped_facts(), costs)]
    assert rows[-len(titles) :] == titles


def test_what_the_page_shows_is_what_the_command_prints_last(monkeypatch) -> None:
    monkeypatch.chdir(ROOT)
    shown = re.findall(r"```text\n(.*?)```", PAGE, re.S)[0]
    printed = CliRunner().invoke(cost, [], obj=Settings()).stdout
    assert printed.endswith(shown), "paste the last lines of `cost` into docs/cost.md"


def test_the_data_file_that_the_page_names_is_there() -> None:
    named = set(re.findall(r"`((?:src|docs)/[\w/.]+)`", PAGE))
    assert len(named) >= 3
    assert [each for each in named if not (ROOT / each).exists()] == []
