"""``config``: tell what the configuration comes to."""

from __future__ import annotations

import click

from delivery.cli.fitting import echo
from delivery.cli.options import Settings, common_options
from delivery.config import Setting, explain, load_configuration


@click.group()
@common_options
def config() -> None:
    """Explain the effective configuration."""


@config.command("explain")
@click.argument("key", default="")
@common_options
@click.pass_obj
def explain_command(settings: Settings, key: str) -> None:
    """Show each effective value and where it came from.

    KEY narrows it: an environment (production), a block (production.lambda), one key
    (production.lambda.memory_megabytes), or the same key in all environments
    (lambda.memory_megabytes).
    """
    found = explain(load_configuration(settings.config_path), key)
    if settings.as_json:
        from delivery.cli.screen import print_result

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
    import json

    return json.dumps(value, ensure_ascii=False)
