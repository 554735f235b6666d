"""Fetch a function's code as the caller, and unpack it once per content."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.functions.model import Code
from rehearsal.functions.settings import refused
from rehearsal.protocol import ApiError, Params

_MOST_UNZIPPED_BYTES = 262_144_000


def fetch_code(given: Params, s3: Any, folder: Path) -> Code:
    """Return the code that ``given`` names (ZipFile or S3Bucket, S3Key), unpacked.

    Args:
        s3: a client with the rights of the caller, as Lambda reads the object for them.
        folder: where packages are unpacked.

    Raises:
        ApiError: InvalidParameterValueException, AccessDeniedException.
    """
    archive: bytes | None = given.get("ZipFile")
    source: dict[str, str] = {}
    if archive is None:
        if not given.get("S3Bucket") or not given.get("S3Key"):
            raise refused("Please provide a source for function code.")
        names = {"S3Bucket": "Bucket", "S3Key": "Key", "S3ObjectVersion": "VersionId"}
        source = {to: given[name] for name, to in names.items() if given.get(name)}
        archive = _read_object(s3, source)
    digest = hashlib.sha256(archive).digest()
    root = folder / digest.hex()
    if not root.exists():
        _unpack(archive, root)
    return Code(base64.b64encode(digest).decode(), len(archive), root, source)


def _read_object(s3: Any, source: dict[str, str]) -> bytes:
    try:
        content: bytes = s3.get_object(**source)["Body"].read()
    except ClientError as error:
        code, text = error.response["Error"]["Code"], error.response["Error"]["Message"]
        if code in ("AccessDenied", "403"):
            raise ApiError(
                "AccessDeniedException",
                "Your access has been denied by S3, please make sure your request "
                f"credentials have permission to GetObject for {source['Bucket']}/"
                f"{source['Key']}. S3 Error Code: AccessDenied. S3 Error Message: {text}",
            ) from error
        raise refused(
            f"Error occurred while GetObject. S3 Error Code: {code}. "
            f"S3 Error Message: {text}"
        ) from error
    return content


def _unpack(archive: bytes, root: Path) -> None:
    try:
        package = zipfile.ZipFile(io.BytesIO(archive))
    except zipfile.BadZipFile as error:
        raise refused(
            "Could not unzip uploaded file. Please check your file, then try to upload "
            "again."
        ) from error
    with package:
        if sum(item.file_size for item in package.infolist()) > _MOST_UNZIPPED_BYTES:
            raise refused(
                f"Unzipped size must be smaller than {_MOST_UNZIPPED_BYTES} bytes"
            )
        # Two calls may unpack the same content at once: each into a folder of its own.
        draft = root.with_name(f"{root.name}.{id(package)}")
        package.extractall(draft)
    try:
        draft.rename(root)
    except OSError:
        if not root.exists():
            raise


def location(code: Code, s3: Any) -> dict[str, str]:
    """Return where to download the code: a link that is good for ten minutes."""
    if not code.source:
        return {"RepositoryType": "S3"}
    link: str = s3.generate_presigned_url(
        "get_object", Params=dict(code.source), ExpiresIn=600
    )
    return {"RepositoryType": "S3", "Location": link}
