"""What is wrong with a request, as a value: never the record's content, only its path."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a request is refused.

    ``path`` names the place in FHIRPath's way (``Bundle.entry[3].resource.code``) and
    is built from names this application knows, never from keys that were sent: a key
    can hold a name or a number of a person as well as a value can. ``other_paths``
    are further places, so that a sender need not find them one by one.
    """

    status: int
    code: str
    message: str
    path: str
    other_paths: tuple[str, ...] = ()


def malformed(path: str, code: str, message: str) -> Problem:
    """Refuse what could not be read at all (400)."""
    return Problem(status=400, code=code, message=message, path=path)


def unprocessable(path: str, code: str, message: str) -> Problem:
    """Refuse what was read and does not say a patient's record (422)."""
    return Problem(status=422, code=code, message=message, path=path)
