"""What a build's reports tell: the share of tests that passed, and the code they cover."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import ParseError  # nosec B405 the reports of our own tests

from awsrules.reports import read_cobertura, read_junit, summarise_tests
from delivery.model import COVERAGE, TEST_PASS_RATE, DeliveryMetric, Measure


@dataclass(frozen=True, slots=True)
class Measured:
    """What the reports tell; ``missing`` says for each metric without a value why."""

    measures: tuple[Measure, ...]
    missing: tuple[str, ...] = ()


def measures_of_build(junit: Path, coverage: Path) -> Measured:
    """Return what the two reports tell; one that tells nothing is never an error.

    Both values are percentages: of the tests that ran, skipped ones left out, and of the
    lines of code.
    """
    measures: list[Measure] = []
    missing: list[str] = []
    sources: tuple[tuple[DeliveryMetric, Path, Callable[[Path], float]], ...] = (
        (TEST_PASS_RATE, junit, _pass_rate),
        (COVERAGE, coverage, _coverage),
    )
    for metric, path, read in sources:
        try:
            measures.append(Measure(metric, read(path)))
        except FileNotFoundError:
            missing.append(f"{metric.name}: {path} is not there")
        except (OSError, ParseError, ValueError) as error:
            missing.append(f"{metric.name}: {path}: {error}")
    return Measured(tuple(measures), tuple(missing))


def _pass_rate(path: Path) -> float:
    counts: dict[str, int] = summarise_tests(read_junit(path))["statusCounts"]
    ran = sum(counts.values()) - counts["SKIPPED"]
    if not ran:
        raise ValueError("no test ran")
    passed: int = counts["SUCCEEDED"]
    return round(100 * passed / ran, 2)


def _coverage(path: Path) -> float:
    found = read_cobertura(path)
    if not found["linesCovered"] + found["linesMissed"]:
        raise ValueError("it counts no line")
    return float(found["lineCoveragePercentage"])
