"""The work of ``config explain``: each effective value and where it came from."""

from __future__ import annotations

import json

from delivery.cli.fitting import echo
from delivery.cli.options import Settings
from delivery.cli.screen import print_result
from delivery.config import Setting, explain, load_configuration


def explain_values(settings: Settings, key: str) -> None:
    """Print the settings that ``key`` stands for."""
    found = explain(load_configuration(settings.config_path), key)
    if settings.as_json:
        print_result({"settings": [_as_data(each) for each in found]})
        return
    wide = max(len(each.key) for each in found)
    for each in found:
        echo(f"{each.key:<{wide}}  {_shown(each.value)}  # {each.source}")
    if len(found) == 1:
        echo(found[0].description)


def _as_data(setting: Setting) -> dict[str, object]:
    return {
        "key": setting.key,
        "value": setting.value,
        "block": setting.source.block,
        "file": setting.source.file or None,
        "line": setting.source.line,
        "description": setting.description,
    }


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
