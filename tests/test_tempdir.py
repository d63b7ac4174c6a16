"""The directory for temporary files: missing, unusable or full."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import orjson
import pytest

from ld_import.tempdir import low_space_warning
from tests.harness.counts import assert_adds_up
from tests.harness.records import videos

# A small cache, so that keys are soon written to disk.
EAGER = """
from ld_import.ledger import seen_keys

seen_keys.CACHE_KIB = 16

from ld_import.__main__ import run

run()
"""


@pytest.fixture
def small_disk(tmp_path):
    """Return a directory on its own disk of 128 KiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True)
    except OSError:
        pytest.skip("there is no mount command")
    if mounted.returncode:
        pytest.skip("only root may mount")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.parametrize(
    ("variable", "name", "command"),
    [
        ("TMPDIR", "nowhere", ("videos",)),
        ("TMPDIR", "file", ("videos", "--dry-run")),
        ("SQLITE_TMPDIR", "nowhere", ("validate",)),
    ],
)
def test_folder_that_is_not_there(place, monkeypatch, variable, name, command):
    """A missing directory is exit 2 before anything is read or sent."""
    (place.folder / "file").touch()
    manifest = place.write(*videos(2))
    monkeypatch.setenv(variable, str(place.folder / name))

    ended = place.run(*command, manifest)

    assert ended.code == 2
    expected = f"the folder for temporary files {place.folder / name} ({variable}) is not a folder"
    assert expected in ended.err
    assert not place.mine()
    assert not place.ledger_path.exists()


def test_folder_that_cannot_be_written(place, monkeypatch, small_disk):
    """A read-only directory is exit 2."""
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    monkeypatch.setenv("TMPDIR", str(small_disk))

    ended = place.run("videos", place.write(*videos(2)))

    assert ended.code == 2
    assert f"files {small_disk} (TMPDIR) is not writable" in ended.err


def test_empty_variable_is_none(place, monkeypatch):
    """An empty variable is ignored, as by Python and SQLite."""
    monkeypatch.setenv("TMPDIR", "")

    assert place.run("videos", place.write(*videos(1))).code == 0


def start(place, folder, *arguments):
    return subprocess.run(
        [sys.executable, "-c", EAGER, *map(str, arguments)],
        capture_output=True,
        cwd=place.folder,
        env={**os.environ, "TMPDIR": str(folder)},
        stdin=None,
    )


def test_disk_that_is_full_in_the_middle(place, small_disk):
    """On a full disk everything in flight is recorded, and the next run sends the rest."""
    records = [{**one, "id": f"{one['id']}-{'x' * 200}"} for one in videos(700)]
    lines = b"".join(orjson.dumps(one) + b"\n" for one in records)
    (place.folder / "talks.jsonl").write_bytes(lines)
    flags = (
        "videos",
        "talks.jsonl",
        "--system-name",
        place.system_name,
        "--batch-size",
        "50",
        "--json",
    )

    ended = start(place, small_disk, *flags)
    summary = orjson.loads(ended.stdout)
    rest = place.summary(*flags[1:-1])

    assert ended.returncode == summary["exitCode"] == 9
    assert_adds_up(summary)
    assert summary["outcomes"]["success"] == summary["sent"] > 0
    assert f"folder for temporary files {small_disk} (TMPDIR): database or disk is full" in (
        ended.stderr.decode()
    )
    assert rest["sent"] + rest["unchanged"] == 700
    assert [one["created"] for one in place.mine()] == [1] * 700


def test_disk_that_is_nearly_full(monkeypatch, small_disk):
    """A nearly full disk is a warning only, since a run may not need the space."""
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setenv("TMPDIR", str(small_disk))

    assert f"temporary files {small_disk} (TMPDIR) is nearly full" in str(low_space_warning())


def test_warning_comes_before_anything_is_sent(place, monkeypatch, small_disk):
    """The warning is printed for large manifests only, before anything is sent."""
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setenv("TMPDIR", str(small_disk))
    few = place.run("videos", place.write(*videos(2)), "--dry-run")
    large = [{**one, "metadata": {"title": "x" * 400_000}} for one in videos(3)]
    lines = b"".join(orjson.dumps(one) + b"\n" for one in large)
    Path("large.jsonl").write_bytes(lines)
    many = place.run("videos", "large.jsonl", "--system-name", "s", "--dry-run")

    assert "nearly full" not in few.err
    assert many.code == 0
    assert many.err.count("nearly full") == 1
