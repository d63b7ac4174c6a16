"""Changes of a file while it is read: from the survey to the last record it must be the same."""

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
    """Append, as a running export does."""
    with path.open("ab") as stream:
        stream.write(b'{"id":4}\n')


def truncate(path):
    """Truncate the file."""
    os.truncate(path, 5)


def rewrite(path):
    """Write other content of the same size."""
    status = path.stat()
    with path.open("r+b") as stream:
        stream.write(ROWS.replace(b"2", b"7"))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))


def replace(path):
    """Replace it by another file with the same content."""
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
def test_change_while_records_are_read_is_raised_after_the_last_one(write, change):
    """The records read so far are yielded; the rest may be missing, so the error follows them."""
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
def test_change_between_survey_and_records_is_raised_before_the_first_one(write, change):
    """A file without a survey is not read."""
    path = write("a.jsonl", ROWS)
    manifest = open_manifest(path)
    change(path)

    with pytest.raises(ManifestChanged if path.exists() else ManifestError):
        next(manifest.records())


@pytest.mark.parametrize("name", ["a.csv", "a.yaml", "a.json", "a.jsonl"])
def test_change_during_the_survey_is_raised(write, name):
    """Its records, or parts of them, were already read."""
    file = ByteFile(write(name, "[]"))

    with pytest.raises(ManifestChanged), file.open():
        append(file.path)


def test_error_caused_by_a_change_is_raised_as_a_change(write):
    """A file that is written while it is read is not damaged: its next version is complete."""
    row = "1" * 40 + "\n"
    file = ByteFile(write("a.csv", "id\n" + row * 10_000))
    records = CSV.records(file)
    next(records)
    with file.path.open("r+b") as stream:
        # The end of a line that is not read yet.
        stream.seek(len("id\n" + row * 9500) - 1)
        stream.write(b'"')

    with pytest.raises(ManifestChanged):
        list(records)


def test_file_that_is_not_read_to_its_end_can_change(write):
    """A caller that stops early does not need the rest."""
    path = write("a.jsonl", ROWS)
    with closing(open_manifest(path).records()) as records:
        next(records)
        append(path)


def test_cached_records_are_those_of_the_survey(write):
    """The survey read them; a later change of the file is for the next run."""
    path = write("a.json", '[{"id":1},{"id":2}]')
    manifest = open_manifest(path)
    append(path)

    assert [record.raw for record in manifest.records()] == [b'{"id":1}', b'{"id":2}']
