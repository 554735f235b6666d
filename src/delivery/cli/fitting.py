"""Fit what is written to the terminal that shows it: lines break at words, tables by columns.

Nothing is left out, and what goes to a file or a pipe is not touched. A line that is a
command or a link stays whole, so that it can be copied.
"""

from __future__ import annotations

import os
import re
import sys
import textwrap
from collections.abc import Iterator, Sequence

import click

_GAP = "  "
_NARROWEST_CELL = 20
_WIDEST_LABEL = 22
# A label is a word with a colon, a mark, or a first column that is not wide.
_INDENT_AND_LABEL = re.compile(r"(\s*)((?:\w+:\s+|[-+~!*•✓✗▸·]\s+|\S+\s{2,})?)")
_COPIED = ("./", "aws ", "git ", "curl ", "http://", "https://")

Rows = Sequence[Sequence[str]]


def echo(text: str = "", *, err: bool = False) -> None:
    """Write ``text``, fitted to the terminal if it goes to one."""
    click.echo(fit(text, columns(err=err)), err=err)


def columns(*, err: bool = False) -> int | None:
    """Return how wide the terminal is, or None where the stream is none."""
    stream = sys.stderr if err else sys.stdout
    try:
        return os.get_terminal_size(stream.fileno()).columns or None
    except (OSError, ValueError):
        return None


def fit(text: str, width: int | None) -> str:
    """Break lines that are longer than ``width`` at words, under where they begin."""
    if width is None:
        return text
    return "\n".join(part for line in text.split("\n") for part in _parts(line, width))


def _parts(line: str, width: int) -> list[str]:
    found = _INDENT_AND_LABEL.match(line)
    indent, label = found.groups() if found else ("", "")
    label = label if len(label) <= _WIDEST_LABEL else ""
    rest = line[len(indent) + len(label) :]
    if len(line) <= width or " " not in rest or rest.startswith(_COPIED):
        return [line]
    return textwrap.wrap(
        rest,
        width,
        initial_indent=indent + label,
        subsequent_indent=" " * (len(indent) + len(label)),
        break_long_words=False,
        break_on_hyphens=False,
    )


def table(rows: Rows, header: Sequence[str], *, indent: int = 0) -> str:
    """Return rows in columns as wide as they need, or as the terminal lets them be."""
    width = columns()
    return as_table(rows, header, None if width is None else width - indent)


def as_table(rows: Rows, header: Sequence[str], width: int | None) -> str:
    """Return a table no wider than ``width``.

    Headers take several lines first; then columns go below, beside the first one again.
    """
    lines = [header, *rows]
    plain = [max(len(row[i]) for row in lines) for i in range(len(header))]
    if width is None or _total(plain) <= width:
        return "\n".join(_line(row, plain) for row in lines)
    narrow = [_narrowest(i, rows, header) for i in range(len(header))]
    return "\n\n".join(
        "\n".join(_group_lines(lines, group, narrow, width))
        for group in _groups(narrow, width)
    )


def _narrowest(column: int, rows: Rows, header: Sequence[str]) -> int:
    words = header[column].split() or [""]
    return max(len(each) for each in [*words, *(row[column] for row in rows)])


def _groups(widths: Sequence[int], width: int) -> Iterator[list[int]]:
    """Yield the columns that stand beside each other, the first one in each group."""
    group = [0]
    for column in range(1, len(widths)):
        if len(group) > 1 and _total([widths[i] for i in [*group, column]]) > width:
            yield group
            group = [0]
        group.append(column)
    yield group


def _group_lines(
    lines: Rows, group: Sequence[int], widths: Sequence[int], width: int
) -> Iterator[str]:
    own = [widths[i] for i in group]
    own[-1] = min(own[-1], max(width - _total([*own[:-1], 0]), _NARROWEST_CELL))
    for line in lines:
        cells = [
            textwrap.wrap(line[i], wide, break_long_words=False) or [""]
            for i, wide in zip(group, own, strict=True)
        ]
        for row in range(max(map(len, cells))):
            yield _line([each[row] if row < len(each) else "" for each in cells], own)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell.ljust(wide) for cell, wide in zip(cells, widths, strict=True))
    return _GAP.join(padded).rstrip()


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + len(_GAP) * (len(widths) - 1)
