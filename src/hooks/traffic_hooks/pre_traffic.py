"""The hook before traffic: call the new version while nobody else does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from traffic_hooks.checks import check_version
from traffic_hooks.execution import Context, run_hook


def handler(event: Mapping[str, Any], context: Context) -> dict[str, str]:
    """Let traffic shift when every check of the new version passes."""
    return run_hook(event, context, check_version)
