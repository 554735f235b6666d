"""Verify an environment, and say what every check found."""

from __future__ import annotations


from delivery.cli.fitting import echo
from delivery.cli.options import Settings
from delivery.cli.screen import print_result
from delivery.cli.wiring import Tools
from delivery.errors import EXIT_DONE, NotVerified, OperationFailed
from delivery.flows.verify import expected_now
from delivery.model import Outcome, Verdict
from delivery.verify.report import verdict_text

_EXIT_CODES = {
    Outcome.PASSED: EXIT_DONE,
    Outcome.FAILED: OperationFailed.exit_code,
}


def verify_environment(settings: Settings, environment: str) -> Verdict:
    """Print the verdict and return it."""
    tools = Tools(settings)
    reader = tools.release_reader()
    expected = expected_now(reader, environment, now=tools.clock.now())
    verdict = tools.verifier().verify(expected)
    if settings.as_json:
        print_result(verdict.as_data() | {"release": expected.release})
    else:
        echo(f"Release {expected.release} in {environment}")
        echo(verdict_text(verdict))
    return verdict


def exit_code_of(verdict: Verdict) -> int:
    """Return 0 when all passed, 1 when something failed, 5 when it is not known."""
    return _EXIT_CODES.get(verdict.outcome, NotVerified.exit_code)
