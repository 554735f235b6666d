"""Deploy actions of provider CloudFormation: change sets, stacks, and what they put out.

Source: "CloudFormation action reference", AWS CodePipeline user guide.
"""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from awsrules.statuses import StackStatus
from rehearsal.assumptions import EMPTY_FAILS
from rehearsal.codepipeline.jobs import ActionFailed, Job

_POLL_SECONDS = 0.5
_INLINE_BYTES = 51_200
_NO_CHANGES = ("didn't contain changes", "No updates are to be performed")


def deploy(job: Job) -> None:
    """Do what ``ActionMode`` says, and follow it to its end."""
    match job.configuration["ActionMode"]:
        case "CHANGE_SET_REPLACE":
            _replace_change_set(job)
        case "CHANGE_SET_EXECUTE":
            _execute_change_set(job)
        case "CREATE_UPDATE":
            _create_or_update(job)
        case "DELETE_ONLY":
            _delete(job)
        case mode:
            raise ActionFailed(f"ActionMode {mode} is not rehearsed")


def _replace_change_set(job: Job) -> None:
    client = job.client("cloudformation")
    stack, name = job.configuration["StackName"], job.configuration["ChangeSetName"]
    status = _status(client, stack)
    names = {"StackName": stack, "ChangeSetName": name}
    if status is not None:
        client.delete_change_set(**names)
    new = status is None or status.can_be_created
    client.create_change_set(
        **names, ChangeSetType="CREATE" if new else "UPDATE", **_request(job)
    )
    made = client.describe_change_set(**names)
    while made["Status"] in ("CREATE_PENDING", "CREATE_IN_PROGRESS"):
        job.pause(_POLL_SECONDS)
        made = client.describe_change_set(**names)
    _note(job, made["StackId"])
    if _is_empty(made):
        _pass_without_changes(job, made)
    elif made["Status"] == "FAILED":
        raise ActionFailed(f"Change set {name} failed: {made.get('StatusReason', '')}")
    else:
        job.run.summary = f"Change set {name} was created."


def _execute_change_set(job: Job) -> None:
    client = job.client("cloudformation")
    stack, name = job.configuration["StackName"], job.configuration["ChangeSetName"]
    names = {"StackName": stack, "ChangeSetName": name}
    change_set = client.describe_change_set(**names)
    _note(job, change_set["StackId"])
    if _is_empty(change_set):
        _pass_without_changes(job, change_set)
    else:
        client.execute_change_set(**names)
        _follow(job, client, change_set["StackId"])
    _put_out(job, client, stack)


def _create_or_update(job: Job) -> None:
    client = job.client("cloudformation")
    stack = job.configuration["StackName"]
    status = _status(client, stack)
    start = client.update_stack
    if status is None or status.can_be_created:
        start = client.create_stack
    try:
        stack_id = start(StackName=stack, **_request(job))["StackId"]
    except client.exceptions.ClientError as error:
        if not any(text in str(error) for text in _NO_CHANGES):
            raise
        job.run.summary = "No updates are to be performed."
    else:
        _note(job, stack_id)
        _follow(job, client, stack_id)
    _put_out(job, client, stack)


def _delete(job: Job) -> None:
    client = job.client("cloudformation")
    stack = job.configuration["StackName"]
    request = {"StackName": stack}
    if role := job.configuration.get("RoleArn"):
        request["RoleARN"] = role
    client.delete_stack(**request)
    while (status := _status(client, stack)) is not None and status.busy:
        job.pause(_POLL_SECONDS)
    if status is not None and status is not StackStatus.DELETE_COMPLETE:
        raise ActionFailed(f"Stack {stack} could not be deleted: it is {status}")
    job.run.summary = f"Stack {stack} was deleted."


def _follow(job: Job, client: Any, stack_id: str) -> None:
    """Wait until the stack has settled; a stack that did not succeed fails the action."""
    status = _status(client, stack_id)
    while status is None or status.busy or status.is_shell:
        job.pause(_POLL_SECONDS)
        status = _status(client, stack_id)
    name = job.configuration["StackName"]
    if not status.succeeded:
        # An assumption: the reason is read without the permissions of the pipeline.
        reason = _first_failure(job.plane.client("cloudformation"), stack_id)
        raise ActionFailed(f"Deployment failed: stack {name} is {status}. {reason}")
    job.run.summary = f"Deployment succeeded: stack {name} is {status}."


def _first_failure(client: Any, stack_id: str) -> str:
    """Return the oldest failure of the last operation: what came later followed from it."""
    found = ""
    for event in client.describe_stack_events(StackName=stack_id)["StackEvents"]:
        if event["ResourceStatus"].endswith("_FAILED"):
            reason = event.get("ResourceStatusReason", "")
            if "cancelled" not in reason:
                found = f"{event['LogicalResourceId']}: {reason}"
        elif event["PhysicalResourceId"] == stack_id and event["ResourceStatus"] in (
            StackStatus.CREATE_IN_PROGRESS,
            StackStatus.UPDATE_IN_PROGRESS,
        ):
            break
    return found


def _put_out(job: Job, client: Any, stack: str) -> None:
    described = client.describe_stacks(StackName=stack)["Stacks"][0]
    outputs = {
        item["OutputKey"]: item["OutputValue"] for item in described.get("Outputs", [])
    }
    job.run.variables = outputs
    if file_name := job.configuration.get("OutputFileName"):
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(file_name, json.dumps(outputs))
        for artifact in job.run.action.get("outputArtifacts", []):
            job.write_artifact(artifact["name"], content.getvalue())


def _status(client: Any, stack: str) -> StackStatus | None:
    try:
        described = client.describe_stacks(StackName=stack)["Stacks"][0]
    except client.exceptions.ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return StackStatus(described["StackStatus"])


def _is_empty(change_set: dict[str, Any]) -> bool:
    reason = change_set.get("StatusReason", "")
    return change_set["Status"] == "FAILED" and any(t in reason for t in _NO_CHANGES)


def _pass_without_changes(job: Job, change_set: dict[str, Any]) -> None:
    if job.plane.faults.assumes(EMPTY_FAILS):
        raise ActionFailed(change_set["StatusReason"])
    job.run.summary = "The change set has no changes; the stack stays as it is."


def _note(job: Job, stack_id: str) -> None:
    job.run.external_id = stack_id
    job.run.external_url = (
        f"https://console.aws.amazon.com/cloudformation/home?region={job.plane.region}"
        f"#/stack/detail?stackId={stack_id}"
    )


def _request(job: Job) -> dict[str, Any]:
    """Return what CreateChangeSet, CreateStack and UpdateStack take alike."""
    settings = job.configuration
    template = json.loads(_member(job, settings.get("TemplateConfiguration")) or "{}")
    parameters = {**template.get("Parameters", {}), **_overrides(job)}
    request: dict[str, Any] = {
        **_template(job, _member(job, settings["TemplatePath"])),
        "Parameters": [
            {"ParameterKey": key, "ParameterValue": str(value)}
            for key, value in parameters.items()
        ],
        "Tags": [{"Key": k, "Value": v} for k, v in template.get("Tags", {}).items()],
        "Capabilities": [c for c in settings.get("Capabilities", "").split(",") if c],
    }
    if role := settings.get("RoleArn"):
        request["RoleARN"] = role
    return request


def _overrides(job: Job) -> dict[str, str]:
    given = json.loads(job.configuration.get("ParameterOverrides", "{}"))
    return {key: _override(job, value) for key, value in given.items()}


def _override(job: Job, value: Any) -> str:
    match value:
        case {"Fn::GetArtifactAtt": [str(artifact), str(attribute)]}:
            place = job.run.inputs[artifact]
            url = f"https://{place['bucket']}.s3.amazonaws.com/{place['key']}"
            known = {
                "BucketName": place["bucket"],
                "ObjectKey": place["key"],
                "URL": url,
            }
            return known[attribute]
        case {"Fn::GetParam": [str(artifact), str(name), str(key)]}:
            return str(json.loads(_member(job, f"{artifact}::{name}"))[key])
        case _:
            return str(value)


def _template(job: Job, text: str) -> dict[str, str]:
    if len(text.encode()) <= _INLINE_BYTES:
        return {"TemplateBody": text}
    key = f"{job.execution.pipeline.name}/templates/{job.run.id}.yaml"
    job.put_object(key, text.encode())
    bucket = job.store["location"]
    return {
        "TemplateURL": f"https://{bucket}.s3.{job.plane.region}.amazonaws.com/{key}"
    }


def _member(job: Job, path: str | None) -> str:
    """Return the text of ``Artifact::file``."""
    if not path:
        return ""
    artifact, _, name = path.partition("::")
    if artifact not in job.run.inputs:
        raise ActionFailed(f"{path}: {artifact} is not an input artifact of the action")
    with zipfile.ZipFile(io.BytesIO(job.read_artifact(artifact))) as archive:
        if name not in archive.namelist():
            raise ActionFailed(f"File [{name}] does not exist in artifact [{artifact}]")
        return archive.read(name).decode("utf-8")
