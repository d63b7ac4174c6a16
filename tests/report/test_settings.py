"""The settings of a run in the report: what the summary in the ledger has."""

from __future__ import annotations

import pytest

from ld_import.report.facts import RunFacts
from ld_import.report.settings import settings_of


@pytest.mark.parametrize(
    ("uploads", "shown"),
    [
        (None, None),
        ({"stored": 0, "same": 0, "failed": 0, "bytes": 0}, None),
        (
            {"stored": 1200, "same": 0, "failed": 2, "bytes": 34_000_000, "kept": 1},
            "1,200 stored, 2 failed, 1 changed, but kept as stored, 34.0 MB sent",
        ),
    ],
)
def test_files_to_upload(uploads, shown):
    """Counts of files are one row, which only a run with files has."""
    run = RunFacts(
        kind="media-library",
        server="https://server.example",
        manifest="m.yaml",
        command="media-library m.yaml",
        summary={} if uploads is None else {"uploads": uploads},
    )

    assert dict(settings_of(run)).get("files") == shown
