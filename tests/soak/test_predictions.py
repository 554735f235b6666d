"""The prediction holds over a grid: strategies, rates and error rates.

Each cell is a thousand shifts simulated request by request. A chance may differ from the
simulated share by 3.9 standard errors, a mean by as many of its own; with three numbers a
cell one honest grid in a hundred has a cell that differs by more, and the seeds are fixed.
The test prints the numbers side by side.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from random import Random

import pytest
from agreement import agrees_mean, agrees_share
from simulated_shift import simulate

from delivery.strategy.blast import predict
from delivery.strategy.model import ErrorAlarm, Prediction, Schedule, Traffic
from delivery.strategy.schedules import custom

pytestmark = pytest.mark.soak

SHIFTS = 1000
ALARM = ErrorAlarm("version", 60, 1, 1, 3)
STRATEGIES = (
    custom("Canary", 10, 5),
    custom("Canary", 25, 5),
    custom("Linear", 10, 1),
    custom("Linear", 20, 3),
)
RATES = (0.5, 2.0, 8.0)
ERROR_RATES = (0.02, 0.1, 0.5)


@dataclass(frozen=True)
class Cell:
    """What was predicted for one cell, and what a thousand shifts did."""

    rate: float
    errors: float
    predicted: Prediction
    stopped: float
    exposed: tuple[int, ...]
    minutes: tuple[float, ...]

    @property
    def agrees(self) -> bool:
        """Whether chance and means agree, time only where enough were stopped."""
        mean = self.predicted.minutes_to_detection
        in_time = (
            len(self.minutes) < 30 or mean is None or agrees_mean(mean, self.minutes)
        )
        return (
            agrees_share(self.predicted.detected, self.stopped, SHIFTS)
            and agrees_mean(self.predicted.requests_exposed, self.exposed)
            and in_time
        )

    def __str__(self) -> str:
        mean = self.predicted.minutes_to_detection
        seen = statistics.fmean(self.minutes) if self.minutes else None
        return (
            f"{self.predicted.schedule.name:28} {self.rate:4g}/s {self.errors:4.0%}  "
            f"stopped {self.predicted.detected:6.1%} {self.stopped:6.1%}  "
            f"exposed {self.predicted.requests_exposed:8.1f} "
            f"{statistics.fmean(self.exposed):8.1f}  "
            f"minutes {_shown(mean)} {_shown(seen)}"
            f"{'' if self.agrees else '  DIFFERS'}"
        )


def test_predictions_agree_with_simulated_shifts_over_the_grid(
    capsys: pytest.CaptureFixture[str],
) -> None:
    cells = [
        run_cell(schedule, rate, errors)
        for schedule in STRATEGIES
        for rate in RATES
        for errors in ERROR_RATES
    ]
    with capsys.disabled():
        print("\n(predicted, then simulated)", *cells, sep="\n")
    assert [str(cell) for cell in cells if not cell.agrees] == []


def run_cell(schedule: Schedule, rate: float, errors: float) -> Cell:
    """Predict and simulate one cell."""
    asked = Traffic(rate, errors, response_minutes=1.0)
    random = Random(f"{schedule.name} {rate} {errors}")
    runs = [simulate(schedule, ALARM, asked, random) for _ in range(SHIFTS)]
    minutes = tuple(run.seconds / 60 for run in runs if run.seconds is not None)
    return Cell(
        rate=rate,
        errors=errors,
        predicted=predict(schedule, (ALARM,), asked),
        stopped=len(minutes) / SHIFTS,
        exposed=tuple(run.exposed for run in runs),
        minutes=minutes,
    )


def _shown(minutes: float | None) -> str:
    return "   -" if minutes is None else f"{minutes:4.1f}"
