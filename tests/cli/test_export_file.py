"""Exporting to a file: what was there before survives whatever goes wrong."""

from __future__ import annotations

from .place import videos


def test_export_replaces_the_file_when_it_is_whole(place):
    """A finished export takes the place of the earlier one, and leaves nothing beside it."""
    place.imported(place.write(*videos(3)))
    target = place.folder / "map.jsonl"
    target.write_text("old\n")

    ended = place.run("ledger", "export", "-o", "map.jsonl")

    assert ended.code == 0
    assert len(target.read_text().splitlines()) == 3
    assert [path.name for path in place.folder.iterdir() if "part" in path.name] == []


def test_damaged_ledger_does_not_cost_the_earlier_export(place):
    """The last good map is worth most when the ledger is damaged."""
    place.imported(place.write(*videos(3)))
    (place.folder / "map.jsonl").write_text("old\n")
    data = bytearray(place.ledger_path.read_bytes())
    data[4096:] = b"x" * (len(data) - 4096)
    place.ledger_path.write_bytes(bytes(data))

    ended = place.run("ledger", "export", "-o", "map.jsonl")

    assert ended.code == 9
    assert (place.folder / "map.jsonl").read_text() == "old\n"


def test_ledger_is_not_exported_onto_itself(place):
    """Naming the ledger as the output is refused before anything is opened for writing."""
    place.imported(place.write(*videos(3)))

    ended = place.run("ledger", "export", "-o", str(place.ledger_path))

    assert ended.code == 2
    assert place.run("ledger", "items").code == 0


def test_counts_are_those_of_the_rows_asked_for(place):
    """A filter of states or servers filters the counts below the table, too."""
    place.imported(place.write(*videos(3)))

    other = place.run("ledger", "items", "--server", "http://127.0.0.1:1")
    failed = place.run("ledger", "items", "--state", "failed")

    assert "no items" in other.err
    assert "no items" in failed.err


def test_ids_that_are_not_in_the_manifest_are_named(place):
    """A typing mistake in `--only` is told, not swallowed."""
    place.write(*videos(2))

    ended = place.run("videos", "-n", "--only", "v1", "--only", "v7")

    assert "not in the manifest: v7" in ended.err
