"""``report`` as it is typed: text, page, JSON, and what stops it."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from release_fakes import START, LedgerBuilder
from report_fakes import shift

from delivery.errors import BadInput, NotPermitted

pytestmark = pytest.mark.thorough


@pytest.fixture
def released(world):
    """Two releases in production, and a report of the day after."""
    ledger = LedgerBuilder(world.release_store)
    ledger.release("one")
    ledger.release("two")
    end = ledger.events[-1].at
    world.clock.now = lambda: end.replace(day=end.day + 1)
    return ledger


def test_each_metric_is_told_with_definition_observations_and_band(
    run, released
) -> None:
    text = run("report").stdout
    assert "Deployment frequency: 2 in 30 days" in text
    assert "Rests: on 2 deployments" in text
    assert "Band:  not known: no band with fewer than 5 observations" in text
    assert "Change lead time: not known" in text
    assert "https://dora.dev/guides/dora-metrics/" in text
    assert text.count("Means: ") == text.count("Rests: ") == text.count("Band: ") == 5


def test_the_pipeline_releases_and_shifts_stand_above(run, released) -> None:
    text = run("report").stdout
    assert "No execution began in this period." in text
    assert "production: 2 releases (2 verified); release 2 serves" in text
    assert "Stack updates of production: not recorded in this period" in text
    assert "Traffic shifts of production: not recorded in this period" in text


def test_another_environment_and_period_can_be_asked_for(run, released) -> None:
    result = run("report", "--environment", "staging", "--days", "7")
    assert "Nothing was released to staging yet." in result.stdout
    assert ", 7 days" in result.stdout


@pytest.mark.parametrize("days", ["0", "366", "soon"])
def test_a_period_that_nobody_keeps_is_bad_input(run, days) -> None:
    result = run("report", "--days", days)
    assert result.exit_code == 2
    assert "--days" in result.stderr


def test_the_page_is_written_over_an_older_one_and_told_on_stderr(
    run, released, tmp_path
) -> None:
    file = tmp_path / "new" / "report.html"
    run("report", "--html", str(file))
    file.write_text("old")
    result = run("report", "--html", str(file), "--output", "json")
    assert file.read_text().startswith("<!DOCTYPE html>")
    assert f"Wrote {file}." in result.stderr
    assert json.loads(result.stdout)["environment"] == "production"


def test_a_page_that_cannot_be_written_is_bad_input(run, released, tmp_path) -> None:
    (tmp_path / "file").write_text("")
    result = run("report", "--html", str(tmp_path / "file" / "report.html"))
    assert result.exit_code == 2
    assert "report.html cannot be written" in result.stderr


def test_without_pipeline_and_repository_the_rest_is_told(run, world, released) -> None:
    world.pipeline_past.executions = None
    world.commits.found = None
    result = run("report")
    assert result.exit_code == 0
    assert "There is no pipeline" in result.stdout
    assert "There is no git repository here" in result.stdout


def test_what_may_not_be_read_ends_the_report(run, world, released) -> None:
    def denied(prefix):
        raise NotPermitted("The tool could not list ledger/.", why="AccessDenied")

    world.release_store.keys = denied
    result = run("report")
    assert (result.exit_code, result.stdout) == (4, "")


def test_without_a_release_store_the_way_to_one_is_told(
    run, world, monkeypatch
) -> None:
    def missing(tools):
        raise BadInput("There is no release store here.")

    monkeypatch.setattr("delivery.cli.wiring.Tools.reporter", missing)
    assert run("report").exit_code == 2


def test_a_rehearsal_is_told_in_the_planes_own_time(run, world, released) -> None:
    found = json.loads(run("report", "--local", "--output", "json").stdout)
    assert found["notes"][-1].startswith("Rehearsed: ")
    assert (
        found["until"] == (START + timedelta(minutes=world.controls.looks)).isoformat()
    )


def test_a_screen_shows_the_newest_shifts_and_says_of_how_many(
    run, world, released
) -> None:
    world.shift_past.shifts = [shift(each) for each in range(12)]
    text = run("report").stdout
    assert "Traffic shifts of production, the newest 10 of 12" in text
    assert "d-11" in text and "d-1 " not in text
    assert "LambdaLinear10PercentEvery3Minutes" in text


def test_a_month_at_the_pace_of_the_period_is_estimated(run, released) -> None:
    found = json.loads(run("report", "--days", "10", "--output", "json").stdout)
    cost = found["cost"]
    # Two releases in ten days are six in a month.
    assert cost["releases"] == 6
    names = [each["section"] for each in cost["sections"]]
    assert names == ["foundation", "pipeline", "development", "staging", "production"]
    told = json.loads(run("cost", "--releases", "6", "--output", "json").stdout)
    amounts = [cost[f"{each}_free_tier"] for each in ("before", "after")]
    assert amounts == [told["total"][f"{e}_free_tier"] for e in ("before", "after")]
    words = run("report", "--days", "10").stdout.split()
    row = words[words.index("together") :][:3]
    assert row == ["together", *(f"{Decimal(each):.2f}" for each in amounts)]


def test_where_nothing_was_released_the_estimate_has_its_own_pace(run, world) -> None:
    LedgerBuilder(world.release_store)
    found = json.loads(run("report", "--output", "json").stdout)
    assert found["cost"]["releases"] == 22


def test_templates_that_cannot_be_read_leave_the_cost_open_and_say_so(
    run, released, tmp_path, monkeypatch
) -> None:
    config = Path("environment_config.yaml").resolve()
    monkeypatch.chdir(tmp_path)
    result = run("report", "--output", "json", "--config", str(config))
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["cost"] is None
    assert any("What a month costs is not known" in each for each in found["notes"])
