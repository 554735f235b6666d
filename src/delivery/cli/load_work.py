"""The work of ``rehearse inject`` and ``rehearse traffic``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace


from delivery.cli.fitting import echo
from delivery.cli.options import Settings
from delivery.cli.screen import print_dry_run, print_result
from delivery.cli.straining import (
    Wanted,
    evidence_of,
    make_loader,
    measured_lines,
)
from delivery.cli.wiring import PlaneSettings, Tools
from delivery.errors import PlaneUnavailable
from delivery.flows.strain import refuse_unknown_alarms
from delivery.flows.traffic import Loader, Measured, Pace, choose_pace
from delivery.model import Injection

_DONE = 0
_FAILED = 1
_SAY_EVERY_SECONDS = 5.0


def inject_into_plane(
    settings: Settings,
    where: PlaneSettings,
    injections: Sequence[Injection],
    *,
    clear: bool,
    dry_run: bool,
) -> None:
    """End faults, bring others into force, and say which there are."""
    tools = _running(settings, where)
    refuse_unknown_alarms(injections, tools.alarms)
    if dry_run:
        ended = ["all that is injected would end"] if clear else []
        begun = [f"{injection} would be injected" for injection in injections]
        print_dry_run(*ended, *begun, as_json=settings.as_json)
        return
    if clear:
        tools.controls.clear()
    for injection in injections:
        tools.controls.inject(injection)
    found = tools.controls.in_force()
    if settings.as_json:
        print_result({"injected": [each.as_data() for each in found]})
        return
    for each in found:
        named = ", ".join(f"{k} {v}" for k, v in each.injection.settings.items())
        echo(
            f"{each.injection.environment}: {each.injection.kind} ({named}), happened "
            f"{each.met} times"
        )
    if not found:
        echo("Nothing is injected.")
        return
    echo("Next: ./deploy_pipeline.py --local start, and rehearse traffic")


def send_traffic(
    settings: Settings, where: PlaneSettings, asked: Wanted, *, seconds: float
) -> int:
    """Send requests for a while, and report; return the exit code."""
    tools = _running(settings, where)
    speed = tools.controls.time().speed
    pace = _pace(tools, asked, speed)
    for sentence in pace.sentences():
        tools.screen.say(sentence)
    loader = make_loader(tools, asked.environment, pace)
    loader.start()
    if pace.speed is not None:
        tools.controls.set_speed(pace.speed)
    try:
        _wait(tools, loader, seconds)
    except KeyboardInterrupt:
        tools.screen.say("Stopped; what was sent so far is reported.")
    finally:
        if pace.speed is not None:
            tools.controls.set_speed(speed)
        measured = loader.stop()
    return _report(settings, pace, measured)


def _pace(tools: Tools, asked: Wanted, speed: float) -> Pace:
    mine = [
        each.injection
        for each in tools.controls.in_force()
        if each.injection.environment == asked.environment
    ]
    return choose_pace(
        rate=asked.rate,
        mix=asked.mix,
        speed=speed,
        injections=mine,
        evidence=lambda share: evidence_of(tools, asked, share),
    )


def _wait(tools: Tools, loader: Loader, seconds: float) -> None:
    """Let time pass, and say now and then what was sent."""
    end = tools.clock.monotonic() + seconds
    while (left := end - tools.clock.monotonic()) > 0:
        tools.clock.sleep(min(_SAY_EVERY_SECONDS, left))
        so_far = loader.so_far()
        if so_far is not None:
            tools.screen.say(f"{so_far.sent} sent, {so_far.failed} failed")


def _report(settings: Settings, pace: Pace, measured: Measured | None) -> int:
    if measured is None:
        return _FAILED
    if settings.as_json:
        data = {"pace": pace.sentences(), "clock_speed": pace.speed}
        print_result({**data, **measured.as_data()})
    else:
        echo("\n".join(measured_lines(measured)).lstrip("\n"))
    answered = measured.requests.sent - measured.requests.by_status.get(0, 0)
    return _DONE if answered else _FAILED


def _running(settings: Settings, where: PlaneSettings) -> Tools:
    """Return tools for the plane that runs; never start an empty one to break it."""
    tools = Tools(replace(settings, local=True), plane_settings=where, brief=True)
    if tools.plane.running() is None:
        raise PlaneUnavailable(
            "The rehearsal plane does not run.",
            why="Only what is deployed can be broken or asked.",
            next_step="./deploy_pipeline.py rehearse run",
        )
    return tools
