"""Test results and coverage are read as CodeBuild reports them."""

from __future__ import annotations

from pathlib import Path

from awsrules.reports import read_cobertura, read_junit, summarise_tests

JUNIT = """\
<testsuites><testsuite name="pytest">
  <testcase classname="tests.a" name="test_good" time="0.25"/>
  <testcase classname="tests.a" name="test_bad"><failure message="no">trace</failure></testcase>
  <testcase classname="tests.a" name="test_broken"><error>setup</error></testcase>
  <testcase classname="tests.a" name="test_later"><skipped message="why"/></testcase>
</testsuite></testsuites>
"""


def test_each_case_has_its_outcome_and_message(tmp_path: Path) -> None:
    (tmp_path / "junit.xml").write_text(JUNIT)
    cases = read_junit(tmp_path / "junit.xml")
    assert [(case["status"], case["message"]) for case in cases] == [
        ("SUCCEEDED", ""),
        ("FAILED", "no"),
        ("ERROR", "setup"),
        ("SKIPPED", "why"),
    ]
    summary = summarise_tests(cases)
    assert summary["total"] == 4
    assert summary["durationInNanoSeconds"] == 250_000_000
    assert summary["statusCounts"]["UNKNOWN"] == 0


def test_coverage_is_counted_in_lines_and_branches(tmp_path: Path) -> None:
    path = tmp_path / "coverage.xml"
    path.write_text('<coverage lines-valid="3" lines-covered="2"/>')
    summary = read_cobertura(path)
    assert summary["lineCoveragePercentage"] == 66.67
    assert summary["linesMissed"] == 1
    assert summary["branchCoveragePercentage"] == 100.0
