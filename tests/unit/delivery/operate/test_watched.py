"""Which alarms the next shift watches is read from the template, not from the group."""

from __future__ import annotations

import pytest
from watched_stack import ALARM, TEMPLATE, watched_stack

from delivery.errors import BadInput
from delivery.operate.watched import (
    MOST_REASON_CHARACTERS,
    checked_reason,
    watched_alarms,
)


def _names(template: str = TEMPLATE, **parameters: str) -> list[str]:
    contents = watched_stack()
    found = watched_alarms(template, parameters, contents.resources)
    return [each.name for each in found]


def test_alarms_of_every_preference_are_watched_once() -> None:
    assert _names() == [ALARM, "shared-alarm"]


def test_a_release_that_was_let_past_alarms_is_followed_by_one_that_watches() -> None:
    assert _names(ShiftAlarms="ignored") == [ALARM, "shared-alarm"]


@pytest.mark.parametrize(
    "parameters", [{"ShiftEnabled": "false"}, {"RollbackOnAlarm": "false"}]
)
def test_without_a_shift_or_a_stop_nothing_is_watched(parameters) -> None:
    assert _names(**parameters) == []


def test_an_alarm_that_is_not_made_yet_cannot_fire() -> None:
    found = watched_alarms(TEMPLATE, {}, ())
    assert [each.name for each in found] == ["shared-alarm"]


def test_globals_give_a_preference_too() -> None:
    template = """
Globals:
  Function:
    AutoPublishAlias: live
    DeploymentPreference: {Alarms: [!Ref WorkErrors]}
Resources:
  WorkFunction: {Type: AWS::Serverless::Function}
"""
    assert _names(template) == [ALARM]


def test_a_reason_becomes_one_line() -> None:
    assert checked_reason(" mends\n the  alarm ") == "mends the alarm"


@pytest.mark.parametrize("text", ["", " \n", "x" * (MOST_REASON_CHARACTERS + 1)])
def test_no_reason_and_one_too_long_are_bad_input(text) -> None:
    with pytest.raises(BadInput, match="reason"):
        checked_reason(text)
