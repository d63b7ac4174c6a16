"""Meanings of the errors of obstore, which has one class for most of them.

The HTTP status and the XML of the server are in its text.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ld_import.assets.base import FileProblem, SourceChanged
from ld_import.assets.sources.buffered import RangesIgnored
from ld_import.assets.sources.location import shown, unreadable
from ld_import.assets.storages.answers import Answer
from ld_import.assets.storages.meaning import NO_BUCKET, REFUSED, WRONG_REGION
from ld_import.errors import StorageRefused, StorageUnavailable, UsageError

# Denied for this object; for a storage it means that nothing can be written.
DENIED = "AccessDenied"
ARCHIVED = "InvalidObjectState"
# A server that sends the whole object where a part was requested.
NO_RANGES = ("non-partial response when range requested", "Range request not supported")


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
        if Answer(error).code in NO_BUCKET:
            raise unreadable(source, "the bucket does not exist") from None
        raise FileMissing(str(unreadable(source, "the object does not exist"))) from None
    except BaseError as error:
        if any(text in str(error) for text in NO_RANGES):
            raise RangesIgnored from None
        raise meaning_of(source, Answer(error)) from None


def meaning_of(source: str, answer: Answer) -> Exception:
    """Return the error of a request for an object."""
    if answer.has_no_credentials:
        return _no_credentials(source)
    if answer.code in WRONG_REGION or answer.status in (301, 307):
        return UsageError(
            f"the bucket of {shown(source)} belongs to another region or address ({answer.said})",
            hint="give `region` or `endpoint` in an entry of `sources:` in ld-import.yaml",
        )
    if answer.status == 401 or (answer.code in REFUSED and answer.code != DENIED):
        text = f"the host of {shown(source)} refuses the credentials ({answer.said})"
        return StorageRefused(text)
    if answer.status in (0, 408, 429) or answer.status >= 500:
        return StorageUnavailable(f"the host of {shown(source)} does not answer ({answer.said})")
    problem = unreadable(source, _why(answer))
    return problem if answer.code else Unexplained(str(problem))


def _why(answer: Answer) -> str:
    if answer.code == ARCHIVED:
        return "the object is archived and must be restored first"
    if answer.status == 403:
        return "access to the object is denied, or it does not exist"
    return f"the host refuses the request ({answer.said})"


def _no_credentials(source: str) -> StorageRefused:
    return StorageRefused(
        f"there are no credentials for {shown(source)}",
        hint=(
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or the variables of your cloud), or"
            " name files with them in an entry of `sources:` in ld-import.yaml"
        ),
    )
