"""A configured shift as CodeDeploy has it."""

from __future__ import annotations

import pytest

from delivery.config.model import AlarmConfiguration, BlueGreen
from delivery.config.shift import configuration_name, minutes_from_first_to_last


def shift(kind: str, percentage: int, interval: int) -> BlueGreen:
    return BlueGreen(
        enabled=True,
        traffic_shift_type=kind,
        traffic_shift_percentage=percentage,
        traffic_shift_interval=interval,
        alarm_configuration=AlarmConfiguration(enabled=True),
    )


@pytest.mark.parametrize(
    ("configured", "name"),
    [
        (("AllAtOnce", 10, 10), "AllAtOnce"),
        (("Canary", 10, 5), "Canary10Percent5Minutes"),
        (("Linear", 10, 1), "Linear10PercentEvery1Minute"),
        (("Linear", 10, 10), "Linear10PercentEvery10Minutes"),
        (("Linear", 10, 5), "Custom"),
        (("Canary", 20, 5), "Custom"),
    ],
)
def test_codedeploys_own_configuration_is_used_where_there_is_one(
    configured: tuple[str, int, int], name: str
) -> None:
    assert configuration_name(shift(*configured)) == name


@pytest.mark.parametrize(
    ("configured", "minutes"),
    [
        (("AllAtOnce", 10, 10), 0),
        (("Canary", 10, 5), 5),
        (("Linear", 10, 10), 90),
        (("Linear", 30, 10), 30),
        (("Linear", 99, 7), 7),
    ],
)
def test_the_first_step_moves_at_once(
    configured: tuple[str, int, int], minutes: int
) -> None:
    assert minutes_from_first_to_last(shift(*configured)) == minutes
