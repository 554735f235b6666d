"""What can be broken on purpose, and what is refused with what is allowed."""

from __future__ import annotations

import pytest

from delivery.errors import BadInput
from delivery.operate.injections import read_injections

PLACES = ("staging", "production")


@pytest.mark.parametrize(
    ("text", "kind", "settings"),
    [
        ("production:errors=30%", "errors", {"rate": 0.3}),
        ("production:errors=0.05", "errors", {"rate": 0.05}),
        ("production:latency=13s", "latency", {"seconds": 13.0}),
        ("production:latency=2", "latency", {"seconds": 2.0}),
        ("production:latency=500ms", "latency", {"seconds": 0.5}),
        ("staging:throttling=50%", "throttling", {"rate": 0.5}),
        ("production:memory", "memory", {"rate": 1.0}),
        ("production:memory=20%", "memory", {"rate": 0.2}),
        ("production:hook=pre", "hook", {"name": "pre"}),
        ("production:hook=post", "hook", {"name": "post"}),
        ("production:alarm=RecordsDuration", "alarm", {"name": "RecordsDuration"}),
        ("production:metric=Errors", "metric", {"name": "Errors"}),
    ],
)
def test_a_fault_is_read(text: str, kind: str, settings: dict) -> None:
    (found,) = read_injections([text], PLACES)
    assert (found.environment, found.kind) == (text.partition(":")[0], kind)
    assert found.settings == settings
    assert str(found) == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("errors=30%", "one of staging, production"),
        ("nowhere:errors=30%", "one of staging, production"),
        ("production:fire", "no fault 'fire'"),
        ("production:errors", "could not convert"),
        ("production:errors=0%", "above 0"),
        ("production:errors=130%", "up to 100%"),
        ("production:errors=nan", "above 0"),
        ("production:latency=90s", "up to 60 s"),
        ("production:latency=-1", "up to 60 s"),
        ("production:hook=middle", "neither pre nor post"),
        ("production:alarm=", "missing"),
        ("production:metric=Sadness", "not one of Invocations"),
    ],
)
def test_a_bad_value_is_refused_with_all_that_is_allowed(text: str, why: str) -> None:
    with pytest.raises(BadInput, match="nothing that can be injected") as caught:
        read_injections([text], PLACES)
    assert why in caught.value.why
    assert "hook=pre|post" in caught.value.next_step
    assert caught.value.exit_code == 2


def test_what_spoils_no_request_needs_no_traffic() -> None:
    texts = ["production:hook=pre", "production:errors=10%", "production:memory"]
    found = read_injections(texts, PLACES)
    assert [each.bad_share for each in found] == [None, 0.1, 1.0]
