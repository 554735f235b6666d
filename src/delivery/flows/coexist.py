"""Compare releases by what the ledger recorded of them."""

from __future__ import annotations

from collections.abc import Mapping

from delivery.coexist.compare import Conflict, conflicts
from delivery.coexist.needs import Side, read_side
from delivery.errors import Refused
from delivery.ledger.releases import Release
from delivery.ports import ReleaseStore

# No version needs these in order to run: the rollback's last step, the stack, brings them
# back, so that a release which lost a route by mistake can be taken back.
_BROUGHT_BACK = frozenset({"route", "function"})


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


def refuse_lost(
    store: ReleaseStore, target: Release, live: Release, environment: str
) -> None:
    """Refuse a rollback to a release that could not run beside what ``live`` left.

    Raises:
        Refused: with each thing that was taken away, and the way there in two steps.
    """
    found = [
        each
        for each in lost_by_rollback(store, target, live)
        if each.kind not in _BROUGHT_BACK
    ]
    if found:
        raise Refused(
            f"Release {target.number} needs what release {live.number} took away; "
            "nothing was moved.",
            why="\n".join(
                f"{each.kind} {each.name}: {each.needed_by} needs it." for each in found
            ),
            next_step="In two steps: release a commit that gives this back, then "
            f"./rollback.py {environment} --stack --to {target.number}. Or choose a "
            "release that does without it.",
        )
