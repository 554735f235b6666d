"""JSON in and out with every decimal kept digit for digit.

FHIR says that 5.40 and 5.4 are not the same decimal: the digits are the precision of
the measurement (http://hl7.org/fhir/R4/datatypes.html#decimal). Floats would lose it.
"""

from __future__ import annotations

import json
import re
import secrets
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

# `json` cannot write a Decimal as a number. It is written as a string that begins with
# a mark nobody outside this process knows, and then freed of its quotation marks.
_MARK = f"decimal-{secrets.token_hex(12)}:"
_MARKED = re.compile(f'"{_MARK}([^"]+)"')


class NotJson(Exception):
    """The text is not JSON; ``line`` and ``column`` say where, when that is known."""

    def __init__(self, line: int = 0, column: int = 0) -> None:
        super().__init__("not JSON")
        self.line = line
        self.column = column


class RepeatedName(Exception):
    """An object has the same name twice: which value counts is anybody's guess."""


class TooDeep(Exception):
    """The text nests deeper than the interpreter reads."""


def read(text: str) -> Any:
    """Parse ``text``; numbers with a point or exponent become ``Decimal``.

    Raises:
        NotJson: also for NaN, Infinity and numbers too long to be a measurement.
        RepeatedName: where RFC 8259 leaves the meaning open.
        TooDeep: when the interpreter's stack does not suffice.
    """
    try:
        return json.loads(
            text,
            parse_float=Decimal,
            parse_constant=_refuse_constant,
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError as error:
        # The error holds the whole text; leave it behind.
        position = (error.lineno, error.colno)
    except RecursionError:
        raise TooDeep from None
    except (ValueError, InvalidOperation):
        position = (0, 0)
    raise NotJson(*position)


def write(value: Any) -> str:
    """Write ``value`` compactly, in ASCII, so that lone surrogates survive as escapes."""
    text = json.dumps(value, separators=(",", ":"), default=_mark)
    return _MARKED.sub(r"\1", text)


def canonical(value: Any) -> str:
    """Write ``value`` the same way whatever the order of keys and white space was."""
    return json.dumps(
        value, separators=(",", ":"), sort_keys=True, default=_canonical_decimal
    )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise RepeatedName
    return members


def _mark(value: object) -> str:
    return _MARK + _decimal_text(value)


def _canonical_decimal(value: object) -> str:
    # A control character cannot occur in a FHIR string: no text equals a number.
    return "\0" + _decimal_text(value)


def _decimal_text(value: object) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError("JSON has no such number")
