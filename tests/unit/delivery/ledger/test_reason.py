"""The reason of a failure is the names of the tests that failed, and nothing they said."""

from __future__ import annotations

from delivery.ledger.reason import failed_tests, reason_from

REPORT = """<testsuites><testsuite>
<testcase classname="tests.smoke.test_health" name="test_it_answers"/>
<testcase classname="tests.smoke.test_health" name="test_version">
  <failure message="Patient Jane Doe">Jane Doe</failure></testcase>
<testcase name="test_broken"><error>boom</error></testcase>
</testsuite></testsuites>"""


def test_failed_and_broken_tests_are_named() -> None:
    assert failed_tests(REPORT) == [
        "tests.smoke.test_health::test_version",
        "test_broken",
    ]


def test_what_a_test_said_is_left_out() -> None:
    assert "Jane" not in reason_from(failed_tests(REPORT))


def test_a_broken_report_names_none() -> None:
    assert failed_tests("<testsuites>") == []


def test_without_names_there_is_no_reason() -> None:
    assert reason_from([]) == ""


def test_many_names_are_counted() -> None:
    reason = reason_from([f"test_{number}" for number in range(7)])
    assert reason == "Failed: test_0, test_1, test_2, test_3, test_4 and 2 more."
