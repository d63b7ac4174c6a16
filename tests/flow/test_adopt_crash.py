"""Adoption stopped at every commit and request: a second call completes it."""

from __future__ import annotations

from functools import partial
from itertools import count

import pytest

from ld_import.emulator import Fault
from ld_import.importer import adoption
from tests.flow.changing import adopt, stopped, table
from tests.harness.records import video, videos

ROWS = """
SELECT external_id, state, checksum, record_digest, marks, marks_held, media_id, original_url
FROM item LEFT JOIN media USING (item_id) ORDER BY external_id
"""


@pytest.fixture
def lost(program, monkeypatch):
    """Return a program whose ledger is lost: five records, of which one differs, one is missing."""
    monkeypatch.setattr(adoption, "GROUP_ITEMS", 2)
    program.write(videos(4))
    program.run()
    program.ledger_path.unlink()
    program.write([*videos(3), video(4, metadata={"title": "Other"}), video(5)])
    return program


@pytest.mark.no_cover
def test_stopped_at_every_event(lost):
    """Recorded rows stay, the others follow, and the next import sends the missing one."""
    whole = adopt(lost)
    assert [whole.summary[name] for name in ("adopted", "different", "missing")] == [3, 1, 1]
    expected = table(lost, ROWS)
    posts = lost.emulator.requests["POST import/videos"]
    for at in count(1):
        lost.ledger_path.unlink()
        is_stopped = stopped(partial(adopt, lost), at)
        before = len(lost.rows()) if lost.ledger_path.exists() else 0
        again = adopt(lost)

        assert again.exit_code == (3 if again.summary["different"] else 0)
        assert again.summary["known"] >= before
        assert table(lost, ROWS) == expected
        if not is_stopped:
            break

    assert at > 15
    assert lost.emulator.requests["POST import/videos"] == posts
    night = lost.run()
    assert (night.requests["import"], night.tally.sent) == (1, 1)


def test_stopped_by_a_signal(lost):
    """After a SIGTERM the entries found so far are recorded, and the next call continues."""
    lost.emulator.script(Fault(on="GET mediaLibrary", action="slow", seconds=60, nth=4))
    first = adopt(lost, stop_after=30)

    assert (first.exit_code, first.summary["adopted"]) == (143, 3)
    assert lost.ledger_runs()[0]["exitCode"] == 143
    again = adopt(lost)
    assert (again.summary["known"], again.summary["different"]) == (3, 1)
