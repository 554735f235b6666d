"""Read JSON strictly: every field there, of its type, and nothing besides."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from enum import StrEnum
from typing import Any, TypeVar

from delivery.ledger.events import LedgerBroken

Word = TypeVar("Word", bound=StrEnum)


class Fields:
    """The fields of one JSON object; each is taken once, and ``done`` wants none left."""

    def __init__(self, data: Any, where: str) -> None:
        if not isinstance(data, dict):
            raise broken(where, f"should be an object and is {_name(data)}")
        self._left = dict(data)
        self.where = where

    def take(self, name: str, *kinds: type) -> Any:
        """Return the value of a field that must be there and of one of ``kinds``."""
        if name not in self._left:
            raise broken(self.where, f"lacks {name}")
        value = self._left.pop(name)
        # bool is an int to isinstance, and is never meant where a number is.
        if not isinstance(value, kinds) or isinstance(value, bool):
            wanted = " or ".join(each.__name__ for each in kinds)
            raise broken(
                f"{self.where}.{name}", f"should be {wanted} and is {_name(value)}"
            )
        return value

    def text(self, name: str) -> str:
        """Return a string."""
        return str(self.take(name, str))

    def integer(self, name: str) -> int:
        """Return a whole number."""
        return int(self.take(name, int))

    def number(self, name: str) -> float:
        """Return a number."""
        return float(self.take(name, int, float))

    def word(self, name: str, words: type[Word]) -> Word:
        """Return a member of an enumeration."""
        text = self.text(name)
        if text not in {each.value for each in words}:
            known = ", ".join(each.value for each in words)
            raise broken(f"{self.where}.{name}", f"is {text!r}; known are {known}")
        return words(text)

    def time(self, name: str) -> datetime:
        """Return an aware time in UTC."""
        text = self.text(name)
        try:
            time = datetime.fromisoformat(text)
        except ValueError as error:
            raise broken(f"{self.where}.{name}", f"is no time: {text!r}") from error
        if time.tzinfo is None:
            raise broken(f"{self.where}.{name}", f"has no time zone: {text!r}")
        return time.astimezone(timezone.utc)

    def time_or_none(self, name: str) -> datetime | None:
        """Return a time, or None where it is null."""
        if self._left.get(name, "") is None:
            del self._left[name]
            return None
        return self.time(name)

    def texts(self, name: str) -> dict[str, str]:
        """Return an object whose values are strings."""
        inner = self.inner(name)
        return {key: inner.text(key) for key in inner.names()}

    def words(self, name: str) -> tuple[str, ...]:
        """Return a list of strings."""
        items = self.take(name, list)
        for item in items:
            if not isinstance(item, str):
                raise broken(f"{self.where}.{name}", f"holds {_name(item)}")
        return tuple(items)

    def inner(self, name: str) -> Fields:
        """Return the fields of an object within."""
        return Fields(self.take(name, dict), f"{self.where}.{name}")

    def inner_or_none(self, name: str) -> Fields | None:
        """Return the fields of an object within, or None where it is null."""
        if self._left.get(name, "") is None:
            del self._left[name]
            return None
        return self.inner(name)

    def inners(self, name: str) -> dict[str, Fields]:
        """Return an object of objects."""
        outer = self.inner(name)
        return {key: outer.inner(key) for key in outer.names()}

    def names(self) -> list[str]:
        """Return the names of the fields that are left."""
        return list(self._left)

    def done(self) -> None:
        """Refuse fields that nobody asked for."""
        if self._left:
            raise broken(self.where, f"has unknown fields: {', '.join(self._left)}")


def broken(where: str, what: str) -> LedgerBroken:
    """Say what is wrong with an object of the ledger."""
    return LedgerBroken(
        f"{where} {what}.",
        why="It was written by a newer tool, or not by the tool.",
        next_step="Use the tool of the commit that was released last; if that does not "
        "read it either, find out from the bucket's access log who put it there.",
    )


def written_time(time: datetime) -> str:
    """Return a time as the ledger writes it: UTC, with microseconds when there are any."""
    return time.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")


def ordered(texts: Mapping[str, str]) -> dict[str, str]:
    """Return plain data."""
    return {str(key): str(value) for key, value in texts.items()}


def _name(value: Any) -> str:
    return "null" if value is None else type(value).__name__
