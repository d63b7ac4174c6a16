"""Meanings of the errors of obstore, which has one class for most of them.

The HTTP status and the XML of the server are in its text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from ld_import.assets.base import FileProblem, SourceChanged
from ld_import.assets.sources.buffered import RangesIgnored
from ld_import.assets.sources.location import shown, unreadable
from ld_import.errors import StorageRefused, StorageUnavailable, UsageError
from ld_import.redaction import redact
from ld_import.wording import shorten

SHOWN_LENGTH = 200
REFUSED = {
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "ExpiredToken",
    "InvalidToken",
    "TokenRefreshRequired",
    "RequestTimeTooSkewed",
    "AuthenticationFailed",
}
NO_BUCKET = {"NoSuchBucket", "ContainerNotFound", "InvalidBucketName"}
WRONG_REGION = {"AuthorizationHeaderMalformed", "PermanentRedirect", "TemporaryRedirect"}
# Hosts that the library asks for credentials if it has none.
CREDENTIAL_HOSTS = ("169.254.169.254", "169.254.170.2", "metadata.google", "metadata/identity")
ARCHIVED = "InvalidObjectState"
# A server that sends the whole object where a part was requested.
NO_RANGES = ("non-partial response when range requested", "Range request not supported")

_status = re.compile(r"status code: (\d{3})").search
_code = re.compile(r"<Code>([^<]{1,100})</Code>").search
_message = re.compile(r"<Message>([^<]{1,2000})</Message>").search


class Unexplained(FileProblem):
    """A request was refused without a reason: the answer to HEAD has no content."""


class FileMissing(FileProblem):
    """The object does not exist under this key."""


@contextmanager
def translated(source: str) -> Iterator[None]:
    """Raise errors of the library as ours."""
    from obstore.exceptions import BaseError, PreconditionError

    try:
        yield
    except PreconditionError:
        raise SourceChanged(f"{shown(source)} changed while it was read") from None
    # The library raises this one of Python for a missing object.
    except FileNotFoundError as error:
        raise meaning_of(source, str(error), is_missing=True) from None
    except BaseError as error:
        if any(text in str(error) for text in NO_RANGES):
            raise RangesIgnored from None
        raise meaning_of(source, str(error), is_missing=False) from None


def meaning_of(source: str, text: str, *, is_missing: bool) -> Exception:
    """Return the error that the text of the library means."""
    text = text.partition("\n\nDebug source")[0]
    code = _code(text)
    name = code[1] if code else ""
    if name in NO_BUCKET:
        return unreadable(source, "the bucket does not exist")
    if is_missing:
        return FileMissing(str(unreadable(source, "the object does not exist")))
    if any(host in text for host in CREDENTIAL_HOSTS):
        return _no_credentials(source)
    if name in WRONG_REGION or ("redirect" in text and "region" in text):
        return UsageError(
            f"the bucket of {shown(source)} belongs to another region or address ({_said(text)})",
            hint="give `region` or `endpoint` in an entry of `sources:` in ld-import.yaml",
        )
    if name == ARCHIVED:
        return unreadable(source, "the object is archived and must be restored first")
    return _by_status(source, text, name)


def _by_status(source: str, text: str, code: str) -> Exception:
    found = _status(text)
    status = int(found[1]) if found else 0
    if code in REFUSED or status == 401:
        return StorageRefused(
            f"the host of {shown(source)} refuses the credentials ({_said(text)})"
        )
    if status in (0, 408, 429) or status >= 500:
        return StorageUnavailable(f"the host of {shown(source)} does not answer ({_said(text)})")
    why = f"the host refuses the request ({_said(text)})"
    if status == 403:
        why = "access to the object is denied, or it does not exist"
    return unreadable(source, why) if code else Unexplained(str(unreadable(source, why)))


def _no_credentials(source: str) -> StorageRefused:
    return StorageRefused(
        f"there are no credentials for {shown(source)}",
        hint=(
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or the variables of your cloud), or"
            " name files with them in an entry of `sources:` in ld-import.yaml"
        ),
    )


def _said(text: str) -> str:
    """Return status and message of the server in one line, without secrets and URLs."""
    found = _message(text) or _code(text)
    status = _status(text)
    if status is None:
        return redact(shorten(text.rpartition(" - ")[2].partition("\n")[0], SHOWN_LENGTH))
    phrase = _phrase(status[1])
    return redact(shorten(f"{phrase}: {found[1]}" if found else phrase, SHOWN_LENGTH))


def _phrase(status: str) -> str:
    try:
        return f"{status} {HTTPStatus(int(status)).phrase}"
    except ValueError:
        return status
