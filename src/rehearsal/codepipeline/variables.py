"""Resolve ``#{namespace.key}`` in an action's configuration."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

Namespaces = Mapping[str, Mapping[str, str]]

_REFERENCE = re.compile(r"#\{([A-Za-z0-9@\-_]+)\.([A-Za-z0-9@\-_]+)\}")


class UnknownVariable(Exception):
    """A reference to something that no earlier action has put out."""


def resolve(text: str, namespaces: Namespaces) -> str:
    """Replace each reference in ``text`` by its value.

    Raises:
        UnknownVariable: naming the reference.
    """

    def value(match: re.Match[str]) -> str:
        try:
            return namespaces[match[1]][match[2]]
        except KeyError:
            raise UnknownVariable(
                f"Unable to resolve the following variable: {match[0]}"
            ) from None

    return _REFERENCE.sub(value, text)


def references(text: str) -> Iterator[str]:
    """Yield the namespaces that ``text`` refers to."""
    for match in _REFERENCE.finditer(text):
        yield match[1]
