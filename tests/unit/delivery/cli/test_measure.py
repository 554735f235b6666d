"""``measure``: what is put and printed, and that nothing about it fails a build."""

from __future__ import annotations

import json

import pytest

from delivery.errors import NotPermitted, Unreachable

JUNIT = '<testsuite><testcase classname="a" name="b"/></testsuite>'
COVERAGE = '<coverage lines-valid="4" lines-covered="3"/>'


@pytest.fixture
def measure(run, tmp_path):
    (tmp_path / "junit.xml").write_text(JUNIT)
    (tmp_path / "coverage.xml").write_text(COVERAGE)

    def measured(*words: str):
        files = [f"--{n}={tmp_path / n}.xml" for n in ("junit", "coverage")]
        return run("measure", *files, *words)

    return measured


def test_both_measures_are_put_and_told(measure, world) -> None:
    result = measure()
    assert world.delivery_metrics.values == {"TestPassRate": 100.0, "Coverage": 75.0}
    assert result.stdout == "Measured: TestPassRate 100 %, Coverage 75 %.\n"
    assert (result.exit_code, result.stderr) == (0, "")


def test_a_report_that_is_not_there_is_told_and_the_other_measured(
    measure, world, tmp_path
) -> None:
    (tmp_path / "coverage.xml").unlink()
    result = measure("--output=json")
    assert json.loads(result.stdout)["put"] == {"TestPassRate": 100.0}
    assert "Not measured: Coverage" in result.stderr
    assert result.exit_code == 0


def test_without_reports_nothing_is_put_and_the_build_goes_on(
    measure, world, tmp_path
) -> None:
    for name in ("junit", "coverage"):
        (tmp_path / f"{name}.xml").unlink()
    result = measure()
    assert world.delivery_metrics.kept == []
    assert (result.exit_code, result.stdout) == (0, "")


@pytest.mark.parametrize(
    "refusal",
    [
        NotPermitted("The tool could not put metrics.", why="AccessDenied: no"),
        Unreachable("The tool could not put metrics.", why="Throttling: slower"),
    ],
)
def test_what_cloudwatch_does_not_take_is_told_and_fails_no_build(
    measure, world, refusal
) -> None:
    world.delivery_metrics.refuses = refusal
    result = measure()
    assert "lacks TestPassRate, Coverage of this run" in result.stderr
    assert refusal.why in result.stderr
    assert (result.exit_code, result.stdout) == (0, "")
