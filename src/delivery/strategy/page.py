"""One HTML page with a plot, which needs nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from delivery.strategy.assess import Assessment


def page(found: Iterable[Assessment]) -> str:
    """Return the page."""
    return "".join(escape(each.environment) for each in found)
