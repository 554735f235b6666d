"""The artifact of another place: the same release, with its code in that place's store."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

from delivery.errors import BadInput
from delivery.promote.artifact import Artifact
from delivery.promote.packages import PACKAGES

TEMPLATE = "packaged.yaml"
MANIFEST = "deployment_manifest.json"
# Git's names of commits. Who is asked to approve reads it, so it is nothing else.
_COMMIT = re.compile("[0-9a-f]{40}(?:[0-9a-f]{24})?")


def refuse_unmovable(artifact: Artifact, *, home: str) -> None:
    """Refuse an artifact that no place could be given, whichever it is.

    Raises:
        BadInput: when its files are not as the build writes them, or its template names
            home's release store but as where packages lie: a place would read from there.
    """
    _file(artifact, PACKAGES)
    _manifest(artifact)
    _refuse_home_elsewhere(artifact, home)


def _refuse_home_elsewhere(artifact: Artifact, home: str) -> None:
    text = _file(artifact, TEMPLATE).replace(_in_store(home), b"").decode()
    named = re.compile(f"(?<![a-z0-9-]){re.escape(home)}(?![a-z0-9-])")
    for number, line in enumerate(text.splitlines(), start=1):
        if named.search(line):
            raise BadInput(
                f"{TEMPLATE}:{number} names the bucket {home}.",
                why="It is this place's release store, and code is read from a bucket "
                "of a function's own region.",
                next_step="Name code by a path in the template, so that sam package "
                "writes where it lies as s3://BUCKET/KEY.",
            )


def localize(artifact: Artifact, *, home: str, place: str) -> Artifact:
    """Return the artifact for a place: what named store ``home`` names store ``place``.

    Every other byte stays. The manifest holds the new template's hash.

    Raises:
        BadInput: when the artifact is of those that no place could be given, or both
            stores are one.
    """
    if home == place:
        raise BadInput(
            f"{place} is the release store that the release comes from.",
            why="A release is handed on to other places only.",
            next_step="Give --to, or RECEIVER_ROLE_ARNS, the roles of other places.",
        )
    refuse_unmovable(artifact, home=home)
    moved = {
        name: _file(artifact, name).replace(_in_store(home), _in_store(place))
        for name in (TEMPLATE, PACKAGES)
    }
    manifest = _manifest(artifact)
    for function in manifest["functions"].values():
        function["code"] = _moved_code(function["code"], home, place)
    manifest["template"]["sha256"] = sha256(moved[TEMPLATE]).hexdigest()
    return replace(
        artifact, files={**artifact.files, **moved, MANIFEST: _as_json(manifest)}
    )


def commit_in(artifact: Artifact) -> str:
    """Return the commit that the artifact was built of, as its manifest has it.

    Raises:
        BadInput: when the manifest is not as the build writes it.
    """
    return str(_manifest(artifact)["commit"])


def _in_store(bucket: str) -> bytes:
    return f"s3://{bucket}/".encode()


def _moved_code(code: Any, home: str, place: str) -> Any:
    """Return where code lies; what is no address in a store stays."""
    if not isinstance(code, str):
        return code
    return code.replace(f"s3://{home}/", f"s3://{place}/")


def _file(artifact: Artifact, name: str) -> bytes:
    if name not in artifact.files:
        raise BadInput(
            f"{name} is not in the artifact.",
            why="Every build writes it.",
            next_step="Start a new execution, so that the build makes it again.",
        )
    return artifact.files[name]


def _manifest(artifact: Artifact) -> dict[str, Any]:
    """Return the manifest as data; it must name the artifact's own template."""
    text = _file(artifact, MANIFEST)
    try:
        data: dict[str, Any] = json.loads(text)
        named = data["template"]["sha256"]
        _ = [each["code"] for each in data["functions"].values()]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _strange(f"{type(error).__name__}: {error}") from error
    if named != sha256(_file(artifact, TEMPLATE)).hexdigest():
        raise _strange(f"It names another template than {TEMPLATE}.")
    if not _COMMIT.fullmatch(str(data.get("commit", ""))):
        raise _strange("It names no commit.")
    return data


def _strange(why: str) -> BadInput:
    return BadInput(
        f"{MANIFEST} is not what the build writes.",
        why=why,
        next_step="Start a new execution, so that the build makes it again.",
    )


def _as_json(data: Mapping[str, Any]) -> bytes:
    """Write data as the build does, so that nothing else of it changes."""
    return (json.dumps(data, indent=2, ensure_ascii=False) + "\n").encode()
