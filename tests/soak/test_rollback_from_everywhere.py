"""The last verified release comes back from wherever a bad one left things.

The pipeline is updated in between, alarms fire, and a month goes by. What AWS does not
document is answered by the other answers; with ``EVERY_ASSUMPTION=1`` by all combinations
of answers, which takes minutes.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from assumed import assuming
from killed import killed_at, run_to_the_end
from own_plane import call_control, own_plane, set_speed
from plane_pipelines import action, declare, github
from production_stack import BUCKET, Production, make_production

from delivery.model import Outcome
from delivery.names import PIPELINE_NAME
from delivery.rollback.options import Choice, Way
from rehearsal.assumptions import ASSUMPTIONS, Setting, every_combination

pytestmark = [pytest.mark.soak, pytest.mark.plane]

# Nine minutes of shift in less than a second, or a minute of it in three.
FAST, SLOW = 1200, 20
STAGE = "DeployProduction"
MONTH_SECONDS = 40 * 86_400
OTHERWISE = Setting(tuple(next(iter(each.others)) for each in ASSUMPTIONS))
SETTINGS = every_combination() if os.environ.get("EVERY_ASSUMPTION") else [OTHERWISE]


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    state = tmp_path_factory.mktemp("plane")
    with own_plane(state) as endpoint, pytest.MonkeyPatch.context() as patch:
        set_speed(endpoint, FAST)
        made = make_production(endpoint, state, patch, shift=True, proven=False)
        _pipeline(made)
        made.release("1")
        made.release("2", shift=False)
        yield made


def _pipeline(production: Production) -> None:
    approval = action("Deploy", "Approval/AWS/Manual", {})
    stages = {"Source": [github()], STAGE: [approval]}
    production.aws("codepipeline").create_pipeline(
        pipeline=declare(PIPELINE_NAME, production.role, BUCKET, stages)
    )


def _update_the_pipeline(production: Production) -> None:
    api = production.aws("codepipeline")
    pipeline = api.get_pipeline(name=PIPELINE_NAME)["pipeline"]
    extra = action("Another", "Approval/AWS/Manual", {})
    pipeline["stages"][-1]["actions"].append(extra)
    for number, each in enumerate(pipeline["stages"][-1]["actions"]):
        each["name"] = f"Action{number}"
    api.update_pipeline(pipeline=pipeline)


def _control(production: Production, method: str, page: str, **body: Any) -> Any:
    return call_control(production.endpoint, method, page, body)


def _good(production: Production) -> str:
    """Give the name of what serves, which the ledger calls verified."""
    undoer = production.tools.undoer("production")
    assert undoer.situation().live_is_good
    return production.serves()["One"]


def _verified(production: Production, expected: str) -> None:
    """Alias, stack, ledger and stage agree on what serves; then call it verified."""
    assert production.serves() == {"One": expected}
    alias = production.aws("lambda").get_alias(
        FunctionName=production.function, Name="live"
    )
    assert not alias.get("RoutingConfig", {}).get("AdditionalVersionWeights")
    assert production.book.problems(production.book.links()) == []
    undoer = production.tools.undoer("production")
    situation = undoer.situation()
    assert situation.unfinished is None
    stage = undoer.door.look()
    assert stage is not None and stage.inbound_enabled
    if undoer.awaits_verdict():
        undoer.record_verdict(Outcome.PASSED)


def _a_minute_later(production: Production) -> None:
    """Errors of the bad release are of a minute before what serves now is looked at."""
    _control(production, "POST", "clock", advance=120)


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_the_last_verified_release_comes_back(
    production: Production, setting: Setting
) -> None:
    def control(method: str, page: str, body: Any = None) -> Any:
        return call_control(production.endpoint, method, page, body)

    with assuming(control, setting):
        name = str(setting)
        good = _good(production)
        _after_a_bad_release_and_a_bad_hot_fix(production, name, good)
    with assuming(control, setting):
        _in_mid_shift(production, name, good)
        _the_next_push_deploys_normally(production, name)


def test_killed_while_traffic_goes_back_the_next_run_finishes(
    production: Production,
) -> None:
    good = _good(production)
    production.release("bad and killed", good=False, shift=False)
    killed_at("aliases moved to release", "--stack")
    _a_minute_later(production)
    run_to_the_end("--stack")
    _verified(production, good)


def test_killed_while_a_shift_is_cancelled_the_next_run_finishes_and_a_third_does_nothing(
    production: Production,
) -> None:
    good = _good(production)
    set_speed(production.endpoint, SLOW)
    try:
        production.start("half way and killed")
        _wait(lambda: _weights(production))
        killed_at("was stopped", "--stack")
    finally:
        set_speed(production.endpoint, FAST)
    for _ in range(2):
        _a_minute_later(production)
        run_to_the_end("--stack")
        assert production.stack.describe()["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
        _verified(production, good)


def _after_a_bad_release_and_a_bad_hot_fix(
    production: Production, name: str, good: str
) -> None:
    """Both got past a firing alarm; the pipeline was updated, and a month went by."""
    production.release(f"{name} bad", good=False, shift=False)
    production.release(f"{name} hot fix", good=False, shift=False)
    _update_the_pipeline(production)
    _control(production, "POST", "clock", advance=MONTH_SECONDS)
    alarm = f"{production.function}-Errors"
    fault = {"kind": "alarm", "target": alarm, "settings": {"name": alarm}}
    _control(production, "POST", "faults", **fault)
    _wait(lambda: _fires(production, alarm))
    try:
        done = production.take_back()
        assert done.way is Way.TRAFFIC_FIRST
        assert _fires(production, alarm)
    finally:
        _control(production, "DELETE", "faults")
    _verified(production, good)
    # It calms down with time; until then it would stop whatever shifts.
    _control(production, "POST", "clock", advance=600)
    _wait(lambda: not _fires(production, alarm))


def _in_mid_shift(production: Production, name: str, good: str) -> None:
    set_speed(production.endpoint, SLOW)
    try:
        production.start(f"{name} half way")
        _wait(lambda: _weights(production))
        undoer = production.tools.undoer("production")
        situation = undoer.situation()
        option = undoer.options(situation, None)[0]
        assert (option.choice, option.way) == (Choice.STACK, Way.CANCEL_UPDATE)
        set_speed(production.endpoint, FAST)
        undoer.roll_back(situation, option, to=None, reason="slow")
    finally:
        set_speed(production.endpoint, FAST)
    assert production.stack.describe()["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    _verified(production, good)


def _the_next_push_deploys_normally(production: Production, name: str) -> None:
    production.release(f"{name} next")
    _verified(production, f"{name} next")


def _fires(production: Production, name: str) -> bool:
    found = production.aws("cloudwatch").describe_alarms(AlarmNames=[name])
    return bool(found["MetricAlarms"][0]["StateValue"] == "ALARM")


def _weights(production: Production) -> Any:
    alias = production.aws("lambda").get_alias(
        FunctionName=production.function, Name="live"
    )
    return alias.get("RoutingConfig", {}).get("AdditionalVersionWeights")


def _wait(holds: Callable[[], Any], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
