"""Many small functions with two versions and an alias each."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

CODE = "def handler(event, context):\n    return {}\n"


def make_functions(aws: Callable[[str], Any], count: int) -> list[str]:
    """Make functions whose alias ``live`` leads to version 2; return the aliases' ARNs."""
    role = _make_role(aws("iam"))
    client = aws("lambda")
    return [_make_function(client, f"mra-many-{i}", role) for i in range(count)]


def _make_role(iam: Any) -> str:
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    made = iam.create_role(
        RoleName="mra-many", AssumeRolePolicyDocument=json.dumps(trust)
    )
    return str(made["Role"]["Arn"])


def _make_function(client: Any, name: str, role: str) -> str:
    client.create_function(
        FunctionName=name,
        Runtime="python3.11",
        Role=role,
        Handler="app.handler",
        Code={"ZipFile": _zip(CODE)},
        Publish=True,
    )
    client.update_function_code(
        FunctionName=name, ZipFile=_zip(f"{CODE}# new\n"), Publish=True
    )
    alias = client.create_alias(FunctionName=name, Name="live", FunctionVersion="2")
    return str(alias["AliasArn"])


def _zip(code: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", code)
    return buffer.getvalue()
