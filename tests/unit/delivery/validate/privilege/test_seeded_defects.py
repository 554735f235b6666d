"""Permissions taken out of and put into the template's text, each found by its name."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from seeded.privilege import UNUSED, added

from delivery.validate.privilege.grants import grants_of
from delivery.validate.privilege.proof import (
    DEPLOYER,
    foundation_stack,
    lacking,
    needs_of_deployer,
    unasked,
)


def _removals(subject) -> Iterator[tuple[str, dict[str, str]]]:
    """Give an action and the change of text that removes it, for those on a line."""
    lines = subject.foundation.text.splitlines(keepends=True)
    role = grants_of(foundation_stack(subject), DEPLOYER)
    for grant in role.grants:
        line = lines[grant.line - 1]
        if line.strip() != f"- {grant.action}":
            continue
        # From the role on, or another role's line of the same text would go.
        before = "".join(lines[role.line - 1 : grant.line - 1])
        yield grant.action, {before + line: before}


@pytest.mark.thorough
def test_seeded_defects_of_the_deployment_role_are_all_found(make_subject) -> None:
    # No change of the role changes what is asked of it.
    asked = needs_of_deployer(make_subject())
    seeds = random.Random(7).sample(list(_removals(make_subject())), 45)
    found = 0
    for action, change in seeds:
        findings = lacking("seeded", make_subject(foundation=change), asked)
        wanted = f"lacks {action} on ".lower()
        found += any(wanted in each.message.lower() for each in findings)
    for action in UNUSED:
        defect = added(action)
        subject = make_subject(foundation={defect.old: defect.new})
        findings = unasked("seeded", subject, asked, "nobody needs it")
        found += any(f"may {action} (" in each.message for each in findings)
    print(f"{found} of {len(seeds) + len(UNUSED)} seeded defects found")
    assert found == len(seeds) + len(UNUSED) == 65
