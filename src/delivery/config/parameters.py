"""What the configuration gives each template, by parameter name.

A template takes of these what it declares. A key that no template and no part of the tool
uses would be a lie in the file; `USED_BY_THE_TOOL` names those that are not parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from delivery.config.load import as_text
from delivery.config.model import Configuration, Environment
from delivery.config.shift import configuration_name

# Keys of an environment and the parameters of template.yaml that carry them.
ENVIRONMENT_PARAMETERS: Mapping[str, Callable[[Environment], object]] = {
    "Environment": lambda env: env.name,
    "LambdaRuntime": lambda env: env.functions.runtime,
    "LambdaMemoryMegabytes": lambda env: env.functions.memory_megabytes,
    "LambdaTimeoutSeconds": lambda env: env.functions.timeout_seconds,
    "LambdaReservedConcurrency": lambda env: env.functions.reserved_concurrency,
    "LogLevel": lambda env: env.functions.log_level,
    "TracingMode": lambda env: "Active" if env.monitoring.tracing else "PassThrough",
    "ApiThrottleRate": lambda env: env.api.throttle_rate,
    "ApiThrottleBurst": lambda env: env.api.throttle_burst,
    "ApiQuotaRequests": lambda env: env.api.quota_requests,
    "ApiQuotaPeriod": lambda env: env.api.quota_period,
    "WebAclEnabled": lambda env: env.security.web_acl,
    "SigningProfileVersions": lambda env: ",".join(
        env.security.signing_profile_versions
    ),
    "RecordNoncurrentDays": lambda env: env.records.noncurrent_days,
    "LogRetentionDays": lambda env: env.logs.log_retention_days,
    "ApiAccessLogRetentionDays": lambda env: env.logs.access_log_retention_days,
    "DetailedMetrics": lambda env: env.logs.detailed_metrics,
    "AlarmsEnabled": lambda env: env.alarms.enabled,
    "AlarmPeriodSeconds": lambda env: env.alarms.period_seconds,
    "AlarmDurationMilliseconds": lambda env: slow_milliseconds(env),
    "AlarmErrorThreshold": lambda env: env.rollback.alarm_threshold,
    "AlarmEvaluationPeriods": lambda env: env.rollback.alarm_evaluation_periods,
    "ShiftEnabled": lambda env: env.blue_green.enabled,
    "ShiftType": lambda env: configuration_name(env.blue_green),
    "ShiftKind": lambda env: shift_kind(env),
    "ShiftPercentage": lambda env: env.blue_green.traffic_shift_percentage,
    "ShiftIntervalMinutes": lambda env: env.blue_green.traffic_shift_interval,
    "RollbackOnAlarm": lambda env: watches_alarms(env),
}


def slow_milliseconds(environment: Environment) -> int:
    """Give the duration of a call that sets an alarm off: a share of the timeout."""
    seconds = environment.functions.timeout_seconds
    return seconds * 1000 * environment.alarms.duration_percent // 100


def shift_kind(environment: Environment) -> str:
    """Give the kind of a custom shift; it has no meaning for AllAtOnce."""
    kind = environment.blue_green.traffic_shift_type
    return "Linear" if kind == "AllAtOnce" else kind


def watches_alarms(environment: Environment) -> bool:
    """Say whether an alarm returns traffic: both keys that can forbid it allow it."""
    watched = environment.blue_green.alarm_configuration.enabled
    return watched and environment.rollback.rollback_on_alarm


def application_parameters(
    configuration: Configuration, environment: str
) -> dict[str, str]:
    """Give what an environment offers template.yaml, its own parameters included."""
    chosen = configuration.environments[environment]
    return {
        "ProjectName": configuration.project.name,
        "NamePrefix": configuration.project.prefix,
        **{name: as_text(of(chosen)) for name, of in ENVIRONMENT_PARAMETERS.items()},
        **chosen.parameters,
    }


def application_tags(configuration: Configuration, environment: str) -> dict[str, str]:
    """Give the tags of an environment's stack and of all that it makes."""
    return {
        "Project": configuration.project.name,
        "Environment": environment,
        "DataClassification": configuration.compliance.data_classification,
        **configuration.environments[environment].tags,
    }


def delivery_parameters(configuration: Configuration) -> dict[str, str]:
    """Give what the configuration offers foundation.yaml and pipeline.yaml.

    One mapping serves both: a parameter that both declare has the same value.
    """
    return {
        "ProjectName": configuration.project.name,
        "ProjectLabel": configuration.project.label,
        "NamePrefix": configuration.project.prefix,
        **_foundation(configuration),
        **_pipeline(configuration),
    }


def delivery_tags(configuration: Configuration) -> dict[str, str]:
    """Give the tags of the foundation's and the pipeline's stacks."""
    return {
        "Project": configuration.project.name,
        "DataClassification": configuration.compliance.data_classification,
    }


def _foundation(configuration: Configuration) -> dict[str, str]:
    foundation = configuration.foundation
    return {
        "ArtifactRetentionDays": as_text(foundation.artifact_retention_days),
        "AccessLogRetentionDays": as_text(foundation.access_log_retention_days),
        "AuditRetentionDays": as_text(foundation.audit_retention_days),
        "ExistingTrail": foundation.existing_trail,
        "ApiGatewayAccount": foundation.api_gateway_account,
    }


def _pipeline(configuration: Configuration) -> dict[str, str]:
    pipeline = configuration.pipeline
    emails = [*pipeline.notification_emails, "", "", ""][:3]
    return {
        "BuildImage": pipeline.build_image,
        "BuildComputeType": pipeline.build_compute_type,
        "BuildTimeoutMinutes": as_text(pipeline.build_timeout_minutes),
        "LogRetentionDays": as_text(pipeline.log_retention_days),
        "ApprovalTimeoutMinutes": as_text(pipeline.approval_timeout_minutes),
        **{f"NotificationEmail{n}": email for n, email in enumerate(emails, start=1)},
    }
