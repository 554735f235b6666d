"""Source actions: the branch's head in the mirror stands for the repository at GitHub."""

from __future__ import annotations

from rehearsal.asking import Question
from rehearsal.codepipeline.jobs import ActionFailed, Job
from rehearsal.source import Commit, NoSuchRevision, SourceMirror


def fetch_from_github(job: Job) -> None:
    """Carry out a source action of owner ThirdParty, provider GitHub (OAuth token)."""
    settings = job.configuration
    repository = f"{settings['Owner']}/{settings['Repo']}"
    if job.run.name in job.execution.pipeline.refused_tokens:
        raise ActionFailed(
            f'Either the GitHub repository "{settings["Repo"]}" does not exist, or the '
            "GitHub access token provided has insufficient permissions to access the "
            "repository. Verify that the repository exists and edit the pipeline to "
            "reconnect the action to GitHub.",
            "PermissionError",
        )
    commit = _fetch(job, repository, settings["Branch"])
    job.run.variables = {
        **_common_variables(commit, settings["Branch"]),
        "CommitterDate": commit.committer_date,
        "CommitUrl": commit_url(repository, commit),
        "RepositoryName": settings["Repo"],
    }


def fetch_from_connection(job: Job) -> None:
    """Carry out a source action of provider CodeStarSourceConnection (GitHub App)."""
    settings = job.configuration
    connection = settings["ConnectionArn"]
    if denied := job.why_not(Question("codeconnections:UseConnection", connection)):
        raise ActionFailed(denied, "PermissionError")
    answer = job.plane.client("codeconnections").get_connection(
        ConnectionArn=connection
    )
    status = answer["Connection"]["ConnectionStatus"]
    if status != "AVAILABLE":
        raise ActionFailed(
            f"Connection {connection} is not available: it is {status}. "
            "Complete the connection in the console.",
            "ConfigurationError",
        )
    repository, branch = settings["FullRepositoryId"], settings["BranchName"]
    commit = _fetch(job, repository, branch)
    job.run.variables = {
        **_common_variables(commit, branch),
        "ConnectionArn": settings["ConnectionArn"],
        "FullRepositoryName": repository,
    }


def commit_url(repository: str, commit: Commit) -> str:
    """Return where GitHub would show ``commit``."""
    return f"https://github.com/{repository}/commit/{commit.id}"


def _fetch(job: Job, repository: str, branch: str) -> Commit:
    mirror = SourceMirror(job.plane.state_dir)
    wanted = job.execution.wanted_revisions.get(job.run.name)
    try:
        commit = mirror.commit(wanted or f"refs/heads/{branch}")
        content = mirror.archive(commit.id)
    except NoSuchRevision as error:
        what = f"commit {wanted}" if wanted else f"Branch [{branch}]"
        raise ActionFailed(
            f"[GitHub] No {what} found for FullRepositoryName [{repository}]",
            "ConfigurationError",
        ) from error
    url = commit_url(repository, commit)
    job.run.external_id, job.run.external_url = commit.id, url
    job.run.summary = commit.subject
    job.run.revision = {
        "revisionId": commit.id,
        "revisionSummary": commit.message,
        "revisionUrl": url,
        "created": job.plane.clock.now(),
    }
    metadata = {"codepipeline-artifact-revision-id": commit.id}
    for output in job.run.action.get("outputArtifacts", []):
        job.write_artifact(output["name"], content, metadata)
    return commit


def _common_variables(commit: Commit, branch: str) -> dict[str, str]:
    return {
        "AuthorDate": commit.author_date,
        "BranchName": branch,
        "CommitId": commit.id,
        "CommitMessage": commit.message,
    }
