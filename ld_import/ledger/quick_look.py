"""A quick look into a ledger for completion and display: nothing is checked, created or migrated.

A ledger that is busy or damaged, or whose tables are others, has nothing to see.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from ld_import.model import Target

MOST_IDS = 50
BUSY_TIMEOUT_SECONDS = 0.2
RUNS = "SELECT run_id, started_at FROM run ORDER BY run_number DESC"
JOBS = (
    "SELECT job_id, coalesce(job_state, state) FROM batch WHERE job_id IS NOT NULL"
    " ORDER BY batch_id DESC"
)
SUMMARY = (
    "SELECT summary, '' FROM run JOIN target USING (target_id)"
    " WHERE manifest = ? AND server = ? AND project = ? AND kind = ? AND summary IS NOT NULL"
    " ORDER BY run_number DESC"
)


def latest_runs(path: Path) -> list[str]:
    """Return the ids of the latest runs, newest first."""
    return [run_id for run_id, _ in _rows(path, RUNS)]


def latest_jobs(path: Path) -> list[tuple[str, str]]:
    """Return the ids of the latest jobs with their states, newest first."""
    return _rows(path, JOBS)


def last_summary(path: Path, manifest: str, target: Target) -> str | None:
    """Return the summary of the last finished run over a manifest, as JSON."""
    values = (manifest, target.server, target.project, target.kind)
    rows = _rows(path, SUMMARY, *values, limit=1)
    return rows[0][0] if rows else None


def _rows(path: Path, query: str, *values: str, limit: int = MOST_IDS) -> list[tuple[str, str]]:
    if not path.is_file():
        return []
    file = path.resolve()
    # Without the log of a writer, SQLite would create the files it shares with one. With it, both
    # are there.
    is_written = file.with_name(f"{file.name}-shm").exists()
    uri = f"{file.as_uri()}?mode=ro{'' if is_written else '&immutable=1'}"
    try:
        with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_SECONDS)) as database:
            database.execute("PRAGMA trusted_schema = OFF")
            return database.execute(f"{query} LIMIT ?", (*values, limit)).fetchall()
    except sqlite3.Error:
        return []
