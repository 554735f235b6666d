"""Where a command acts: the place of its credentials, and the others that it speaks of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from delivery.cli.wiring import Tools
from delivery.errors import Refused
from delivery.names import PIPELINE_STACK

if TYPE_CHECKING:
    from delivery.config import Place


def here_of(tools: Tools) -> Place:
    """Give the place of the credentials and of the region."""
    from delivery.config import Place

    return Place(tools.identity.account, tools.region)


def receives_here(tools: Tools) -> bool:
    """Say whether releases come from another place; without places nobody is asked who calls."""
    from delivery.config import receives

    configuration = tools.configuration
    if not configuration.pipeline.promotes_to:
        return False
    return receives(configuration, here_of(tools))


def home_reach(tools: Tools) -> str:
    """Say how far the home's pipeline reaches; "" where it is not there or not ours to read."""
    from delivery.config import home_of

    here = here_of(tools)
    home = home_of(tools.configuration, here.account)
    if home.account != here.account:
        return ""
    stack = _tools_in(tools, home.region).stacks.find(PIPELINE_STACK)
    return stack.outputs.get("Environment", "") if stack else ""


def refuse_a_strange_place(tools: Tools) -> None:
    """Refuse credentials of an account that is neither the home nor a place.

    Raises:
        Refused: only where the configuration says whose the home is.
    """
    from delivery.config import belongs, home_of, of_other_accounts

    configuration = tools.configuration
    if not configuration.project.account or belongs(configuration, here_of(tools)):
        return
    here, home = here_of(tools), home_of(configuration, "")
    others = [str(each) for each in of_other_accounts(configuration)]
    promoted = f", which promotes to {', '.join(others)}" if others else ""
    way = "with --local AWS_ACCESS_KEY_ID" if tools.settings.local else "--profile"
    raise Refused(
        f"Nothing is deployed to {here}.",
        why=f"The credentials are of account {here.account}. {tools.settings.config_path} "
        f"says that the home is {home} (project.account){promoted}.",
        next_step=f"Give the account and the region of one of these ({way}, --region), or "
        "add the place to pipeline.promotes_to.",
    )


def deploy_command(place: Place, here: Place, *, local: bool) -> str:
    """Say what deploys to ``place``, and with which credentials if not with those of here."""
    if place.account == here.account:
        return f"./deploy_pipeline.py{' --local' if local else ''} deploy --region {place.region}"
    if local:
        return (
            f"AWS_ACCESS_KEY_ID={place.account} ./deploy_pipeline.py --local deploy "
            f"--region {place.region}"
        )
    return (
        f"./deploy_pipeline.py deploy --region {place.region} --profile NAME "
        f"(a profile of account {place.account})"
    )


def missing_places(tools: Tools, promoted: Sequence[Place]) -> Iterator[str]:
    """Tell of each place that is not there; those of other accounts cannot be looked at."""
    here, local = here_of(tools), tools.settings.local
    for place in promoted:
        command = deploy_command(place, here, local=local)
        if place.account != here.account:
            yield (
                f"{place} is of another account, and was not looked at. If it has no "
                f"delivery yet: {command}"
            )
        elif _is_missing(tools, place.region):
            yield (
                f"{place.region} has no delivery yet, and cannot receive a release: "
                f"{command}"
            )


def shown(place: Place, here: Place) -> str:
    """Name a place; its account goes without saying where it is the same."""
    return place.region if place.account == here.account else str(place)


def _is_missing(tools: Tools, region: str) -> bool:
    return _tools_in(tools, region).stacks.find(PIPELINE_STACK) is None


def _tools_in(tools: Tools, region: str) -> Tools:
    """Give the ports of another region, with the same credentials."""
    return Tools(
        replace(tools.settings, region=region), plane_settings=tools.plane_settings
    )
