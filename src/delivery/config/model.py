"""The configuration as data: one frozen class a section, one field a key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

BUILT_IN = "built in"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value comes from: a file's line and block, or the tool itself."""

    block: str
    file: str = ""
    line: int | None = None

    def __str__(self) -> str:
        if not self.file:
            return self.block
        return f"{self.file}:{self.line} ({self.block})"


@dataclass(frozen=True, slots=True)
class Functions:
    """``lambda``: what all functions have."""

    runtime: str
    memory_megabytes: int
    timeout_seconds: int
    reserved_concurrency: int
    log_level: str


@dataclass(frozen=True, slots=True)
class Api:
    """``api_gateway``: limits of the API."""

    throttle_rate: int
    throttle_burst: int
    quota_requests: int
    quota_period: str


@dataclass(frozen=True, slots=True)
class Records:
    """``s3``: the record store."""

    noncurrent_days: int


@dataclass(frozen=True, slots=True)
class Logs:
    """``cloudwatch``: logs and metrics."""

    log_retention_days: int
    access_log_retention_days: int
    detailed_metrics: bool


@dataclass(frozen=True, slots=True)
class Alarms:
    """``alarms``: when an alarm goes off, and whether it notifies."""

    enabled: bool
    period_seconds: int
    duration_percent: int


@dataclass(frozen=True, slots=True)
class AlarmConfiguration:
    """``blue_green.alarm_configuration``: what a shift watches."""

    enabled: bool


@dataclass(frozen=True, slots=True)
class BlueGreen:
    """``blue_green``: how traffic moves to a new version."""

    enabled: bool
    traffic_shift_type: str
    traffic_shift_percentage: int
    traffic_shift_interval: int
    alarm_configuration: AlarmConfiguration


@dataclass(frozen=True, slots=True)
class Rollback:
    """``rollback``: when and how a release is taken back."""

    automatic: bool
    alarm_threshold: int
    alarm_evaluation_periods: int
    rollback_on_alarm: bool
    preserve_versions: int


@dataclass(frozen=True, slots=True)
class Monitoring:
    """``monitoring``: tracing."""

    tracing: bool


@dataclass(frozen=True, slots=True)
class Security:
    """``security``: protection of the API and of the functions' code."""

    web_acl: bool
    signing_profile_versions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Environment:
    """One environment with its defaults filled in.

    ``parameters`` are for parameters of the adopter's own in template.yaml.
    """

    name: str
    functions: Functions
    api: Api
    records: Records
    logs: Logs
    alarms: Alarms
    blue_green: BlueGreen
    rollback: Rollback
    monitoring: Monitoring
    security: Security
    tags: Mapping[str, str]
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Project:
    """``project``: names and place; ``account`` is empty where the credentials' one is meant."""

    name: str
    label: str
    prefix: str
    region: str
    account: str


@dataclass(frozen=True, slots=True)
class Compliance:
    """``compliance``: where data may be, and what it is."""

    allowed_regions: tuple[str, ...]
    data_classification: str


@dataclass(frozen=True, slots=True)
class Foundation:
    """``foundation``: what outlives pipelines and releases."""

    artifact_retention_days: int
    access_log_retention_days: int
    audit_retention_days: int
    existing_trail: str
    api_gateway_account: str


@dataclass(frozen=True, slots=True)
class Pipeline:
    """``pipeline``: builds, approvals and notices.

    ``promotes_to`` is as written, ``<region>`` or ``<account>/<region>``; `places_of` reads it.
    """

    build_image: str
    build_compute_type: str
    build_timeout_minutes: int
    log_retention_days: int
    approval_timeout_minutes: int
    notification_emails: tuple[str, ...]
    promotes_to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Setting:
    """One effective value, by its dotted key, and where it came from."""

    key: str
    value: object
    source: Source
    description: str = ""


@dataclass(frozen=True, slots=True)
class Configuration:
    """All of environment_config.yaml, checked, with defaults filled in."""

    path: Path
    project: Project
    compliance: Compliance
    foundation: Foundation
    pipeline: Pipeline
    environments: Mapping[str, Environment]
    settings: tuple[Setting, ...] = field(repr=False)
