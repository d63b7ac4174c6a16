"""A manifest that changes during a run: the part read is imported, and the exit code is not 0."""

from __future__ import annotations

import os

import orjson
import pytest

from ld_import.emulator import Fault
from tests.harness.records import broken, videos
from tests.importer.test_prefetch import POST

COUNT = 1500


def rows(*items):
    """Return records as JSON Lines."""
    return b"".join(orjson.dumps(item) + b"\n" for item in items)


def append(path):
    """Append one record to the file."""
    with path.open("ab") as stream:
        stream.write(rows(*videos(COUNT + 1)[-1:]))


def replace(path):
    """Replace the file by another export."""
    other = path.with_name("other")
    other.write_bytes(rows(*videos(COUNT)[::-1]))
    other.replace(path)


@pytest.mark.no_cover
@pytest.mark.parametrize("change", [append, replace])
def test_a_manifest_that_changes_during_a_run(make_place, change):
    """A changed manifest is exit 8; invalid records are reported; the next run has the rest."""
    changed: list[float] = []

    async def meanwhile(seconds):
        change(path)
        changed.append(seconds)

    place = make_place(Fault(on=POST, nth=2, action="slow"), sleep=meanwhile)
    path = place.folder / "videos.jsonl"
    flags = ("--system-name", place.system_name, "--no-wait", "--batch-size", "300")
    path.write_bytes(rows(*videos(1), broken(2)))
    assert place.run("videos", *flags).code == 3
    path.write_bytes(rows(*videos(COUNT)))

    ended = place.run("videos", *flags, "--json")

    assert len(changed) == 1
    assert ended.code == ended.document["exitCode"] == 8
    assert ended.document["sent"] == ended.document["read"] - 1 >= COUNT - 1
    assert "videos.jsonl changed while it was read" in ended.err
    assert "v2" in place.run("ledger", "items", "--state", "invalid").out

    path.write_bytes(rows(*videos(COUNT)))
    assert place.run("videos", *flags).code == 0
    assert "v2" not in place.run("ledger", "items", "--state", "invalid").out


def test_a_manifest_that_was_cut_off_during_a_run(make_place):
    """A truncated manifest is exit 8, because nothing else would report the missing records."""

    async def meanwhile(seconds):
        os.truncate(path, path.stat().st_size - 300_000)

    place = make_place(Fault(on=POST, action="slow"), sleep=meanwhile)
    path = place.folder / "videos.jsonl"
    path.write_bytes(rows(*(one | {"pad": "x" * 900} for one in videos(COUNT))))

    ended = place.run("videos", "--system-name", place.system_name, "--no-wait", "--json")

    assert (ended.code, ended.document["read"] < COUNT) == (8, True)
    assert "videos.jsonl changed while it was read" in ended.err
