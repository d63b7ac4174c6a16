"""The file that was read is the file that was decided about, from the survey to the last record."""

from __future__ import annotations

import os
from contextlib import closing

import pytest

from ld_import.errors import ManifestChanged, ManifestError
from ld_import.manifest import open_manifest
from ld_import.manifest.files import ByteFile
from ld_import.manifest.formats.csv import CSV

ROWS = b'{"id":1}\n{"id":2}\n{"id":3}\n'


def append(path):
    """Write behind its end, as an export under way does."""
    with path.open("ab") as stream:
        stream.write(b'{"id":4}\n')


def truncate(path):
    """Cut it off."""
    os.truncate(path, 5)


def rewrite(path):
    """Write other content of the same size."""
    status = path.stat()
    with path.open("r+b") as stream:
        stream.write(ROWS.replace(b"2", b"7"))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))


def replace(path):
    """Put another file of the same content in its place."""
    other = path.with_name("other")
    other.write_bytes(ROWS)
    status = path.stat()
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    other.replace(path)


def remove(path):
    """Remove it."""
    path.unlink()


CHANGES = pytest.mark.parametrize("change", [append, truncate, rewrite, replace, remove])


@CHANGES
def test_a_change_while_records_are_read_is_told_behind_the_last_one(write, change):
    """What was read is passed on; silence about the rest would be a lie."""
    path = write("a.jsonl", ROWS)
    records = open_manifest(path).records()
    first = next(records)
    change(path)

    with pytest.raises(ManifestChanged) as caught:
        rest = [record.line for record in records]
        pytest.fail(f"nothing was said after {first} and {rest}")

    assert str(caught.value) == f"{path} changed while it was read"
    assert caught.value.exit_code == 8
    assert "run the same command again" in caught.value.hint


@CHANGES
def test_a_change_between_survey_and_records_is_told_before_the_first(write, change):
    """A file that was not checked is not read."""
    path = write("a.jsonl", ROWS)
    manifest = open_manifest(path)
    change(path)

    with pytest.raises(ManifestChanged if path.exists() else ManifestError):
        next(manifest.records())


@pytest.mark.parametrize("name", ["a.csv", "a.yaml", "a.json", "a.jsonl"])
def test_a_change_during_the_survey_is_told(write, name):
    """Its records were read then already, or parts of them."""
    file = ByteFile(write(name, "[]"))

    with pytest.raises(ManifestChanged), file.open():
        append(file.path)


def test_an_error_that_comes_from_a_change_is_told_as_one(write):
    """A file that is written to while it is read is not damaged: its next version will be whole."""
    file = ByteFile(write("a.csv", "id\n" + "1\n" * 200_000))
    records = CSV.records(file)
    next(records)
    with file.path.open("r+b") as stream:
        stream.seek(390_000)
        stream.write(b'"')

    with pytest.raises(ManifestChanged):
        list(records)


def test_a_file_that_is_not_read_to_its_end_may_change(write):
    """Whoever looks at some records only does not ask for the rest."""
    path = write("a.jsonl", ROWS)
    with closing(open_manifest(path).records()) as records:
        next(records)
        append(path)


def test_records_that_are_kept_come_from_one_state(write):
    """They were read by the survey; what the file says later is for the next run."""
    path = write("a.json", '[{"id":1},{"id":2}]')
    manifest = open_manifest(path)
    append(path)

    assert [record.raw for record in manifest.records()] == [b'{"id":1}', b'{"id":2}']
