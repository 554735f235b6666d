"""Run one build: phases in CodeBuild's order, artifacts only of a success, reports either way."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from awsrules.buildspec import (
    Buildspec,
    BuildspecError,
    FileSet,
    Phase,
    Report,
    parse_buildspec,
)
from rehearsal.asking import Question
from rehearsal.codebuild import records
from rehearsal.codebuild.environment import (
    BuildVariables,
    container_variables,
    make_home,
)
from rehearsal.codebuild.logs import BuildLog
from rehearsal.codebuild.records import Build, PhaseRecord
from rehearsal.codebuild.reports import ReportStore
from rehearsal.codebuild.shell import PhaseShell, ShellStopped
from rehearsal.codebuild.workspace import (
    Cache,
    WorkspaceError,
    download_source,
    pack,
    select_files,
    upload,
)
from rehearsal.plane import Plane


class _PhaseFailed(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class BuildRun:
    """The life of one build, in one thread; ``stop`` may come from any other."""

    def __init__(
        self,
        plane: Plane,
        build: Build,
        reports: ReportStore,
        notify: Callable[[Build], None],
    ) -> None:
        self._plane = plane
        self._build = build
        self._reports = reports
        self._notify = notify
        self._folder = plane.directory("builds", build.uuid)
        self._source = self._folder / "src"
        self._spec = Buildspec(phases=())
        self._shell: PhaseShell | None = None
        self._opened: BuildLog | None = None
        self._ending: str | None = None
        self._failed = False
        cache = plane.directory("cache") / build.project["name"]
        self._cache = Cache(cache, source=self._source, home=self._folder / "home")

    @property
    def _log(self) -> BuildLog:
        """The log, which is there once PROVISIONING has succeeded."""
        if self._opened is None:
            raise RuntimeError("the log is not open yet")
        return self._opened

    def stop(self, status: str = records.STOPPED) -> None:
        """End the build: its processes are killed, its phases go no further."""
        self._ending = self._ending or status
        if self._shell is not None:
            self._shell.kill()

    def run(self) -> None:
        """Run to the end; whatever breaks is a failed build, never a lost one."""
        build = self._build
        for name in ("SUBMITTED", "QUEUED"):
            self._phase(name, lambda: None)
        ready = self._phase("PROVISIONING", self._open_log)
        self._notify(build)
        minutes = build.project.get("timeoutInMinutes", 60)
        timer = threading.Timer(minutes * 60, self.stop, [records.TIMED_OUT])
        timer.daemon = True
        timer.start()
        try:
            if ready:
                self._phases()
        finally:
            timer.cancel()
            if self._shell is not None:
                self._shell.close()
            self._finish()

    def _open_log(self) -> None:
        build, role = self._build, self._build.project["serviceRole"]
        source = build.project["arn"]
        if not self._plane.permissions.may_take("codebuild", role, source):
            raise _PhaseFailed(
                "ACCESS_DENIED",
                f"CodeBuild is not authorized to perform: sts:AssumeRole on {role}",
            )
        try:
            self._opened = BuildLog(
                self._plane,
                role_arn=role,
                group=build.group_name,
                stream=build.stream_name,
                path=self._folder / "build.log",
            )
        except ClientError as error:
            raise _PhaseFailed(
                "ACCESS_DENIED",
                f"Service role {role} does not allow AWS CodeBuild to create Amazon "
                f"CloudWatch Logs log streams for build {build.arn}. Error message: "
                f"{error.response['Error']['Message']}",
            ) from error

    def _phases(self) -> None:
        if not self._phase("DOWNLOAD_SOURCE", self._prepare):
            return
        ready = self._phase_of("INSTALL") and self._phase_of("PRE_BUILD")
        if ready:
            # post_build runs after a failed build too: it learns of it by
            # CODEBUILD_BUILD_SUCCEEDING.
            self._phase_of("BUILD")
            self._phase_of("POST_BUILD")
            self._export()
            self._phase("UPLOAD_ARTIFACTS", self._publish)

    def _finish(self) -> None:
        build = self._build
        self._phase("FINALIZING", self._save_cache, always=True)
        if self._opened is not None:
            self._opened.close()
        build.phases.append(PhaseRecord("COMPLETED", self._plane.clock.now()))
        failed = records.FAILED if self._failed else records.SUCCEEDED
        build.status = self._ending or failed
        build.ended = self._plane.clock.now()
        self._notify(build)
        # Nobody waits for this: a virtual environment takes seconds to remove.
        self._clean_up()

    def _save_cache(self) -> None:
        self._cache.save(self._spec.cache_paths)

    def _clean_up(self) -> None:
        """Remove what nobody reads again; the source of a build that failed stays."""
        leftovers = ["tmp", "home", "shell"]
        if self._build.status == records.SUCCEEDED:
            leftovers += [path.name for path in self._folder.glob("src*")]
        for name in leftovers:
            shutil.rmtree(self._folder / name, ignore_errors=True)

    def _phase_of(self, name: str) -> bool:
        phase = self._spec.phase(name.lower())
        succeeded = self._phase(name, lambda: self._run_phase(phase))
        return succeeded or (phase.on_failure == "CONTINUE" and self._ending is None)

    def _phase(
        self, name: str, work: Callable[[], None], *, always: bool = False
    ) -> bool:
        if self._ending is not None and not always:
            return False
        record = PhaseRecord(name, self._plane.clock.now())
        self._build.phases.append(record)
        status, code, message = records.SUCCEEDED, "", ""
        try:
            work()
        except _PhaseFailed as failure:
            status, code, message = records.FAILED, failure.code, str(failure)
        except ShellStopped:
            status = self._ending or records.STOPPED
            message = "Build was stopped" if status == records.STOPPED else ""
            if status == records.TIMED_OUT:
                code, message = "BUILD_TIMED_OUT", "Build has timed out."
        except Exception as error:
            status, code = records.FAILED, "INTERNAL_SERVICE_ERROR"
            message = f"{type(error).__name__}: {error}"
        record.end(self._plane.clock.now(), status, code, message)
        self._failed = self._failed or status != records.SUCCEEDED
        if name in ("DOWNLOAD_SOURCE", *_BUILDSPEC_PHASES, "UPLOAD_ARTIFACTS"):
            self._log.container(f"Phase complete: {name} State: {status}")
            self._log.container(f"Phase context status code: {code} Message: {message}")
        return status == records.SUCCEEDED

    def _prepare(self) -> None:
        project, build = self._build.project, self._build
        s3 = self._plane.client("s3", project["serviceRole"])
        self._log.container("Phase is DOWNLOAD_SOURCE")
        try:
            build.resolved_source_version = download_source(
                s3, project["source"], self._source
            )
            for source in project.get("secondarySources", []):
                name = source["sourceIdentifier"]
                download_source(s3, source, self._folder / f"src-{name}")
        except WorkspaceError as error:
            raise _PhaseFailed(error.code, str(error)) from error
        self._log.container(f"CODEBUILD_SRC_DIR={self._source}")
        self._spec = self._read_buildspec()
        make_home(self._folder / "home")
        (self._folder / "tmp").mkdir(exist_ok=True)
        restored = self._cache.restore(self._spec.cache_paths)
        self._log.container(f"Restored {restored} cached folders")
        self._shell = self._open_shell()

    def _open_shell(self) -> PhaseShell:
        build = self._build
        variables = BuildVariables(self._plane, build.project["serviceRole"])
        environment = container_variables(self._plane, build, self._folder)
        environment["CODEBUILD_RESOLVED_SOURCE_VERSION"] = (
            build.resolved_source_version or ""
        )
        self._log.container("Processing environment variables")
        declared = build.project["environment"].get("environmentVariables", [])
        environment.update(variables.resolve(self._spec, declared))
        self._log.mask(variables.masked)
        return PhaseShell(
            interpreter=self._spec.interpreter,
            environment=environment,
            folder=self._source,
            state=self._folder / "shell",
            output=self._log.line,
        )

    def _read_buildspec(self) -> Buildspec:
        given = self._build.project["source"].get("buildspec") or "buildspec.yml"
        text = given
        # As JSON it may stand in one line; no path begins so.
        if "\n" not in given and not given.startswith("{"):
            path = self._source / given
            self._log.container(f"YAML location is {path}")
            if not path.is_file():
                raise _PhaseFailed("YAML_FILE_ERROR", f"stat {path}: no such file")
            text = path.read_text(encoding="utf-8")
        try:
            return parse_buildspec(text)
        except BuildspecError as error:
            raise _PhaseFailed("YAML_FILE_ERROR", str(error)) from error

    def _run_phase(self, phase: Phase) -> None:
        if self._shell is None:
            return
        self._log.container(f"Entering phase {phase.name.upper()}")
        failure: _PhaseFailed | None = None
        try:
            self._run_commands(self._shell, phase.commands)
        except _PhaseFailed as error:
            failure = error
        try:
            self._run_commands(self._shell, phase.always)
        except _PhaseFailed as error:
            failure = failure or error
        if failure is not None:
            self._shell.export("CODEBUILD_BUILD_SUCCEEDING", "0")
            raise failure

    def _run_commands(self, shell: PhaseShell, commands: tuple[str, ...]) -> None:
        for command in commands:
            self._log.container(f"Running command {command}")
            if status := shell.run(command):
                self._log.container(
                    f"Command did not exit successfully {command} exit status {status}"
                )
                raise _PhaseFailed(
                    "COMMAND_EXECUTION_ERROR",
                    f"Error while executing command: {command}. "
                    f"Reason: exit status {status}",
                )

    def _export(self) -> None:
        if self._shell is None or self._ending is not None:
            return
        values = self._shell.environment
        self._build.exported = {
            name: values.get(name, "") for name in self._spec.exported_variables
        }
        for name, value in self._build.exported.items():
            if value == "not_rehearsed":
                reason = "the build found nobody to ask here; on AWS that fails it"
                self._plane.not_rehearsed(self._build.project["name"], name, reason)

    def _publish(self) -> None:
        self._publish_reports()
        if self._failed:
            return
        project = self._build.project
        try:
            self._publish_artifact(project["artifacts"], self._spec.artifacts)
            for artifact in project.get("secondaryArtifacts", []):
                name = artifact["artifactIdentifier"]
                files = self._spec.secondary_artifacts.get(name)
                self._publish_artifact(artifact, files)
        except WorkspaceError as error:
            raise _PhaseFailed(error.code, str(error)) from error

    def _publish_artifact(
        self, artifact: dict[str, Any], files: FileSet | None
    ) -> None:
        if artifact["type"] == "NO_ARTIFACTS":
            return
        if files is None:
            raise WorkspaceError(
                "CLIENT_ERROR", "the buildspec has no artifacts for what is expected"
            )
        s3 = self._plane.client("s3", self._build.project["serviceRole"])
        content = pack(files, self._source)
        key = self._build.project.get("encryptionKey", "")
        place = upload(s3, artifact, content, key)
        self._log.container(f"Uploaded {len(content)} bytes to s3://{place}")

    def _publish_reports(self) -> None:
        for report in self._spec.reports:
            files = [path for path, _ in select_files(report.files, self._source)]
            if not files:
                self._log.container(f"No matching report paths found: {report.group}")
                continue
            self._demand_reporting(report)
            arn = self._reports.publish(
                report,
                files,
                project=self._build.project["name"],
                build_arn=self._build.arn,
                now=self._plane.clock.now(),
            )
            self._build.report_arns.append(arn)
            self._log.container(f"Report {arn.rpartition('/')[2]} published")

    def _demand_reporting(self, report: Report) -> None:
        """CodeBuild makes reports by the project's role, and fails where that may not."""
        role, project = self._build.project["serviceRole"], self._build.project["name"]
        group, exists = self._reports.group_for(report, project)
        put = "BatchPutCodeCoverages" if report.is_coverage else "BatchPutTestCases"
        create = () if exists else ("CreateReportGroup",)
        for name in (*create, "CreateReport", put, "UpdateReport"):
            question = Question(f"codebuild:{name}", group)
            session = f"AWSCodeBuild-{self._build.uuid}"
            if text := self._plane.permissions.why_not(role, session, question):
                raise _PhaseFailed("CLIENT_ERROR", f"{report.group}: {text}")


_BUILDSPEC_PHASES = ("INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD")
