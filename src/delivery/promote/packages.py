"""The packages of a release, as its file PACKAGES names them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256

from delivery.errors import BadInput

PACKAGES = "PACKAGES"
# Where a receiver may put packages.
_FOLDER = "packages/"
_LINE = re.compile(
    r"(?P<sha256>[0-9a-f]{64})  s3://(?P<bucket>[a-z0-9.-]{3,63})/(?P<key>\S+)"
)


@dataclass(frozen=True, slots=True)
class Package:
    """One function's code: the hash that the build took of it, and where it lies."""

    sha256: str
    bucket: str
    key: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


def packages_of(text: bytes, *, home: str) -> tuple[Package, ...]:
    """Return the packages that PACKAGES names; all lie in the release store ``home``.

    Raises:
        BadInput: for a line of another form, and for code that lies elsewhere: a place
            cannot read it from there.
    """
    lines = text.decode("utf-8", "backslashreplace").splitlines()
    return tuple(_package(line, n, home) for n, line in enumerate(lines, start=1))


def _package(line: str, number: int, home: str) -> Package:
    found = _LINE.fullmatch(line)
    if found is None:
        raise BadInput(
            f"{PACKAGES}:{number} is not what the build writes.",
            why=f"It should be a hash and where the package lies, and is {line!r}.",
            next_step="Start a new execution, so that the build writes it again.",
        )
    package = Package(**found.groupdict())
    if package.bucket != home or not package.key.startswith(_FOLDER):
        raise BadInput(
            f"{PACKAGES}:{number} names {package}, which cannot go to another place.",
            why=f"What goes along lies in s3://{home}/{_FOLDER}; of anything else "
            "functions there would read the code from this region.",
            next_step="Let sam package upload that code: name it by a path in the "
            "template.",
        )
    return package


def checked_content(package: Package, content: bytes) -> bytes:
    """Return what lies where the package is, if it is what the build put there.

    Raises:
        BadInput: when it is not.
    """
    found = sha256(content).hexdigest()
    if found != package.sha256:
        raise BadInput(
            f"{package} is not the package that was built.",
            why=f"Its content has the hash {found}, and the build's had "
            f"{package.sha256}.",
            next_step="Find out in CloudTrail who put it, then start a new execution.",
        )
    return content
