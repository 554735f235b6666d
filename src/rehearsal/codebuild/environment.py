"""The environment a build starts with: nothing of the machine's but what a container has."""

from __future__ import annotations

import json
import os
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from awsrules.buildspec import Buildspec
from rehearsal.codebuild.records import Build
from rehearsal.plane import Plane

# The only difference that a build is told of: where no vulnerability service answers, its
# silence is said to be not rehearsed, instead of failing the build as on AWS.
_NOBODY_TO_ASK = {"DEPENDENCY_AUDIT_WHEN_UNREACHABLE": "not-rehearsed"}

# How this machine reaches package registries; a real build container has its own network.
_NETWORK = (
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "AWS_CA_BUNDLE",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
)
_REGISTRY_WORDS = ("INDEX", "FIND_LINKS", "CERT", "TIMEOUT", "TRUSTED", "TLS")
_PYTHONS = ("python", "python3", "python3.11")


def host_variables(host: Mapping[str, str]) -> dict[str, str]:
    """Pick from the machine's variables those that say how to reach registries."""
    return {
        name: value
        for name, value in host.items()
        if name in _NETWORK
        or name.startswith(("PIP_", "UV_"))
        and any(word in name for word in _REGISTRY_WORDS)
    }


def tools_folder(plane: Plane) -> Path:
    """Return a folder with `python` and `pip`, the base interpreter's, and with `aws`.

    CodeBuild's own images have all three. Scripts rather than links, because an interpreter
    that is called by a link elsewhere makes virtual environments that cannot find their
    standard library.
    """
    folder = plane.directory("codebuild", "bin")
    python = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    for name in _PYTHONS:
        _write_script(folder / name, f'exec "{python}" "$@"')
    for name in ("pip", "pip3"):
        _write_script(folder / name, f'exec "{python}" -m pip "$@"')
    _write_script(folder / "aws", f'exec "{sys.executable}" -m awscli "$@"')
    return folder


def make_home(home: Path) -> None:
    """Make a home folder that knows the machine's package registries and nothing else."""
    (home / ".config").mkdir(parents=True, exist_ok=True)
    for tool in ("pip", "uv"):
        own = Path.home() / ".config" / tool
        link = home / ".config" / tool
        if own.is_dir() and not link.is_symlink():
            link.symlink_to(own)


def container_variables(plane: Plane, build: Build, folder: Path) -> dict[str, str]:
    """Return the variables that CodeBuild sets, by the user guide's list."""
    project = build.project
    keys = plane.session_keys(project["serviceRole"], f"AWSCodeBuild-{build.uuid}")
    variables = {
        "PATH": f"{tools_folder(plane)}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(folder / "home"),
        "LANG": "C.UTF-8",
        "TMPDIR": str(folder / "tmp"),
        # A container has no repository around it; the plane's folder may well have one.
        "GIT_CEILING_DIRECTORIES": str(folder.parent),
        "AWS_REGION": plane.region,
        "AWS_DEFAULT_REGION": plane.region,
        "AWS_ENDPOINT_URL": plane.endpoint_url,
        "CODEBUILD_BUILD_ARN": build.arn,
        "CODEBUILD_BUILD_ID": build.id,
        "CODEBUILD_BUILD_IMAGE": project["environment"]["image"],
        "CODEBUILD_BUILD_NUMBER": str(build.number),
        "CODEBUILD_BUILD_SUCCEEDING": "1",
        "CODEBUILD_CI": "true",
        "CODEBUILD_INITIATOR": build.initiator,
        "CODEBUILD_KMS_KEY_ID": project.get("encryptionKey", ""),
        "CODEBUILD_LOG_PATH": build.stream_name,
        "CODEBUILD_SOURCE_VERSION": project.get("sourceVersion", ""),
        "CODEBUILD_SRC_DIR": str(folder / "src"),
        "CODEBUILD_START_TIME": str(int(build.started.timestamp() * 1000)),
    }
    for source in project.get("secondarySources", []):
        name = source["sourceIdentifier"]
        variables[f"CODEBUILD_SRC_DIR_{name}"] = str(folder / f"src-{name}")
    own = {**keys.as_environment(), **_NOBODY_TO_ASK, **variables}
    return {**host_variables(os.environ), **own}


class BuildVariables:
    """The user's variables: the buildspec's under the project's, secrets looked up."""

    def __init__(self, plane: Plane, role_arn: str) -> None:
        self._secrets = plane.client("secretsmanager", role_arn)
        self._parameters = plane.client("ssm", role_arn)
        self.masked: list[str] = []

    def resolve(self, spec: Buildspec, declared: list[Any]) -> dict[str, str]:
        """Return name → value; what comes from a store is remembered as to be masked."""
        values = dict(spec.variables)
        for name, reference in spec.parameter_store.items():
            values[name] = self._parameter(reference)
        for name, reference in spec.secrets_manager.items():
            values[name] = self._secret(reference)
        for item in declared:
            values[item["name"]] = self._declared(item)
        return values

    def _declared(self, item: dict[str, str]) -> str:
        match item.get("type", "PLAINTEXT"):
            case "PARAMETER_STORE":
                return self._parameter(item["value"])
            case "SECRETS_MANAGER":
                return self._secret(item["value"])
            case _:
                return item["value"]

    def _parameter(self, name: str) -> str:
        answer = self._parameters.get_parameter(Name=name, WithDecryption=True)
        value = str(answer["Parameter"]["Value"])
        self.masked.append(value)
        return value

    def _secret(self, reference: str) -> str:
        secret, key, stage, version = split_secret(reference)
        wanted = {"SecretId": secret}
        if stage:
            wanted["VersionStage"] = stage
        if version:
            wanted["VersionId"] = version
        value = str(self._secrets.get_secret_value(**wanted)["SecretString"])
        if key:
            value = str(json.loads(value)[key])
        self.masked.append(value)
        return value


def split_secret(reference: str) -> tuple[str, str, str, str]:
    """Split ``secret-id:json-key:version-stage:version-id``; the id may be an ARN."""
    parts = reference.split(":")
    taken = 7 if reference.startswith("arn:") else 1
    rest = parts[taken:] + ["", "", ""]
    return ":".join(parts[:taken]), rest[0], rest[1], rest[2]


def _write_script(path: Path, line: str) -> None:
    """Write a script, whole or not at all: builds that begin together share it."""
    if not path.exists():
        draft = path.with_suffix(f".{uuid.uuid4().hex}")
        draft.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
        draft.chmod(0o755)
        draft.replace(path)
