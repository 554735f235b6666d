"""Call versions by number before traffic comes: that proves them, and it warms them up.

A version that nobody called has no execution environment. The first requests wait for one
and count against the function's concurrency meanwhile, so that a low reserved concurrency
refuses those that come next. Source: AWS Lambda Developer Guide, "Lambda function scaling".
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from delivery.errors import DeliveryError, NotPermitted, Refused
from delivery.model import Answered
from delivery.ports import Clock, Invocations, Screen
from delivery.verify.declared import Proof

# Calls at the same time make as many environments, and leave the rest to the live traffic.
CALLS = 2
WORKERS = 8
# How often a version that is about to be published is asked for. Invoke does not count
# among Lambda's 15 control-plane requests a second.
LOOK_EVERY_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Trial:
    """One version of a function, and what may be sent to it."""

    function: str
    version: str
    proof: Proof


@dataclass(frozen=True)
class Warmer:
    """Sends declared events to versions that do not serve yet."""

    invocations: Invocations
    clock: Clock
    screen: Screen

    def prove(self, trials: Sequence[Trial]) -> None:
        """Call each version; what cannot be asked now is told and does not hinder.

        Raises:
            Refused: when one answers with an error, or not as its template declares.
            NotPermitted: when the caller may not invoke one.
        """
        calls = [each for each in trials for _ in range(CALLS)]
        if not calls:
            return
        with ThreadPoolExecutor(max_workers=WORKERS) as pool:
            found = dict.fromkeys(each for each in pool.map(self._wrong, calls) if each)
        if found:
            raise Refused(
                "The rollback's target does not answer as it should; nothing was moved.",
                why="; ".join(found) + ".",
                next_step="Choose another release with --to, or find out what it lacks.",
            )

    @contextmanager
    def ahead(self, trials: Sequence[Trial]) -> Iterator[None]:
        """Call versions as soon as they are published, until the block ends.

        ``trials`` name versions that do not exist yet. CloudFormation publishes a version
        and moves the alias seconds later; the calls use the time between.
        """
        ended = threading.Event()
        thread = threading.Thread(
            target=self._call_ahead, args=(list(trials), ended), daemon=True
        )
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _call_ahead(self, trials: list[Trial], ended: threading.Event) -> None:
        with ThreadPoolExecutor(max_workers=WORKERS) as pool:
            while trials and not ended.wait(LOOK_EVERY_SECONDS):
                called = list(pool.map(self._called, trials))
                trials = [
                    each for each, done in zip(trials, called, strict=True) if not done
                ]

    def _called(self, trial: Trial) -> bool:
        """Call a version that may not exist yet; say whether no more calls are needed."""
        try:
            self._invoke(trial)
        except NotPermitted:
            return True
        except DeliveryError:
            return False
        return True

    def _wrong(self, trial: Trial) -> str:
        name = f"version {trial.version} of {trial.function}"
        try:
            answer = self._invoke(trial)
        except NotPermitted:
            raise
        except DeliveryError as error:
            self.screen.say(f"{name} could not be tried: {error.what} {error.why}")
            return ""
        if answer.error:
            return f"{name} failed with {answer.error}"
        wanted = trial.proof.statuses
        if wanted and answer.status not in wanted:
            return f"{name} answered {answer.status or 'without a status'}"
        return ""

    def _invoke(self, trial: Trial) -> Answered:
        return self.invocations.invoke(trial.function, trial.version, trial.proof.event)


def trials_of(
    versions: Mapping[str, str],
    logical_ids: Mapping[str, str],
    proofs: Mapping[str, tuple[Proof, ...]],
) -> tuple[Trial, ...]:
    """Return a trial of each function's version, where something may be sent to it.

    ``versions`` and ``logical_ids`` go by physical name, ``proofs`` by logical id.
    """
    return tuple(
        Trial(function, version, proofs[logical_ids[function]][0])
        for function, version in sorted(versions.items())
        if proofs.get(logical_ids.get(function, ""))
    )
