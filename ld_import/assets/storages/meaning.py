"""The errors of buckets that callers get, and which of them another attempt may avoid."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ld_import.assets.base import FileProblem
from ld_import.assets.storages.answers import NO_STATUS, Answer
from ld_import.errors import LdImportError, StorageRefused, StorageUnavailable, UsageError

# Some servers report these with the status 400.
DAMAGED = {
    "BadDigest",
    "InvalidDigest",
    "XAmzContentSHA256Mismatch",
    "XAmzContentChecksumMismatch",
    "ContentSHA256Mismatch",
    "IncompleteBody",
    "Md5Mismatch",
}
BUSY = {"RequestTimeout", "SlowDown", "Throttling", "ThrottlingException", "TooManyRequests"}
FULL = {"QuotaExceeded", "InsufficientStorage", "XMinioStorageFull", "InsufficientCapacity"}
REFUSED = {
    "AccessDenied",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "ExpiredToken",
    "InvalidToken",
    "RequestTimeTooSkewed",
    "AuthenticationFailed",
}
WRONG_REGION = {"AuthorizationHeaderMalformed", "PermanentRedirect", "TemporaryRedirect"}
NO_BUCKET = {"NoSuchBucket", "ContainerNotFound", "InvalidBucketName"}
# The server does not know conditions for a put.
NO_CONDITIONS = {"NotImplemented", "UnsupportedHeader"}
PERMISSIONS = (
    "check the credentials; they need the permissions to list the bucket, and to read and write its"
    " objects (s3:ListBucket, s3:GetObject, s3:PutObject, s3:AbortMultipartUpload)"
)


class Again(Exception):
    """An attempt failed, but another one with the same bytes may succeed."""

    def __init__(self, error: LdImportError) -> None:
        """Store the error for the case that no attempt is left."""
        super().__init__(str(error))
        self.error = error


class ConditionsUnknown(Exception):
    """The server does not know puts that must not replace an object."""


@contextmanager
def translated(name: str, bucket: str) -> Iterator[None]:
    """Raise errors of the library as ours; objects that exist or are missing stay as they are."""
    from obstore.exceptions import AlreadyExistsError, BaseError

    try:
        yield
    except AlreadyExistsError:
        raise
    except FileNotFoundError as error:
        if Answer(error).code in NO_BUCKET:
            raise no_bucket(name, bucket) from error
        raise
    except BaseError as error:
        raise meaning(Answer(error), name, bucket) from error


def no_bucket(name: str, bucket: str) -> UsageError:
    """Return the error of a bucket that does not exist."""
    return UsageError(
        f"the storage `{name}` has no bucket `{bucket}`",
        hint=f"create the bucket, or correct `url` of `storages: {name}` in ld-import.yaml",
    )


def meaning(answer: Answer, name: str, bucket: str) -> Exception:
    """Return the error that the caller of a storage gets."""
    if answer.has_no_credentials:
        return _no_credentials(name)
    if answer.code in DAMAGED:
        said = f"the storage `{name}` received other bytes than those sent ({answer.said})"
        return Again(StorageUnavailable(said))
    if answer.code in NO_BUCKET:
        return no_bucket(name, bucket)
    if answer.code in WRONG_REGION or answer.status in (301, 307) or _is_redirect(answer):
        return _wrong_region(name, answer)
    if answer.code in FULL or answer.status == 507:
        return StorageUnavailable(
            f"the storage `{name}` is full ({answer.said})",
            hint="free space there, then run the same command again",
        )
    return _by_status(answer, name)


def _by_status(answer: Answer, name: str) -> Exception:
    if answer.code in REFUSED or answer.status in (401, 403):
        return _refused(name, answer)
    if answer.code in NO_CONDITIONS or answer.status == 501:
        return ConditionsUnknown(answer.said)
    is_busy = answer.code in BUSY or answer.status in (NO_STATUS, 408, 429)
    if is_busy or answer.status >= 500:
        where = f" at {answer.host}" if answer.host else ""
        said = f"the storage `{name}`{where} does not answer ({answer.said})"
        return Again(StorageUnavailable(said))
    return FileProblem(f"the storage `{name}` does not accept the file ({answer.said})")


def _refused(name: str, answer: Answer) -> StorageRefused:
    hint = PERMISSIONS if answer.code in ("AccessDenied", "") else None
    said = f"the storage `{name}` refuses the credentials ({answer.said})"
    return StorageRefused(said, hint=hint)


def _no_credentials(name: str) -> StorageRefused:
    return StorageRefused(
        f"there are no credentials for the storage `{name}`",
        hint=(
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or the variables of your cloud), or"
            f" `accessKeyFile` and `secretKeyFile` of `storages: {name}` in ld-import.yaml"
        ),
    )


def _wrong_region(name: str, answer: Answer) -> UsageError:
    return UsageError(
        f"the storage `{name}` belongs to another region or address ({answer.said})",
        hint=f"correct `region` or `endpoint` of `storages: {name}` in ld-import.yaml",
    )


def _is_redirect(answer: Answer) -> bool:
    return "redirect" in answer.text and "region" in answer.text
