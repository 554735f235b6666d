"""The report before an approval, as line, page and data."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from delivery.model import ReportSummary, ResourceChange
from delivery.review.report import (
    Finding,
    Review,
    Revision,
    as_data,
    as_text,
    summary_of,
)

NOW = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)
MEMORY = ResourceChange(
    "AnalyzeFunction", "AWS::Lambda::Function", "Modify", properties=("MemorySize",)
)
BUCKET = ResourceChange(
    "RecordBucket", "AWS::S3::Bucket", "Remove", policy_action="Delete"
)
ROLE = ResourceChange(
    "AnalyzeRole", "AWS::IAM::Role", "Modify", properties=("Policies",)
)
REPORTS = (
    ReportSummary("Build-unit-tests", passed=412, skipped=1),
    ReportSummary("Build-coverage", line_coverage_percent=93.4),
    ReportSummary("Verify-verification", passed=9),
)


def make_review(*changes: ResourceChange, **more) -> Review:
    fields = {
        "environment": "production",
        "stack": "medical-record-analysis-lambda-production",
        "creates": False,
        "execution": "execution-2",
        "made_at": NOW,
        "revision": Revision("c0ffee0123456789", "Mend it", NOW),
        "finding": Finding.CHANGES,
        "changes": changes,
        "previous": Revision("decade0123456789", "Break it", NOW),
        "release": 4,
        "reports": REPORTS,
        **more,
    }
    return Review(**fields)


def test_the_line_tells_commits_changes_dangers_and_tests() -> None:
    assert summary_of(make_review(MEMORY, BUCKET, ROLE)) == (
        "production: decade01..c0ffee01 Mend it | 2 changed, 1 removed "
        "| DATA AT RISK: RecordBucket | DELETED: RecordBucket "
        "| PERMISSIONS: AnalyzeRole | tests: 421 passed, 0 failed | coverage 93%"
    )


def test_the_line_is_one_line_of_at_most_400_characters() -> None:
    changes = [
        ResourceChange(f"Bucket{'x' * 80}{n}", "AWS::S3::Bucket", "Remove")
        for n in range(9)
    ]
    revision = Revision("c0ffee0123456789", "Mend\nit " * 40)
    line = summary_of(make_review(*changes, revision=revision))
    assert len(line) == 400
    assert "\n" not in line
    assert line.endswith("…")


def test_more_than_three_names_are_counted() -> None:
    changes = [
        ResourceChange(f"Bucket{n}", "AWS::S3::Bucket", "Remove") for n in range(5)
    ]
    assert "DATA AT RISK: Bucket0, Bucket1, Bucket2 +2" in summary_of(
        make_review(*changes)
    )


def test_no_changes_is_a_fine_result() -> None:
    line = summary_of(make_review(finding=Finding.NO_CHANGES))
    assert "no changes to the stack" in line


def test_unknown_changes_cannot_be_overlooked() -> None:
    review = make_review(
        finding=Finding.UNKNOWN, note="the stack is still in UPDATE_IN_PROGRESS"
    )
    assert "CHANGES NOT KNOWN: the stack is still in" in summary_of(review)


def test_a_creation_counts_resources_and_has_nothing_to_lose() -> None:
    review = make_review(
        ResourceChange("AnalyzeRole", "AWS::IAM::Role", "Add"),
        creates=True,
        previous=None,
        release=None,
    )
    line = summary_of(review)
    assert line.startswith(
        "production: c0ffee01 Mend it | creates the stack, 1 resource"
    )
    assert "PERMISSIONS" not in line


def test_changes_of_outputs_alone_are_said() -> None:
    assert "outputs or settings of the stack only" in summary_of(make_review())


def test_what_is_decided_while_it_deploys_is_counted_apart() -> None:
    dynamic = ResourceChange("Nested", "AWS::CloudFormation::Stack", "Dynamic")
    assert "1 decided while it deploys" in summary_of(make_review(dynamic))


def test_a_new_version_of_a_function_is_no_replacement_to_look_at() -> None:
    version = ResourceChange(
        "AnalyzeFunctionVersion", "AWS::Lambda::Version", "Modify", "True"
    )
    assert make_review(version).marked == []


def test_the_page_puts_dangers_first_and_marks_them() -> None:
    lines = as_text(make_review(MEMORY, BUCKET)).splitlines()
    first = lines.index("Changes: 1 changed, 1 removed") + 1
    assert lines[first] == (
        "  - RecordBucket (AWS::S3::Bucket)  <- DATA AT RISK, DELETED"
    )
    assert lines[first + 1] == "  ~ AnalyzeFunction (AWS::Lambda::Function): MemorySize"


def test_the_page_tells_which_commits_travel_since_which_release() -> None:
    text = as_text(
        make_review(travelling_with=(Revision("facade0123456789", "Superseded"),))
    )
    assert "c0ffee012345 Mend it (2026-11-23 14:02 UTC)" in text
    assert "  facade012345 Superseded\n" in text
    assert "since release 4: decade012345 Break it" in text


def test_the_page_of_a_first_release_says_so() -> None:
    text = as_text(make_review(creates=True, previous=None, release=None))
    assert "Nothing was released to production before." in text
    assert "would create in production" in text


def test_the_page_tells_every_report() -> None:
    text = as_text(make_review())
    assert "Build-unit-tests: 412 passed, 0 failed, 1 skipped" in text
    assert "Build-coverage: 93.4 % of lines covered" in text


def test_missing_reports_are_said() -> None:
    assert "No report was published." in as_text(make_review(reports=()))
    assert "tests:" not in summary_of(make_review(reports=()))


@pytest.mark.parametrize("previous", [None, Revision("decade01")])
def test_the_data_is_json_with_marks(previous) -> None:
    data = json.loads(json.dumps(as_data(make_review(BUCKET, previous=previous))))
    assert data["schema"] == 1
    assert data["finding"] == "changes"
    assert data["changes"][0]["marks"] == ["data at risk", "deleted"]
    assert data["summary"]
