"""JSON Lines: lines are not parsed, and only a line feed ends one."""

from __future__ import annotations

import gzip
import tracemalloc

import pytest

from ld_import.errors import ManifestError
from ld_import.manifest import open_manifest
from ld_import.manifest.base import MAX_RECORD_BYTES, TOO_LARGE, unreadable_record
from ld_import.manifest.record_json import parse_record
from ld_import.model import Record


def read(path):
    """Read all records of a manifest."""
    return list(open_manifest(path).records())


def test_lines_are_passed_unchanged(write):
    """A line is not parsed or changed; only its end is removed."""
    path = write("a.jsonl", b'{"id": 1}\r\n{ "id" :1.0}\nnot json\n\xff\n')

    assert read(path) == [
        Record(1, b'{"id": 1}'),
        Record(2, b'{ "id" :1.0}'),
        Record(3, b"not json"),
        Record(4, b"\xff"),
    ]


def test_blank_lines_count_but_are_not_records(write):
    """The line of a record is its line in an editor."""
    path = write("a.ndjson", '\n{"id":1}\n  \n\t\r\n{"id":2}')

    assert read(path) == [Record(2, b'{"id":1}'), Record(5, b'{"id":2}')]


@pytest.mark.parametrize("sign", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1e", "\r"])
def test_other_line_separators_are_data(write, sign):
    """`splitlines` of Python would split real records."""
    path = write("a.jsonl", f'{{"t":"a{sign}b"}}\n{{"id":2}}\n')

    assert [record.line for record in read(path)] == [1, 2]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_utf16_is_one_error(refusal, encoding):
    """A whole file in another encoding is one error, not one for each line."""
    assert "UTF-16" in refusal("a.jsonl", '{"id":1}\n'.encode(encoding))


def test_gzip_is_unpacked(write):
    """A `.gz` file reads like its content, also if members were appended."""
    path = write("a.jsonl.gz", '{"id":1}\n')
    path.write_bytes(path.read_bytes() + gzip.compress(b'{"id":2}\n'))

    assert [record.raw for record in read(path)] == [b'{"id":1}', b'{"id":2}']


def test_gzip_without_the_suffix_is_an_error(refusal):
    """The first bytes show gzip data that the name does not."""
    assert "gzip" in refusal("a.jsonl", gzip.compress(b"{}"))


def test_plain_text_with_gzip_suffix_is_an_error(write):
    """It is an error of the file, not of a record."""
    path = write("plain.jsonl", '{"id":1}\n')
    path = path.rename(path.with_name("plain.jsonl.gz"))

    with pytest.raises(ManifestError, match=r"plain\.jsonl\.gz: the gzip data is invalid"):
        open_manifest(path)


def lines_of(count):
    """Return lines that compress badly."""
    return b"".join(b'{"id":%d,"text":"%s"}\n' % (n, b"%x" % (n * 7919**5)) for n in range(count))


def test_truncated_gzip_names_the_line_reached(write):
    """The error has the last line; the rest of the file is not skipped silently."""
    path = write("a.jsonl.gz", lines_of(20_000))
    path.write_bytes(path.read_bytes()[:-2000])
    manifest = open_manifest(path)
    seen: list[float | None] = []

    with pytest.raises(ManifestError, match=r"after line \d+: the gzip data ends too early"):
        seen += (record.line for record in manifest.records())


def test_damaged_gzip_is_an_error_of_the_manifest(write):
    """Damage in the middle raises the same kind of error as a missing end."""
    path = write("a.jsonl.gz", lines_of(20_000))
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 64] = b"\xff" * 64
    path.write_bytes(data)
    manifest = open_manifest(path)

    with pytest.raises(ManifestError, match="gzip data"):
        list(manifest.records())


def test_empty_file_is_refused(refusal):
    """An export of zero bytes failed; it is not an export of zero records."""
    assert refusal("a.jsonl", b"") == "a.jsonl: the file is empty"


def test_memory_stays_flat(tmp_path):
    """Memory does not grow with the file."""
    path = tmp_path / "big.jsonl"
    line = b'{"id":1,"text":"' + b"x" * 1000 + b'"}\n'
    path.write_bytes(line * 20_000)
    manifest = open_manifest(path)

    tracemalloc.start()
    count = sum(1 for _ in manifest.records())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert (count, peak < 2_000_000) == (20_000, True)


def test_real_records_keep_their_lines(real_data):
    """Two real records contain U+2028: 21,713 lines are 21,713 records."""
    records = read(real_data / "pyvideo.jsonl.gz")

    assert (len(records), records[-1].line) == (21_713, 21_713)


@pytest.mark.parametrize("size", [1, 300_000, 9_000_000])
def test_a_line_that_is_too_long_is_one_invalid_record(write, size):
    """The lines around it keep their numbers."""
    fits = b'{"id":"%b"}' % (b"x" * (MAX_RECORD_BYTES - 9))
    longer = b'{"id":"%b"}' % (b"x" * (MAX_RECORD_BYTES - 9 + size))
    path = write("a.jsonl", b"\n".join([b'{"id":1}', longer, fits + b"\r", longer, b"", b"{}"]))

    result = read(path)

    assert [item.line for item in result] == [1, 2, 3, 4, 6]
    assert result[2].raw == fits
    assert result[1::2] == [unreadable_record(2, TOO_LARGE), unreadable_record(4, TOO_LARGE)]
    assert isinstance(parse_record(fits), dict)


def test_long_line_uses_little_memory(tmp_path):
    """Half a megabyte of gzip can contain a line of hundreds of megabytes."""
    path = tmp_path / "a.jsonl.gz"
    with gzip.open(path, "wb", compresslevel=1) as packed:
        for _ in range(64):
            packed.write(b"x" * 1_000_000)
        packed.write(b'\n{"id":1}\n')
    manifest = open_manifest(path)

    tracemalloc.start()
    lines = [record.line for record in manifest.records()]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert (lines, peak < 4 * MAX_RECORD_BYTES) == ([1, 2], True)
