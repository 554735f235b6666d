"""Fakes of home and of places, and an artifact as a build leaves it."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from delivery.errors import DeliveryError, OperationFailed
from delivery.model import PlaceStores

HOME = "home-releases"
EXECUTION = "0d9f4f4e-1111-2222-3333-444455556666"
ACCOUNT = "222222222222"
COMMIT = "c0ffee0123456789c0ffee0123456789c0ffee01"
CODE = b"the code that was packaged"
KEY = "packages/0123abcd"


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def role_of(region: str, account: str = ACCOUNT) -> str:
    return f"arn:aws:iam::{account}:role/medical-record-analysis-receiver-{region}"


def write_artifact(folder: Path, *, more: str = "", key: str = KEY) -> str:
    """Write an artifact as a build leaves it, and return the hash of its SHA256SUMS."""
    template = (
        "Resources:\n  F:\n    Properties:\n"
        f"      CodeUri: s3://{HOME}/{key}\n{more}"
    )
    manifest = {
        "format": 1,
        "commit": COMMIT,
        "branch": "größer",
        "template": {"file": "packaged.yaml", "sha256": sha(template.encode())},
        "functions": {
            "F": {"code": f"s3://{HOME}/{key}", "key": key.partition("/")[2]},
            "Inline": {"code": None, "key": None},
        },
    }
    files = {
        "PACKAGES": f"{sha(CODE)}  s3://{HOME}/{key}\n",
        "buildspecs/install-tool.sh": "echo installed\n",
        "deployment_manifest.json": json.dumps(manifest, indent=2, ensure_ascii=False)
        + "\n",
        "packaged.yaml": template,
        "rollback.py": "print()\n",
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / "rollback.py").chmod(0o755)
    return sum_up(folder)


def sum_up(folder: Path) -> str:
    """Write SHA256SUMS over what is there, and return its hash."""
    sums = "".join(
        f"{sha(each.read_bytes())}  ./{each.relative_to(folder).as_posix()}\n"
        for each in sorted(folder.rglob("*"))
        if each.is_file() and each.name != "SHA256SUMS"
    ).encode()
    (folder / "SHA256SUMS").write_bytes(sums)
    return sha(sums)


@dataclass
class FakeHome:
    """Home's packages by key."""

    objects: dict[str, bytes] = field(default_factory=lambda: {KEY: CODE})

    def read(self, bucket: str, key: str) -> bytes:
        assert bucket == HOME
        return self.objects[key]


@dataclass
class FakePlace:
    """A place that keeps what it is given; ``before`` is called ahead of each step."""

    region: str
    packages: dict[str, bytes] = field(default_factory=dict)
    releases: list[bytes] = field(default_factory=list)
    starts: dict[str, tuple[int, dict[str, str]]] = field(default_factory=dict)
    puts: list[str] = field(default_factory=list)
    refuses: DeliveryError | None = None
    before: Callable[[str], None] = lambda step: None

    def stores(self) -> PlaceStores:
        self.before("stores")
        return PlaceStores(f"{self.region}-releases", f"{self.region}-artifacts")

    def has_package(self, key: str, sha256: str) -> bool:
        self.before("has_package")
        if key in self.packages and sha(self.packages[key]) != sha256:
            raise OperationFailed(f"{key} is not the package that was built.")
        return key in self.packages

    def put_package(self, key: str, content: bytes) -> None:
        self.before("put_package")
        assert key not in self.packages
        self.packages[key] = content
        self.puts.append(key)

    def put_release(self, content: bytes) -> str:
        self.before("put_release")
        self.releases.append(content)
        return str(len(self.releases))

    def start(
        self, version_id: str, *, variables: Mapping[str, str], token: str
    ) -> str:
        self.before("start")
        self.starts.setdefault(token, (int(version_id), dict(variables)))
        return f"{self.region}-execution-{list(self.starts).index(token) + 1}"

    @property
    def variables(self) -> dict[str, str]:
        """The variables of the last start."""
        return list(self.starts.values())[-1][1]

    def released(self) -> dict[str, bytes]:
        """Return the files of the release that was started last."""
        version, _ = list(self.starts.values())[-1]
        with zipfile.ZipFile(io.BytesIO(self.releases[version - 1])) as archive:
            return {name: archive.read(name) for name in archive.namelist()}


@dataclass
class FakePlaces:
    """Places by region, made when first asked for; remembers who came as what."""

    by_region: dict[str, FakePlace] = field(default_factory=dict)
    sessions: set[str] = field(default_factory=set)

    def __getitem__(self, region: str) -> FakePlace:
        return self.by_region.setdefault(region, FakePlace(region))

    def at(self, role_arn: str, *, region: str, session: str) -> FakePlace:
        self.sessions.add(session)
        place = self[region]
        if place.refuses is not None:
            raise place.refuses
        return place
