"""An environment's assessment as text, as data and as a page."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from shift_template import shift_template

from delivery.cli.strategy import strategy
from delivery.strategy import Assessment, Traffic, assess
from delivery.strategy.page import page
from delivery.strategy.words import advice, assessment_data, chance, number

pytestmark = pytest.mark.thorough

ROOT = Path(__file__).resolve().parents[4]


def assessment(template: Any = None, **parameters: str) -> Assessment:
    template = template if template is not None else shift_template()
    return assess("production", template, parameters, Traffic(10, 0.05, 0.0001))


def test_the_configured_strategy_comes_first_and_is_compared_with_all_others() -> None:
    function, *_ = assessment().functions
    found = [each.schedule.name for each in function.predictions]
    assert found[0] == "Canary10Percent5Minutes"
    assert len(found) == len(set(found)) == 9


def test_without_a_shift_all_traffic_moves_at_once() -> None:
    function, *_ = assessment(Shift="false").functions
    assert function.own is not None
    assert function.own.schedule.name == "AllAtOnce"


def test_the_weakest_function_is_the_one_that_fails_most_requests() -> None:
    template = shift_template()
    weak = dict(template["Resources"]["OrderFunction"])
    weak["Properties"] = {
        **weak["Properties"],
        "FunctionName": "weak",
        "DeploymentPreference": {"Type": "Canary10Percent5Minutes"},
    }
    template["Resources"]["WeakFunction"] = weak
    found = assessment(template).weakest
    assert found is not None
    assert found.shift.logical_id == "WeakFunction"


def test_no_known_schedule_means_no_weakest_function() -> None:
    found = assessment(Kind="Nonsense")
    assert found.weakest is None
    assert "by a schedule that is known" in page([found])


def test_data_names_functions_alarms_predictions_and_findings() -> None:
    data = json.loads(json.dumps(assessment_data(assessment())))
    (function,) = data["functions"]
    assert function["steps"][0] == {"minute": 0.0, "weight": 0.1}
    assert function["alarms"][0]["can_fire"] is True
    assert function["predictions"][0]["strategy"] == "Canary10Percent5Minutes"
    assert data["weakest_function"] == "OrderFunction"
    assert data["findings"] == []


def test_the_page_needs_nothing_from_elsewhere() -> None:
    text = page([assessment()])
    assert not re.search(r"(src|href)=|https?://|@import|url\(", text)


def test_plots_are_well_formed_and_stay_inside_their_frame() -> None:
    for svg in re.findall(r"<svg.*?</svg>", page([assessment()]), re.DOTALL):
        root = ElementTree.fromstring(svg)
        _, _, width, height = (float(n) for n in root.attrib["viewBox"].split())
        for line in root.iter("polyline"):
            for spot in line.attrib["points"].split():
                x, y = (float(n) for n in spot.split(","))
                assert 0 <= x <= width and 0 <= y <= height
        for bar in root.iter("rect"):
            assert float(bar.attrib["x"]) + float(bar.attrib["width"]) <= width


def test_findings_are_on_the_page() -> None:
    text = page([assessment(shift_template(preference={"Alarms": None}))])
    assert "nothing can stop it" in text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (0.0, "0 %"),
        (1e-9, "<0.01 %"),
        (0.5, "50 %"),
        (0.99999, ">99.99 %"),
        (1.0, "100 %"),
    ],
)
def test_chances_that_are_not_quite_certain_do_not_look_so(
    value: float | None, text: str
) -> None:
    assert chance(value) == text


def test_large_numbers_have_no_decimals() -> None:
    assert (number(12.34), number(1234.5)) == ("12.3", "1,234")


def test_advice_names_the_rate_that_an_alarm_needs() -> None:
    function, *_ = assessment().functions
    said = advice(function, Traffic(10, 0.05))
    # 8.4 failures a minute: a tenth of the traffic, 5 % of it.
    assert "from 28.0 requests/s on." in said


def test_advice_warns_where_the_configured_shift_misses_the_release() -> None:
    slow = assess("staging", shift_template(), {}, Traffic(0.1, 0.05))
    said = advice(slow.functions[0], slow.traffic)
    assert "at 0.1 requests/s it misses the bad release in" in said


def test_advice_says_when_no_rate_is_enough() -> None:
    share = {"Statistic": "Average", "Threshold": 0.5}
    function, *_ = assessment(shift_template(alarm=share)).functions
    assert "at any rate" in advice(function, Traffic(10, 0.05))


def test_all_at_once_needs_no_advice() -> None:
    function, *_ = assessment(Shift="false").functions
    assert advice(function, Traffic(10, 0.05)) == ""


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(ROOT)
    return lambda *arguments: CliRunner().invoke(strategy, list(arguments))


def test_the_command_shows_every_environment(run: Any) -> None:
    result = run()
    assert result.exit_code == 0, result.output
    for environment in ("development", "staging", "production"):
        assert f"\n{environment}\n" in f"\n{result.output}"
    assert "(configured)" in result.output


def test_the_command_gives_json_for_one_environment(run: Any) -> None:
    result = run("--environment", "production", "--rate", "600/m", "--output", "json")
    (found,) = json.loads(result.stdout)["environments"]
    assert found["environment"] == "production"
    assert found["traffic"]["requests_per_second"] == 10


def test_the_command_writes_a_page(run: Any, tmp_path: Path) -> None:
    target = tmp_path / "new" / "strategy.html"
    result = run("--html", str(target), "--error-rate", "0.3")
    assert result.exit_code == 0, result.output
    assert target.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--rate", "fast"),
        ("--rate", "10/fortnight"),
        ("--rate", "0"),
        ("--error-rate", "lots"),
        ("--error-rate", "130%"),
    ],
)
def test_what_is_no_rate_and_no_share_is_refused(
    run: Any, option: str, value: str
) -> None:
    result = run(option, value)
    assert result.exit_code == 2
    assert "such as" in result.output


def test_an_environment_that_does_not_exist_is_refused(run: Any) -> None:
    result = run("--environment", "moon")
    assert result.exit_code != 0
    assert "no environment moon" in str(result.exception)
