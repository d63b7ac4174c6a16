"""Parsing of notifications."""

from __future__ import annotations

import orjson
import pytest

from ld_import.receiver.notice import Notice, notice_from

LONGEST = "x" * 64


def notification(**members):
    """Return the body of a notification as the vendor's servers send it."""
    body = {"source": "livingdocs-video-import", "id": "job-1", "state": "success", **members}
    return orjson.dumps({key: value for key, value in body.items() if value is not ...})


@pytest.mark.parametrize(
    ("members", "notice"),
    [
        ({}, ("job-1", None)),
        ({"context": {"import": "nightly", "ldImport": "t-7"}}, ("job-1", "t-7")),
        ({"id": LONGEST, "context": {"ldImport": LONGEST}}, (LONGEST, LONGEST)),
        ({"state": "failed", "finished": False, "overview": "?"}, ("job-1", None)),
    ],
)
def test_notice(members, notice):
    """Only the job id and our own member of the context are read."""
    assert notice_from(notification(**members)) == Notice(*notice)


@pytest.mark.parametrize(
    "job_id",
    [
        ...,
        None,
        "",
        7,
        True,
        ["job-1"],
        {"id": "job-1"},
        LONGEST + "x",
        "a\nb",
        "a\x00b",
        "jöb",
        "a/b",
    ],
)
def test_no_id(job_id):
    """An id that is not of the documented form invalidates the notification."""
    assert notice_from(notification(id=job_id)) is None


@pytest.mark.parametrize(
    "context", [None, "t-7", ["ldImport"], {}, {"ldImport": 7}, {"ldImport": LONGEST + "x"}]
)
def test_no_token(context):
    """An unknown context is ignored."""
    assert notice_from(notification(context=context)) == Notice("job-1", None)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"job-1", b"null", b'"job-1"', b"7", b'[{"id": "job-1"}]', b'{"id": "\xff"}'],
)
def test_no_notification(body):
    """A body other than a JSON object is not a notification."""
    assert notice_from(body) is None


def test_deep_nesting():
    """Deeply nested JSON is refused without a recursion error."""
    assert notice_from(b'{"id": "job-1", "context": ' + b"[" * 60_000) is None
