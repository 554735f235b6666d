"""Find in a template what costs money: resources by type, never by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from awsrules.shifts import Shift, ShiftKind, predefined_shift
from delivery.cost.actions import PIPELINE, PROJECT, Around, read_actions, read_pushes
from delivery.cost.facts import Alarms, Bucket, Function, Holds, StackFacts
from delivery.cost.model import PriceTable, Unpriced
from delivery.cost.templates import Resource, Stack, named

_FUNCTIONS = ("AWS::Serverless::Function", "AWS::Lambda::Function")
_APIS = ("AWS::Serverless::Api", "AWS::ApiGateway::RestApi")
_ALARM = "AWS::CloudWatch::Alarm"
_TRAIL = "AWS::CloudTrail::Trail"
# Lambda's own default, where neither function nor Globals says more.
_DEFAULT_MEMORY = 128


def read_stack(
    section: str,
    stack: Stack,
    prices: PriceTable,
    *,
    around: Around,
    artifact_bucket: str = "",
) -> StackFacts:
    """Read all that costs money in one stack.

    ``artifact_bucket`` is the logical id of the bucket that a pipeline keeps artifacts
    in, where another stack's pipeline does.
    """
    counted = Counter(each.type for each in stack.resources)
    functions = tuple(_functions(stack))
    api_logs = {
        named((each.properties.get("AccessLogSetting") or {}).get("DestinationArn"))
        for each in stack.of(*_APIS)
    }
    acls = list(stack.of("AWS::WAFv2::WebACL"))
    keys = list(stack.of("AWS::KMS::Key"))
    return StackFacts(
        section=section,
        types=tuple(sorted(counted)),
        keys=len(keys),
        rotating_keys=sum(_true(k.properties.get("EnableKeyRotation")) for k in keys),
        secrets=counted["AWS::SecretsManager::Secret"],
        dashboards=counted["AWS::CloudWatch::Dashboard"],
        topics=counted["AWS::SNS::Topic"],
        emails=sum(
            each.properties.get("Protocol") == "email"
            for each in stack.of("AWS::SNS::Subscription")
        ),
        queues=counted["AWS::SQS::Queue"],
        alarms=_alarms(stack),
        buckets=tuple(_buckets(stack, artifact_bucket)),
        functions=functions,
        apis=sum(counted[each] for each in _APIS),
        detailed_metrics=any(_detailed(each) for each in stack.of(*_APIS)),
        traced=any(_true(e.properties.get("TracingEnabled")) for e in stack.of(*_APIS)),
        web_acls=len(acls),
        web_acl_rules=sum(len(each.properties.get("Rules") or []) for each in acls),
        log_days=_retention(stack, lambda name: name not in api_logs),
        access_log_days=_retention(stack, lambda name: name in api_logs),
        actions=tuple(read_actions(stack, around)),
        pushes=read_pushes(stack),
        records_data_events=any(map(_data_events, stack.of(_TRAIL))),
        trails=counted[_TRAIL],
        shift_minutes=_shift_minutes(stack),
        unpriced=tuple(_unpriced(section, stack, prices, functions)),
    )


def artifact_parameter(stack: Stack) -> str:
    """Name the parameter that tells a pipeline its artifact bucket, or nothing."""
    for pipeline in stack.of(PIPELINE):
        store = pipeline.properties.get("ArtifactStore") or {}
        return named(store.get("Location"))
    return ""


def _functions(stack: Stack) -> Iterator[Function]:
    hooks = Counter(_hook_names(_shifting(stack)))
    for each in stack.of(*_FUNCTIONS):
        properties = _function_properties(stack, each)
        events = (properties.get("Events") or {}).values()
        tracing = properties.get("TracingConfig") or {}
        yield Function(
            logical_id=each.logical_id,
            memory_megabytes=int(properties.get("MemorySize", _DEFAULT_MEMORY)),
            arm="arm64" in (properties.get("Architectures") or []),
            traced="Active" in (properties.get("Tracing"), tracing.get("Mode")),
            routes=sum(event.get("Type") == "Api" for event in events),
            hook_of=hooks[each.logical_id],
        )


def _function_properties(stack: Stack, function: Resource) -> Mapping[str, Any]:
    if function.type != "AWS::Serverless::Function":
        return function.properties
    return {**stack.shared.get("Function", {}), **function.properties}


def _preferences(stack: Stack) -> Iterator[Mapping[str, Any]]:
    """Yield how each function with an alias would shift its traffic."""
    for each in stack.of("AWS::Serverless::Function"):
        given = _function_properties(stack, each)
        preference = given.get("DeploymentPreference") or {}
        if preference and given.get("AutoPublishAlias"):
            yield preference


def _shifting(stack: Stack) -> Iterator[Mapping[str, Any]]:
    """Yield the preferences that are switched on."""
    return (e for e in _preferences(stack) if _true(e.get("Enabled", True)))


def _hook_names(preferences: Iterator[Mapping[str, Any]]) -> Iterator[str]:
    for preference in preferences:
        yield from (named(each) for each in (preference.get("Hooks") or {}).values())


def _shift_minutes(stack: Stack) -> int:
    """Return how long the longest shift takes; shifts of one release run side by side."""
    own = {
        each.logical_id: _own_minutes(each)
        for each in stack.of("AWS::CodeDeploy::DeploymentConfig")
    }
    kinds = [str(each.get("Type", "")) for each in _shifting(stack)]
    return max((own.get(named(k), _minutes(k)) for k in kinds), default=0)


def _minutes(kind: str) -> int:
    shift = predefined_shift(f"CodeDeployDefault.Lambda{kind}")
    return int(shift.duration_seconds // 60) if shift else 0


def _own_minutes(configuration: Resource) -> int:
    routing = configuration.properties.get("TrafficRoutingConfig") or {}
    for kind, block, word in (
        (ShiftKind.LINEAR, "TimeBasedLinear", "Linear"),
        (ShiftKind.CANARY, "TimeBasedCanary", "Canary"),
    ):
        if given := routing.get(block):
            percent, minutes = given[f"{word}Percentage"], given[f"{word}Interval"]
            return int(Shift(kind, int(percent), int(minutes)).duration_seconds // 60)
    return 0


def _alarms(stack: Stack) -> Alarms:
    """Count the metrics of alarms: metric math is charged for each that it reads."""
    standard = quick = 0
    for each in stack.of(_ALARM):
        entries = each.properties.get("Metrics") or []
        stats = [e["MetricStat"] for e in entries if "MetricStat" in e]
        stats = stats or [{"Period": each.properties.get("Period", 60)}]
        if any(int(stat.get("Period", 60)) < 60 for stat in stats):
            quick += len(stats)
        else:
            standard += len(stats)
    composite = sum(1 for _ in stack.of("AWS::CloudWatch::CompositeAlarm"))
    return Alarms(standard, quick, composite)


def _buckets(stack: Stack, artifact_bucket: str) -> Iterator[Bucket]:
    trails = {named(e.properties.get("S3BucketName")) for e in stack.of(_TRAIL)}
    found = list(stack.of("AWS::S3::Bucket"))
    logs = {
        named((e.properties.get("LoggingConfiguration") or {}).get(_DESTINATION))
        for e in found
    }
    for each in found:
        holds = Holds.OBJECTS
        if each.logical_id == artifact_bucket:
            holds = Holds.ARTIFACTS
        elif each.logical_id in trails:
            holds = Holds.TRAIL
        elif each.logical_id in logs:
            holds = Holds.LOGS
        yield _bucket(each, holds)


_DESTINATION = "DestinationBucketName"


def _bucket(resource: Resource, holds: Holds) -> Bucket:
    given = resource.properties
    rules = [
        rule
        for rule in (given.get("LifecycleConfiguration") or {}).get("Rules") or []
        if rule.get("Status") == "Enabled" and not rule.get("Prefix")
    ]
    encryption = (given.get("BucketEncryption") or {}).get(
        "ServerSideEncryptionConfiguration"
    ) or [{}]
    by_default = encryption[0].get("ServerSideEncryptionByDefault") or {}
    noncurrent = [r.get("NoncurrentVersionExpiration") or {} for r in rules]
    return Bucket(
        logical_id=resource.logical_id,
        holds=holds,
        expires_days=_shortest(rule.get("ExpirationInDays") for rule in rules),
        noncurrent_days=_shortest(each.get("NoncurrentDays") for each in noncurrent),
        versioned=(given.get("VersioningConfiguration") or {}).get("Status")
        == "Enabled",
        own_key=by_default.get("SSEAlgorithm") == "aws:kms",
        bucket_key=_true(encryption[0].get("BucketKeyEnabled")),
    )


def _shortest(days: Iterator[Any]) -> int | None:
    return min((int(each) for each in days if each is not None), default=None)


def _retention(stack: Stack, wanted: Callable[[str], bool]) -> int | None:
    """Return the longest retention of the groups that are wanted; None is for ever."""
    groups = [e for e in stack.of("AWS::Logs::LogGroup") if wanted(e.logical_id)]
    kept = [e.properties.get("RetentionInDays") for e in groups]
    days = [int(each) for each in kept if each is not None]
    return max(days) if days and len(days) == len(groups) else None


def _detailed(api: Resource) -> bool:
    settings = api.properties.get("MethodSettings") or []
    return any(_true(each.get("MetricsEnabled")) for each in settings)


def _data_events(trail: Resource) -> bool:
    """Say whether a trail records what happens to single objects."""
    selected = [
        value
        for selector in trail.properties.get("AdvancedEventSelectors") or []
        for field in selector.get("FieldSelectors") or []
        if field.get("Field") == "eventCategory"
        for value in field.get("Equals") or []
    ]
    plain = trail.properties.get("EventSelectors") or []
    return "Data" in selected or any(each.get("DataResources") for each in plain)


def _unpriced(
    section: str, stack: Stack, prices: PriceTable, functions: tuple[Function, ...]
) -> Iterator[Unpriced]:
    counted = Counter(each.type for each in stack.resources)
    for type_, count in sorted(counted.items()):
        if type_ not in prices.priced and type_ not in prices.free:
            yield Unpriced(section, type_, count, "not in the price table")
    for each in stack.resources:
        for name in prices.extra.get(each.type, ()):
            value = each.properties.get(name)
            if value not in (None, False, "false", [], {}):
                what = f"{each.logical_id}.{name}"
                yield Unpriced(section, what, 1, "costs more than what is counted")
    hooks = set(_hook_names(_preferences(stack)))
    for function in functions:
        if not function.routes and function.logical_id not in hooks:
            yield Unpriced(section, function.logical_id, 1, "its calls are not known")
    for project in stack.of(PROJECT):
        size = (project.properties.get("Environment") or {}).get("ComputeType", "")
        if size not in COMPUTE:
            yield Unpriced(section, f"{project.logical_id} on {size}", 1, "no price")
    for pipeline in stack.of(PIPELINE):
        if pipeline.properties.get("PipelineType") != "V2":
            why = "only type V2 is charged by the minute"
            yield Unpriced(section, pipeline.logical_id, 1, why)


# CodeBuild's sizes and the keys of their prices; Linux on x86.
COMPUTE: Mapping[str, str] = {
    "BUILD_GENERAL1_SMALL": "build-small",
    "BUILD_GENERAL1_MEDIUM": "build-medium",
    "BUILD_GENERAL1_LARGE": "build-large",
}


def _true(value: Any) -> bool:
    return str(value).lower() == "true"
