"""Verify an environment: run every check, and look again at what may still settle."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from delivery.errors import BadInput, DeliveryError
from delivery.flows.releases import ReleaseReader
from delivery.ledger.releases import Release
from delivery.model import (
    APPLICATION_STACK_PREFIX,
    CheckResult,
    Expected,
    ExpectedAlias,
    Outcome,
    Verdict,
)
from delivery.ports import Clock, DeployedStacks, Screen
from delivery.verify.case import Case, Check, make_case

# An alarm needs a period to calm down, and a metric a minute to arrive.
PATIENCE_SECONDS = 300.0
# How far back a verification that somebody asks for looks at logs and metrics.
LOOK_BACK = timedelta(hours=1)
# Among how many releases the code of a pinned version is looked for.
PINNED_WITHIN = 50


@dataclass(frozen=True, slots=True)
class Verifier:
    """Runs checks, as often as patience allows where a later look may say more."""

    stacks: DeployedStacks
    checks: Sequence[Check]
    clock: Clock
    screen: Screen
    poll_seconds: float = 5.0
    patience_seconds: float = PATIENCE_SECONDS

    def verify(self, expected: Expected) -> Verdict:
        """Return what every check found.

        Raises:
            BadInput: when there is no such stack, or its template declares nonsense.
        """
        contents = self.stacks.contents(expected.stack)
        if contents is None:
            raise BadInput(f"There is no stack {expected.stack} to verify.")
        case = make_case(expected, contents)
        results: dict[str, CheckResult] = {}
        with self.screen.working(f"Verifying {expected.environment}") as tell:
            for each in self.checks:
                tell(each.name)
                results[each.name] = self._look(each, case)
            self._look_again(case, results, tell)
        return Verdict(expected.environment, tuple(results.values()))

    def _look_again(
        self, case: Case, results: dict[str, CheckResult], tell: Callable[[str], None]
    ) -> None:
        """Repeat patient checks that did not pass; hopeless cases are not waited for."""
        deadline = self.clock.monotonic() + self.patience_seconds
        told = ""
        while self.clock.monotonic() < deadline:
            open_checks = [
                each
                for each in self.checks
                if each.patient and results[each.name].outcome is not Outcome.PASSED
            ]
            if not open_checks or self._hopeless(results):
                return
            names = ", ".join(each.name for each in open_checks)
            if names != told:
                self.screen.say(f"Waiting for {names} to settle.")
            tell(f"waiting for {names}")
            told = names
            self.clock.sleep(self.poll_seconds)
            feeding = {each.fed_by for each in open_checks}
            for each in self.checks:
                if each in open_checks or each.name in feeding:
                    results[each.name] = self._look(each, case)

    def _hopeless(self, results: dict[str, CheckResult]) -> bool:
        """Whether something failed that no waiting mends."""
        return any(
            results[each.name].outcome is Outcome.FAILED and not each.patient
            for each in self.checks
        )

    @staticmethod
    def _look(check: Check, case: Case) -> CheckResult:
        """Run one check; what cannot be read is not decided, and says why."""
        try:
            return check.run(case)
        except DeliveryError as error:
            return CheckResult(
                check.name,
                Outcome.INCONCLUSIVE,
                f"{error.what} {error.why}".strip(),
                error.next_step,
            )


def expected_now(reader: ReleaseReader, environment: str, *, now: datetime) -> Expected:
    """Return how an environment has to be by what its ledger says.

    Raises:
        BadInput: when nothing was released to it.
    """
    release = reader.live_release(environment)
    if release is None:
        raise BadInput(
            f"Nothing was released to {environment} yet.",
            why="What is expected of an environment stands in its ledger.",
            next_step=f"./deploy_pipeline.py releases {environment}",
        )
    expected = expected_of(release, since=max(release.deployed_at, now - LOOK_BACK))
    aliases = dict(expected.aliases)
    recorded = reader.releases(environment, limit=PINNED_WITHIN)
    for pin in recorded.pins:
        version = pin.move.to_version
        code = _recorded_code(recorded.releases, pin.function, version)
        aliases[pin.function] = ExpectedAlias(pin.move.alias, version, code)
    return replace(expected, aliases=aliases)


def _recorded_code(releases: Sequence[Release], function: str, version: str) -> str:
    """Return the hash of a version that one of the releases made, or nothing."""
    for release in releases:
        made = release.deployed.functions.get(function)
        if made is not None and made.version == version:
            return made.code_sha256
    return ""


def expected_of(release: Release, *, since: datetime) -> Expected:
    """Return how an environment has to be that serves ``release``."""
    return Expected(
        environment=release.environment,
        stack=f"{APPLICATION_STACK_PREFIX}{release.environment}",
        aliases={
            name: ExpectedAlias(each.alias, each.version, each.code_sha256)
            for name, each in release.deployed.functions.items()
        },
        since=since,
        release=release.number,
    )
