"""Helpers of the ledger tests: send a batch, record its answer, settle it."""

from __future__ import annotations

import os
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

from ld_import.kinds.field_hashes import hashes_from
from ld_import.ledger import SqliteLedger
from ld_import.model import BegunFile, FinishedFile, Job, Outcome, State, StoredFile
from tests.clock import START
from tests.makers import TARGET, make_item, make_ledger, make_start

NOBODY = 65534


@contextmanager
def ordinary_user():
    """Run the block as a user for whom file permissions apply."""
    if os.geteuid() != 0:
        yield
        return
    # Loaded now: that user may lack access to the standard library, and Python caches a codec that
    # was not found.
    "a".encode("idna")
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def next_run(folder):
    """Return the ledger of a folder, opened by one more run; it may have earlier runs."""
    ledger = SqliteLedger(folder / "ledger.sqlite3", TARGET)
    try:
        ledger.begin_run(make_start(run_id=str(uuid4())))
    except BaseException:
        ledger.close()
        raise
    return ledger


def at(seconds):
    """Return the time this number of seconds after the start."""
    return START + timedelta(seconds=seconds)


def pend(ledger, *numbers, now=START, **fields):
    """Record a batch of the items with these numbers, before its request; return its id."""
    items = [make_item(number, **fields) for number in numbers]
    marks = [hashes_from(item.body) for item in items]
    return ledger.record_pending(items, marks, request_digest=b"request", now=now)


def send(ledger, *numbers, job_id="job1", now=START, **fields):
    """Record a batch that became a job; return its id."""
    batch_id = pend(ledger, *numbers, now=now, **fields)
    ledger.record_submitted(batch_id, Job(job_id, "started", False), now)
    return batch_id


def outcomes(*numbers, state=State.SUCCESS, reason=None):
    """Return outcomes of items; a success or skip has the media entry `m<number>`."""
    has_entry = state in (State.SUCCESS, State.SKIPPED)
    return [
        Outcome(make_item(number).key, state, reason, f"m{number}" if has_entry else None)
        for number in numbers
    ]


def settle(ledger, batch_id, *numbers, state=State.SUCCESS, reason=None, now=START):
    """Close a batch whose items all have the same outcome."""
    ended = outcomes(*numbers, state=state, reason=reason)
    ledger.record_settled(batch_id, ended, job_state="success", now=now)


STORED = StoredFile(
    version=1,
    storage="media",
    key="town/1.jpg",
    size=1234,
    sha256=bytes(range(32)),
    etag="e",
    mime_type="image/jpeg",
    width=4,
    height=3,
)


def with_files(folder, target):
    """Create a ledger: v1 with a stored file, v2 with a failed, v3 with a begun one, v4 without."""
    ledger = make_ledger(folder, target)
    send(ledger, 1, 4)
    keys = {number: make_item(number).key for number in (1, 2, 3)}
    begun = [BegunFile(key, f"{number}.jpg", "10 at 1", 1) for number, key in keys.items()]
    ledger.record_begun_files(begun, START)
    assert ledger.record_stored_files([FinishedFile(keys[1], "10 at 1", STORED)], START) == [None]
    failed = Outcome(keys[2], State.FAILED, "=1+1: it is a web page")
    ledger.record_failed_files([make_item(2)], [failed], (), START)
    ledger.close()
