"""SIGKILL to a real process that imports over a real socket."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import orjson
import pytest

from ld_import.emulator import Emulator, Settings
from ld_import.emulator.serve import serving
from ld_import.ledger import LedgerReader
from tests.harness.records import names, videos
from tests.harness.starter import Started, Starter

RECORDS = 30
LOOK_EVERY_SECONDS = 0.01


def start(starter: Starter, folder: Path, url: str) -> Started:
    """Start an import as a process."""
    environment = {**os.environ, "LD_IMPORT_TOKEN": "demo-token", "LD_IMPORT_SERVER": url}
    return starter.start(
        ["videos", "manifest.json", "--batch-size", "5", "--json", "-q"],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
    )


def wait_until(process: Started, is_time) -> bool:
    """Return whether a condition became true before the process ended."""
    while not is_time():
        try:
            process.wait(LOOK_EVERY_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        return False
    return True


@pytest.mark.parametrize("requests_before_kill", [1, 4, 9])
def test_killed_in_the_middle_and_run_again(starter, tmp_path, requests_before_kill):
    """Each pair was created once, and each record has one settled outcome."""
    manifest = {"systemName": "archive", "videos": videos(RECORDS)}
    (tmp_path / "manifest.json").write_bytes(orjson.dumps(manifest))
    emulator = Emulator(Settings(job_polls=0, job_seconds=0.1))
    with serving(emulator) as url:
        with start(starter, tmp_path, url) as killed:
            is_killed = wait_until(
                killed, lambda: emulator.requests.total() >= requests_before_kill
            )
            killed.kill()

        with start(starter, tmp_path, url) as again:
            summary = orjson.loads(again.communicate()[0])

    assert is_killed
    assert killed.returncode == -signal.SIGKILL
    assert again.returncode == 0
    assert summary["read"] == RECORDS
    entries = emulator.entries()
    assert sorted(entry["externalId"] for entry in entries) == sorted(names(RECORDS))
    assert {entry["created"] for entry in entries} == {1}
    with LedgerReader(tmp_path / ".ld-import" / "ledger.sqlite3") as reader:
        states = {row["externalId"]: row["state"] for row in reader.items()}
    assert set(states) == set(names(RECORDS))
    assert set(states.values()) <= {"success", "skipped"}
    emulator.close()
