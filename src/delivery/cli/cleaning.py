"""The work of ``maintenance clean-up``: plan, confirmation, deletion, report."""

from __future__ import annotations

from datetime import datetime, timedelta

from delivery.cli.fitting import echo
from delivery.cli.options import Settings
from delivery.cli.screen import print_result
from delivery.cli.wiring import Tools
from delivery.errors import Refused
from delivery.maintain.cleaning import CleanUp


def delete_leftovers(
    settings: Settings, *, older_than: int | None, dry_run: bool
) -> None:
    """Show what would go and what stays, ask, and delete."""
    tools = Tools(settings)
    cleaner = tools.cleaner()
    planned = cleaner.plan(before=kept_since(tools, older_than))
    clean_up = planned.clean_up
    for line in clean_up.lines():
        tools.screen.say(line)
    if not clean_up.empty and not dry_run:
        _confirm(tools, clean_up)
        cleaner.clean(planned)
    if settings.as_json:
        print_result({"dry_run": dry_run, **clean_up.as_data()})
        return
    echo(_conclusion(clean_up, dry_run))


def kept_since(tools: Tools, days: int | None = None) -> datetime:
    """Return since when a stored package stays, whatever needs it."""
    if days is None:
        days = tools.configuration.foundation.artifact_retention_days
    return tools.now_there() - timedelta(days=days)


def _confirm(tools: Tools, clean_up: CleanUp) -> None:
    if not tools.screen.confirm(f"Delete {clean_up.summary}, for good?"):
        raise Refused(
            "Nothing was deleted.",
            why="The deletion was not confirmed.",
            next_step="Run it again when it should be done.",
        )


def _conclusion(clean_up: CleanUp, dry_run: bool) -> str:
    if clean_up.empty:
        return "There is nothing to clean up."
    if dry_run:
        return f"Dry run, nothing was deleted. It would be: {clean_up.summary}."
    return f"Deleted {clean_up.summary}."
