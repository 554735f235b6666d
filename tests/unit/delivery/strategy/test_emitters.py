"""Who emits a metric: by name and by the set of dimensions."""

from __future__ import annotations

from typing import Any

import pytest
from shift_template import names, shift_template

from delivery.strategy.emitters import Emission, Sight, who_emits
from delivery.strategy.model import Metric

NEW = "${OrderFunction.Version.Version}"


def emission(namespace: str, name: str, template: Any = None, **by: str) -> Emission:
    metric = Metric(namespace, name, "Sum", tuple(sorted(by.items())), 60)
    return who_emits(metric, names(template))


@pytest.mark.parametrize(
    ("by", "sight"),
    [
        ({"FunctionName": "app-order"}, Sight.FUNCTION),
        ({"FunctionName": "app-order", "Resource": "app-order:live"}, Sight.ALIAS),
        (
            {
                "FunctionName": "app-order",
                "Resource": "app-order:live",
                "ExecutedVersion": NEW,
            },
            Sight.NEW_VERSION,
        ),
        ({}, Sight.OTHER),
    ],
)
def test_lambda_emits_by_function_alias_and_version(
    by: dict[str, str], sight: Sight
) -> None:
    assert emission("AWS/Lambda", "Errors", **by).sight is sight


@pytest.mark.parametrize(
    ("name", "by", "reason"),
    [
        ("Mistakes", {"FunctionName": "app-order"}, "no metric Mistakes"),
        ("Errors", {"FunctionName": "order"}, "no function of the template is named"),
        ("Errors", {"Resource": "app-order:live"}, "no function of the template"),
        (
            "Errors",
            {"FunctionName": "app-order", "Resource": "app-order:prod"},
            "count under Resource app-order:live, not app-order:prod",
        ),
        (
            "Errors",
            {"FunctionName": "app-order", "Resource": f"app-order:{NEW}"},
            "count under Resource app-order:live",
        ),
        (
            "Errors",
            {"FunctionName": "app-order", "ExecutedVersion": NEW},
            "emits nothing by ExecutedVersion and FunctionName",
        ),
        (
            "Errors",
            {
                "FunctionName": "app-order",
                "Resource": "app-order:live",
                "ExecutedVersion": "3",
            },
            "not the version that this release publishes",
        ),
        (
            "Throttles",
            {
                "FunctionName": "app-order",
                "Resource": "app-order:live",
                "ExecutedVersion": NEW,
            },
            "does not know which version",
        ),
    ],
)
def test_what_lambda_never_emits_is_told(
    name: str, by: dict[str, str], reason: str
) -> None:
    found = emission("AWS/Lambda", name, **by)
    assert not found.emitted
    assert reason in found.reason


def test_a_function_without_alias_has_no_metrics_by_alias() -> None:
    plain = {
        "Type": "AWS::Lambda::Function",
        "Properties": {"FunctionName": "plain"},
    }
    template = shift_template(resources={"Plain": plain})
    template["Globals"] = {}
    found = emission(
        "AWS/Lambda", "Errors", template, FunctionName="plain", Resource="plain:live"
    )
    assert "an alias, and it has none" in found.reason


@pytest.mark.parametrize(
    ("name", "by", "emitted"),
    [
        ("5XXError", {"ApiName": "app-api"}, True),
        ("5XXError", {"ApiName": "app-api", "Stage": "v1"}, True),
        ("5XXError", {"ApiName": "app-api", "Stage": "prod"}, False),
        ("5XXError", {"ApiName": "api"}, False),
        ("5XXError", {}, False),
        ("5xx", {"ApiName": "app-api"}, False),
        ("5XXError", {"ApiName": "app-api", "Route": "/"}, False),
        ("5xx", {"ApiId": "${WebApi}", "Stage": "v2"}, True),
        ("5XXError", {"ApiId": "${WebApi}"}, False),
    ],
)
def test_api_gateway_emits_by_api_and_stage(
    name: str, by: dict[str, str], emitted: bool
) -> None:
    assert emission("AWS/ApiGateway", name, **by).emitted is emitted


@pytest.mark.parametrize("detailed", ["true", "false"])
def test_metrics_by_method_need_detailed_metrics(detailed: str) -> None:
    template = shift_template()
    template["Resources"]["Api"]["Properties"]["MethodSettings"] = [
        {"MetricsEnabled": detailed}
    ]
    by = {"ApiName": "app-api", "Stage": "v1", "Method": "GET", "Resource": "/"}
    found = emission("AWS/ApiGateway", "5XXError", template, **by)
    assert found.emitted is (detailed == "true")


@pytest.mark.parametrize(
    ("queue", "emitted"),
    [("jobs", True), ("${Queue}", True), ("unused", False), ("", False)],
)
def test_a_queue_emits_by_its_name(queue: str, emitted: bool) -> None:
    by = {"QueueName": queue} if queue else {}
    assert emission("AWS/SQS", "Age", **by).emitted is emitted


def test_a_namespace_of_aws_that_is_not_in_the_table_is_unknown() -> None:
    assert emission("AWS/Kinesis", "X").sight is Sight.UNKNOWN


def test_a_functions_own_namespace_cannot_be_proven() -> None:
    found = emission("Shop", "Failures")
    assert found.sight is Sight.UNKNOWN
    assert found.by_own_code


def test_a_metric_filter_emits() -> None:
    assert emission("Logs", "Refused").sight is Sight.OTHER


@pytest.mark.parametrize("name", ["Accepted"])
def test_a_namespace_that_nobody_writes_into_is_told(name: str) -> None:
    assert "nothing in the template writes" in emission("Logs", name).reason
