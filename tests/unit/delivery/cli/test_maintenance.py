"""``maintenance`` as it is typed: reviews, their exit codes, and clean-up."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from delivery_fakes import make_execution, make_stage, make_state
from maintenance_fakes import FUNCTION, Delivery
from report_fakes import START, execution

from delivery.errors import NotPermitted

NOBODY = "http://127.0.0.1:9/v1/query"


@pytest.fixture(autouse=True)
def _nobody_is_asked(monkeypatch):
    monkeypatch.setenv("DEPENDENCY_AUDIT_SERVICE", NOBODY)


@pytest.fixture
def delivery(world) -> Delivery:
    """Thirteen releases of production, of which ten are kept, a year ago."""
    made = Delivery(
        world.release_store,
        world.stacks,
        world.deployed_stacks,
        world.versions,
        world.packages,
    )
    for version in range(1, 14):
        made.release(str(version))
    world.clock.now = lambda: datetime(2027, 11, 23, tzinfo=UTC)
    return made


def test_clean_up_shows_what_goes_and_what_stays_and_asks(
    run, delivery, terminal
) -> None:
    result = run("maintenance", "clean-up", stdin="n\n")
    assert result.exit_code == 3
    assert f"- production: {FUNCTION} version 3" in result.stderr
    assert "production keeps releases 13, 12, 11" in result.stderr
    assert "Nothing was deleted." in result.stderr
    assert delivery.versions.deleted == []


def test_without_a_terminal_nobody_agrees(run, delivery) -> None:
    result = run("maintenance", "clean-up")
    assert result.exit_code == 2
    assert "--yes" in result.stderr


def test_a_dry_run_asks_and_deletes_nothing(run, delivery) -> None:
    result = run("maintenance", "clean-up", "--dry-run")
    assert result.exit_code == 0
    assert "3 versions of functions and 3 packages (3.0 MB)" in result.stdout
    assert delivery.versions.deleted == delivery.packages.deleted == []


def test_what_was_confirmed_is_deleted_once(run, delivery) -> None:
    result = run("maintenance", "clean-up", "--yes")
    assert result.stdout.startswith("Deleted 3 versions of functions and 3 packages")
    assert [version for _, version in delivery.versions.deleted] == ["1", "2", "3"]
    again = run("maintenance", "clean-up", "--yes")
    assert "There is nothing to clean up." in again.stdout


def test_packages_stay_as_long_as_an_execution_can_be_retried(
    run, world, delivery
) -> None:
    world.clock.now = lambda: datetime(2026, 12, 1, tzinfo=UTC)
    result = run("maintenance", "clean-up", "--dry-run")
    assert "3 versions of functions and 0 packages" in result.stdout
    sooner = run("maintenance", "clean-up", "--dry-run", "--older-than", "5")
    assert "3 versions of functions and 3 packages" in sooner.stdout


def test_a_running_execution_refuses_it_with_the_way_out(run, world, delivery) -> None:
    world.pipelines.states = [make_state(make_stage("Source"))]
    world.pipelines.runs = [make_execution()]
    result = run("maintenance", "clean-up", "--yes")
    assert result.exit_code == 3
    assert "Execution execution-1 is running." in result.stderr
    assert "status --watch" in result.stderr


# --- reviews --------------------------------------------------------------------------------


@pytest.mark.thorough
def test_a_week_in_which_all_went_well_ends_with_nothing_to_do(run, world) -> None:
    world.pipeline_past.executions = [execution("one", 1)]
    result = run("maintenance", "weekly")
    assert result.exit_code == 0, result.stderr
    assert "Nothing waits for a decision." in result.stdout
    assert "USD" in result.stdout
    assert result.stdout.splitlines()[-1] == "passed: 4 passed"


@pytest.mark.thorough
def test_a_week_that_needs_a_person_says_what_to_type(run, world) -> None:
    world.clock.now = lambda: START
    world.pipeline_past.executions = [execution("one", 1, "Failed")]
    result = run("maintenance", "weekly")
    assert result.exit_code == 1
    assert "Next: ./deploy_pipeline.py diagnose" in result.stdout


@pytest.mark.thorough
def test_a_month_says_that_nobody_was_asked_about_dependencies(run, world) -> None:
    found = json.loads(run("maintenance", "monthly", "--output", "json").stdout)
    checks = {c["name"]: c for each in found["sections"] for c in each["checks"]}
    assert checks["dependencies"]["outcome"] == "not_run"
    assert "does not answer" in checks["dependencies"]["detail"]
    assert checks["roles"]["outcome"] == "inconclusive"


@pytest.mark.thorough
def test_a_quarter_looks_at_the_configuration_too_and_is_written_to_a_file(
    run, world, tmp_path
) -> None:
    file = tmp_path / "new" / "quarter.txt"
    result = run("maintenance", "quarterly", "--report", str(file))
    assert result.exit_code == 1
    assert "pipeline.notification_emails: It is empty" in result.stdout
    assert file.read_text() == result.stdout


@pytest.mark.thorough
def test_who_may_read_nothing_is_told_so_by_the_exit_code(run, world) -> None:
    def denied(*words, **named):
        raise NotPermitted("The tool could not look.", why="AccessDenied")

    world.pipeline_past.executions_since = world.pipelines.state = denied
    result = run("maintenance", "weekly")
    assert (result.exit_code, result.stdout) == (4, "")


@pytest.mark.thorough
def test_a_report_that_cannot_be_written_names_its_own_flag(
    run, world, tmp_path
) -> None:
    result = run("maintenance", "weekly", "--report", str(tmp_path))
    assert result.exit_code == 2
