"""The work of ``measure``: read a build's reports, put what they tell, say what is missing."""

from __future__ import annotations

from pathlib import Path

from delivery.cli.fitting import echo
from delivery.cli.options import Settings
from delivery.cli.screen import print_result
from delivery.cli.wiring import Tools
from delivery.measure import measures_of_build


def measure_build(settings: Settings, *, junit: Path, coverage: Path) -> None:
    """Put the measures of the reports that can be read."""
    tools = Tools(settings)
    found = measures_of_build(junit, coverage)
    for each in found.missing:
        tools.screen.warn(f"Not measured: {each}.")
    kept = tools.measurer().put(found.measures)
    values = {each.metric.name: each.value for each in found.measures if kept}
    if settings.as_json:
        print_result({"put": values, "missing": list(found.missing)})
    elif values:
        words = ", ".join(f"{name} {value:g} %" for name, value in values.items())
        echo(f"Measured: {words}.")
