"""Bodies that are not a patient's bundle, made from a seed: 200 ways to get it wrong.

Each is a body as a client may send it, by mistake or on purpose. Some are mutations of
a valid synthetic bundle and may, by luck, still be valid: FHIR lets much be left out.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import synthetic

Path = tuple[str | int, ...]

_MUTATIONS = 170


def bodies(seed: int = 0) -> Iterator[tuple[str, str]]:
    """Yield 200 bodies, each with a name that says what is wrong."""
    yield from _not_bundles()
    yield from _deep()
    yield from _large()
    yield from _of_two_patients()
    for number in range(_MUTATIONS):
        yield _mutated(seed * _MUTATIONS + number)


def _not_bundles() -> Iterator[tuple[str, str]]:
    valid = json.dumps(synthetic.bundle(1))
    yield "empty", ""
    yield "white space", " \n\t "
    yield "half of it", valid[: len(valid) // 2]
    yield "two documents", valid + valid
    yield "XML", '<Bundle xmlns="http://hl7.org/fhir"><type value="batch"/></Bundle>'
    yield "a form", "resourceType=Bundle&type=batch"
    yield "byte order mark", "\ufeff" + valid
    yield "a list", f"[{valid}]"
    yield "a string in JSON", json.dumps(valid)
    yield "null", "null"
    yield "not a number", valid.replace('"collection"', "NaN", 1)
    yield "too many digits", valid.replace('"collection"', "1" * 5000, 1)
    yield "impossible exponent", valid.replace('"collection"', "1e9999999999999999999")
    yield "control characters", valid.replace("Synthetic", "Syn\x00thetic")
    yield "repeated name", '{"type": "batch", ' + valid[1:]
    yield "another resource", json.dumps(synthetic.bundle(1)["entry"][0]["resource"])
    yield "no entries", '{"resourceType": "Bundle", "type": "batch", "entry": []}'


def _deep() -> Iterator[tuple[str, str]]:
    bundle = synthetic.bundle(2)
    yield "deep lists", "[" * 50_000 + "]" * 50_000
    yield "deep and open", '{"entry":' * 50_000
    bundle["entry"][3]["resource"]["extension"] = "DEEP"
    text = json.dumps(bundle)
    for depth in (70, 500, 5_000):
        nested = '{"extension":[' * depth + "{}" + "]}" * depth
        yield f"{depth} deep in an entry", text.replace('"DEEP"', nested)


def _large() -> Iterator[tuple[str, str]]:
    bundle = synthetic.bundle(3)
    bundle["entry"][2]["resource"]["text"] = {"div": "Synthetic " * 1_000_000}
    yield "10 MB", json.dumps(bundle)
    yield "10 MB of nothing", " " * 10_000_000
    entries = [{"resource": {"resourceType": "Basic"}}] * 10_001
    yield "10,001 entries", json.dumps({**synthetic.bundle(3), "entry": entries})


def _of_two_patients() -> Iterator[tuple[str, str]]:
    bundle = synthetic.bundle(4)
    yield "two patients", json.dumps(synthetic.with_second_patient(bundle))
    yield "strange subject", json.dumps(synthetic.with_strange_subject(bundle))
    two = copy.deepcopy(bundle)
    two["entry"] += synthetic.bundle(5)["entry"]
    yield "two records in one", json.dumps(two)
    nobody = copy.deepcopy(bundle)
    del nobody["entry"][0]
    yield "no patient", json.dumps(nobody)
    duplicate = synthetic.with_duplicates(bundle)
    yield "duplicates of two patients", json.dumps(
        synthetic.with_second_patient(duplicate)
    )


def _mutated(seed: int) -> tuple[str, str]:
    """Return a bundle with one to three places changed into something else."""
    # The opposite of a secret is wanted: the same every time.
    dice = random.Random(seed)  # nosec B311
    bundle = synthetic.bundle(seed, resources=8)
    places = []
    for _ in range(dice.randint(1, 3)):
        places.append(_mutate(bundle, dice))
    return f"{seed}: {', '.join(places)}", json.dumps(bundle)


def _mutate(bundle: synthetic.Json, dice: random.Random) -> str:
    path = dice.choice(list(_paths(bundle)))
    owner: Any = bundle
    for step in path[:-1]:
        owner = owner[step]
    name = ".".join(map(str, path))
    if dice.random() < 0.25:
        del owner[path[-1]]
        return f"{name} deleted"
    owner[path[-1]] = copy.deepcopy(dice.choice(_STRANGE))
    return f"{name} replaced"


def _paths(value: Any, prefix: Path = ()) -> Iterator[Path]:
    """Yield the path of everything inside ``value``."""
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, child in items:
        yield (*prefix, key)
        yield from _paths(child, (*prefix, key))


_STRANGE: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    10**300,
    1.5,
    "",
    " ",
    "Synthetic secret of a patient",
    "\ud800",
    "2020-02-30",
    "Patient/somebody-else",
    "#",
    [],
    {},
    [None],
    [[[]]],
    {"reference": "Patient/somebody-else"},
    {"value": "Synthetic secret"},
    {"coding": [{"code": ["Synthetic secret"]}]},
    [{"Synthetic secret name": 1}],
    {"Synthetic secret name": {"status": "final"}},
)
