"""``cost``: options, refusals, text and JSON; no credentials, no network."""

from __future__ import annotations

import json
import socket
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from delivery.cli.cost_options import MonthlyRate

pytestmark = pytest.mark.thorough

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture
def offline(monkeypatch):
    """Let nothing leave this machine, and nobody have credentials."""

    def refused(*words: Any, **more: Any) -> None:
        raise AssertionError("something was asked outside")

    monkeypatch.setattr(socket.socket, "connect", refused)
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)


def _data(run, *words: str) -> dict[str, Any]:
    result = run("cost", *words, "--output", "json")
    assert result.exit_code == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def _assumed(data: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {each["name"]: (each["value"], each["from"]) for each in data["assumptions"]}


def test_it_needs_neither_network_nor_credentials(run, world, offline) -> None:
    result = run("cost")
    assert result.exit_code == 0, result.stderr
    assert "Foundation and pipeline: " in result.stdout
    assert world.settings == []


def test_the_text_ends_with_the_total_the_corridor_and_the_reasons(run) -> None:
    lines = run("cost").stdout.splitlines()
    total = next(n for n, each in enumerate(lines) if each.startswith("Total "))
    assert "within 10 to 30; " in lines[total + 2]
    assert lines[total + 3].endswith("releases a month, all else the same.")
    assert all(each.startswith("  - ") for each in lines[total + 4 :])
    assert len(lines[total + 4 :]) >= 3


def test_every_section_and_lever_is_in_the_text(run) -> None:
    text = run("cost").stdout
    for section in ("foundation", "pipeline", "development", "staging", "production"):
        assert f"\n{section}, in USD before and after the free tier\n" in text
    for lever in ("Dependencies are cached", "Artifacts live 30 days"):
        assert any(lever in each and " yes " in each for each in text.splitlines())


def test_lines_of_the_data_add_up_to_the_totals(run) -> None:
    data = _data(run)
    for amount in ("before_free_tier", "after_free_tier"):
        sections = [Decimal(each[amount]) for each in data["sections"]]
        assert abs(sum(sections) - Decimal(data["total"][amount])) < Decimal("0.0001")
        for section in data["sections"]:
            lines = sum(Decimal(line[amount]) for line in section["lines"])
            assert abs(lines - Decimal(section[amount])) < Decimal("0.0001")


def test_each_assumption_says_where_it_came_from(run) -> None:
    assumed = _assumed(_data(run, "--releases", "40", "--rate", "production=2/s"))
    assert assumed["releases"] == ("40", "option")
    assert assumed["build-minutes"] == ("8", "default")
    assert assumed["production.requests"] == ("5259600", "option")
    assert assumed["staging.requests"] == ("30437.5", "default")
    value, source = assumed["production.lambda.memory_megabytes"]
    assert value == "1024"
    assert source.startswith("environment_config.yaml:")
    assert assumed["pipeline.notification_emails"][0] == "none"
    assert assumed["reach"] == ("production", "default of the pipeline's template")


@pytest.mark.parametrize(
    ("rate", "requests"),
    [
        ("300000/month", "300000"),
        ("1/s", "2629800"),
        ("1", "2629800"),
        ("60/m", "2629800"),
        ("60/min", "2629800"),
        ("3600/h", "2629800"),
        ("1000/day", "30437.5"),
        ("1000/d", "30437.5"),
        ("0", "0"),
    ],
)
def test_a_rate_is_for_a_second_or_a_longer_time(rate: str, requests: str) -> None:
    found = MonthlyRate().convert(f"staging={rate}", None, None)
    assert found == ("staging", Decimal(requests))


@pytest.mark.parametrize(
    ("rates", "requests"),
    [
        (["2/s"], "5259600"),
        (["staging=5000/month", "1/s"], "5000"),
        (["1/s", "2000/month"], "2000"),
    ],
)
def test_a_rate_is_for_one_environment_or_for_all_others(
    run, rates: list[str], requests: str
) -> None:
    words = [word for rate in rates for word in ("--rate", rate)]
    assert _assumed(_data(run, *words))["staging.requests"] == (requests, "option")


def test_more_releases_cost_more(run) -> None:
    few, many = (
        Decimal(_data(run, "--releases", n)["delivery"]["after_free_tier"])
        for n in ("20", "40")
    )
    assert few < many


def test_one_environment_is_shown_beside_the_delivery(run) -> None:
    data = _data(run, "--environment", "staging")
    assert [each["section"] for each in data["sections"]] == [
        "foundation",
        "pipeline",
        "staging",
    ]
    assert "production.requests" not in _assumed(data)
    assert "production.lambda.memory_megabytes" not in _assumed(data)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("--environment nowhere", "There is no environment nowhere."),
        ("--rate nowhere=5/s", "There is no environment nowhere."),
        ("--rate fast", "'fast' is not a rate such as 50/s"),
        ("--rate 5/year", "'5/year' is not a rate such as 50/s"),
        ("--rate -5/s", "'-5/s' is not a rate such as 50/s"),
        ("--rate =5/s", "'=5/s' is not a rate such as 50/s"),
        ("--rate nan", "'nan' is not a rate such as 50/s"),
        ("--releases many", "'many' is not a number."),
        ("--releases 1.5", "'1.5' is not a whole number."),
        ("--releases -1", "'-1' is not from 0 to 1000000."),
        ("--releases inf", "'inf' is not a number."),
        ("--month 0", "'0' is not from 1 to 1000000."),
        ("--write-percent 101", "'101' is not from 0 to 100."),
        ("--access ssh", "'ssh' is not one of 'token', 'connection'."),
    ],
)
def test_what_cannot_be_estimated_is_refused(run, words: str, told: str) -> None:
    result = run("cost", *words.split())
    assert result.exit_code == 2
    assert told in result.stderr
    assert result.stdout == ""


def test_a_template_that_cannot_be_resolved_is_refused(
    run, monkeypatch, tmp_path
) -> None:
    for name in ("foundation", "pipeline", "template"):
        path = tmp_path / "templates" / f"{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text("Conditions: {A: {Condition: B}}\nResources: {}\n")
    config = ROOT / "environment_config.yaml"
    monkeypatch.chdir(tmp_path)
    result = run("cost", "--config", str(config))
    assert result.exit_code == 2
    assert "The templates cannot be resolved." in result.stderr
    assert "./deploy_pipeline.py validate" in result.stderr


def test_a_missing_template_is_named(run, monkeypatch, tmp_path) -> None:
    config = ROOT / "environment_config.yaml"
    monkeypatch.chdir(tmp_path)
    result = run("cost", "--config", str(config))
    assert result.exit_code == 2
    assert "templates/foundation.yaml cannot be read" in result.stderr


def test_what_the_table_does_not_know_is_told_and_never_free(
    run, monkeypatch, tmp_path
) -> None:
    folder = tmp_path / "templates"
    folder.mkdir()
    for name in ("foundation", "pipeline"):
        text = (ROOT / "templates" / f"{name}.yaml").read_text("utf-8")
        (folder / f"{name}.yaml").write_text(text, "utf-8")
    (folder / "template.yaml").write_text(
        "Resources: {T: {Type: AWS::DynamoDB::Table}}"
    )
    config = ROOT / "environment_config.yaml"
    monkeypatch.chdir(tmp_path)
    result = run("cost", "--config", str(config))
    assert result.exit_code == 0, result.stderr
    assert (
        "not priced: production: AWS::DynamoDB::Table × 1: not in the price table"
        in result.stdout
    )


def test_another_region_is_warned_of(run) -> None:
    notes = _data(run, "--region", "eu-central-1")["notes"]
    assert "eu-central-1 is not in the table" in notes[0]
