"""The events that CodeBuild sends to EventBridge.

Source: "Build notifications input format reference", AWS CodeBuild user guide.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rehearsal.codebuild.records import Build, PhaseRecord


def state_changed(build: Build) -> tuple[str, dict[str, Any]]:
    """Return detail type and detail for a build that started or ended."""
    detail = {
        "build-status": build.status,
        **_common(build),
        "current-phase": build.current_phase,
        "current-phase-context": "[]",
    }
    return "CodeBuild Build State Change", detail


def _common(build: Build) -> dict[str, Any]:
    answer = build.as_answer()
    return {
        "project-name": build.project["name"],
        "build-id": build.arn,
        "additional-information": {
            "build-complete": build.complete,
            "build-number": build.number,
            "build-start-time": _stamp(build.started),
            "initiator": build.initiator,
            "timeout-in-minutes": answer["timeoutInMinutes"],
            "source-version": build.resolved_source_version or "",
            "artifact": answer["artifacts"],
            "environment": {
                "image": build.project["environment"]["image"],
                "compute-type": build.project["environment"]["computeType"],
                "type": build.project["environment"]["type"],
            },
            "logs": {
                "group-name": build.group_name,
                "stream-name": build.stream_name,
                "deep-link": answer["logs"]["deepLink"],
            },
            "phases": [_phase(phase) for phase in build.phases],
        },
        "version": "1",
    }


def _phase(phase: PhaseRecord) -> dict[str, Any]:
    told = {"phase-type": phase.name, "start-time": _stamp(phase.started)}
    if phase.ended is None:
        return told
    return {
        **told,
        "end-time": _stamp(phase.ended),
        "duration-in-seconds": phase.seconds,
        "phase-status": phase.status,
        "phase-context": [f"{phase.code}: {phase.message}"],
    }


def _stamp(moment: datetime | None) -> str:
    return moment.strftime("%b %-d, %Y %-I:%M:%S %p") if moment else ""
