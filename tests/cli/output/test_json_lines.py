"""The log as JSON lines: one object an event, with the same first members."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson
import pytest

from ld_import.cli.output.json_lines import JsonLines
from ld_import.events import Declined, Note, Polled, Waiting
from tests.cli.output.boards import job, planned, rejected, settled, submitted

NOW = datetime(2026, 11, 21, 1, 0, 0, 123456, UTC)


def line_of(event):
    """Return the line that is written for an event."""
    written: list[str] = []
    with JsonLines(written.append, lambda: NOW, level="debug", run_id="r1") as lines:
        lines(event)
    return orjson.loads(written[0])


@pytest.mark.parametrize(
    ("event", "batch", "job_id", "attempt"),
    [
        (planned(1), None, None, None),
        (rejected(), None, None, None),
        (Note("x"), None, None, None),
        (submitted(3), 3, "job3", 1),
        (settled(3, success=1), 3, "job3", 1),
        (settled(3, job=False, success=1), 3, None, 1),
        (Polled(3, job(3)), 3, "job3", None),
        (Declined(3, 2, "too large", attempt=2), 3, None, 2),
        (Waiting("503", 2.0, 3, "job3", 4), 3, "job3", 4),
        (Waiting("quota", 2.0), None, None, None),
    ],
)
def test_what_an_event_is_about(event, batch, job_id, attempt):
    """Every line has run, batch, job and attempt under the same names, null if unknown."""
    line = line_of(event)

    assert list(line)[:5] == ["time", "level", "run", "event", "message"]
    assert (line["time"], line["run"]) == ("2026-11-21T01:00:00.123+00:00", "r1")
    assert (line["batch"], line["job"], line["attempt"]) == (batch, job_id, attempt)
    assert not {"batch_id", "job_id"} & set(line)


@pytest.mark.parametrize(
    ("event", "fields"),
    [
        (settled(3, success=2, failed=1), {"outcomes": {"success": 2, "failed": 1}}),
        (Polled(3, job(3)), {"state": "started", "finished": False}),
        (submitted(3), {"item_count": 3, "is_resumed": False}),
        (Waiting("503", 2.0), {"reason": "503", "seconds": 2.0}),
        (Note("x"), {"note": "x"}),
    ],
)
def test_fields_of_an_event(event, fields):
    """The fields of one kind of event follow the common ones."""
    line = line_of(event)

    assert {name: line[name] for name in fields} == fields
