"""Log lines reach CloudWatch Logs in batches, and old ones of long traffic are forgotten."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import boto3
from moto import mock_aws

from rehearsal.logs import LogWriter


@mock_aws
def test_the_newest_two_thousand_lines_of_a_stream_stay() -> None:
    logs = boto3.client("logs", region_name="us-east-1")
    plane = SimpleNamespace(
        account="123456789012",
        region="us-east-1",
        clock=SimpleNamespace(now=lambda: datetime.now(UTC)),
        client=lambda service: logs,
        spawn=lambda work: work(),
    )
    writer = LogWriter(plane)
    for first in range(0, 5000, 1000):
        writer.write("group", "stream", [str(first + n) for n in range(1000)])
    found = logs.get_log_events(
        logGroupName="group",
        logStreamName="stream",
        startFromHead=True,
        limit=10_000,
    )["events"]
    assert [each["message"] for each in found] == [str(n) for n in range(3000, 5000)]
