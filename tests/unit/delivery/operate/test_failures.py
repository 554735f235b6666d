"""A failed build is explained by its phase, its command and its tests."""

from __future__ import annotations

from delivery_fakes import failed_build

from awsrules.statuses import BuildStatus
from delivery.model import BuildPhase
from delivery.operate.failures import explain_build, failed_phase, failed_tests

COMMAND = BuildPhase(
    "BUILD",
    BuildStatus.FAILED,
    9,
    (
        "COMMAND_EXECUTION_ERROR: Error while executing command: make test. "
        "Reason: exit status 2",
    ),
)
AFTER = BuildPhase("UPLOAD_ARTIFACTS", BuildStatus.FAILED, 0, ("no matching files",))


def _explain(build, log=(), tests=()):
    return explain_build("Build", "Build", build, log, tests)


def test_the_phase_that_failed_first_counts_and_not_its_aftermath() -> None:
    assert failed_phase(failed_build(AFTER, COMMAND)).name == "BUILD"
    assert failed_phase(failed_build(AFTER)).name == "UPLOAD_ARTIFACTS"
    assert failed_phase(failed_build()) is None


def test_the_failing_command_is_named() -> None:
    failure = _explain(failed_build(COMMAND, AFTER))
    assert failure.phase == "BUILD"
    assert failure.command == "make test"
    assert failure.cause == "phase BUILD: `make test` failed (exit status 2)"
    assert failure.url == "https://logs"


def test_a_failing_test_is_named_before_the_command() -> None:
    log = [
        "[Container] 2026/11/23 14:02:11.0 Running command make test",
        "FAILED tests/unit/test_a.py::test_one - AssertionError: 1 != 2",
        "FAILED tests/unit/test_a.py::test_two",
        "=== 2 failed in 0.1s ===",
    ]
    failure = _explain(failed_build(COMMAND), log)
    assert failure.tests == (
        "tests/unit/test_a.py::test_one",
        "tests/unit/test_a.py::test_two",
    )
    assert failure.cause == (
        "phase BUILD: test tests/unit/test_a.py::test_one failed and 1 more"
    )


def test_the_logs_names_of_tests_are_preferred_to_the_reports() -> None:
    failure = _explain(failed_build(COMMAND), ["FAILED a.py::test_b"], ["a::test_b"])
    assert failure.tests == ("a.py::test_b",)
    assert _explain(failed_build(COMMAND), [], ["a::test_b"]).tests == ("a::test_b",)


def test_a_collection_error_is_a_failed_test() -> None:
    assert failed_tests(["ERROR tests/unit/test_a.py - SyntaxError"]) == [
        "tests/unit/test_a.py"
    ]


def test_findings_with_file_and_line_are_kept() -> None:
    log = [
        "running cfn-lint",
        "templates/template.yaml:12:3: E3002 unexpected property",
        "E0000 Null value",
        "src/x.py:3:1: F401 unused import",
        "would reformat src/y.py",
        "nothing of interest",
    ]
    failure = _explain(failed_build(COMMAND), log)
    assert failure.details == tuple(log[1:5])


def test_a_phase_without_a_command_gives_its_message() -> None:
    phase = BuildPhase("DOWNLOAD_SOURCE", BuildStatus.FAILED, 1, ("access denied",))
    assert _explain(failed_build(phase)).cause == "phase DOWNLOAD_SOURCE: access denied"


def test_a_build_without_phases_gives_its_status() -> None:
    assert _explain(failed_build()).cause == "build Build:1: failed"


def test_a_long_command_is_shortened_to_its_first_line() -> None:
    message = "Error while executing command: set -e\nmake test. Reason: exit status 1"
    phase = BuildPhase("BUILD", BuildStatus.FAILED, 1, (message,))
    assert "`set -e…` failed" in _explain(failed_build(phase)).cause
