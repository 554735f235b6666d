"""Which resource of a bundle a reference means, and whether it is about the patient.

http://hl7.org/fhir/R4/references.html and http://hl7.org/fhir/R4/bundle.html#references.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from medical_records.fhir.definitions import SUBJECTS

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

    def contained(self) -> dict[str, Mapping[str, Any]]:
        """Return the contained resources by their ids."""
        inner = self.content.get("contained")
        resources = inner if isinstance(inner, list) else []
        return {
            resource["id"]: resource
            for resource in resources
            if isinstance(resource, dict) and isinstance(resource.get("id"), str)
        }


class Index:
    """Finds the resources of one bundle by reference.

    ``by_url`` has the URLs of duplicates too: they mean the one that was kept.
    """

    def __init__(
        self, resources: Iterable[Resource], by_url: Mapping[str, Resource]
    ) -> None:
        self._by_url = by_url
        self._by_id: dict[tuple[str, str], dict[str, Resource]] = {}
        for resource in resources:
            if resource.id:
                servers = self._by_id.setdefault((resource.kind, resource.id), {})
                servers[resource.server] = resource

    def find(self, reference: str, *, source: Resource) -> Resource | None:
        """Return the resource that ``reference`` means where ``source`` says it."""
        if reference in self._by_url:
            return self._by_url[reference]
        match = _URL.fullmatch(reference)
        if match is None:
            return None
        servers = self._by_id.get((match["type"], match["id"]), {})
        wanted = match["base"] or source.server
        if wanted in servers:
            return servers[wanted]
        # Where one side names no server the id has to do, if it names one resource.
        if wanted:
            return servers.get("")
        return next(iter(servers.values())) if len(servers) == 1 else None


class Subject(Enum):
    """Whom a resource is about, as far as the bundle shows."""

    PATIENT = "the patient"
    ANOTHER_PATIENT = "another patient"
    NO_PATIENT = "a group, a device or a place"
    UNKNOWN = "nobody the bundle knows"


class SubjectJudge:
    """Says whether references mean the one patient of a bundle.

    Everything is looked up, nothing searched: a bundle made to be slow is not.
    """

    def __init__(self, patient: Resource, index: Index) -> None:
        self._patient = patient
        self._index = index
        self._identifiers: dict[Any, set[Any]] = {}
        for identifier in patient.content.get("identifier", ()):
            known = self._identifiers.setdefault(identifier.get("system"), set())
            known.add(identifier.get("value"))

    def judge(self, resource: Resource) -> Iterator[tuple[str, Subject]]:
        """Yield each element that says whom ``resource`` is about, and who it is."""
        contained = resource.contained()
        for name, reference in _subjects(resource):
            yield name, self._judge(reference, resource, contained)

    def _judge(
        self,
        reference: Mapping[str, Any],
        source: Resource,
        contained: Mapping[str, Mapping[str, Any]],
    ) -> Subject:
        target = reference.get("reference")
        if not isinstance(target, str):
            return self._by_words(reference)
        if target.startswith("#"):
            return _of_kind(contained.get(target[1:], {}).get("resourceType"))
        found = self._index.find(target, source=source)
        if found is not None:
            return Subject.PATIENT if found is self._patient else _of_kind(found.kind)
        asked = _BY_IDENTIFIER.fullmatch(target)
        if asked:
            return self._by_identifier(asked["system"] or None, asked["value"])
        match = _URL.fullmatch(target)
        return _of_kind(match["type"] if match else reference.get("type"))

    def _by_words(self, reference: Mapping[str, Any]) -> Subject:
        if reference.get("type", "Patient") != "Patient":
            return Subject.NO_PATIENT
        identifier = reference.get("identifier")
        if isinstance(identifier, dict):
            system, value = identifier.get("system"), identifier.get("value")
            if isinstance(system, str | None) and isinstance(value, str | None):
                return self._by_identifier(system, value)
        # A name to show, and nothing to follow: in a bundle of one patient, theirs.
        return Subject.PATIENT

    def _by_identifier(self, system: str | None, value: str | None) -> Subject:
        """Compare a business identifier with the patient's own of the same system."""
        known = self._identifiers.get(system)
        if known is None or value in known:
            # Nothing of that system known of the patient proves nothing either way.
            return Subject.PATIENT
        return Subject.ANOTHER_PATIENT


def _subjects(resource: Resource) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name in SUBJECTS:
        value = resource.content.get(name)
        if isinstance(value, dict):
            yield name, value
        for index, item in enumerate(value if isinstance(value, list) else ()):
            if isinstance(item, dict):
                yield f"{name}[{index}]", item


def _of_kind(kind: object) -> Subject:
    if not isinstance(kind, str):
        return Subject.UNKNOWN
    return Subject.ANOTHER_PATIENT if kind == "Patient" else Subject.NO_PATIENT
