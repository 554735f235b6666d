"""The functions of the account, and the errors for what is not there."""

from __future__ import annotations

import threading

from rehearsal.functions.model import Alias, Function, Version, split_name
from rehearsal.paging import Pages
from rehearsal.protocol import ApiError

PAGES = Pages("Marker", "NextMarker", "MaxItems", 50, "InvalidParameterValueException")


class Registry:
    """All functions by name. Callers hold ``lock`` while they read and change one."""

    def __init__(self, arn_prefix: str) -> None:
        self.lock = threading.RLock()
        self._arn_prefix = arn_prefix
        self._functions: dict[str, Function] = {}

    def arn(self, name: str) -> str:
        """Return the ARN of the function called ``name``, whether it exists or not."""
        return f"{self._arn_prefix}:function:{name}"

    def add(self, function: Function) -> None:
        """Keep a new function.

        Raises:
            ApiError: ResourceConflictException when the name is taken.
        """
        with self.lock:
            if function.name in self._functions:
                raise ApiError(
                    "ResourceConflictException",
                    f"Function already exist: {function.name}",
                )
            self._functions[function.name] = function

    def remove(self, name: str) -> None:
        """Forget a function with all its versions and aliases."""
        with self.lock:
            del self._functions[name]

    def all(self) -> list[Function]:
        """Return every function, by name."""
        with self.lock:
            return [self._functions[name] for name in sorted(self._functions)]

    def function(self, text: str) -> Function:
        """Find a function by name or ARN; a qualifier in it is ignored.

        Raises:
            ApiError: ResourceNotFoundException.
        """
        self._refuse_elsewhere(text)
        name, _ = split_name(text)
        with self.lock:
            function = self._functions.get(name)
        if function is None:
            raise not_found(self.arn(name))
        return function

    def _refuse_elsewhere(self, text: str) -> None:
        """Refuse an ARN of another place; the words are AWS's for another region."""
        if not text.startswith("arn:") or text.startswith(f"{self._arn_prefix}:"):
            return
        there, here = text.split(":")[3], self._arn_prefix.split(":")[3]
        if there == here:
            raise not_found(text)
        raise ApiError(
            "ResourceNotFoundException",
            f"Functions from '{there}' are not reachable in this region ('{here}')",
        )

    def version(self, function: Function, qualifier: str) -> Version:
        """Resolve a version number, ``$LATEST`` or an alias to its (main) version."""
        if alias := function.aliases.get(qualifier):
            qualifier = alias.version
        version = function.version(qualifier)
        if version is None:
            raise not_found(f"{function.arn}:{qualifier}")
        return version

    def alias(self, function: Function, name: str) -> Alias:
        """Find an alias of ``function``.

        Raises:
            ApiError: ResourceNotFoundException.
        """
        alias = function.aliases.get(name)
        if alias is None:
            raise ApiError(
                "ResourceNotFoundException",
                f"Cannot find alias arn: {function.arn}:{name}",
            )
        return alias


def qualifier_of(text: str, given: str | None) -> str | None:
    """Return the qualifier: the parameter, or the one in the name.

    Raises:
        ApiError: InvalidParameterValueException when they differ.
    """
    _, named = split_name(text)
    if named and given and named != given:
        raise ApiError(
            "InvalidParameterValueException",
            "The derived qualifier from the function name does not match the "
            "specified qualifier.",
        )
    return given or named


def not_found(arn: str) -> ApiError:
    """Return the error for a function, or version of one, that does not exist."""
    return ApiError("ResourceNotFoundException", f"Function not found: {arn}")


def guard_revision(given: str | None, current: str) -> None:
    """Refuse a change whose RevisionId is not the newest.

    Raises:
        ApiError: PreconditionFailedException (412).
    """
    if given and given != current:
        raise ApiError(
            "PreconditionFailedException",
            "The Revision Id provided does not match the latest Revision Id. Call the "
            "GetFunction/GetAlias API to retrieve the latest Revision Id",
        )
