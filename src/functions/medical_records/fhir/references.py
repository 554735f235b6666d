"""Which resource of a bundle a reference means, and whether it is about the patient.

http://hl7.org/fhir/R4/references.html and http://hl7.org/fhir/R4/bundle.html#references.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

_URL = re.compile(
    r"((?P<base>https?://.+)/)?(?P<type>[A-Z][A-Za-z]+)/(?P<id>[A-Za-z0-9\-.]{1,64})"
    r"(/_history/[A-Za-z0-9\-.]{1,64})?"
)
_BY_IDENTIFIER = re.compile(r"Patient\?identifier=(?P<system>[^|]*)\|(?P<value>.+)")


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of a bundle and its place in it."""

    kind: str
    content: Mapping[str, Any]
    path: str
    full_url: str = ""

    @property
    def id(self) -> str:
        """The resource's own id, empty where it has none."""
        return str(self.content.get("id", ""))

    @property
    def server(self) -> str:
        """The base of the server it came from, empty where its URL names none."""
        match = _URL.fullmatch(self.full_url)
        return (match["base"] or "") if match else ""

    def contained(self, reference: str) -> Mapping[str, Any] | None:
        """Return the contained resource that ``#id`` means."""
        inner = self.content.get("contained")
        for item in inner if isinstance(inner, list) else ():
            if isinstance(item, dict) and item.get("id") == reference.removeprefix("#"):
                return item
        return None


class Index:
    """Finds the resources of one bundle by reference.

    ``by_url`` has the URLs of duplicates too: they mean the one that was kept.
    """

    def __init__(
        self, resources: Iterable[Resource], by_url: Mapping[str, Resource]
    ) -> None:
        self._by_url = by_url
        self._by_id: dict[tuple[str, str], list[Resource]] = {}
        for resource in resources:
            if resource.id:
                key = (resource.kind, resource.id)
                self._by_id.setdefault(key, []).append(resource)

    def find(self, reference: str, *, source: Resource) -> Resource | None:
        """Return the resource that ``reference`` means where ``source`` says it."""
        if reference in self._by_url:
            return self._by_url[reference]
        match = _URL.fullmatch(reference)
        if match is None:
            return None
        candidates = self._by_id.get((match["type"], match["id"]), [])
        wanted = match["base"] or source.server
        same = [found for found in candidates if found.server == wanted]
        # Where one side names no server, the id has to do, if it says one resource.
        loose = [found for found in candidates if not (found.server and wanted)]
        for fitting in (same, loose):
            if len(fitting) == 1:
                return fitting[0]
        return None


class Subject(Enum):
    """Whom a resource is about, as far as the bundle shows."""

    PATIENT = "the patient"
    ANOTHER_PATIENT = "another patient"
    NO_PATIENT = "a group, a device or a place"
    UNKNOWN = "nobody the bundle knows"


def judge_subject(
    reference: Mapping[str, Any], *, source: Resource, patient: Resource, index: Index
) -> Subject:
    """Say whether ``reference`` means ``patient``."""
    target = reference.get("reference")
    if isinstance(target, str):
        return _by_target(target, reference, source, patient, index)
    if reference.get("type", "Patient") != "Patient":
        return Subject.NO_PATIENT
    identifier = reference.get("identifier")
    if isinstance(identifier, dict):
        return _by_identifier(identifier, patient)
    # A name to show, and nothing to follow: in a bundle of one patient it is theirs.
    return Subject.PATIENT


def _by_target(
    target: str,
    reference: Mapping[str, Any],
    source: Resource,
    patient: Resource,
    index: Index,
) -> Subject:
    if target.startswith("#"):
        return _of_kind((source.contained(target) or {}).get("resourceType"))
    found = index.find(target, source=source)
    if found is not None:
        return Subject.PATIENT if found is patient else _of_kind(found.kind)
    asked = _BY_IDENTIFIER.fullmatch(target)
    if asked:
        return _by_identifier(
            {"system": asked["system"], "value": asked["value"]}, patient
        )
    match = _URL.fullmatch(target)
    return _of_kind(match["type"] if match else reference.get("type"))


def _of_kind(kind: object) -> Subject:
    if not isinstance(kind, str):
        return Subject.UNKNOWN
    return Subject.ANOTHER_PATIENT if kind == "Patient" else Subject.NO_PATIENT


def _by_identifier(wanted: Mapping[str, Any], patient: Resource) -> Subject:
    """Compare a business identifier with the patient's own of the same system."""
    known = [
        item.get("value")
        for item in patient.content.get("identifier", ())
        if item.get("system") == wanted.get("system")
    ]
    if wanted.get("value") in known:
        return Subject.PATIENT
    # Nothing of that system is known of the patient: it proves nothing either way.
    return Subject.ANOTHER_PATIENT if known else Subject.PATIENT
