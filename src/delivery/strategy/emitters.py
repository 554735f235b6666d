"""Who emits a metric: what AWS measures of the resources that a template makes.

Sources: AWS Lambda Developer Guide, "Types of metrics for Lambda functions"; Amazon API
Gateway Developer Guide, "Amazon API Gateway dimensions and metrics"; Amazon SQS, DynamoDB,
SNS and Step Functions guides, "CloudWatch metrics". A metric is one name with one *set*
of dimensions: an alarm on a set that nobody emits never has data, whatever the name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from delivery.strategy.model import Metric
from delivery.strategy.names import Names, version_token
from delivery.strategy.read import function_properties


class Sight(StrEnum):
    """Whose requests a metric counts."""

    NEW_VERSION = "new version"
    ALIAS = "alias"
    FUNCTION = "function"
    API = "api"
    OTHER = "other"
    NOBODY = "nobody"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Emission:
    """Whether a metric is emitted, for whom it speaks, and how we know.

    ``function`` is the logical id of the function that it speaks for, where it is one.
    ``reason`` says why it is not emitted, or why that cannot be known.
    """

    sight: Sight
    function: str = ""
    reason: str = ""
    by_own_code: bool = False

    @property
    def emitted(self) -> bool:
        """Whether data arrives, or may."""
        return self.sight is not Sight.NOBODY


# Metrics that Lambda emits by function, and by alias or version.
_LAMBDA = frozenset(
    "AsyncEventAge AsyncEventsDropped AsyncEventsReceived ConcurrentExecutions "
    "DeadLetterErrors DestinationDeliveryFailures Duration Errors Invocations "
    "IteratorAge OffsetLag OversizedRecordCount PostRuntimeExtensionsDuration "
    "ProvisionedConcurrencyInvocations ProvisionedConcurrencySpilloverInvocations "
    "ProvisionedConcurrencyUtilization ProvisionedConcurrentExecutions "
    "RecursiveInvocationsDropped Throttles".split()
)
# These know the version that ran; a throttled request ran in none.
_OF_A_RUN = frozenset(
    "ConcurrentExecutions Duration Errors Invocations PostRuntimeExtensionsDuration "
    "ProvisionedConcurrencyInvocations "
    "ProvisionedConcurrencySpilloverInvocations".split()
)
_REST_API = frozenset(
    "4XXError 5XXError CacheHitCount CacheMissCount Count IntegrationLatency "
    "Latency".split()
)
_HTTP_API = frozenset("4xx 5xx Count DataProcessed IntegrationLatency Latency".split())
# Namespaces with one dimension that names a resource: types, dimension, name property.
_BY_NAME = {
    "AWS/SQS": (("AWS::SQS::Queue",), "QueueName", "QueueName"),
    "AWS/DynamoDB": (
        ("AWS::DynamoDB::Table", "AWS::Serverless::SimpleTable"),
        "TableName",
        "TableName",
    ),
    "AWS/SNS": (("AWS::SNS::Topic",), "TopicName", "TopicName"),
    "AWS/States": (
        ("AWS::StepFunctions::StateMachine", "AWS::Serverless::StateMachine"),
        "StateMachineArn",
        "",
    ),
}
_FUNCTIONS = ("AWS::Serverless::Function", "AWS::Lambda::Function")
# Where libraries that write CloudWatch's embedded metric format read their namespace.
_NAMESPACE_VARIABLES = ("POWERTOOLS_METRICS_NAMESPACE", "AWS_EMF_NAMESPACE")


def who_emits(metric: Metric, names: Names) -> Emission:
    """Find what in the template emits ``metric``, if anything does."""
    match metric.namespace:
        case "AWS/Lambda":
            return _by_lambda(metric, names)
        case "AWS/ApiGateway":
            return _by_api_gateway(metric, names)
        case namespace if namespace in _BY_NAME:
            return _by_name(metric, names)
        case namespace if namespace.startswith("AWS/"):
            reason = f"what emits {namespace} is not in this tool's table"
            return Emission(Sight.UNKNOWN, reason=reason)
        case _:
            return _by_own_code(metric, names)


def _by_lambda(metric: Metric, names: Names) -> Emission:
    dimensions = dict(metric.dimensions)
    if metric.name not in _LAMBDA:
        return _nobody(f"Lambda has no metric {metric.name}")
    if not dimensions:
        return Emission(Sight.OTHER)
    function = dimensions.get("FunctionName", "")
    logical_id = _function_named(function, names)
    if not logical_id:
        return _nobody(f"no function of the template is named {function or 'so'}")
    return _of_function(metric, dimensions, logical_id, names)


def _of_function(
    metric: Metric, dimensions: Mapping[str, str], logical_id: str, names: Names
) -> Emission:
    function = dimensions["FunctionName"]
    match sorted(dimensions):
        case ["FunctionName"]:
            return Emission(Sight.FUNCTION, logical_id)
        case ["FunctionName", "Resource"]:
            reason = _not_an_alias(function, dimensions["Resource"], logical_id, names)
            return _nobody(reason) if reason else Emission(Sight.ALIAS, logical_id)
        case ["ExecutedVersion", "FunctionName", "Resource"]:
            reason = _not_an_alias(function, dimensions["Resource"], logical_id, names)
            reason = reason or _not_new(metric, dimensions, logical_id)
            if reason:
                return _nobody(reason)
            return Emission(Sight.NEW_VERSION, logical_id)
        case others:
            return _nobody(f"Lambda emits nothing by {' and '.join(others)}")


def _not_an_alias(function: str, resource: str, logical_id: str, names: Names) -> str:
    """Say why requests to the alias do not count under ``Resource``, or nothing."""
    alias = _alias_of(logical_id, names)
    if alias and resource == f"{function}:{alias}":
        return ""
    expected = f"{function}:{alias}" if alias else "an alias, and it has none"
    return f"requests count under Resource {expected}, not {resource}"


def _not_new(metric: Metric, dimensions: Mapping[str, str], logical_id: str) -> str:
    if metric.name not in _OF_A_RUN:
        return f"{metric.name} does not know which version would have run"
    version = dimensions["ExecutedVersion"]
    if version == version_token(logical_id):
        return ""
    return f"ExecutedVersion {version} is not the version that this release publishes"


def _by_api_gateway(metric: Metric, names: Names) -> Emission:
    dimensions = dict(metric.dimensions)
    emitted = [
        each
        for each in (*_rest_apis(names), *_http_apis(names))
        if all(dimensions.get(name) == value for name, value in each.named.items())
    ]
    if not emitted:
        wanted = ", ".join(f"{name} {value}" for name, value in metric.dimensions)
        return _nobody(f"no API of the template emits by {wanted or 'no dimension'}")
    api = emitted[0]
    if metric.name not in api.metrics:
        return _nobody(f"API Gateway has no metric {metric.name} for this kind of API")
    return _of_api(sorted(set(dimensions) - set(api.named)), api, dimensions)


@dataclass(frozen=True, slots=True)
class _Api:
    """An API: the dimension that names it, its stage, its metrics, its detail."""

    named: Mapping[str, str]
    stage: str
    metrics: frozenset[str]
    detailed: bool


def _of_api(others: list[str], api: _Api, dimensions: Mapping[str, str]) -> Emission:
    if "Stage" in others and dimensions["Stage"] != api.stage:
        return _nobody(f"the API has stage {api.stage}, not {dimensions['Stage']}")
    match others:
        case [] | ["Stage"]:
            return Emission(Sight.API)
        case ["Method", "Resource", "Stage"] if api.detailed:
            return Emission(Sight.API)
        case ["Method", "Resource", "Stage"]:
            return _nobody("metrics by method need detailed metrics, which are off")
        case _:
            return _nobody(f"API Gateway emits nothing by {' and '.join(others)}")


def _rest_apis(names: Names) -> Iterator[_Api]:
    for _, resource in names.resources("AWS::Serverless::Api"):
        properties = names.properties(resource)
        # SAM names an API after the stack where the template does not.
        name = str(properties.get("Name", "${AWS::StackName}"))
        settings = properties.get("MethodSettings") or []
        detailed = any(_true(each.get("MetricsEnabled")) for each in settings)
        stage = str(properties.get("StageName", ""))
        yield _Api({"ApiName": name}, stage, _REST_API, detailed)


def _http_apis(names: Names) -> Iterator[_Api]:
    for logical_id, resource in names.resources("AWS::Serverless::HttpApi"):
        properties = names.properties(resource)
        settings = properties.get("DefaultRouteSettings") or {}
        detailed = _true(settings.get("DetailedMetricsEnabled"))
        stage = str(properties.get("StageName", "$default"))
        named = {"ApiId": str(names.value({"Ref": logical_id}))}
        yield _Api(named, stage, _HTTP_API, detailed)


def _by_name(metric: Metric, names: Names) -> Emission:
    types, dimension, name_property = _BY_NAME[metric.namespace]
    wanted = dict(metric.dimensions).get(dimension, "")
    for logical_id, resource in names.resources(*types):
        tokens = {str(names.value({"Ref": logical_id})), "${" + logical_id + "}"}
        named = names.properties(resource).get(name_property)
        if wanted in tokens or (named is not None and wanted == str(named)):
            return Emission(Sight.OTHER)
    kind = types[0].rpartition("::")[2].lower()
    return _nobody(f"no {kind} of the template is named {wanted or 'by ' + dimension}")


def _by_own_code(metric: Metric, names: Names) -> Emission:
    """Find a function or a metric filter that writes into a namespace of one's own."""
    for _, resource in names.resources("AWS::Logs::MetricFilter"):
        for made in names.properties(resource).get("MetricTransformations") or []:
            if (made.get("MetricNamespace"), made.get("MetricName")) == (
                metric.namespace,
                metric.name,
            ):
                return Emission(Sight.OTHER, by_own_code=True)
    for logical_id, resource in names.resources(*_FUNCTIONS):
        if metric.namespace in _namespaces(resource, names):
            reason = f"whether the code emits {metric.name} is not in the template"
            return Emission(Sight.UNKNOWN, logical_id, reason=reason, by_own_code=True)
    return _nobody(f"nothing in the template writes metrics into {metric.namespace}")


def _namespaces(resource: Mapping[str, Any], names: Names) -> set[str]:
    properties = function_properties(names, resource)
    variables = (properties.get("Environment") or {}).get("Variables") or {}
    return {
        str(names.value(variables[name]))
        for name in _NAMESPACE_VARIABLES
        if name in variables
    }


def _function_named(name: str, names: Names) -> str:
    for logical_id, _ in names.resources(*_FUNCTIONS):
        if str(names.value({"Ref": logical_id})) == name:
            return logical_id
    return ""


def _alias_of(logical_id: str, names: Names) -> str:
    resource = names.resource(logical_id) or {}
    alias = names.value(function_properties(names, resource).get("AutoPublishAlias"))
    return alias if isinstance(alias, str) else ""


def _true(value: Any) -> bool:
    return str(value).lower() == "true"


def _nobody(reason: str) -> Emission:
    return Emission(Sight.NOBODY, reason=reason)
