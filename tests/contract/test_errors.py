"""One table from what boto3 raises to what operators read."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from botocore import exceptions as boto

from delivery import errors
from delivery.aws.clients import Clients
from delivery.aws.errors import told_in_our_words, translate


def _service_error(code: str, status: int = 400) -> boto.ClientError:
    return boto.ClientError(
        {
            "Error": {"Code": code, "Message": "as AWS says"},
            "ResponseMetadata": {"HTTPStatusCode": status},
        },
        "Operation",
    )


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (_service_error("AccessDenied"), errors.NotPermitted),
        (_service_error("ExpiredToken"), errors.NotPermitted),
        (_service_error("InvalidClientTokenId"), errors.NotPermitted),
        (_service_error("ThrottlingException"), errors.Unreachable),
        (_service_error("Unheard", 503), errors.Unreachable),
        (_service_error("ConflictException"), errors.Refused),
        (_service_error("InvalidApprovalTokenException"), errors.AlreadyDecided),
        (_service_error("ValidationError"), errors.DeliveryError),
        (boto.NoCredentialsError(), errors.NotPermitted),
        (boto.ProfileNotFound(profile="p"), errors.NotPermitted),
        (boto.UnauthorizedSSOTokenError(), errors.NotPermitted),
        (boto.NoRegionError(), errors.BadInput),
        (boto.ParamValidationError(report="r"), errors.BadInput),
        (boto.EndpointConnectionError(endpoint_url="u"), errors.Unreachable),
        (boto.ReadTimeoutError(endpoint_url="u"), errors.Unreachable),
    ],
)
def test_each_error_says_what_to_do_next(error, expected) -> None:
    translated = translate(error, "read stack app")
    assert type(translated) is expected
    assert translated.next_step
    assert translated.why


def test_what_the_tool_was_doing_is_said() -> None:
    with pytest.raises(errors.Unreachable, match="could not read stack app"):
        with told_in_our_words("read stack app"):
            raise _service_error("Throttling")


def test_a_plane_that_is_silent_is_unavailable_not_unreachable() -> None:
    silent = boto.EndpointConnectionError(endpoint_url="http://127.0.0.1:4599")
    error = translate(silent, "read stack app", local=True)
    assert isinstance(error, errors.PlaneUnavailable)
    assert "rehearse start" in error.next_step


def test_the_cause_is_kept() -> None:
    with pytest.raises(errors.NotPermitted) as caught:
        with told_in_our_words("read"):
            raise _service_error("AccessDenied")
    assert isinstance(caught.value.__cause__, boto.ClientError)


def test_what_is_not_from_aws_passes_through() -> None:
    with pytest.raises(KeyError):
        with told_in_our_words("read"):
            raise KeyError("ours")


def test_clients_of_the_plane_look_at_no_profile(monkeypatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "gone")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "the-operators-own")
    clients = Clients("us-east-1", endpoint_url="http://127.0.0.1:4720")
    client = clients.get("sts")
    assert client.meta.endpoint_url == "http://127.0.0.1:4720"
    assert client._request_signer._credentials.access_key == "rehearsal"
    assert clients.get("sts") is client


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("210987654321", "210987654321"),
        ("21098765432", "rehearsal"),
        ("AKIA21098765", "rehearsal"),
        ("", "rehearsal"),
    ],
)
def test_on_the_plane_an_accounts_digits_say_where_to_act(
    monkeypatch, given: str, used: str
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", given)
    clients = Clients("us-east-1", endpoint_url="http://127.0.0.1:4720")
    keys = clients.get("sts")._request_signer._credentials
    assert (keys.access_key, keys.secret_key) == (used, "rehearsal")


def test_a_missing_profile_is_not_permitted(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with pytest.raises(errors.NotPermitted, match="profile does not exist"):
        Clients("us-east-1", profile="gone").get("sts")


def test_requests_to_aws_are_retried_with_jitter(monkeypatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "synthetic")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "synthetic")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    retries = Clients("us-east-1").get("sts").meta.config.retries
    assert retries["mode"] == "adaptive"


def test_that_aws_is_asked_again_for_long_is_told_once(monkeypatch) -> None:
    no_waits = SimpleNamespace(sleep=lambda seconds: None)
    monkeypatch.setattr("botocore.endpoint.time", no_waits)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "synthetic")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    told: list[str] = []
    api = Clients("us-east-1", on_trouble=told.append).get("sts")
    for _ in range(2):
        with pytest.raises(boto.EndpointConnectionError):
            api.get_caller_identity()
    (line,) = told
    assert "trying again" in line
