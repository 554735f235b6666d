"""The hook after traffic: the alias serves the new version alone, and it answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from traffic_hooks.checks import check_alias
from traffic_hooks.execution import Context, run_hook


def handler(event: Mapping[str, Any], context: Context) -> dict[str, str]:
    """Accept the deployment when every check through the alias passes."""
    return run_hook(event, context, check_alias)
