"""What a build's reports tell, and what is said of those that tell nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery.measure import Measured, measures_of_build

CASES = (
    "<testsuites><testsuite>"
    '<testcase classname="a" name="one"/><testcase classname="a" name="two"/>'
    '<testcase classname="a" name="three"><failure message="no"/></testcase>'
    '<testcase classname="a" name="four"><error message="broken"/></testcase>'
    '<testcase classname="a" name="five"><skipped/></testcase>'
    "</testsuite></testsuites>"
)
COVERED = '<coverage lines-valid="200" lines-covered="187"/>'


@pytest.fixture
def reports(tmp_path: Path):
    def measured(junit: str | None, coverage: str | None) -> Measured:
        for name, text in (("junit.xml", junit), ("coverage.xml", coverage)):
            if text is not None:
                (tmp_path / name).write_text(text, encoding="utf-8")
        return measures_of_build(tmp_path / "junit.xml", tmp_path / "coverage.xml")

    return measured


def values(found: Measured) -> dict[str, float]:
    assert all(each.dimensions == {} for each in found.measures)
    return {each.metric.name: each.value for each in found.measures}


def test_the_share_is_of_the_tests_that_ran_and_of_the_lines(reports) -> None:
    found = reports(CASES, COVERED)
    assert values(found) == {"TestPassRate": 50.0, "Coverage": 93.5}
    assert found.missing == ()


def test_failed_tests_leave_no_coverage_and_their_share_is_told(reports) -> None:
    found = reports(CASES, None)
    assert values(found) == {"TestPassRate": 50.0}
    (missing,) = found.missing
    assert missing.startswith("Coverage: ") and missing.endswith("is not there")


@pytest.mark.parametrize(
    ("junit", "said"),
    [
        ("<testsuites><testcase", "unclosed token"),
        ("", "no element found"),
        ("<testsuites/>", "no test ran"),
        ("<t><testcase><skipped/></testcase></t>", "no test ran"),
        ('<t><testcase time="soon"/></t>', "could not convert"),
    ],
)
def test_results_that_tell_nothing_are_said_and_not_measured(
    reports, junit: str, said: str
) -> None:
    found = reports(junit, COVERED)
    assert values(found) == {"Coverage": 93.5}
    assert said in found.missing[0]


@pytest.mark.parametrize(
    ("coverage", "said"),
    [
        ("no xml", "syntax error"),
        ("<coverage/>", "it counts no line"),
        ('<coverage lines-valid="many"/>', "invalid literal"),
    ],
)
def test_coverage_that_tells_nothing_is_said_and_not_measured(
    reports, coverage: str, said: str
) -> None:
    found = reports(CASES, coverage)
    assert values(found) == {"TestPassRate": 50.0}
    assert said in found.missing[0]
