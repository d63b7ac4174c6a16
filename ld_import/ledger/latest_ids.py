"""The latest ids of a ledger, for completion in a shell: quick, and without any trace on the disk.

A ledger that is busy, old or damaged has none.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

MOST_IDS = 50
BUSY_TIMEOUT_SECONDS = 0.2
RUNS = "SELECT run_id, started_at FROM run ORDER BY run_number DESC"
JOBS = (
    "SELECT job_id, coalesce(job_state, state) FROM batch WHERE job_id IS NOT NULL"
    " ORDER BY batch_id DESC"
)


def latest_runs(path: Path) -> list[str]:
    """Return the ids of the latest runs, newest first."""
    return [run_id for run_id, _ in _rows(path, RUNS)]


def latest_jobs(path: Path) -> list[tuple[str, str]]:
    """Return the ids of the latest jobs with their states, newest first."""
    return _rows(path, JOBS)


def _rows(path: Path, query: str) -> list[tuple[str, str]]:
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
            return database.execute(f"{query} LIMIT ?", (MOST_IDS,)).fetchall()
    except sqlite3.Error:
        return []
