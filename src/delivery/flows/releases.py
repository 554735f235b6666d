"""Read ledgers: what was released, and whether the ledgers are whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from delivery.errors import BadInput
from delivery.ledger.book import Book
from delivery.ledger.chain import Link, Problem
from delivery.ledger.codec import decode
from delivery.ledger.events import Deployed, LedgerBroken, Pinned, Scope, StoredTemplate
from delivery.ledger.releases import Release, live_release, open_pins
from delivery.model import FOUNDATION_STACK
from delivery.ports import Account, ReleaseStore, Stacks

# The foundation's output that names the release store.
STORE_OUTPUT = "ReleaseBucketName"
# Among how many releases a pin is looked for.
PINNED_WITHIN = 20


@dataclass(frozen=True, slots=True)
class EnvironmentReleases:
    """The newest releases of one environment, newest first.

    ``live`` and ``last_known_good`` are release numbers, and may be older than those
    shown.
    """

    environment: str
    releases: tuple[Release, ...]
    live: int | None = None
    last_known_good: int | None = None
    pins: tuple[Pinned, ...] = ()


@dataclass(frozen=True, slots=True)
class Checked:
    """A ledger that was read from beginning to end."""

    environment: str
    events: int
    releases: int
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class ReleaseReader:
    """Reads the ledgers of one account and region."""

    account: Account
    region: str
    store: ReleaseStore

    def releases(self, environment: str, *, limit: int) -> EnvironmentReleases:
        """Return the newest releases of one environment."""
        book = self._book(environment)
        view = book.view(releases=limit)
        good = book.last_known_good()
        return EnvironmentReleases(
            environment,
            tuple(view.releases[:limit]),
            live=live_release(view.events),
            last_known_good=good.number if good else None,
            pins=tuple(open_pins(view.events).values()),
        )

    def live_release(self, environment: str) -> Release | None:
        """Return the release that serves in an environment, or None.

        After a rollback that is an older one than what was deployed last.
        """
        book = self._book(environment)
        live = live_release(book.view().events)
        return None if live is None else book.release(live)

    def pinned(self, environment: str) -> tuple[str, ...]:
        """Say of each function that was moved by hand where it is, and why."""
        events = self._book(environment).view(releases=PINNED_WITHIN).events
        return tuple(
            f"{pin.function} serves version {pin.move.to_version} ({pin.reason})"
            for pin in open_pins(events).values()
        )

    def check(self, environment: str) -> Checked:
        """Read one ledger whole, and the templates that it names."""
        book = self._book(environment)
        links = book.links()
        problems = list(book.problems(links))
        named = list(_templates(links))
        problems.extend(self._template_problems({t: key for key, t in named}))
        return Checked(environment, len(links), len(named), tuple(problems))

    def _template_problems(self, templates: dict[StoredTemplate, str]) -> list[Problem]:
        """Say which templates are gone or changed: nobody could roll back to them."""
        there = set(self.store.keys("releases/"))
        found = [
            Problem(key, f"its template {template.key} is gone")
            for template, key in templates.items()
            if template.key not in there
        ]
        kept = [each for each in templates if each.key in there]
        for template, content in zip(
            kept, self.store.read([each.key for each in kept]), strict=True
        ):
            if sha256(content).hexdigest() != template.sha256:
                found.append(
                    Problem(
                        templates[template], f"its template {template.key} was changed"
                    )
                )
        return found

    def _book(self, environment: str) -> Book:
        account = self.account.identity().account
        return Book(self.store, Scope(account, self.region, environment))


def _templates(links: Sequence[Link]) -> Iterator[tuple[str, StoredTemplate]]:
    """Return the template of each release, with the key of the event that names it."""
    for link in links:
        try:
            fact = decode(link.content, where=link.key).fact
        except LedgerBroken:
            continue  # it is among the chain's problems
        if isinstance(fact, Deployed):
            yield link.key, fact.template


def find_store(stacks: Stacks) -> str:
    """Return the name of the release store, from the foundation's outputs.

    Raises:
        BadInput: when there is no foundation, or it has no release store yet.
    """
    stack = stacks.find(FOUNDATION_STACK)
    name = stack.outputs.get(STORE_OUTPUT, "") if stack else ""
    if not name:
        raise BadInput(
            "There is no release store here.",
            why=f"Stack {FOUNDATION_STACK} does not exist, or has no output "
            f"{STORE_OUTPUT}.",
            next_step="./deploy_pipeline.py deploy makes it; or give another --region "
            "or --profile.",
        )
    return name


def whole(checked: Sequence[Checked]) -> bool:
    """Tell whether nothing is wrong with any of the ledgers."""
    return not any(each.problems for each in checked)
