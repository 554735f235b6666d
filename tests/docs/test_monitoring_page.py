"""What docs/monitoring.md says of metrics and alarms is what there is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from awsrules.templates import load_template
from delivery.model import DELIVERY_METRICS, METRIC_NAMESPACE, DeliveryMetric, Unit

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
WORDS = {Unit.COUNT: "1 for each", Unit.SECONDS: "seconds", Unit.PERCENT: "percent"}


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    path = ROOT / "templates" / "pipeline.yaml"
    found: dict[str, Any] = load_template(path.read_text("utf-8"), name=path.name)
    return found


def test_every_alarm_has_its_row_with_what_to_do_and_no_other(template) -> None:
    rows = re.findall(r"^\| `(\w+Alarm)` \| [^|]+ \| [^|]{40,} \|$", PAGE, re.M)
    assert sorted(rows) == sorted(
        name
        for name, each in template["Resources"].items()
        if each["Type"] == "AWS::CloudWatch::Alarm"
    )


@pytest.mark.parametrize("metric", DELIVERY_METRICS, ids=lambda each: each.name)
def test_every_metric_has_its_row_with_unit_and_dimensions(
    metric: DeliveryMetric,
) -> None:
    by = "".join(f" by `{each}`" for each in metric.dimensions)
    (unit,) = re.findall(rf"\| `{metric.name}`{by} \| ([^|]+) \|", PAGE)
    assert unit.startswith(WORDS[metric.unit])
    assert f"`{METRIC_NAMESPACE}`" in PAGE


def test_the_wait_that_sets_an_alarm_off_is_the_templates(template) -> None:
    (minutes,) = re.findall(r"`ApprovalAlarmMinutes` \((\d+), a parameter", PAGE)
    assert template["Parameters"]["ApprovalAlarmMinutes"]["Default"] == int(minutes)
