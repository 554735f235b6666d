"""A revision's beginning is the deployment's own; the rest tells content from content."""

from __future__ import annotations

from hashlib import sha256

from delivery.model import OWN_DIGITS, as_deployed, same_content, with_own_digits

ONE, OTHER = (sha256(text.encode()).hexdigest() for text in ("one", "other"))


def test_a_deployment_gives_the_same_content_another_beginning() -> None:
    made = with_own_digits(ONE, "build-1")
    assert made[:OWN_DIGITS] != ONE[:OWN_DIGITS]
    assert same_content(made, ONE)
    assert with_own_digits(ONE, "build-2") != made


def test_other_content_is_told_apart() -> None:
    assert not same_content(ONE, OTHER)
    assert not same_content(with_own_digits(ONE, "b"), with_own_digits(OTHER, "b"))


def test_what_is_no_revision_is_no_content() -> None:
    assert not same_content("", "")
    assert not same_content("128", "128")


def test_content_that_is_deployed_keeps_the_revision_it_has() -> None:
    held = with_own_digits(ONE, "an earlier deployment")
    built = {"AnalyzeRevision": ONE, "RecordsRevision": OTHER, "Memory": "256"}
    found = as_deployed(built, {"AnalyzeRevision": held, "Memory": "128"})
    assert found == {**built, "AnalyzeRevision": held}
