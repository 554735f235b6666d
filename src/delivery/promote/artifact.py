"""A build's artifact: its files, and the proof that they are what one execution built.

``buildspecs/sums.sh`` writes SHA256SUMS, and CodePipeline keeps the hash of that file with
the execution.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath

from delivery.errors import BadInput

SUMS = "SHA256SUMS"
# As sha256sum writes it; a name with a backslash or a newline would begin with a backslash.
_LINE = re.compile(r"(?P<sha256>[0-9a-f]{64})  \./(?P<name>[^\\]+)")
# What a build that runs in the artifact's folder leaves there: its tools and compiled modules.
_LEFT_AT_THE_TOP = ".cache"
_LEFT_ANYWHERE = "__pycache__"
_AGAIN = (
    "Give --artifact the folder of the execution's BuildOutput, and nothing beside."
)


@dataclass(frozen=True, slots=True)
class Artifact:
    """Files by name, in the order of SHA256SUMS, which is not among them."""

    files: Mapping[str, bytes]
    executable: frozenset[str] = frozenset()

    @property
    def sums(self) -> bytes:
        """What SHA256SUMS holds."""
        lines = (
            f"{sha256(content).hexdigest()}  ./{name}\n"
            for name, content in self.files.items()
        )
        return "".join(lines).encode()

    @property
    def sha256(self) -> str:
        """The hash of SHA256SUMS, and so of all of it."""
        return sha256(self.sums).hexdigest()


def read_artifact(folder: Path, digest: str) -> Artifact:
    """Read the artifact in ``folder``, whose SHA256SUMS has the hash ``digest``.

    Raises:
        BadInput: when anything is not as the execution built it, or lies beside it.
    """
    named = _named(folder, digest)
    beside = sorted(set(_found(folder)) - set(named) - {SUMS})
    if beside:
        raise BadInput(
            f"{beside[0]} is no part of the artifact.",
            why=f"{SUMS} names {len(named)} files, and {len(beside)} more are there.",
            next_step=_AGAIN,
        )
    artifact = Artifact(
        {name: _content(folder / name, name, wanted) for name, wanted in named.items()},
        frozenset(each for each in named if os.access(folder / each, os.X_OK)),
    )
    if artifact.sha256 != digest:
        raise _strange(
            SUMS, "Written anew from the files that it names, it is another."
        )
    return artifact


def _named(folder: Path, digest: str) -> dict[str, str]:
    """Return the hash of each file by its name, as SHA256SUMS has them."""
    path = folder / SUMS
    if not path.is_file():
        raise BadInput(
            f"{path} is not there.",
            why="What is handed on is the build's artifact, checked file by file.",
            next_step=_AGAIN,
        )
    text = path.read_bytes()
    found = sha256(text).hexdigest()
    if found != digest:
        raise BadInput(
            "The artifact is not the one that the execution built.",
            why=f"Its {SUMS} has the hash {found}, and the execution's has {digest}.",
            next_step=_AGAIN,
        )
    lines = text.decode("utf-8", "backslashreplace").removesuffix("\n").split("\n")
    return dict(_entry(line, number) for number, line in enumerate(lines, start=1))


def _entry(line: str, number: int) -> tuple[str, str]:
    found = _LINE.fullmatch(line)
    if found is None or ".." in PurePosixPath(found["name"]).parts:
        why = f"It should be a hash and the name of a file, and is {line!r}."
        raise _strange(f"{SUMS}:{number}", why)
    return found["name"], found["sha256"]


def _strange(what: str, why: str) -> BadInput:
    return BadInput(
        f"{what} is not what the build writes.",
        why=why,
        next_step="Start a new execution, so that the build writes it again.",
    )


def _found(folder: Path) -> Iterator[str]:
    """Yield the names of all that lies there, but for what the running build leaves."""
    for at, folders, files in os.walk(folder):
        here = Path(at).relative_to(folder)
        left = {_LEFT_ANYWHERE} | ({_LEFT_AT_THE_TOP} if here == Path(".") else set())
        folders[:] = [each for each in folders if each not in left]
        yield from ((here / each).as_posix() for each in files)


def _content(path: Path, name: str, wanted: str) -> bytes:
    if path.is_symlink() or not path.is_file():
        raise BadInput(
            f"{name} is missing in the artifact.",
            why=f"{SUMS} names it.",
            next_step=_AGAIN,
        )
    content = path.read_bytes()
    if sha256(content).hexdigest() != wanted:
        raise BadInput(
            f"{name} is not the file that was built.",
            why=f"Its hash is not the one in {SUMS}.",
            next_step=_AGAIN,
        )
    return content
