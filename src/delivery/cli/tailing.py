"""The work of ``logs``: find who logs, and print line by line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

import click

from delivery.cli.options import Settings
from delivery.cli.wiring import Tools
from delivery.flows.logs import Told
from delivery.operate.logs import read_duration

# Colours and cursor movements of whatever logged do not act on the operator's terminal.
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b.?|[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def show_logs(
    settings: Settings, what: str, *, environment: str, since: str, follow: bool
) -> None:
    """Print what was logged; with ``follow`` go on until the operator ends it."""
    back = read_duration(since)
    tools = Tools(settings)
    reader = tools.log_reader()
    sources = reader.sources(what, environment)
    begin = tools.now_there() - back
    if not follow:
        _print(reader.read(sources, begin), as_json=settings.as_json)
        return
    names = ", ".join(each.name for each in sources)
    tools.screen.say(f"Following {names}; Ctrl-C ends it.")
    try:
        told = reader.follow(sources, begin, tools.log_rhythm())
        _print(told, as_json=settings.as_json)
    except KeyboardInterrupt:
        # Nothing was under way: whoever has read enough is done.
        tools.screen.say()


def _print(told: Iterable[Told], *, as_json: bool) -> None:
    """Print lines as they were written, however wide the terminal is: they are data."""
    for source, line in told:
        if as_json:
            click.echo(json.dumps(line.as_data(source)))
        else:
            text = _ESCAPES.sub("", line.text)
            click.echo(f"{line.at:%H:%M:%S}  {source.name:<20}  {text}".rstrip())
