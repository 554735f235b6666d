"""The audit trail: what it records, and that nobody shortens it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from awsrules.templates import line_of
from delivery.validate.model import Finding, Rule, SourceFile, Subject


def trail_is_whole(subject: Subject) -> Iterator[Finding]:
    """Check the trail: everywhere, validated, with the record store's objects, locked."""
    trails = list(subject.foundation.of_type("AWS::CloudTrail::Trail"))
    if not trails:
        line = line_of(subject.foundation.body, "Resources")
        message = "there is no trail"
        yield Finding("trail-whole", subject.foundation.name, line, message)
    for name, properties in trails:
        for key in (
            "EnableLogFileValidation",
            "IncludeGlobalServiceEvents",
            "IsLogging",
            "IsMultiRegionTrail",
        ):
            if properties.get(key) is not True:
                yield subject.foundation.finding(
                    "trail-whole", name, f"{name} lacks {key}"
                )
        for missing in _selectors_missing(properties):
            yield subject.foundation.finding(
                "trail-whole", name, f"{name} records no {missing}"
            )
        bucket = str(properties["S3BucketName"].get("Ref", ""))
        for problem in _lock_problems(subject.foundation, bucket):
            yield subject.foundation.finding(
                "trail-whole", bucket, f"{bucket} {problem}"
            )


def _selectors_missing(properties: Mapping[str, Any]) -> Iterator[str]:
    selectors = properties.get("AdvancedEventSelectors", [])
    fields = [
        {each["Field"]: each for each in selector.get("FieldSelectors", [])}
        for selector in selectors
    ]
    management = [
        each
        for each in fields
        if each.get("eventCategory", {}).get("Equals") == ["Management"]
    ]
    if not any("readOnly" not in each for each in management):
        yield "management events"
    objects = [
        each
        for each in fields
        if each.get("resources.type", {}).get("Equals") == ["AWS::S3::Object"]
    ]
    if not any("${NamePrefix}-" in json.dumps(each) for each in objects):
        yield "objects of the record stores"
    if any("readOnly" in each for each in objects):
        yield "objects read and written alike"


def _lock_problems(template: SourceFile, bucket: str) -> Iterator[str]:
    properties = template.section("Resources").get(bucket, {}).get("Properties", {})
    if properties.get("ObjectLockEnabled") is not True:
        yield "is not locked"
    rule = properties.get("ObjectLockConfiguration", {}).get("Rule", {})
    retention = rule.get("DefaultRetention", {})
    if retention.get("Mode") not in {"GOVERNANCE", "COMPLIANCE"}:
        yield "has no retention by default"


RULES = (
    Rule(
        "trail-whole",
        "The trail records all regions and the record store's objects, validated and locked.",
        trail_is_whole,
        reason="What the trail does not record cannot be accounted for.",
        source="AWS CloudTrail User Guide, Validating log files; 45 CFR 164.312(b)",
    ),
)
