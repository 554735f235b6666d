"""One table from what boto3 raises to the errors that operators read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore import exceptions as boto

from delivery.errors import (
    AlreadyDecided,
    BadInput,
    DeliveryError,
    NotPermitted,
    PlaneUnavailable,
    Refused,
    Unreachable,
)

_EXPIRED = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
)
_UNKNOWN_KEYS = frozenset(
    {
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "SignatureDoesNotMatch",
        "InvalidAccessKeyId",
        "AuthFailure",
        "IncompleteSignature",
    }
)
_DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "UnauthorizedOperation",
        "NotAuthorized",
        "AuthorizationError",
        "Forbidden",
        "403",
    }
)
_LATER = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "SlowDown",
        "InternalError",
        "InternalFailure",
        "InternalServiceError",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "RequestTimeout",
        "500",
        "502",
        "503",
        "504",
    }
)
_DECIDED = frozenset(
    {"InvalidApprovalTokenException", "ApprovalAlreadyCompletedException"}
)
_REFUSED = frozenset(
    {
        "ConflictException",
        "AlreadyExistsException",
        "InvalidChangeSetStatus",
        "ResourceConflictException",
        "ConcurrentPipelineExecutionsLimitExceededException",
        "InsufficientCapabilitiesException",
        "LimitExceededException",
    }
)


@contextmanager
def told_in_our_words(doing: str, *, local: bool = False) -> Iterator[None]:
    """Turn what boto3 raises while ``doing`` something into ``delivery.errors``.

    ``doing`` completes "The tool could not …".
    """
    try:
        yield
    except (boto.ClientError, boto.BotoCoreError, boto.HTTPClientError) as error:
        raise translate(error, doing, local=local) from error


def code_of(error: boto.ClientError) -> str:
    """Return the service's error code."""
    return str(error.response.get("Error", {}).get("Code", ""))


def message_of(error: boto.ClientError) -> str:
    """Return the service's message."""
    return str(error.response.get("Error", {}).get("Message", "")) or str(error)


def translate(error: Exception, doing: str, *, local: bool = False) -> DeliveryError:
    """Choose the error that says what the operator does next."""
    what = f"The tool could not {doing}."
    match error:
        case boto.ClientError():
            return _from_service(error, what)
        case boto.NoCredentialsError() | boto.PartialCredentialsError():
            return NotPermitted(
                "No AWS credentials were found.",
                why=str(error),
                next_step="aws configure sso, or set AWS_PROFILE; or rehearse on this "
                "machine with --local.",
            )
        case boto.ProfileNotFound():
            return NotPermitted(
                "The AWS profile does not exist.",
                why=str(error),
                next_step="aws configure list-profiles shows those that do.",
            )
        case (
            boto.TokenRetrievalError()
            | boto.SSOError()
            | boto.CredentialRetrievalError()
            | boto.UnauthorizedSSOTokenError()
        ):
            return NotPermitted(
                "The AWS session is over.", why=str(error), next_step="aws sso login"
            )
        case boto.NoRegionError() | boto.InvalidRegionError():
            return BadInput(
                "The AWS region is missing or unknown.",
                why=str(error),
                next_step="Give it with --region us-east-1.",
            )
        case boto.ParamValidationError():
            return BadInput(what, why=str(error), next_step="Mend the value it names.")
        case _:
            return _no_answer(error, what, local=local)


def _from_service(error: boto.ClientError, what: str) -> DeliveryError:
    code, message = code_of(error), message_of(error)
    why = f"{code}: {message}"
    if code in _EXPIRED:
        return NotPermitted(
            "The AWS credentials have expired.", why=why, next_step="aws sso login"
        )
    if code in _UNKNOWN_KEYS:
        return NotPermitted(
            "AWS does not know these credentials.",
            why=why,
            next_step="aws sts get-caller-identity shows which are used.",
        )
    if code in _DENIED:
        return NotPermitted(
            what,
            why=why,
            next_step="Use a profile that holds the permission, or ask for it.",
        )
    if code in _DECIDED:
        return AlreadyDecided(
            "The approval is not open any more.",
            why=why,
            next_step="./deploy_pipeline.py status shows where the execution stands.",
        )
    if code in _LATER or _http_status(error) >= 500:
        return Unreachable(what, why=why, next_step="Run it again in a minute.")
    if code in _REFUSED:
        return Refused(
            what, why=why, next_step="./deploy_pipeline.py status, then run it again."
        )
    return DeliveryError(what, why=why, next_step="Run it with --debug for the call.")


def _http_status(error: boto.ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _no_answer(error: Exception, what: str, *, local: bool) -> DeliveryError:
    if local:
        return PlaneUnavailable(
            "The rehearsal plane does not answer.",
            why=str(error),
            next_step="./deploy_pipeline.py rehearse start",
        )
    return Unreachable(
        what,
        why=str(error),
        next_step="Check the network, and run it again.",
    )
