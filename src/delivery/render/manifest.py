"""What a build made, from what, with which tools."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from delivery.render.functions import published_functions
from delivery.render.model import Target

FORMAT = 1


@dataclass(frozen=True, slots=True)
class BuildFacts:
    """Which build of which commit this is; empty where a build outside AWS has none.

    ``built_at`` and ``commit_time`` are ISO 8601 in UTC. ``dependency_audit`` is what came of
    asking for known holes, in the words of `dependencies`.
    """

    commit: str
    branch: str
    built_at: str
    build_id: str = ""
    commit_time: str = ""
    execution_id: str = ""
    dependency_audit: str = ""
    tools: Mapping[str, str] = field(default_factory=dict)


def manifest(
    facts: BuildFacts,
    template: Mapping[str, Any],
    *,
    packaged: str,
    targets: Iterable[Target],
    configurations: Mapping[str, Mapping[str, Mapping[str, str]]],
    code_folder: Path | None = None,
    bill: Mapping[str, str],
) -> dict[str, Any]:
    """Give the manifest of a build as plain data.

    ``code_folder`` is where ``sam build`` put each function's code; its content is hashed
    file by file, because a zip's bytes differ between machines. ``bill`` is the bill of
    materials by its file's name, empty where there is none.
    """
    return {
        "format": FORMAT,
        "build_id": facts.build_id,
        "commit": facts.commit,
        "commit_time": facts.commit_time,
        "branch": facts.branch,
        "built_at": facts.built_at,
        "pipeline_execution_id": facts.execution_id,
        "dependency_audit": facts.dependency_audit,
        "tools": dict(sorted(facts.tools.items())),
        "template": _named("packaged.yaml", packaged),
        "bill_of_materials": next((_named(*each) for each in bill.items()), None),
        "functions": {
            function.logical_id: {
                "code": function.properties.get("CodeUri"),
                "key": function.code_key,
                "sha256": _folder_hash(code_folder, function.logical_id),
            }
            for function in published_functions(template)
        },
        "environments": {
            target.name: {
                "settings": dict(target.settings),
                "parameters": dict(configurations[target.name]["Parameters"]),
                "tags": dict(configurations[target.name]["Tags"]),
            }
            for target in targets
        },
    }


def _named(file: str, text: str) -> dict[str, str]:
    return {"file": file, "sha256": hashlib.sha256(text.encode()).hexdigest()}


def content_hash(folder: Path) -> str:
    """Hash what is in ``folder``: each file's path and bytes, in the order of paths."""
    whole = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            name = file.relative_to(folder).as_posix()
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            whole.update(f"{digest}  {name}\n".encode())
    return whole.hexdigest()


def _folder_hash(code_folder: Path | None, logical_id: str) -> str | None:
    if code_folder is None or not (code_folder / logical_id).is_dir():
        return None
    return content_hash(code_folder / logical_id)
