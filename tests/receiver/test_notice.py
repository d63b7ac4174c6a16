"""What a notification is believed to say."""

from __future__ import annotations

import orjson
import pytest

from ld_import.receiver.notice import Notice, notice_from

LONGEST = "x" * 64


def told(**members):
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
def test_believed(members, notice):
    """Only the job and our own member of the context are read, whatever else is told."""
    assert notice_from(told(**members)) == Notice(*notice)


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
    """Without an id of the documented form there is no job to ask for."""
    assert notice_from(told(id=job_id)) is None


@pytest.mark.parametrize(
    "context", [None, "t-7", ["ldImport"], {}, {"ldImport": 7}, {"ldImport": LONGEST + "x"}]
)
def test_no_token(context):
    """A context that is not ours leaves a notification of a job."""
    assert notice_from(told(context=context)) == Notice("job-1", None)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"job-1", b"null", b'"job-1"', b"7", b'[{"id": "job-1"}]', b'{"id": "\xff"}'],
)
def test_no_notification(body):
    """A body that is no JSON object is none."""
    assert notice_from(body) is None


def test_deep_nesting():
    """Thousands of open brackets are refused, not followed."""
    assert notice_from(b'{"id": "job-1", "context": ' + b"[" * 60_000) is None
