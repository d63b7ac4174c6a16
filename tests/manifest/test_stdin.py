"""Standard input: read once, copied to disk, and then a manifest like any other."""

from __future__ import annotations

import gc
import gzip
import io
import tracemalloc
from pathlib import Path

import orjson
import pytest

from ld_import.errors import ManifestError, UsageError
from ld_import.manifest import FORMAT_NAMES, FORMATS_BY_SUFFIX, open_manifest
from ld_import.manifest.spool import Spool
from ld_import.model import Record
from ld_import.suffixes import SUFFIXES
from tests.manifest.formats.wordpress import media, wxr

DASH = Path("-")


def piped(content, format_name):
    """Open a manifest from a pipe."""
    data = content.encode() if isinstance(content, str) else content
    return open_manifest(DASH, format_name, io.BytesIO(data))


@pytest.mark.parametrize("format_name", [*FORMAT_NAMES, "JSONL"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_every_format_is_read_from_a_pipe(format_name, pack):
    """The format is given; the first bytes show gzip data."""
    text = {
        "jsonl": b'\n{"id":"1"}\n',
        "ndjson": b'\n{"id":"1"}\n',
        "csv": b"id\n1\n",
        "tsv": b"id\n1\n",
        "xml": wxr(media(1)).encode(),
    }.get(format_name.lower(), b'\n[{"id":"1"}]')

    manifest = piped(pack(text), format_name)

    assert (manifest.path, manifest.records_path) == (DASH, DASH)
    ((line, raw, problem),) = manifest.records()
    assert (line, orjson.loads(raw)["id"], problem) == (
        12 if format_name == "xml" else 2,
        "1",
        None,
    )


def test_records_can_be_read_again():
    """The pipe is empty by then; two readings at the same time have independent positions."""
    manifest = piped("".join(f'{{"id":{n},"t":"{"x" * 1000}"}}\n' for n in range(2000)), "jsonl")
    first = manifest.records()
    begun = [next(first).line for _ in range(500)]
    second = [record.line for record in manifest.records()]
    begun += [record.line for record in first]

    assert begun == second == list(range(1, 2001))


def test_progress_is_known():
    """The size is known before the first record."""
    manifest = piped(b'{"id":1}\n' * 100_000, "jsonl")
    shares = [manifest.position() or 0.0 for _ in manifest.records()]

    assert shares == sorted(shares)
    assert 0.2 < shares[50_000] < 0.8
    assert (shares[0] < 0.5, manifest.position()) == (True, 1.0)


def test_spool_is_deleted_with_the_manifest():
    """No file remains and nothing has to be closed; a reading in progress continues."""
    manifest = piped('{"id":1}\n{"id":2}\n', "jsonl")
    reading = manifest.records()
    next(reading)
    file = manifest._file.spool.file
    del manifest
    gc.collect()
    is_open = not file.closed
    rest = list(reading)
    del reading
    gc.collect()

    assert (is_open, len(rest), file.closed) == (True, 1, True)


def test_memory_stays_flat():
    """Memory does not grow with the input."""
    line = b'{"id":1,"text":"' + b"x" * 1000 + b'"}\n'
    stream = io.BytesIO(line * 20_000)

    tracemalloc.start()
    count = sum(1 for _ in open_manifest(DASH, "jsonl", stream).records())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert (count, peak < 2_000_000) == (20_000, True)


def test_source_is_relative_to_the_working_directory(write, monkeypatch, tmp_path):
    """A pipe has no folder."""
    write("a.csv", "id\n1\n")
    monkeypatch.chdir(tmp_path)

    manifest = piped("source: a.csv\n", "yaml")

    assert (manifest.path, manifest.records_path) == (DASH, Path("a.csv"))
    assert list(manifest.records()) == [Record(2, b'{"id":"1"}')]


@pytest.mark.parametrize(
    ("content", "format_name", "words"),
    [
        (b"", "csv", "standard input is empty"),
        (gzip.compress(b"", mtime=0), "csv", "standard input: the file is empty"),
        ('id,t\n1,"a\n', "csv", "standard input, line 2: the quote that opens here"),
        ("- a: b: c\n", "yaml", "standard input, line 1, column 7: not YAML"),
        ("nope: 1\nitems: []\n", "yaml", "standard input: line 1: `nope` is not a key"),
        ("source: b.yaml\n", "yaml", "standard input, line 1: `source`: b.yaml is a mapping"),
        (
            'source: "-"\n',
            "yaml",
            "standard input, line 1: `source`: -: the file name has no ending",
        ),
        (
            gzip.compress(b"x" * 9, mtime=0)[:-9],
            "csv",
            "standard input: the gzip data ends too early",
        ),
    ],
)
def test_errors_name_standard_input(write, monkeypatch, tmp_path, content, format_name, words):
    """A bare `-` would not be clear."""
    write("b.yaml", "items: []\n")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(ManifestError) as caught:
        piped(content, format_name)

    assert str(caught.value).startswith(words)
    assert caught.value.hint


class BrokenPipe(io.RawIOBase):
    """A pipe that fails."""

    def readable(self):
        return True

    def readinto(self, buffer):
        raise OSError(5, "Input/output error")


def closed():
    """Return the stream of `ld-import … - <&-`."""
    stream = io.BytesIO()
    stream.close()
    return stream


@pytest.mark.parametrize("stream", [BrokenPipe(), closed()])
def test_input_that_cannot_be_read_is_a_manifest_error(stream):
    """A failing pipe or a full disk is one message with the reason."""
    with pytest.raises(ManifestError, match=r"standard input cannot be read \(\w"):
        Spool(stream)


def test_a_format_is_needed():
    """The pipe is not read before the format is known."""
    stream = io.BytesIO(b"id\n1\n")

    with pytest.raises(
        UsageError, match=r"no file name that shows its format \(known: yaml, .*csv"
    ):
        open_manifest(DASH, stream=stream)

    assert stream.tell() == 0


@pytest.mark.parametrize("name", ["xls", "", ".csv"])
def test_unknown_formats_are_errors(write, name):
    """The message lists the known names."""
    with pytest.raises(UsageError) as caught:
        open_manifest(write("a.csv", "id\n"), name)

    assert f'"{name}" is not a manifest format (known: ' in str(caught.value)
    assert all(known in str(caught.value) for known in FORMAT_NAMES)


def test_format_takes_precedence_over_the_suffix(write):
    """Some exports end in `.txt`; a `.gz` is unpacked anyway."""
    assert len(list(open_manifest(write("a.txt", "id\n1\n"), "csv").records())) == 1
    assert len(list(open_manifest(write("a.txt.gz", "id\n1\n"), "csv").records())) == 1
    assert len(list(open_manifest(write("a.yaml", '{"id":1}\n'), "jsonl").records())) == 1


def test_format_names_are_the_suffixes():
    """`--format` offers all formats of the registry, in its order."""
    assert [f".{name}" for name in FORMAT_NAMES] == list(SUFFIXES) == list(FORMATS_BY_SUFFIX)


def test_dash_without_a_stream_is_a_programming_error():
    """The package does not read the standard input of the process by itself."""
    with pytest.raises(ValueError, match="needs a stream"):
        open_manifest(DASH, "csv")
