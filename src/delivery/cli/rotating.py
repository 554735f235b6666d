"""The work of ``rotate-token``: read a token, replace the old one, say how old that was."""

from __future__ import annotations


from delivery.cli.answers import collect_token
from delivery.cli.fitting import echo
from delivery.cli.options import Settings
from delivery.cli.screen import print_result
from delivery.cli.wiring import Tools
from delivery.deploy.rotation import TokenState
from delivery.flows.rotate import Rotated, age_data, age_of


def replace_token(settings: Settings, *, token_stdin: bool, dry_run: bool) -> None:
    """Replace the token, or with ``dry_run`` say how old it is."""
    tools = Tools(settings)
    rotator = tools.token_rotator()
    state = rotator.state()
    if dry_run:
        _show_state(tools, state)
        return
    token = collect_token(
        from_stdin=token_stdin,
        stored=state.pending is not None,
        else_what="Enter goes on with the one of the unfinished rotation",
    )
    _show_end(tools, rotator.rotate(state, token))


def _show_state(tools: Tools, state: TokenState) -> None:
    now = tools.clock.now()
    if tools.settings.as_json:
        version = state.current.version_id
        data = {"rotated": False, "version": version, "execution": None}
        print_result({**data, **age_data(state, now), "dry_run": True})
        return
    echo(f"The token was stored {age_of(state, now).days} days ago.")
    if state.pending is not None:
        echo("A rotation is unfinished: rotate-token goes on with it.")
    echo(
        "Dry run: nothing was changed. A new token would update the pipeline and "
        "release the newest commit to development."
    )


def _show_end(tools: Tools, rotated: Rotated) -> None:
    now = tools.clock.now()
    if tools.settings.as_json:
        print_result({**rotated.as_data(now), "dry_run": False})
        return
    days = age_of(rotated.state, now).days
    if not rotated.changed:
        echo(f"That is the present token, stored {days} days ago; it stays.")
        return
    echo(f"The token is replaced, proven by execution {rotated.execution}.")
    echo(f"The one before was stored {days} days ago; revoke it at GitHub.")
    local = " --local" if tools.settings.local else ""
    echo(f"Next: ./deploy_pipeline.py{local} status --watch")
