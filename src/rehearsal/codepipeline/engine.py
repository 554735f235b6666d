"""Move executions through their pipeline's stages: one in a stage, newer overtake waiting ones.

Source: "How pipeline executions work", AWS CodePipeline user guide (mode SUPERSEDED).
"""

from __future__ import annotations

import logging
import threading
from typing import Any

from awsrules.pipelines import UnknownVariable, resolve_variables
from rehearsal.codepipeline import records
from rehearsal.codepipeline.actions import work_of
from rehearsal.codepipeline.events import action_event, pipeline_event, stage_event
from rehearsal.codepipeline.jobs import ActionAbandoned, ActionFailed, Clients, Job
from rehearsal.codepipeline.records import ActionRun, Execution, Pipeline, StageRun
from rehearsal.plane import Plane

log = logging.getLogger(__name__)


class Engine:
    """Runs executions. The lock guards all records; it is never held over a call elsewhere."""

    def __init__(self, plane: Plane) -> None:
        self._plane = plane
        self._clients = Clients(plane)
        self._active: dict[str, ActionRun] = {}
        self.lock = threading.RLock()
        plane.on_close(self._close)

    def start(
        self,
        pipeline: Pipeline,
        trigger: tuple[str, str],
        *,
        variables: dict[str, str] | None = None,
        revisions: dict[str, str] | None = None,
    ) -> Execution:
        """Start an execution of ``pipeline`` as it is declared now."""
        now = self._plane.clock.now()
        defaults = {
            item["name"]: item.get("defaultValue", "")
            for item in pipeline.declaration.get("variables", [])
        }
        execution = Execution(
            pipeline=pipeline,
            declaration=pipeline.declaration,
            trigger={"triggerType": trigger[0], "triggerDetail": trigger[1]},
            started=now,
            updated=now,
            variables={**defaults, **(variables or {})},
            wanted_revisions=revisions or {},
        )
        with self.lock:
            pipeline.executions[execution.id] = execution
        pipeline_event(self._plane, execution, "STARTED")
        self._enter(execution, 0)
        return execution

    def stop(self, execution: Execution, *, abandon: bool, reason: str) -> None:
        """Stop ``execution``: at once, or when what it does now is done."""
        with self.lock:
            execution.stop_reason = reason
            execution.status = records.STOPPING
            inside = self._stage_inside(execution)
        pipeline_event(self._plane, execution, "STOPPING")
        if inside is None:
            self._end(execution, records.STOPPED)
        elif abandon:
            self._abandon_actions(execution)

    def cancel_all(self, pipeline: Pipeline, *, abandon: bool) -> None:
        """Cancel what runs: the structure it runs has been replaced, or is gone.

        An execution that waits is cancelled at once; one inside a stage when the actions in
        progress are done, of which approvals are not waited for. ``abandon`` waits for none.
        """
        with self.lock:
            active = [item for item in pipeline.executions.values() if item.active]
            inside = {item.id for item in active if self._stage_inside(item)}
            for execution in active:
                execution.cancelling = True
        for execution in active:
            if abandon or execution.id not in inside:
                self._end(execution, records.CANCELLED)
            self._abandon_actions(execution, only_approvals=not abandon)

    def roll_back(self, target: Execution, stage: str, who: str) -> Execution:
        """Run ``stage`` alone, with what ``target`` brought into it."""
        now, pipeline = self._plane.clock.now(), target.pipeline
        execution = Execution(
            pipeline=pipeline,
            declaration={**pipeline.declaration, "stages": [pipeline.stage(stage)]},
            trigger={"triggerType": "ManualRollback", "triggerDetail": who},
            started=now,
            updated=now,
            variables=target.variables,
            artifacts=dict(target.artifacts),
            namespaces=dict(target.namespaces),
            revisions=list(target.revisions),
            rolls_back_to=target.id,
        )
        with self.lock:
            pipeline.executions[execution.id] = execution
        pipeline_event(self._plane, execution, "STARTED")
        self._enter(execution, 0)
        return execution

    def retry(self, execution: Execution, stage: str, *, failed_only: bool) -> None:
        """Run a failed stage of ``execution`` again."""
        with self.lock:
            execution.status = records.IN_PROGRESS
            execution.attempt += 1
            before = execution.stages[stage]
            kept = {
                name: run
                for name, run in before.actions.items()
                if failed_only and run.status == records.SUCCEEDED
            }
            run = StageRun(execution, actions=kept, attempt=before.attempt + 1)
            execution.pipeline.occupied[stage] = execution
        pipeline_event(self._plane, execution, "RESUMED")
        self._begin(execution, stage, run, "RESUMED")

    def admit(self, pipeline: Pipeline, stage: str) -> None:
        """Let in who waits in front of ``stage``, if the stage is free and open."""
        with self.lock:
            execution = pipeline.waiting.get(stage)
            if execution is None or not self._free(pipeline, stage):
                return
            del pipeline.waiting[stage]
            pipeline.occupied[stage] = execution
        self._begin(execution, stage, StageRun(execution), "STARTED")

    # Stages

    def _enter(self, execution: Execution, position: int) -> None:
        pipeline = execution.pipeline
        stage = execution.declaration["stages"][position]["name"]
        with self.lock:
            if not execution.active:
                return
            overtaken = pipeline.waiting.get(stage)
            pipeline.waiting[stage] = execution
        if overtaken is not None:
            overtaken.status_summary = f"Superseded by {execution.id}"
            self._end(overtaken, records.SUPERSEDED)
        self.admit(pipeline, stage)

    def _free(self, pipeline: Pipeline, stage: str) -> bool:
        return stage not in pipeline.occupied and pipeline.transition(stage).enabled

    def _begin(
        self, execution: Execution, stage: str, run: StageRun, state: str
    ) -> None:
        with self.lock:
            execution.stages[stage] = run
            execution.pipeline.latest_stage[stage] = run
        stage_event(self._plane, execution, stage, state)
        self._plane.spawn(self._run_stage, execution, stage, run)

    def _run_stage(self, execution: Execution, stage: str, run: StageRun) -> None:
        stages = [item["name"] for item in execution.declaration["stages"]]
        position = stages.index(stage)
        try:
            succeeded = self._run_actions(execution, stage, run)
        finally:
            with self.lock:
                execution.updated = self._plane.clock.now()
                if execution.pipeline.occupied.get(stage) is execution:
                    del execution.pipeline.occupied[stage]
        self._leave(execution, run, stage, succeeded=succeeded)
        if execution.active and position + 1 < len(stages):
            self._enter(execution, position + 1)
        elif execution.active:
            self._end(execution, records.SUCCEEDED)
        self.admit(execution.pipeline, stage)

    def _leave(
        self, execution: Execution, run: StageRun, stage: str, *, succeeded: bool
    ) -> None:
        """Note how the stage ended, and the execution if it ended with it."""
        if execution.cancelling and not succeeded:
            run.status, state = records.CANCELLED, "CANCELED"
        elif not succeeded and execution.status in (records.STOPPING, records.STOPPED):
            run.status, state = records.STOPPED, "STOPPED"
        elif succeeded:
            run.status, state = records.SUCCEEDED, "SUCCEEDED"
        else:
            run.status, state = records.FAILED, "FAILED"
        stage_event(self._plane, execution, stage, state)
        if execution.cancelling:
            self._end(execution, records.CANCELLED)
        elif execution.status == records.STOPPING:
            self._end(execution, records.STOPPED)
        elif execution.active and not succeeded:
            self._end(execution, records.FAILED)

    def _end(self, execution: Execution, status: str) -> None:
        with self.lock:
            if not execution.active:
                return
            execution.status = status
            execution.updated = self._plane.clock.now()
            waiting = execution.pipeline.waiting
            for stage in [name for name, who in waiting.items() if who is execution]:
                del waiting[stage]
        state = "CANCELED" if status == records.CANCELLED else status.upper()
        pipeline_event(self._plane, execution, state)

    def _stage_inside(self, execution: Execution) -> str | None:
        occupied = execution.pipeline.occupied
        return next((name for name, who in occupied.items() if who is execution), None)

    # Actions

    def _run_actions(self, execution: Execution, stage: str, run: StageRun) -> bool:
        declared = next(
            item for item in execution.declaration["stages"] if item["name"] == stage
        )
        actions = [a for a in declared["actions"] if a["name"] not in run.actions]
        for order in sorted({action.get("runOrder", 1) for action in actions}):
            if execution.status != records.IN_PROGRESS or execution.cancelling:
                return False
            together = [a for a in actions if a.get("runOrder", 1) == order]
            self._run_together(execution, stage, run, together)
            if any(run.actions[a["name"]].status != "Succeeded" for a in together):
                return False
        return True

    def _run_together(
        self,
        execution: Execution,
        stage: str,
        run: StageRun,
        actions: list[dict[str, Any]],
    ) -> None:
        threads = []
        for action in actions:
            action_run = self._new_run(execution, stage, action)
            run.actions[action_run.name] = action_run
            threads.append(
                threading.Thread(target=self._run_action, args=(action_run,))
            )
        for thread in threads:
            thread.daemon = True
            thread.start()
        for thread in threads:
            thread.join()

    def _new_run(
        self, execution: Execution, stage: str, action: dict[str, Any]
    ) -> ActionRun:
        now = self._plane.clock.now()
        run = ActionRun(stage, action, execution, started=now, updated=now)
        with self.lock:
            execution.runs.append(run)
            execution.updated = now
            execution.pipeline.latest_action[stage, run.name] = run
            self._active[run.id] = run
            for artifact in action.get("inputArtifacts", []):
                run.inputs[artifact["name"]] = execution.artifacts[artifact["name"]]
        return run

    def _run_action(self, run: ActionRun) -> None:
        action_event(self._plane, run, "STARTED")
        status = records.SUCCEEDED
        try:
            self._carry_out(run)
        except ActionAbandoned:
            status = records.ABANDONED
        except ActionFailed as failure:
            status = records.FAILED
            run.error = {"code": failure.code, "message": str(failure)}
        except Exception as error:
            # Whatever an AWS API refused is the action's failure, in AWS's own words.
            log.info("action %s failed", run.name, exc_info=True)
            status = records.FAILED
            run.error = {"code": _code_of(error), "message": str(error)}
        self._settle(run, status)

    def _carry_out(self, run: ActionRun) -> None:
        execution = run.execution
        fault = self._plane.faults.find("action", run.name, f"{run.stage}.{run.name}")
        if fault is not None:
            raise ActionFailed(
                str(fault.settings.get("message", "A fault was injected"))
            )
        region = run.action.get("region", self._plane.region)
        if region != self._plane.region:
            self._plane.not_rehearsed(run.name, region, "an action in another region")
            raise ActionFailed(
                f"Actions in another region, {region}, are not rehearsed"
            )
        work = work_of(run.action["actionTypeId"])
        if work is None:
            provider = run.action["actionTypeId"]["provider"]
            self._plane.not_rehearsed(run.name, provider, "no such action in the plane")
            raise ActionFailed(f"Actions of {provider} are not rehearsed")
        try:
            namespaces = execution.all_namespaces()
            run.resolved = {
                key: resolve_variables(value, namespaces)
                for key, value in run.action.get("configuration", {}).items()
            }
        except UnknownVariable as error:
            raise ActionFailed(str(error), "InvalidVariable") from error
        job = Job(self._plane, self._clients, run, run.resolved)
        if not job.may_act:
            raise ActionFailed(
                f"CodePipeline is not authorized to perform AssumeRole on role "
                f"{job.role_arn}",
                "PermissionError",
            )
        work(job)

    def _settle(self, run: ActionRun, status: str) -> None:
        execution = run.execution
        with self.lock:
            self._active.pop(run.id, None)
            run.updated = execution.updated = self._plane.clock.now()
            if status == records.SUCCEEDED:
                execution.artifacts.update(run.outputs)
                if namespace := run.action.get("namespace"):
                    execution.namespaces[namespace] = run.variables
                if run.revision is not None:
                    self._note_revision(run)
            run.status = status
        action_event(self._plane, run, status.upper())

    def _note_revision(self, run: ActionRun) -> None:
        assert run.revision is not None  # nosec B101 - the caller looked
        for artifact in run.action.get("outputArtifacts", []):
            run.execution.revisions.append({"name": artifact["name"], **run.revision})

    def _abandon_actions(
        self, execution: Execution, *, only_approvals: bool = False
    ) -> None:
        with self.lock:
            runs = [run for run in self._active.values() if run.execution is execution]
        for run in runs:
            category = run.action["actionTypeId"]["category"]
            if category == "Approval" or not only_approvals:
                run.abandon()

    def _close(self) -> None:
        with self.lock:
            runs = list(self._active.values())
        for run in runs:
            run.abandon()


def _code_of(error: Exception) -> str:
    response = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code", "JobFailed"))
