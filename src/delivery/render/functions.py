"""The functions of a SAM template that publish versions, with Globals merged in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

FUNCTION_TYPE = "AWS::Serverless::Function"
REVISION_SUFFIX = "Revision"


@dataclass(frozen=True, slots=True)
class PublishedFunction:
    """A function with an alias; ``properties`` have Globals merged in, unresolved."""

    logical_id: str
    properties: Mapping[str, Any]

    @property
    def revision_parameter(self) -> str:
        """The parameter that carries its revision."""
        return f"{self.logical_id}{REVISION_SUFFIX}"

    @property
    def code_key(self) -> str:
        """What identifies the code: the last part of its key or path."""
        return code_key(self.properties.get("CodeUri"))


def published_functions(template: Mapping[str, Any]) -> Iterator[PublishedFunction]:
    """Give each function whose alias SAM keeps on the newest version."""
    shared = template.get("Globals", {}).get("Function", {})
    for logical_id, resource in template.get("Resources", {}).items():
        if resource.get("Type") != FUNCTION_TYPE:
            continue
        properties = merged(shared, resource.get("Properties", {}))
        if "AutoPublishAlias" in properties:
            yield PublishedFunction(logical_id, properties)


def merged(shared: Any, own: Any) -> Any:
    """Merge Globals with a function's own properties as SAM does.

    Mappings are merged, lists joined with the shared items first, else the own value wins.
    Source: AWS SAM Developer Guide, "Globals section of the AWS SAM template".
    """
    if isinstance(shared, dict) and isinstance(own, dict):
        if _is_intrinsic(shared) or _is_intrinsic(own):
            return own
        both = {key: merged(shared[key], own[key]) for key in own if key in shared}
        return {**shared, **own, **both}
    if isinstance(shared, list) and isinstance(own, list):
        return [*shared, *own]
    return own


def code_key(code: Any) -> str:
    """Name code by its content's key; ``sam package`` makes the key from the content."""
    match code:
        case {"Key": key}:
            return PurePosixPath(str(key)).name
        case str():
            return PurePosixPath(code).name
        case _:
            return ""


def _is_intrinsic(value: dict[str, Any]) -> bool:
    return len(value) == 1 and next(iter(value)).startswith(("Fn::", "Ref"))
