"""The meaning of errors of a bucket."""

from __future__ import annotations

import pytest

from ld_import.assets.base import FileProblem
from ld_import.assets.storages.answers import Answer
from ld_import.assets.storages.meaning import Again, ConditionsUnknown, meaning
from ld_import.errors import StorageRefused, StorageUnavailable, UsageError


def make_answer(status, code="", message="The server's words"):
    """Return an answer as the library words it."""
    xml = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>" if code else ""
    return Answer(
        Exception(
            "Generic S3 error: Error performing PUT https://s3.example/media/a in 2ms - Server"
            f" returned non-2xx status code: {status} Status: {xml}\n\nDebug source:\nstatus: 999"
        )
    )


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((403, "AccessDenied"), StorageRefused),
        ((401, ""), StorageRefused),
        ((400, "ExpiredToken"), StorageRefused),
        ((400, "InvalidAccessKeyId"), StorageRefused),
        ((404, "NoSuchBucket"), UsageError),
        ((404, "ContainerNotFound"), UsageError),
        ((400, "AuthorizationHeaderMalformed"), UsageError),
        ((301, "PermanentRedirect"), UsageError),
        ((507, ""), StorageUnavailable),
        ((403, "QuotaExceeded"), StorageUnavailable),
        ((501, "NotImplemented"), ConditionsUnknown),
        ((400, "InvalidArgument"), FileProblem),
        ((413, "EntityTooLarge"), FileProblem),
    ],
)
def test_errors_that_are_not_repeated(answer, error):
    """Status and code decide which error it is."""
    assert type(meaning(make_answer(*answer), "media", "b")) is error


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((400, "BadDigest"), "received other bytes"),
        ((400, "XAmzContentChecksumMismatch"), "received other bytes"),
        ((400, "RequestTimeout"), "does not answer"),
        ((503, "SlowDown"), "does not answer"),
        ((429, ""), "does not answer"),
        ((500, "InternalError"), "does not answer"),
    ],
)
def test_errors_that_are_repeated(answer, words):
    """Damage, throttling and errors of the server may be gone at the next attempt."""
    error = meaning(make_answer(*answer), "media", "b")

    assert isinstance(error, Again)
    assert isinstance(error.error, StorageUnavailable)
    assert words in str(error.error)


def test_no_credentials():
    """The library asks the host of the cloud last; a user gets the ways to give credentials."""
    error = meaning(Answer(Exception("PUT http://169.254.169.254/latest/api/token")), "media", "b")

    assert isinstance(error, StorageRefused)
    assert "no credentials" in str(error)
    assert "accessKeyFile" in error.hint


def test_words_of_the_server():
    """The message is one line of limited length, without secrets."""
    message = "Bad\nrequest https://user:password@host/ " + "x" * 1000
    said = make_answer(400, "InvalidArgument", message).said

    assert said.startswith("400, Bad request https://***@host/")
    assert len(said) < 320
