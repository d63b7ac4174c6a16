"""Storing in a process of its own: its memory, and its death in the middle of a file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ld_import.assets.storage import open_storage, store_file
from tests.assets.storages.makers import (
    LEAST_PART,
    MEGABYTE,
    QUICK,
    make_body,
    make_large,
    settings_of,
)

pytest.importorskip("obstore")
ROOT = Path(__file__).resolve().parents[3]
FILE_MEGABYTES = 60
# Three parts in flight, the one that is filled, and a few pieces.
MOST_MEGABYTES = 6 * LEAST_PART // MEGABYTE

MEASURED = """
import resource
from pathlib import PosixPath
from ld_import.assets.base import StorageSettings
from ld_import.assets.storage import open_storage, store_file
from ld_import.assets.storages.base import Body

def pieces():
    for number in range({megabytes}):
        yield bytes([number % 256]) * 1024 * 1024

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

def body(open_pieces):
    return Body(open_pieces=open_pieces, mime_type="video/mp4")

storage = open_storage({settings!r})
store_file(storage, "first.mp4", body(lambda: iter([b"1"])), verify="etag")
before = peak()
store_file(storage, "a.mp4", body(pieces), verify="etag")
print(peak() - before)
"""

KILLED = """
from pathlib import PosixPath
from threading import Event
from ld_import.assets.base import StorageSettings
from ld_import.assets.storage import open_storage
from ld_import.assets.storages.base import Body

def pieces():
    for _ in range(12):
        yield bytes(1024 * 1024)
    print("sent", flush=True)
    Event().wait()

storage = open_storage({settings!r})
storage.put("a.mp4", Body(open_pieces=pieces, mime_type="video/mp4"))
"""


def start(code):
    return subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def test_memory_is_flat(bucket, tmp_path):
    """A file of 60 MB needs the memory of a few parts."""
    settings = settings_of(bucket, tmp_path)

    with start(MEASURED.format(settings=settings, megabytes=FILE_MEGABYTES)) as process:
        output, _ = process.communicate()

    assert process.returncode == 0
    assert int(output) < MOST_MEGABYTES


def test_killed_writer(bucket, tmp_path):
    """A process that is killed in the middle leaves no object, and the next one stores it."""
    settings = settings_of(bucket, tmp_path)
    with start(KILLED.format(settings=settings)) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "sent\n"
        process.kill()

    storage = open_storage(settings, QUICK)
    assert storage.head("a.mp4") is None
    stored = store_file(storage, "a.mp4", make_body(*make_large()), verify="etag")

    assert stored.is_own
    assert bucket.keys() == ["legacy/a.mp4"]
