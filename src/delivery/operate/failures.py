"""Say in one line why a build failed, from its phases and its log."""

from __future__ import annotations

import re
from collections.abc import Sequence

from delivery.model import Build, BuildPhase
from delivery.operate.status import Failure

# pytest's short summary: "FAILED tests/unit/test_x.py::test_y - AssertionError: …".
_PYTEST = re.compile(
    r"^(?:FAILED|ERROR) (?P<name>\S+::\S+|\S+\.py)(?: - (?P<why>.*))?$"
)
# CodeBuild's context of a failed phase.
_COMMAND = re.compile(
    r"Error while executing command: (?P<command>.*?)\.? Reason: (?P<reason>.*)$",
    re.DOTALL,
)
# What linters print: file, line, perhaps a column, and a message.
_FINDING = re.compile(r"^[\w./-]+\.(?:py|ya?ml|json|toml|cfg):\d+(?::\d+)?:? \S")
_CFN_LINT = re.compile(r"^[EW]\d{4} ")
# What boto3, the aws command and IAM itself say of a call that a role does not allow.
_DENIED = (
    re.compile(r"not authorized to perform:? (?P<call>[\w:*]+)"),
    re.compile(
        r"\(AccessDenied\w*\) when calling the (?P<call>\w+) operation", re.IGNORECASE
    ),
)
_TIMESTAMP = re.compile(r"^\[Container\] \S+ \S+ ")

MOST_DETAILS = 12
DENIED_WITHIN_LINES = 40

# Phases that CodeBuild adds after a failure; they say nothing about its cause.
_AFTERMATH = frozenset({"UPLOAD_ARTIFACTS", "FINALIZING", "COMPLETED"})


def explain_build(
    stage: str,
    action: str,
    build: Build,
    log: Sequence[str],
    reported_tests: Sequence[str] = (),
) -> Failure:
    """Name the phase, the command and the tests that failed.

    ``log`` is the end of the build's log, oldest line first. Its names of tests are
    preferred to the report's: they can be typed as they are.
    """
    phase = failed_phase(build)
    command, reason = _command_of(phase)
    tests = tuple(failed_tests(log) or dict.fromkeys(reported_tests))
    return Failure(
        stage=stage,
        action=action,
        cause=_one_line(build, phase, command, reason, tests, denied_call(log)),
        phase=phase.name if phase else "",
        command=command,
        tests=tests,
        details=_details(log),
        next_step="Mend it, run `make test lint`, commit and push.",
        url=build.log_url,
    )


def failed_phase(build: Build) -> BuildPhase | None:
    """Return the first phase that failed, aftermath last."""
    failed = [each for each in build.phases if each.status.failed]
    early = [each for each in failed if each.name not in _AFTERMATH]
    return next(iter([*early, *failed]), None)


def failed_tests(log: Sequence[str]) -> list[str]:
    """Return the names of failed tests from pytest's summary, each once."""
    found = (_PYTEST.match(_TIMESTAMP.sub("", line).strip()) for line in log)
    return list(dict.fromkeys(each["name"] for each in found if each))


def denied_call(log: Sequence[str]) -> str:
    """Return the first call that a role did not allow, or nothing.

    Only the end of the log counts: what was refused long before did not end the build.
    """
    for line in log[-DENIED_WITHIN_LINES:]:
        for pattern in _DENIED:
            if found := pattern.search(line):
                return found["call"]
    return ""


def _command_of(phase: BuildPhase | None) -> tuple[str, str]:
    for message in phase.messages if phase else ():
        found = _COMMAND.search(message)
        if found:
            return found["command"].strip(), found["reason"].strip()
    return "", "; ".join(phase.messages) if phase else ""


def _one_line(
    build: Build,
    phase: BuildPhase | None,
    command: str,
    reason: str,
    tests: tuple[str, ...],
    denied: str,
) -> str:
    where = f"phase {phase.name}" if phase else f"build {build.id}"
    if tests:
        more = f" and {len(tests) - 1} more" if len(tests) > 1 else ""
        return f"{where}: test {tests[0]} failed{more}"
    if denied:
        return f"{where}: the build's role may not {denied}"
    if command:
        return f"{where}: `{_shortened(command)}` failed ({reason})"
    return f"{where}: {reason or build.status.value.lower()}"


def _shortened(command: str) -> str:
    first, *rest = command.splitlines()
    return first[:100] + ("…" if rest or len(first) > 100 else "")


def _details(log: Sequence[str]) -> tuple[str, ...]:
    """Pick the lines that help: findings with file and line, failed tests, errors."""
    lines = [_TIMESTAMP.sub("", each).rstrip() for each in log]
    picked = [each for each in lines if _helps(each)]
    return tuple(dict.fromkeys(picked))[:MOST_DETAILS]


def _helps(line: str) -> bool:
    return bool(
        _PYTEST.match(line)
        or _FINDING.match(line)
        or _CFN_LINT.match(line)
        or line.startswith(
            ("E   ", "Error:", "error:", "FAIL Required", "would reformat")
        )
        or re.match(r"^\w*(?:Error|Exception): ", line)
    )
