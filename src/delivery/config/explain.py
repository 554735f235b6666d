"""Tell the effective values and where each of them came from."""

from __future__ import annotations

from difflib import get_close_matches

from delivery.config.model import Configuration, Setting
from delivery.errors import BadInput


def explain(configuration: Configuration, key: str = "") -> list[Setting]:
    """List the effective settings; with ``key`` those of that key, block or environment.

    A key is given in full (``production.lambda.memory_megabytes``), by its beginning
    (``production.lambda``), or without the environment (``lambda.memory_megabytes``).

    Raises:
        BadInput: when nothing has that key.
    """
    if not key:
        return list(configuration.settings)
    found = [each for each in configuration.settings if _matches(each.key, key)]
    if found:
        return found
    known = sorted({name for each in configuration.settings for name in _names(each)})
    near = get_close_matches(key, known, n=3)
    meant = f" Did you mean {' or '.join(near)}?" if near else ""
    raise BadInput(
        f"There is no key {key}.",
        why=f"Nothing in the configuration has that name.{meant}",
        next_step="./deploy_pipeline.py config explain",
    )


def _matches(key: str, wanted: str) -> bool:
    _, _, bare = key.partition(".")
    return any(each == wanted or each.startswith(f"{wanted}.") for each in (key, bare))


def _names(setting: Setting) -> list[str]:
    """Give all that finds a setting: its key and each beginning, with the block or without."""
    steps = setting.key.split(".")
    whole = [".".join(steps[:end]) for end in range(1, len(steps) + 1)]
    bare = [".".join(steps[1:end]) for end in range(2, len(steps) + 1)]
    return [*whole, *bare]
