"""Manual approval: a notice goes out and a person decides, in their own time."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta

from rehearsal.codepipeline.jobs import ActionAbandoned, ActionFailed, Job

_SEVEN_DAYS = 7 * 24 * 60


def await_approval(job: Job) -> None:
    """Wait for PutApprovalResult; people are waited for in real time."""
    run = job.run
    minutes = int(run.action.get("timeoutInMinutes", _SEVEN_DAYS))
    run.token = str(uuid.uuid4())
    if topic := job.configuration.get("NotificationArn"):
        job.client("sns").publish(
            TopicArn=topic,
            Subject=f"APPROVAL NEEDED: AWS CodePipeline {job.execution.pipeline.name} "[
                :96
            ],
            Message=json.dumps(notice(job, minutes)),
        )
    run.wake.wait(minutes * 60)
    if run.abandoned:
        raise ActionAbandoned
    if run.decision is None:
        raise ActionFailed(
            "This manual approval action has exceeded its timeout.", "JobTimedOut"
        )
    run.summary = run.decision["summary"]
    if run.decision["status"] == "Rejected":
        raise ActionFailed(run.summary or "The approval was rejected.", "JobFailed")


def notice(job: Job, minutes: int) -> dict[str, object]:
    """Return the message that CodePipeline's user guide documents for approvals."""
    run, region = job.run, job.plane.region
    name = job.execution.pipeline.name
    console = f"https://console.aws.amazon.com/codepipeline/home?region={region}"
    expires = job.plane.clock.now() + timedelta(minutes=minutes)
    approval = {
        "pipelineName": name,
        "stageName": run.stage,
        "actionName": run.name,
        "token": run.token,
        "expires": expires.strftime("%Y-%m-%dT%H:%MZ"),
        "externalEntityLink": job.configuration.get("ExternalEntityLink"),
        "approvalReviewLink": (
            f"{console}#/view/{name}/{run.stage}/{run.name}/approve/{run.token}"
        ),
        "customData": job.configuration.get("CustomData"),
    }
    return {
        "region": region,
        "consoleLink": f"{console}#/view/{name}",
        "approval": {key: value for key, value in approval.items() if value},
    }
