"""Where deliveries are: the home, which builds, and the places that it promotes to.

A place is an account and a region with a whole delivery of its own: foundation, pipeline,
applications. Of another place each knows one role by its name: the home's promoter may take
the receiver's role of a place, and what that allows is the place's to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from delivery.config.model import Configuration
from delivery.names import PRODUCTION


@dataclass(frozen=True, slots=True)
class Place:
    """An account, by its twelve digits, and a region of it."""

    account: str
    region: str

    def __str__(self) -> str:
        return f"{self.account}/{self.region}"


def home_of(configuration: Configuration, account: str) -> Place:
    """Give the place that builds; ``account`` is the credentials', if none is configured."""
    project = configuration.project
    return Place(project.account or account, project.region)


def places_of(configuration: Configuration, account: str) -> tuple[Place, ...]:
    """Give the places that the home promotes to, in their order; ``account`` as above."""
    home = home_of(configuration, account)
    return tuple(
        place_named(each, home.account) for each in configuration.pipeline.promotes_to
    )


def place_named(text: str, account: str) -> Place:
    """Read ``<region>``, which is one of ``account``, or ``<account>/<region>``."""
    own, _, region = text.rpartition("/")
    return Place(own or account, region)


def receives(configuration: Configuration, place: Place) -> bool:
    """Say whether the delivery of ``place`` gets its releases from the home's."""
    return place in places_of(configuration, place.account)


def asks(configuration: Configuration, place: Place, home_reach: str) -> bool:
    """Say whether a person of ``place`` lets releases in.

    Nobody asks twice: where the home's account is the place's too, and the home reaches
    production, it has asked already. ``home_reach`` is "" where that is not known.
    """
    if not receives(configuration, place):
        return False
    home = home_of(configuration, place.account)
    return place.account != home.account or home_reach != PRODUCTION


def belongs(configuration: Configuration, place: Place) -> bool:
    """Say whether ``place`` is one that the configuration speaks of.

    The whole account of the home is: another region of it may be a home of its own.
    """
    home = home_of(configuration, place.account)
    return place.account == home.account or receives(configuration, place)


def of_other_accounts(configuration: Configuration) -> tuple[Place, ...]:
    """Give the places that are not in the home's account."""
    home = configuration.project.account
    return tuple(
        each for each in places_of(configuration, home) if each.account != home
    )


def in_one_account(configuration: Configuration) -> Configuration:
    """Give the configuration as it is for who has one account to act in.

    Places of other accounts are left out, and no account is named any more.
    """
    home = configuration.project.account
    regions = tuple(
        each.region for each in places_of(configuration, home) if each.account == home
    )
    return replace(
        configuration,
        project=replace(configuration.project, account=""),
        pipeline=replace(configuration.pipeline, promotes_to=regions),
    )


def place_parameters(
    configuration: Configuration, place: Place, partition: str, home_reach: str = ""
) -> Mapping[str, str]:
    """Give the parameters that tell the delivery of ``place`` of the others.

    The home is told the receivers' roles, by ARN, comma separated; a place that receives,
    the role of the home's promoter, and whether it asks a person of its own.
    """
    name = configuration.project.name

    def role(of: Place, kind: str) -> str:
        arn = f"arn:{partition}:iam::{of.account}:role"
        return f"{arn}/{name}-{kind}-{of.region}"

    if receives(configuration, place):
        return {
            "PromoterRoleArn": role(home_of(configuration, place.account), "promoter"),
            "PlaceApproves": (
                "true" if asks(configuration, place, home_reach) else "false"
            ),
        }
    receivers = places_of(configuration, place.account)
    return {"ReceiverRoleArns": ",".join(role(each, "receiver") for each in receivers)}
