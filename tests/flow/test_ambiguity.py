"""Requests with a lost answer: a look-up resolves their outcome, for every kind."""

from __future__ import annotations

import pytest

from ld_import.emulator import Fault
from tests.flow.crash_cases import RECORDS, WRITE_ONLY

POSTS = {
    "videos": "POST import/videos",
    "images": "POST import/images",
    "files": "POST import/files",
    "media-library": "POST import/mediaLibrary",
}
# The action of the server before the answer was lost, and whether a repeat is allowed.
LOST = [
    ("drop_after", {}, 1),
    ("truncated", {}, 1),
    ("status_after", {"status": 500}, 1),
    ("status_after", {"status": 502}, 1),
    ("status_after", {"status": 504}, 1),
    ("drop", {}, 2),
    ("html", {"status": 502}, 2),
    ("html", {"status": 504}, 2),
]


@pytest.mark.parametrize("kind", POSTS)
@pytest.mark.parametrize(
    ("action", "members", "posts"), LOST, ids=[f"{one[0]} {one[1]}" for one in LOST]
)
def test_lost_answer_is_resolved_by_evidence(make_program, kind, action, members, posts):
    """Accepted items are found and not sent again; others are, and the ledger records it."""
    program = make_program(job_polls=0)
    program.kind = kind
    program.write([RECORDS[kind](number) for number in (1, 2, 3)])
    program.emulator.script(Fault(on=POSTS[kind], action=action, **members))

    ended = program.run()

    assert (ended.exit_code, ended.tally.outcomes["success"]) == (0, 3)
    assert program.emulator.requests[POSTS[kind]] == posts
    entries = program.emulator.entries()
    assert sorted(entry["externalId"] for entry in entries) == ["v1", "v2", "v3"]
    assert {entry["created"] for entry in entries} == {1}
    reasons = [attempt["reason"] or "" for attempt in program.history("v1")]
    assert any("sent again" in one for one in reasons) == (posts == 2)
    assert any("found on the server" in one for one in reasons) == (posts == 1)


@pytest.mark.parametrize("kind", POSTS)
def test_lost_answer_without_the_read_scope(make_program, kind):
    """Without look-ups items are sent again: each pair exists once, and none counts as success."""
    program = make_program(job_polls=0, **WRITE_ONLY)
    program.kind = kind
    program.write([RECORDS[kind](number) for number in (1, 2, 3)])
    program.emulator.script(Fault(on=POSTS[kind], action="drop_after"))

    ended = program.run()

    assert ended.exit_code == 0
    assert program.emulator.requests[POSTS[kind]] == 2
    assert {entry["created"] for entry in program.emulator.entries()} == {1}
    assert set(program.states().values()) == {"skipped"}
    assert all("could not be confirmed" in row["reason"] for row in program.rows().values())
