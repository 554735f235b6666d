"""Compare releases by what the ledger recorded of them."""

from __future__ import annotations

from collections.abc import Mapping

from delivery.coexist.compare import Conflict, conflicts
from delivery.coexist.needs import Side, read_side
from delivery.ledger.releases import Release
from delivery.ports import ReleaseStore


def side_of(store: ReleaseStore, release: Release) -> Side:
    """Read a recorded release; values that are not recorded stay references."""
    deployed = release.deployed
    template = store.read([deployed.template.key])[0].decode()
    return read_side(template, deployed.parameters)


def lost_by_release(
    store: ReleaseStore,
    serving: Release,
    template: bytes,
    parameters: Mapping[str, str],
) -> tuple[Conflict, ...]:
    """Return what ``serving`` needs and a deployment of ``template`` takes away."""
    hidden = set(serving.deployed.hidden_parameters)
    given = {k: v for k, v in parameters.items() if k not in hidden}
    return conflicts(side_of(store, serving), read_side(template.decode(), given))


def lost_by_rollback(
    store: ReleaseStore, target: Release, live: Release
) -> tuple[Conflict, ...]:
    """Return what ``target`` needs and the release that is live took away.

    Traffic goes to the target before the stack does, so it serves beside ``live``'s
    roles and resources.
    """
    return conflicts(side_of(store, target), side_of(store, live))
