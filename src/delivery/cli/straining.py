"""Traffic and faults of a rehearsal: compose them, and report what came of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from delivery.cli.fitting import table
from delivery.cli.wiring import Tools
from delivery.errors import BadInput
from delivery.flows.strain import Strain, Strained
from delivery.flows.traffic import DEFAULT_RATE, Loader, Measured, Pace, choose_pace
from delivery.model import Injection, RequestKind
from delivery.operate.mix import mix_of
from delivery.strategy import Evidence, Traffic, assess, find_evidence, shares_of


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the operator asked to be sent and broken, checked."""

    environment: str
    injections: tuple[Injection, ...]
    mix: tuple[RequestKind, ...]
    rate: float = DEFAULT_RATE


def wanted(
    injections: Sequence[Injection], *, environment: str, mix: str, rate: float | None
) -> Wanted:
    """Check what was asked for; all faults of a run are for one environment.

    Raises:
        BadInput: for faults of several environments, or a mix that is not one.
    """
    places = list(dict.fromkeys(each.environment for each in injections))
    if len(places) > 1:
        raise BadInput(
            f"Faults are asked for in {' and '.join(places)}.",
            why="One run breaks one environment: the first that fails ends the release.",
            next_step="Give --inject for one environment.",
        )
    place = places[0] if places else environment
    return Wanted(place, tuple(injections), mix_of(mix), rate or DEFAULT_RATE)


def make_strain(tools: Tools, asked: Wanted) -> Strain:
    """Compose what puts the second release to the test."""

    def choose(speed: float) -> Pace:
        return choose_pace(
            rate=asked.rate,
            mix=asked.mix,
            speed=speed,
            injections=asked.injections,
            evidence=lambda share: evidence_of(tools, asked, share),
        )

    return Strain(
        controls=tools.controls,
        stacks=tools.stacks,
        clock=tools.clock,
        screen=tools.screen,
        environment=asked.environment,
        injections=asked.injections,
        choose=choose,
        loader=lambda pace: make_loader(tools, asked.environment, pace),
    )


def make_loader(tools: Tools, environment: str, pace: Pace) -> Loader:
    """Compose what sends traffic to an environment."""
    return Loader(
        traffic=tools.traffic,
        controls=tools.controls,
        alarms=tools.alarms,
        stacks=tools.stacks,
        clock=tools.clock,
        environment=environment,
        pace=pace,
    )


def evidence_of(tools: Tools, asked: Wanted, error_rate: float) -> Evidence | None:
    """Return what the environment's alarms need, by template and configuration."""
    from delivery.cli.rendering import TEMPLATE, read_application, targets_of

    template = read_application(tools.root / TEMPLATE)
    (target,) = targets_of(tools.configuration, asked.environment)
    assessment = assess(
        asked.environment, template, target.offered, Traffic(asked.rate, error_rate)
    )
    routes = {
        (kind.method, kind.path.partition("?")[0]): kind.share for kind in asked.mix
    }
    return find_evidence(assessment, shares_of(template, routes), error_rate)


def strained_lines(strained: Strained) -> Iterator[str]:
    """Yield what a report says of traffic and faults."""
    if strained.measured is None:
        yield from ("", "No request was sent: the release did not get there.")
        return
    yield from measured_lines(strained.measured)
    yield from ("", f"Stack {strained.stack}: {strained.stack_status or 'not there'}")


def measured_lines(measured: Measured) -> Iterator[str]:
    """Yield what was sent, what came back, and what the alarms made of it."""
    yield ""
    yield from _sent_lines(measured)
    rows = [
        (each.function, each.version, each.invocations, each.errors, each.throttles)
        for each in measured.calls
    ]
    called = table(
        [tuple(str(cell) for cell in row) for row in rows],
        ("Function", "Version", "Calls", "Errors", "Throttled"),
        indent=2,
    )
    yield from (f"  {line}" for line in called.splitlines())
    yield from _noticed_lines(measured)


def _sent_lines(measured: Measured) -> Iterator[str]:
    requests = measured.requests
    yield (
        f"Requests to {measured.environment}: {requests.sent} sent, {requests.failed} "
        f"failed, in {requests.seconds:.1f} s here ({requests.sustained:.1f}/s) and "
        f"{measured.plane_seconds:.0f} s of the plane's time."
    )
    if not requests.kept_up:
        yield (
            f"  This machine did not keep up: {requests.asked} were due at "
            f"{requests.rate:g}/s."
        )
    if refused := _refused_by_load(measured):
        yield (
            f"  This machine did not keep up: {refused} calls found all of a function's "
            "concurrency in use. A lower --rate tells more."
        )
    statuses = ", ".join(
        f"{status or 'no answer'}: {number}"
        for status, number in sorted(requests.by_status.items())
    )
    yield f"  By status: {statuses or 'none'}"


def _noticed_lines(measured: Measured) -> Iterator[str]:
    for alarm in measured.alarms:
        yield f"  Alarm at {alarm.at:%H:%M:%S} of the plane: {alarm.name}"
        yield f"    {alarm.reason}"
    if not measured.alarms:
        yield "  No alarm fired."
    for fault in measured.faults:
        yield f"  Injected {fault.injection.kind}: happened {fault.met} times."


def _refused_by_load(measured: Measured) -> int:
    """Return how many calls were throttled although nobody asked for it."""
    if any(
        each.injection.kind in ("throttling", "latency") for each in measured.faults
    ):
        return 0
    return sum(each.throttles for each in measured.calls)
