"""Build and test actions: a CodeBuild build between the pipeline's artifacts."""

from __future__ import annotations

import json
from typing import Any

from rehearsal.codepipeline.jobs import ActionAbandoned, ActionFailed, Job

_POLL_SECONDS = 0.5


def build(job: Job) -> None:
    """Start a build, follow it to its end, and take over what it puts out."""
    codebuild = job.client("codebuild")
    started = codebuild.start_build(**build_request(job))["build"]
    job.run.external_id = started["id"]
    job.run.external_url = (
        f"https://console.aws.amazon.com/codebuild/home?region={job.plane.region}"
        f"#/builds/{started['id']}/view/new"
    )
    job.run.log_stream = started["logs"]["cloudWatchLogsArn"]
    finished = _follow(job, codebuild, started["id"])
    if finished["buildStatus"] != "SUCCEEDED":
        raise ActionFailed(failure_text(finished))
    job.run.variables = {
        item["name"]: item["value"]
        for item in finished.get("exportedEnvironmentVariables", [])
    }
    for name in _outputs(job):
        job.run.outputs[name] = job.output_location(name)


def build_request(job: Job) -> dict[str, Any]:
    """Return StartBuild's parameters: artifacts instead of the project's own source."""
    inputs = job.run.inputs
    primary = job.configuration.get("PrimarySource") or next(iter(inputs))
    artifacts = [_artifact(job, name) for name in _outputs(job)]
    request: dict[str, Any] = {
        "projectName": job.configuration["ProjectName"],
        "sourceTypeOverride": "S3",
        "sourceLocationOverride": _path(inputs[primary]),
        "sourceVersion": f"arn:aws:s3:::{_path(inputs[primary])}",
        "secondarySourcesOverride": [
            {"type": "S3", "location": _path(place), "sourceIdentifier": name}
            for name, place in inputs.items()
            if name != primary
        ],
        "artifactsOverride": {"type": "NO_ARTIFACTS"},
        "environmentVariablesOverride": json.loads(
            job.configuration.get("EnvironmentVariables", "[]")
        ),
    }
    if len(artifacts) == 1:
        request["artifactsOverride"] = artifacts[0]
    elif artifacts:
        request["secondaryArtifactsOverride"] = artifacts
    if job.kms_key:
        request["encryptionKeyOverride"] = job.kms_key
    return request


def failure_text(finished: dict[str, Any]) -> str:
    """Say which phase failed and why, as the pipeline's console does."""
    text = f"Build terminated with state: {finished['buildStatus']}"
    for phase in finished["phases"]:
        if phase.get("phaseStatus", "SUCCEEDED") != "SUCCEEDED":
            context = phase["contexts"][0]
            return (
                f"{text}. Phase: {phase['phaseType']}, "
                f"Code: {context['statusCode']}, Message: {context['message']}"
            )
    return text


def _follow(job: Job, codebuild: Any, build_id: str) -> dict[str, Any]:
    while True:
        try:
            job.pause(_POLL_SECONDS)
        except ActionAbandoned:
            codebuild.stop_build(id=build_id)
            raise
        finished: dict[str, Any] = codebuild.batch_get_builds(ids=[build_id])["builds"][
            0
        ]
        if finished["buildComplete"]:
            return finished


def _outputs(job: Job) -> list[str]:
    return [item["name"] for item in job.run.action.get("outputArtifacts", [])]


def _artifact(job: Job, name: str) -> dict[str, Any]:
    place = job.output_location(name)
    folder, _, file_name = place["key"].rpartition("/")
    return {
        "type": "S3",
        "location": place["bucket"],
        "path": folder,
        "name": file_name,
        "namespaceType": "NONE",
        "packaging": "ZIP",
        "artifactIdentifier": name,
    }


def _path(place: dict[str, str]) -> str:
    return f"{place['bucket']}/{place['key']}"
