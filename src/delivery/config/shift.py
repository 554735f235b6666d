"""What a configured traffic shift is to CodeDeploy.

Source: AWS CodeDeploy User Guide, "Working with deployment configurations" and "Limits":
a step moves 1 to 99 percent, and the first and the last shift are at most 2880 minutes
apart.
"""

from __future__ import annotations

import math

from delivery.config.model import BlueGreen

MOST_MINUTES = 2880

_PREDEFINED = {
    ("Canary", 10, 5): "Canary10Percent5Minutes",
    ("Canary", 10, 10): "Canary10Percent10Minutes",
    ("Canary", 10, 15): "Canary10Percent15Minutes",
    ("Canary", 10, 30): "Canary10Percent30Minutes",
    ("Linear", 10, 1): "Linear10PercentEvery1Minute",
    ("Linear", 10, 2): "Linear10PercentEvery2Minutes",
    ("Linear", 10, 3): "Linear10PercentEvery3Minutes",
    ("Linear", 10, 10): "Linear10PercentEvery10Minutes",
}


def configuration_name(shift: BlueGreen) -> str:
    """Give SAM's name of CodeDeploy's own configuration, or Custom where there is none."""
    if shift.traffic_shift_type == "AllAtOnce":
        return "AllAtOnce"
    wanted = (
        shift.traffic_shift_type,
        shift.traffic_shift_percentage,
        shift.traffic_shift_interval,
    )
    return _PREDEFINED.get(wanted, "Custom")


def minutes_from_first_to_last(shift: BlueGreen) -> int:
    """Give the minutes between the first and the last shift of traffic."""
    match shift.traffic_shift_type:
        case "Linear":
            steps = math.ceil(100 / shift.traffic_shift_percentage)
            return (steps - 1) * shift.traffic_shift_interval
        case "Canary":
            return shift.traffic_shift_interval
        case _:
            return 0
