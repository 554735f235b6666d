"""Whether keys, buckets, trails and notices are as they should be; how old the token is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from delivery.maintain.findings import counted, failed_or_passed
from delivery.model import BucketGuards, CheckResult, Outcome, TrailGuards

# How old a token may become. Source: the product's own rule; GitHub's expire at the latest
# when their owner chose.
MOST_TOKEN_DAYS = 90
_DRIFT = "./deploy_pipeline.py diff; find out in CloudTrail who changed it"


def key_check(name: str, rotates: bool) -> CheckResult:
    """Return whether a key's material is replaced every year."""
    return failed_or_passed(
        name,
        "" if rotates else "Its key material is never replaced.",
        "It rotates.",
        _DRIFT,
    )


def bucket_check(name: str, guards: BucketGuards) -> CheckResult:
    """Return whether a bucket keeps versions, encrypts, and is nobody else's."""
    lacks = [
        what
        for what, there in (
            ("versions are not kept", guards.versioned),
            ("nothing is encrypted by default", bool(guards.encryption)),
            ("public access is not blocked", guards.public_blocked),
        )
        if not there
    ]
    passed = f"Versioned, encrypted ({guards.encryption}), public access blocked."
    wrong = f"{', '.join(lacks).capitalize()}." if lacks else ""
    return failed_or_passed(name, wrong, passed, _DRIFT)


def trail_check(name: str, guards: TrailGuards) -> CheckResult:
    """Return whether a trail records everything, in files that can be validated."""
    lacks = [
        what
        for what, there in (
            ("it does not record", guards.logging),
            ("its files cannot be validated", guards.validated),
            ("it records one region only", guards.all_regions),
        )
        if not there
    ]
    wrong = f"{', '.join(lacks).capitalize()}." if lacks else ""
    passed = "It records all regions, in files that can be validated."
    return failed_or_passed(name, wrong, passed, _DRIFT)


def topic_check(name: str, unconfirmed: Sequence[str]) -> CheckResult:
    """Return whether everybody who is to be told has confirmed it."""
    who = ", ".join(unconfirmed)
    wrong = f"{who}: not confirmed, and told nothing." if unconfirmed else ""
    return failed_or_passed(
        name,
        wrong,
        "No subscription awaits its confirmation.",
        "Follow the link in the mail from AWS Notifications; ./deploy_pipeline.py sends it "
        "again when the address is taken out and put back",
    )


def token_check(stored_at: datetime | None, now: datetime) -> CheckResult:
    """Return whether the token is young enough; None for none stored."""
    if stored_at is None:
        return CheckResult(
            "token",
            Outcome.FAILED,
            "Secrets Manager holds no token, and the pipeline reads GitHub by one.",
            "./deploy_pipeline.py deploy --token-stdin",
        )
    days = max((now - stored_at).days, 0)
    told = f"It was stored {counted(days, 'day')} ago."
    wrong = (
        f"{told} More than {MOST_TOKEN_DAYS} are too many."
        if days > MOST_TOKEN_DAYS
        else ""
    )
    return failed_or_passed("token", wrong, told, "./deploy_pipeline.py rotate-token")


def connection_check(status: str) -> CheckResult:
    """Return whether the connection to GitHub, which has no token of ours, works."""
    wrong = "" if status == "AVAILABLE" else f"The connection to GitHub is {status}."
    return failed_or_passed(
        "token",
        wrong,
        "GitHub is read by a connection: there is no token to grow old.",
        "Confirm it in the console: Developer Tools, Settings, Connections",
    )
