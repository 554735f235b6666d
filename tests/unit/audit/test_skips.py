"""A finding is taken away by a reasoned comment beside its resource, and by nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from audit.model import Finding
from audit.skips import Skip, left_out, remaining, skips_in

FILE = "templates/a.yaml"
REASON = "S3 delivers access logs to this bucket, so it cannot log itself."
TEMPLATE = f"""\
Parameters:
  Name:
    Type: String
Resources:
  # About what follows.
  Logs:
    # checkov:skip=CKV_AWS_18:{REASON}
    Type: AWS::S3::Bucket
  Records:
    Type: AWS::S3::Bucket
"""
FOUND = Finding("checkov", "CKV_AWS_18", FILE, "Logs", "no access log", 6)


def test_a_comment_takes_its_rule_away_from_its_own_resource() -> None:
    [skip] = skips_in(TEMPLATE, FILE)

    assert (skip.resource, skip.line, skip.reason) == ("Logs", 7, REASON)
    assert remaining([FOUND], [skip]) == []


@pytest.mark.parametrize(
    "other",
    [
        replace(FOUND, resource="Records"),
        replace(FOUND, rule="CKV_AWS_21"),
        replace(FOUND, tool="parliament"),
        replace(FOUND, file="templates/b.yaml"),
    ],
    ids=["resource", "rule", "tool", "file"],
)
def test_a_comment_takes_nothing_else_away(other: Finding) -> None:
    assert other in remaining([FOUND, other], skips_in(TEMPLATE, FILE))


def test_a_comment_holds_for_what_sam_makes_of_its_resource() -> None:
    made = replace(FOUND, made="LogsV1", translated="staging")

    assert remaining([made], skips_in(TEMPLATE, FILE)) == []


def test_a_comment_that_takes_nothing_away_is_a_finding() -> None:
    [told] = remaining([], skips_in(TEMPLATE, FILE))

    assert (told.tool, told.line) == ("audit", 7)
    assert "takes nothing away" in told.message


@pytest.mark.parametrize("reason", ["", "not needed"])
def test_a_comment_without_a_reason_is_a_finding(reason: str) -> None:
    text = TEMPLATE.replace(REASON, reason)

    [told] = remaining([FOUND], skips_in(text, FILE))

    assert "gives no reason" in told.message


def test_a_comment_for_a_tool_that_is_not_run_is_a_finding() -> None:
    text = TEMPLATE.replace("checkov:skip", "chekov:skip")

    assert ["checkov", "audit"] == [
        each.tool for each in remaining([FOUND], skips_in(text, FILE))
    ]


def test_an_entry_for_translations_leaves_the_source_alone() -> None:
    skip = Skip(
        "cloudformation-validate",
        "W3011",
        reason="SAM gives a version no replacement policy, and never replaces it.",
        file="left_out.yaml",
        line=1,
        pattern="*Version*",
        only_translated=True,
    )
    source = Finding("cloudformation-validate", "W3011", FILE, "MyVersion", "both")
    made = replace(source, resource="My", made="MyVersion1a2b", translated="staging")
    bucket = replace(made, made="Records")

    assert remaining([source, made, bucket], [skip]) == [source, bucket]


def test_what_is_left_out_has_reasons_and_is_about_tools_that_run() -> None:
    root = Path(__file__).resolve().parents[3]
    skips = left_out(root / "tools" / "audit" / "left_out.yaml")

    assert len(skips) > 3
    assert len({(each.tool, each.rule) for each in skips}) == len(skips)
    assert all(len(each.reason) > 60 and each.line > 1 for each in skips)
