"""The bill of materials of a release, in CycloneDX 1.6.

It lists what `sam build` really put into each function, read from the packages' own metadata,
as required; and what the build and the deploy tool are pinned to, as excluded from the
application. Source: CycloneDX 1.6, "Component Scope".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

if TYPE_CHECKING:
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component

_PINNED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==([^\s;\\]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Package:
    """A package of the Python Package Index; ``hashes`` are those of its files."""

    name: str
    version: str
    hashes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bill:
    """What a release is made of.

    ``functions`` are the packages in each function's code, ``pinned`` those of the locks.
    ``built_at`` is in ISO 8601.
    """

    name: str
    version: str
    built_at: str
    functions: Mapping[str, tuple[Package, ...]]
    pinned: tuple[Package, ...]


def packages_in(folder: Path) -> Iterator[Package]:
    """Give the packages that are installed in ``folder``, a function's code."""
    for metadata in sorted(folder.glob("*.dist-info/METADATA")):
        headers = HeaderParser().parsestr(metadata.read_text(encoding="utf-8"))
        yield Package(_normal(str(headers["Name"])), str(headers["Version"]))


def pinned_in(lock: str) -> Iterator[Package]:
    """Give the packages that a requirements file pins, with the hashes it demands."""
    name, version = "", ""
    hashes: list[str] = []
    for line in lock.splitlines():
        if found := _PINNED.match(line):
            if name:
                yield Package(name, version, tuple(sorted(hashes)))
            name, version, hashes = _normal(found[1]), found[2], []
        hashes.extend(_HASH.findall(line))
    if name:
        yield Package(name, version, tuple(sorted(hashes)))


def bill_of_materials(bill: Bill) -> str:
    """Give the bill as JSON; the same release gives the same text."""
    from cyclonedx.output.json import JsonV1Dot6

    text: str = JsonV1Dot6(_bom(bill)).output_as_string(indent=2)
    return text + "\n"


def _bom(bill: Bill) -> Bom:
    from datetime import datetime

    from cyclonedx.model.bom import Bom, BomMetaData
    from cyclonedx.model.component import ComponentScope

    hashes = {(each.name, each.version): each.hashes for each in bill.pinned}
    application = _application(bill.name, bill.version)
    bom = Bom(
        serial_number=uuid5(
            NAMESPACE_URL, f"{bill.name}/{bill.version}/{bill.built_at}"
        ),
        metadata=BomMetaData(
            component=application, timestamp=datetime.fromisoformat(bill.built_at)
        ),
    )
    shipped: dict[tuple[str, str], Component] = {}
    made = []
    for logical_id, packages in sorted(bill.functions.items()):
        function = _application(logical_id, bill.version)
        for each in packages:
            key = (each.name, each.version)
            known = Package(each.name, each.version, hashes.get(key, ()))
            shipped.setdefault(key, _library(known, ComponentScope.REQUIRED))
        parts = [shipped[each.name, each.version] for each in packages]
        bom.components.add(function)
        bom.register_dependency(function, parts)
        made.append(function)
    bom.components.update(shipped.values())
    bom.components.update(
        _library(each, ComponentScope.EXCLUDED)
        for each in bill.pinned
        if (each.name, each.version) not in shipped
    )
    bom.register_dependency(application, made)
    return bom


def _application(name: str, version: str) -> Component:
    from cyclonedx.model.component import Component, ComponentType

    kind = ComponentType.APPLICATION
    return Component(
        type=kind, name=name, version=version, bom_ref=f"application:{name}"
    )


def _library(package: Package, scope: Any) -> Component:
    from cyclonedx.model import (
        ExternalReference,
        ExternalReferenceType,
        HashAlgorithm,
        HashType,
        XsUri,
    )
    from cyclonedx.model.component import Component, ComponentType
    from packageurl import PackageURL

    address = PackageURL("pypi", name=package.name, version=package.version)
    page = XsUri(f"https://pypi.org/project/{package.name}/{package.version}/")
    files = ExternalReference(
        type=ExternalReferenceType.DISTRIBUTION,
        url=page,
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=h) for h in package.hashes],
    )
    return Component(
        type=ComponentType.LIBRARY,
        name=package.name,
        version=package.version,
        purl=address,
        bom_ref=address.to_string(),
        scope=scope,
        external_references=[files],
    )


def _normal(name: str) -> str:
    """Spell a name as the index does. Source: PyPA, "Names and normalization"."""
    return re.sub(r"[-_.]+", "-", name).lower()
