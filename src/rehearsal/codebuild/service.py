"""The operations of CodeBuild."""

from __future__ import annotations

import threading
import uuid
from typing import Any, ClassVar

from rehearsal.codebuild import records
from rehearsal.codebuild.events import state_changed
from rehearsal.codebuild.records import Build
from rehearsal.codebuild.reports import ReportStore
from rehearsal.codebuild.requests import checked_project, requested_build
from rehearsal.codebuild.runner import BuildRun
from rehearsal.plane import Plane
from rehearsal.protocol import Answer, ApiError, Call, Params, Service


class CodeBuild(Service):
    """Projects, builds, report groups and reports."""

    name: ClassVar[str] = "codebuild"

    def __init__(self, plane: Plane) -> None:
        self._plane = plane
        self._lock = threading.Lock()
        self._projects: dict[str, dict[str, Any]] = {}
        self._builds: dict[str, Build] = {}
        self._runs: dict[str, BuildRun] = {}
        self._numbers: dict[str, int] = {}
        self._reports = ReportStore(plane.region, plane.account)
        plane.on_close(self._close)

    # Projects

    def create_project(self, params: Params, call: Call) -> Answer:
        """Create a project."""
        name = params["name"]
        now = self._plane.clock.now()
        project = {
            **checked_project(params),
            "arn": self._arn("project", name),
            "created": now,
            "lastModified": now,
        }
        with self._lock:
            if name in self._projects:
                raise ApiError(
                    "ResourceAlreadyExistsException",
                    f"Project already exists: {project['arn']}",
                )
            self._projects[name] = project
        return {"project": project}

    def update_project(self, params: Params, call: Call) -> Answer:
        """Change what ``params`` name."""
        with self._lock:
            project = self._project(params["name"])
            changed = checked_project({**project, **params})
            changed["lastModified"] = self._plane.clock.now()
            self._projects[params["name"]] = changed
        return {"project": changed}

    def delete_project(self, params: Params, call: Call) -> Answer:
        """Delete a project; an absent one is no error."""
        with self._lock:
            self._projects.pop(_name(params["name"]), None)
        return {}

    def batch_get_projects(self, params: Params, call: Call) -> Answer:
        """Return the projects that exist."""
        with self._lock:
            known = dict(self._projects)
        found = [known[_name(name)] for name in params["names"] if _name(name) in known]
        missing = [name for name in params["names"] if _name(name) not in known]
        return {"projects": found, "projectsNotFound": missing}

    def list_projects(self, params: Params, call: Call) -> Answer:
        """Return all names."""
        with self._lock:
            return {"projects": sorted(self._projects)}

    # Builds

    def start_build(self, params: Params, call: Call) -> Answer:
        """Start a build; it runs in the background."""
        with self._lock:
            project = self._project(params["projectName"])
            wanted = requested_build(project, params)
            number = self._numbers.get(project["name"], 0) + 1
            self._numbers[project["name"]] = number
            build = self._new_build(wanted, number, call)
            run = BuildRun(self._plane, build, self._reports, self._notify)
            self._builds[build.id], self._runs[build.id] = build, run
        self._plane.spawn(self._run, build, run)
        return {"build": build.as_answer()}

    def batch_get_builds(self, params: Params, call: Call) -> Answer:
        """Return builds by id or ARN."""
        with self._lock:
            known = {name: self._builds.get(_name(name)) for name in params["ids"]}
        return {
            "builds": [build.as_answer() for build in known.values() if build],
            "buildsNotFound": [name for name, build in known.items() if not build],
        }

    def list_builds(self, params: Params, call: Call) -> Answer:
        """Return all ids, newest first."""
        return {"ids": self._build_ids(None, params)}

    def list_builds_for_project(self, params: Params, call: Call) -> Answer:
        """Return a project's build ids, newest first."""
        with self._lock:
            project = self._project(params["projectName"])
        return {"ids": self._build_ids(project["name"], params)}

    def stop_build(self, params: Params, call: Call) -> Answer:
        """Stop a build that runs."""
        with self._lock:
            build = self._builds.get(_name(params["id"]))
            run = self._runs.get(_name(params["id"]))
        if build is None:
            raise ApiError(
                "ResourceNotFoundException", f"Build {params['id']} cannot be found"
            )
        if run is not None and not build.complete:
            run.stop()
        return {"build": build.as_answer()}

    # Reports

    def create_report_group(self, params: Params, call: Call) -> Answer:
        """Create a report group."""
        arn = self._arn("report-group", params["name"])
        if arn in self._reports.groups:
            raise ApiError(
                "ResourceAlreadyExistsException", f"Report group already exists: {arn}"
            )
        return {"reportGroup": self._reports.put_group(params, self._plane.clock.now())}

    def update_report_group(self, params: Params, call: Call) -> Answer:
        """Change a report group's export or tags."""
        group = {**self._group(params["arn"]), **params}
        return {"reportGroup": self._reports.put_group(group, self._plane.clock.now())}

    def delete_report_group(self, params: Params, call: Call) -> Answer:
        """Delete a report group; with reports only if asked to."""
        arn = params["arn"]
        if self._reports.reports_of(arn) and not params.get("deleteReports"):
            raise ApiError(
                "InvalidInputException", f"Report group {arn} still has reports"
            )
        self._reports.groups.pop(arn, None)
        return {}

    def batch_get_report_groups(self, params: Params, call: Call) -> Answer:
        """Return report groups by ARN."""
        groups = self._reports.groups
        wanted = params["reportGroupArns"]
        return {
            "reportGroups": [groups[arn] for arn in wanted if arn in groups],
            "reportGroupsNotFound": [arn for arn in wanted if arn not in groups],
        }

    def batch_get_reports(self, params: Params, call: Call) -> Answer:
        """Return reports by ARN."""
        reports = self._reports.reports
        wanted = params["reportArns"]
        return {
            "reports": [reports[arn] for arn in wanted if arn in reports],
            "reportsNotFound": [arn for arn in wanted if arn not in reports],
        }

    def describe_test_cases(self, params: Params, call: Call) -> Answer:
        """Return a report's test cases."""
        if params["reportArn"] not in self._reports.cases:
            raise ApiError("ResourceNotFoundException", "Report cannot be found")
        wanted = params.get("filter", {}).get("status")
        cases = self._reports.cases[params["reportArn"]]
        return {"testCases": [c for c in cases if wanted in (None, c["status"])]}

    # What they share

    def _new_build(self, project: dict[str, Any], number: int, call: Call) -> Build:
        unique = str(uuid.uuid4())
        logs = project.get("logsConfig", {}).get("cloudWatchLogs", {})
        prefix = logs.get("streamName")
        return Build(
            id=f"{project['name']}:{unique}",
            arn=self._arn("build", f"{project['name']}:{unique}"),
            number=number,
            project=project,
            initiator=initiator_of(call.principal.arn),
            started=self._plane.clock.now(),
            group_name=logs.get("groupName") or f"/aws/codebuild/{project['name']}",
            stream_name=f"{prefix}/{unique}" if prefix else unique,
        )

    def _run(self, build: Build, run: BuildRun) -> None:
        try:
            run.run()
        finally:
            if not build.complete:
                build.status, build.ended = records.FAULT, self._plane.clock.now()
            with self._lock:
                del self._runs[build.id]

    def _notify(self, build: Build) -> None:
        event = state_changed(build)
        self._plane.events.emit("aws.codebuild", *event, (build.arn,))
        if build.complete and build.status != records.STOPPED:
            self._measure(build)

    def _measure(self, build: Build) -> None:
        """Measure a build that ended. Source: AWS CodeBuild User Guide, "CloudWatch metrics"."""
        now, named = self._plane.clock.now(), {"ProjectName": build.project["name"]}
        good = build.status == records.SUCCEEDED
        values = {
            "SucceededBuilds" if good else "FailedBuilds": 1.0,
            "Duration": ((build.ended or now) - build.started).total_seconds(),
        }
        for name, value in values.items():
            self._plane.metrics.put("AWS/CodeBuild", name, named, value, at=now)

    def _close(self) -> None:
        with self._lock:
            runs = list(self._runs.values())
        for run in runs:
            run.stop()

    def _build_ids(self, project: str | None, params: Params) -> list[str]:
        with self._lock:
            ids = [
                build.id
                for build in self._builds.values()
                if project in (None, build.project["name"])
            ]
        return ids if params.get("sortOrder") == "ASCENDING" else ids[::-1]

    def _project(self, name: str) -> dict[str, Any]:
        project = self._projects.get(_name(name))
        if project is None:
            raise ApiError(
                "ResourceNotFoundException",
                f"Project cannot be found: {self._arn('project', _name(name))}",
            )
        return project

    def _group(self, arn: str) -> dict[str, Any]:
        if arn not in self._reports.groups:
            raise ApiError(
                "ResourceNotFoundException", f"Report group cannot be found: {arn}"
            )
        return self._reports.groups[arn]

    def _arn(self, kind: str, name: str) -> str:
        return f"arn:aws:codebuild:{self._plane.region}:{self._plane.account}:{kind}/{name}"


def initiator_of(arn: str) -> str:
    """Name who started a build: a pipeline, a role's session or a user."""
    kind, _, rest = arn.rpartition(":")[2].partition("/")
    role, _, session = rest.partition("/")
    if kind == "assumed-role" and session.startswith("codepipeline@"):
        return f"codepipeline/{session.removeprefix('codepipeline@')}"
    return rest if kind == "assumed-role" else role


def _name(name: str) -> str:
    return name.rpartition("/")[2] if name.startswith("arn:") else name
