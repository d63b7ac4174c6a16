"""Errors of the library for buckets: which are retried, and the errors that users see.

The library has one class for most errors, so that the HTTP status and the XML in its text decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from ld_import.assets.base import FileProblem
from ld_import.errors import LdImportError, StorageRefused, StorageUnavailable, UsageError
from ld_import.redaction import redact

MOST_SHOWN = 300
NO_STATUS = 0
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
# Hosts that give credentials to machines of a cloud; the library asks them last.
CREDENTIAL_HOSTS = ("169.254.169.254", "169.254.170.2", "metadata.google", "metadata/identity")

_status = re.compile(r"status code: (\d{3})")
_code = re.compile(r"<Code>([^<]{1,100})</Code>")
_message = re.compile(r"<Message>([^<]{1,2000})</Message>")


class Again(Exception):
    """An attempt failed, but another one with the same bytes may succeed."""

    def __init__(self, error: LdImportError) -> None:
        """Store the error for the case that no attempt is left."""
        super().__init__(str(error))
        self.error = error


class ConditionsUnknown(Exception):
    """The server does not know puts that must not replace an object."""


class Answer:
    """An error of the library, read for its status, code and message."""

    def __init__(self, error: Exception) -> None:
        """Read the text of the error."""
        text = str(error).partition("\n\nDebug source")[0]
        status = _status.search(text)
        self.status = int(status.group(1)) if status else NO_STATUS
        self.code = _first(_code, text)
        self.text = text
        self.has_no_credentials = any(host in text for host in CREDENTIAL_HOSTS)

    @property
    def said(self) -> str:
        """The message of the server in one line, without secrets."""
        message = _first(_message, self.text) or self.code
        if not message:
            message = self.text.rpartition(" - ")[2].partition("\n")[0]
        status = f"{self.status}, " if self.status else ""
        return f"{status}{redact(' '.join(message.split())[:MOST_SHOWN])}"


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
        return StorageRefused(f"the storage `{name}` refuses the credentials ({answer.said})")
    if answer.code in NO_CONDITIONS or answer.status == 501:
        return ConditionsUnknown(answer.said)
    is_busy = answer.code in BUSY or answer.status in (NO_STATUS, 408, 429)
    if is_busy or answer.status >= 500:
        return Again(StorageUnavailable(f"the storage `{name}` does not answer ({answer.said})"))
    return FileProblem(f"the storage `{name}` does not accept the file ({answer.said})")


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


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found.group(1) if found else ""
