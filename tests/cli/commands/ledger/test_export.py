"""Exporting to a file: the previous file survives every failure."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from itertools import product
from pathlib import Path

import orjson
import pytest

from tests.harness.records import videos


def test_export_replaces_the_file_when_it_is_whole(place):
    """A finished export replaces the previous one and leaves no temporary file."""
    place.imported(place.write(*videos(3)))
    target = place.folder / "map.jsonl"
    target.write_text("old\n")

    ended = place.run("ledger", "export", "-o", "map.jsonl")

    assert ended.code == 0
    assert len(target.read_text().splitlines()) == 3
    assert [path.name for path in place.folder.iterdir() if "part" in path.name] == []


def test_damaged_ledger_does_not_cost_the_earlier_export(place):
    """Exporting a damaged ledger does not overwrite the previous export."""
    place.imported(place.write(*videos(3)))
    (place.folder / "map.jsonl").write_text("old\n")
    data = bytearray(place.ledger_path.read_bytes())
    data[4096:] = b"x" * (len(data) - 4096)
    place.ledger_path.write_bytes(bytes(data))

    ended = place.run("ledger", "export", "-o", "map.jsonl")

    assert ended.code == 9
    assert (place.folder / "map.jsonl").read_text() == "old\n"


def test_ledger_is_not_exported_onto_itself(place):
    """The ledger as output file is refused before any file is opened for writing."""
    place.imported(place.write(*videos(3)))

    ended = place.run("ledger", "export", "-o", str(place.ledger_path))

    assert ended.code == 2
    assert place.run("ledger", "items").code == 0


@pytest.mark.parametrize("ending", ["-wal", "-shm", ".lock", ".holder"])
def test_export_onto_what_belongs_to_the_ledger(place, ending):
    """The files that SQLite and the lock keep beside a ledger are refused as output, too."""
    place.imported(place.write(*videos(1)))
    beside = Path(f"{place.ledger_path}{ending}")

    ended = place.run("ledger", "export", "-o", str(beside))

    assert (ended.code, "is the ledger itself" in ended.err) == (2, True)
    assert not beside.exists() or beside.read_bytes()[:1] != b"{"


@pytest.mark.parametrize(("umask", "before"), list(product([0, 0o777], [None, 0o644])))
def test_export_is_its_owners(place, umask, before):
    """Only the owner can read an export, whatever the umask and the mode of the previous file."""
    place.imported(place.write(*videos(1)))
    if before is not None:
        Path("map.jsonl").touch(before)
    usual = os.umask(umask)
    try:
        ended = place.run("ledger", "export", "-o", "map.jsonl")
    finally:
        os.umask(usual)

    assert (ended.code, stat.S_IMODE(Path("map.jsonl").stat().st_mode)) == (0, 0o600)


@pytest.mark.parametrize("target", ["victim", "nowhere"])
def test_export_to_a_link(place, target):
    """A symbolic link, which another user may have created, is refused."""
    place.imported(place.write(*videos(1)))
    Path("victim").write_text("theirs")
    Path("map.jsonl").symlink_to(target)

    ended = place.run("ledger", "export", "-o", "map.jsonl")

    assert ended.code == 2
    assert "error: map.jsonl is a symbolic link\nhint: name the file that it points to" in ended.err
    assert (Path("victim").read_text(), Path("nowhere").exists()) == ("theirs", False)
    assert Path("map.jsonl").is_symlink()


def test_name_of_the_file_aside_cannot_be_guessed(place):
    """The name of the temporary file cannot be guessed, for example from the process id."""
    place.imported(place.write(*videos(1)))
    Path("victim").write_text("theirs")
    Path(f".map.jsonl.{os.getpid()}.part").symlink_to("victim")

    assert place.run("ledger", "export", "-o", "map.jsonl").code == 0

    assert Path("victim").read_text() == "theirs"
    assert len(Path("map.jsonl").read_text().splitlines()) == 1


def test_export_to_a_device(place):
    """A device is written to directly and not replaced."""
    place.imported(place.write(*videos(1)))

    full = place.run("ledger", "export", "-o", "/dev/full")
    # The target of /dev/stdout; unlike that link not even root can replace it.
    shown = place.run("ledger", "export", "-o", "/proc/self/fd/1")

    assert "error: /dev/full cannot be written: No space left on device" in full.err
    assert (full.code, shown.code, len(shown.out.splitlines())) == (2, 0, 1)


def test_counts_are_those_of_the_rows_asked_for(place):
    """A filter applies to the counts below the table, too."""
    place.imported(place.write(*videos(3)))

    other = place.run("ledger", "items", "--system-name", "other")
    failed = place.run("ledger", "items", "--state", "failed")

    assert "no items" in other.err
    assert "no items" in failed.err


def test_ids_that_are_not_in_the_manifest_are_named(place):
    """Ids of `--only` that are not in the manifest are named in a warning."""
    place.write(*videos(2))

    ended = place.run("videos", "-n", "--only", "v1", "--only", "v7")

    assert "not in the manifest: v7" in ended.err


@pytest.mark.parametrize("name", ["manifest", "records", "link"])
def test_export_onto_a_manifest(place, name):
    """A manifest that was imported, or its file with the records, is not overwritten."""
    records = place.folder / "films.jsonl"
    records.write_bytes(b"\n".join(orjson.dumps(one) for one in videos(2)))
    manifest = place.folder / "films.yaml"
    manifest.write_text(f"systemName: {place.system_name}\nsource: films.jsonl\n")
    place.imported(manifest)
    (place.folder / "link.jsonl").hardlink_to(records)
    before = records.read_bytes(), manifest.read_bytes()
    output = {"manifest": "films.yaml", "records": "films.jsonl", "link": "link.jsonl"}[name]

    ended = place.run("ledger", "export", "-o", output)

    assert ended.code == 2
    assert f"{output} is a manifest of this ledger" in ended.err
    assert (records.read_bytes(), manifest.read_bytes()) == before


@pytest.mark.parametrize("name", ["jsonl", "csv", "nginx"])
def test_full_disk_behind_standard_output(place, name, monkeypatch):
    """A full disk behind `> file` is an error in one sentence, and not one of this program."""
    place.imported(place.write(*videos(1)))
    with open("/dev/full", "w", buffering=1) as full:  # noqa: PTH123 (a device)
        monkeypatch.setattr("sys.stdout", full)
        ended = place.run("ledger", "export", "--format", name)
        with suppress(OSError):
            full.close()

    assert ended.code == 2
    assert "error: standard output cannot be written: No space left on device\n" in ended.err
