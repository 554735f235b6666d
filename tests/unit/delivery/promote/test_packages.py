"""Which packages go along, and that they are those that were built."""

from __future__ import annotations

import pytest
from promotion_fakes import CODE, HOME, KEY, sha

from delivery.errors import BadInput
from delivery.promote import Package, checked_content, packages_of

PACKAGE = Package(sha(CODE), HOME, KEY)
LINE = f"{sha(CODE)}  s3://{HOME}/{KEY}"


def test_each_line_is_a_package() -> None:
    other = f"{sha(b'other')}  s3://{HOME}/packages/4567.template"
    found = packages_of(f"{LINE}\n{other}\n".encode(), home=HOME)
    assert found == (PACKAGE, Package(sha(b"other"), HOME, "packages/4567.template"))


def test_a_release_without_packages_has_none() -> None:
    assert packages_of(b"", home=HOME) == ()


@pytest.mark.parametrize(
    "line",
    [
        "",
        f"{sha(CODE)[:-1]}  s3://{HOME}/{KEY}",
        f"{sha(CODE)} s3://{HOME}/{KEY}",
        f"{sha(CODE)}  https://{HOME}/{KEY}",
        f"{LINE} more",
        f"{sha(CODE)}  s3://{HOME}/",
    ],
)
def test_a_line_of_another_form_is_named(line: str) -> None:
    with pytest.raises(BadInput, match="^PACKAGES:2 is not what the build writes"):
        packages_of(f"{LINE}\n{line}\n".encode(), home=HOME)


@pytest.mark.parametrize("where", [f"another/{KEY}", f"{HOME}/ledger/1.json"])
def test_code_that_lies_elsewhere_cannot_go_along(where: str) -> None:
    with pytest.raises(BadInput, match=f"^PACKAGES:1 names s3://{where}"):
        packages_of(f"{sha(CODE)}  s3://{where}\n".encode(), home=HOME)


def test_a_package_that_was_replaced_is_refused_by_its_hash() -> None:
    assert checked_content(PACKAGE, CODE) == CODE
    with pytest.raises(BadInput) as caught:
        checked_content(PACKAGE, b"evil")
    assert str(PACKAGE) in caught.value.what
    assert sha(b"evil") in caught.value.why and sha(CODE) in caught.value.why
