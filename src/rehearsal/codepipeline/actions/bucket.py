"""Source actions of provider S3: one version of one object, as it is.

Source: "Amazon S3 source action reference", AWS CodePipeline User Guide.
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from rehearsal.codepipeline.jobs import ActionFailed, Job

_SUMMARY = "codepipeline-artifact-revision-summary"
_ABSENT = ("NoSuchBucket", "NoSuchKey", "NoSuchVersion")


def fetch_from_bucket(job: Job) -> None:
    """Carry out a source action of provider S3: the version asked for, or the current."""
    settings = job.configuration
    if settings.get("PollForSourceChanges", "true").lower() != "false":
        job.plane.not_rehearsed(job.run.name, "S3", "nobody polls for a new object")
    bucket, key = settings["S3Bucket"], settings["S3ObjectKey"]
    s3 = job.client("s3")
    try:
        if s3.get_bucket_versioning(Bucket=bucket).get("Status") != "Enabled":
            raise ActionFailed(
                f"Bucket {bucket} keeps no versions; a source needs them.",
                "ConfigurationError",
            )
        wanted = job.execution.wanted_revisions.get(job.run.name)
        version = wanted or _current(s3, bucket, key)
        found = s3.get_object(Bucket=bucket, Key=key, VersionId=version)
    except ClientError as error:
        if error.response["Error"]["Code"] not in _ABSENT:
            raise
        raise ActionFailed(
            f"No {'version ' + wanted + ' of the ' if wanted else ''}object {key} in "
            f"bucket {bucket}: {error}",
            "ConfigurationError",
        ) from error
    _keep(job, version, found)
    job.run.variables = {
        "BucketName": bucket,
        "ETag": found["ETag"].strip('"'),
        "ObjectKey": key,
        "VersionId": version,
    }


def _current(s3: Any, bucket: str, key: str) -> str:
    found = s3.get_object(Bucket=bucket, Key=key)
    found["Body"].close()
    return str(found["VersionId"])


def _keep(job: Job, version: str, found: dict[str, Any]) -> None:
    job.run.external_id = version
    job.run.summary = found["Metadata"].get(_SUMMARY, "")
    job.run.revision = {
        "revisionId": version,
        "created": found["LastModified"],
        **({"revisionSummary": job.run.summary} if job.run.summary else {}),
    }
    content = found["Body"].read()
    metadata = {"codepipeline-artifact-revision-id": version}
    for output in job.run.action.get("outputArtifacts", []):
        job.write_artifact(output["name"], content, metadata)
