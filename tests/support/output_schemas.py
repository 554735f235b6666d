"""The schemas of what commands print with ``--output json``, and what they say of a text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
from jsonschema import Draft202012Validator

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "schemas"
# What prints one document a line.
BY_LINE = frozenset({"logs"})


def commands_of(command: click.Command, *path: str) -> Iterator[str]:
    """Yield the names of a tree's commands, as their schemas are named."""
    if not isinstance(command, click.Group):
        yield "-".join(path)
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found is not None
        yield from commands_of(found, *path, name)


def asks_for_json(words: Sequence[str]) -> bool:
    """Tell whether a command line asks for JSON; what is given last wins."""
    text = " ".join(words).replace("--output ", "--output=")
    given = [word for word in text.split() if word.startswith("--output=")]
    return bool(given) and given[-1] == "--output=json"


def command_of(command: click.Command, words: Sequence[str]) -> str:
    """Return the name of the schema that a command line's output has to fit."""
    path: list[str] = []
    context = command.make_context(
        command.name or "", list(words), resilient_parsing=True
    )
    while isinstance(command, click.Group):
        rest = [*context.protected_args, *context.args]
        name, found, rest = command.resolve_command(context, rest)
        assert name is not None and found is not None
        path.append(name)
        command = found
        context = found.make_context(name, rest, parent=context, resilient_parsing=True)
    return "-".join(path)


def problems(name: str, text: str) -> list[str]:
    """Return where a command's output does not fit its schema."""
    schema = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    documents = text.splitlines() if name in BY_LINE else [text]
    check = Draft202012Validator(
        schema, format_checker=Draft202012Validator.FORMAT_CHECKER
    )
    return [
        f"{name}: {error.json_path}: {error.message}"
        for document in documents
        for error in check.iter_errors(_parsed(document))
    ]


def _parsed(text: str) -> Any:
    return json.loads(text)
