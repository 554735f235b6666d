"""Every fault is noticed and taken back, and a good release is not, whatever AWS does.

A small stack for each case; all cases at the same time, once under each setting of what
AWS does not document.
"""

from __future__ import annotations

import itertools
import json
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from own_plane import clients_of, own_plane, set_speed
from shifted_stacks import ShiftedStack, calls_to, make_stacks

pytestmark = [pytest.mark.soak, pytest.mark.plane]

Aws = Callable[[str], Any]

# Nine minutes of shift in four and a half seconds, of which each alarm's period is half.
SPEED = 120
ALARM, HOOK = "(Error code: ALARM_ACTIVE)", "(Error code: HOOK_EXECUTION_FAILURE)"


@dataclass(frozen=True)
class Case:
    """A release, what is broken in it, and what CodeDeploy says of it."""

    name: str
    kind: str = ""
    settings: tuple[tuple[str, Any], ...] = ()
    target: str = ""
    says: str = ""
    alarm: str = ""
    # Share of calls that fail while the fault keeps that from being counted.
    unseen: float = 0.0

    def fault(self) -> dict[str, Any]:
        settings = dict(self.settings)
        if self.kind in ("errors", "latency", "throttling", "memory", "metric"):
            settings["version"] = "new"
        target = self.target or self.name
        return {"kind": self.kind, "target": target, "settings": settings}

    def faults(self) -> list[dict[str, Any]]:
        """Return all that is broken."""
        if not self.kind:
            return []
        if not self.unseen:
            return [self.fault()]
        errors = {"rate": self.unseen, "version": "new"}
        hidden = {"kind": "errors", "target": self.name, "settings": errors}
        return [self.fault(), hidden]


CASES = (
    Case("good"),
    Case("errors", "errors", (("rate", 0.6),), says=ALARM, alarm="errors-Errors"),
    Case("slow", "latency", (("seconds", 2.5),), says=ALARM, alarm="slow-Duration"),
    Case(
        "refused", "throttling", (("rate", 0.8),), says=ALARM, alarm="refused-Throttles"
    ),
    Case("killed", "memory", (("rate", 0.4),), says=ALARM, alarm="killed-Errors"),
    # Nobody notices: a shift is as good as what its alarms are told.
    Case("lost", "metric", (("name", "Errors"),), unseen=0.4),
    Case("pretest", "hook", (("name", "pre"),), says=HOOK),
    Case("posttest", "hook", (("name", "post"),), says=HOOK),
    Case(
        "firing",
        "alarm",
        (("name", "firing-Errors"),),
        target="firing-Errors",
        says=ALARM,
        alarm="firing-Errors",
    ),
)
SWITCHES = (
    "alias-rollback-by-deployment",
    "cancel-leaves-shift-running",
    "appspec-version-unchecked",
)
SETTINGS = [
    tuple(name for name, on in zip(SWITCHES, values, strict=True) if on)
    for values in itertools.product((False, True), repeat=len(SWITCHES))
]


@dataclass(frozen=True)
class Bed:
    """A plane with a stack for each case."""

    endpoint: str
    aws: Aws
    stacks: dict[str, ShiftedStack]

    def control(self, method: str, page: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            f"{self.endpoint}/_rehearsal/{page}",
            data=json.dumps(body or {}).encode(),
            method=method,
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def calm_down(self) -> None:
        """Let time pass until no alarm fires: one that still does blocks what comes."""
        self.control("POST", "clock", {"advance": 600})
        alarms, deadline = self.aws("cloudwatch"), time.monotonic() + 10
        while alarms.describe_alarms(StateValue="ALARM")["MetricAlarms"]:
            assert time.monotonic() < deadline
            time.sleep(0.05)


@pytest.fixture(scope="module")
def bed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bed]:
    with own_plane(tmp_path_factory.mktemp("plane")) as endpoint:
        aws = clients_of(endpoint)
        stacks = make_stacks(aws, *(case.name for case in CASES))
        set_speed(endpoint, SPEED)
        yield Bed(endpoint, aws, stacks)


@dataclass(frozen=True)
class Ended:
    """How one case ended."""

    status: str
    before: str
    route: tuple[str, dict[str, float]]
    newest: str
    why: str
    calls: Counter[str]


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda s: "+".join(s) or "as-assumed")
def test_faults_are_taken_back_and_a_good_release_is_not(
    bed: Bed, setting: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    bed.calm_down()
    for name in setting:
        bed.control("POST", "faults", {"kind": "assumption", "target": name})
    for case in CASES:
        for fault in case.faults():
            bed.control("POST", "faults", fault)
    began = time.monotonic()
    try:
        with ThreadPoolExecutor(len(CASES)) as pool:
            ended = dict(
                zip(CASES, pool.map(lambda case: _run(bed, case), CASES), strict=True)
            )
        met = {
            (fault["kind"], fault["target"]): fault["met"]
            for fault in bed.control("GET", "faults")["faults"]
        }
    finally:
        bed.control("DELETE", "faults")
    with capsys.disabled():
        print(
            f"\n{'+'.join(setting) or 'as assumed'}: {time.monotonic() - began:.1f} s"
        )
        for case, end in ended.items():
            print(
                f"  {case.name:<9} {end.status:<26} {dict(end.calls)} {end.why[-90:]}"
            )
    for case, end in ended.items():
        for fault in case.faults():
            assert met[fault["kind"], fault["target"]] > 0, case
        if not case.kind or case.unseen:
            assert end.status == "UPDATE_COMPLETE", case
            assert end.route == (end.newest, {}), case
            errors = {"error"} if case.unseen else set()
            assert set(end.calls) == {end.before, end.newest} | errors, case
            continue
        assert end.status == "UPDATE_ROLLBACK_COMPLETE", case
        assert end.route == (end.before, {}), case
        assert end.newest != end.before, case
        assert case.says in end.why and case.alarm in end.why, case
        if case.name in ("pretest", "firing"):
            # What is known before the shift moves no user's request.
            assert set(end.calls) == {end.before}, case


def _run(bed: Bed, case: Case) -> Ended:
    stack = bed.stacks[case.name]
    before, _ = stack.route()
    with calls_to(bed.aws, case.name, per_second=6) as calls:
        status = stack.release(f"{case.name} {time.monotonic()}")
        route = stack.route()
    return Ended(status, before, route, stack.newest(), stack.why(), calls)
