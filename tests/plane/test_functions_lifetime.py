"""Workers of functions: gone with the plane, however it ends."""

from __future__ import annotations

import io
import json
import os
import signal
import time
import zipfile
from typing import Any

import boto3
import pytest

pytestmark = pytest.mark.plane

SOURCE = "import os\n\n\ndef handler(event, context):\n    return os.getpid()\n"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM])
def test_a_plane_that_ends_leaves_no_worker_behind_in_any_region(
    own_plane: Any, ending: signal.Signals
) -> None:
    regions = ("us-east-1", "eu-west-1")
    workers = [worker_pid(own_plane.endpoint, region) for region in regions]
    assert len(set(workers)) == 2
    own_plane.process.send_signal(ending)
    own_plane.process.wait(timeout=20)
    assert all(ends(worker) for worker in workers)


def worker_pid(endpoint: str, region: str) -> int:
    """Run a function that tells its process id."""
    session = boto3.session.Session("rehearsal", "rehearsal", region_name=region)
    role = session.client("iam", endpoint_url=endpoint).create_role(
        RoleName=f"demo-{region}", AssumeRolePolicyDocument=json.dumps(TRUST)
    )
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("app.py", SOURCE)
    client = session.client("lambda", endpoint_url=endpoint)
    client.create_function(
        FunctionName="demo",
        Runtime="python3.11",
        Role=role["Role"]["Arn"],
        Handler="app.handler",
        Code={"ZipFile": package.getvalue()},
    )
    return int(json.load(client.invoke(FunctionName="demo")["Payload"]))


def ends(pid: int) -> bool:
    """Say whether a process is gone within seconds."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False
