"""Cached records: YAML and JSON files are parsed once, and their records read many times."""

from __future__ import annotations

import gc
import io
import tempfile
import tracemalloc
from contextlib import contextmanager
from pathlib import Path

import pytest

from ld_import.errors import ManifestError, TempSpaceError
from ld_import.manifest import FORMATS_BY_SUFFIX, open_manifest, spool
from ld_import.manifest.files import ByteFile
from ld_import.manifest.spool import RecordCache
from ld_import.model import Record

TEXT = "x" * 1000
# Much less than a cache may have in memory, so that few records fill it.
MEMORY_BYTES = 512 * 1024


@pytest.fixture(autouse=True)
def small_memory(monkeypatch):
    """Let a cache have little memory."""
    monkeypatch.setattr(spool, "MEMORY_BYTES", MEMORY_BYTES)


def listed(count, name="a.yaml"):
    """Return a list of records of a kilobyte each, one on each line."""
    lines = [f'{{"id":"{n}","t":"{TEXT}"}}' for n in range(count)]
    if name.endswith(".json"):
        return "[" + ",\n".join(lines) + "]"
    return "".join(f"- {line}\n" for line in lines)


FEW, MANY = 100, 2 * MEMORY_BYTES // len(TEXT)


def cache_of(manifest):
    """Return the cache of a manifest."""
    assert isinstance(manifest._file.spool, RecordCache)
    return manifest._file.spool


@contextmanager
def small_files():
    """Limit the size of files to that of the memory buffer, as on a full disk."""
    resource = pytest.importorskip("resource", reason="this system does not limit files")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (MEMORY_BYTES // 2, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("count", [FEW, MANY])
@pytest.mark.parametrize("name", ["a.yaml", "a.json"])
def test_readings_are_independent(write, name, count):
    """Few records in memory and many on disk read the same, also several readings at a time."""
    manifest = open_manifest(write(name, listed(count, name)))
    wanted = [Record(n + 1, f'{{"id":"{n}","t":"{TEXT}"}}'.encode()) for n in range(count)]
    first = manifest.records()
    begun = [next(first) for _ in range(count // 2)]

    assert list(manifest.records()) == wanted
    assert begun + list(first) == wanted


@pytest.mark.parametrize("name", ["a.yaml", "a.json"])
def test_position_is_a_fraction_of_the_cache(write, name):
    """Progress is a fraction of the cache, since the file itself was read completely."""
    manifest = open_manifest(write(name, listed(MANY, name)))
    shares = [manifest.position() or 0.0 for _ in manifest.records()]

    assert shares == sorted(shares)
    assert (shares[0] < 0.1, 0.4 < shares[MANY // 2] < 0.6) == (True, True)
    assert manifest.position() == 1.0


@pytest.mark.parametrize("name", ["a.yaml", "a.json"])
def test_cache_equals_the_file(write, name):
    """Reading the file itself gives the same lines and the same texts."""
    path = write(name, listed(FEW, name))
    reader = FORMATS_BY_SUFFIX[path.suffix]

    assert list(reader.records(ByteFile(path))) == list(open_manifest(path).records())


def test_record_of_several_lines_is_cached_completely(write):
    """The cache stores the length of a record, which can contain line breaks."""
    manifest = open_manifest(write("a.json", '[{\n"id": 1}\n,\n 2, "3 4\\n"]'))

    assert list(manifest.records()) == [
        Record(1, b'{\n"id": 1}'),
        Record(4, b"2"),
        Record(4, b'"3 4\\n"'),
    ]


def test_source_of_a_mapping_is_cached(write):
    """The header is in one file, the records were in another, which can be deleted."""
    source = write("a.yaml", "- {id: 1}\n")
    manifest = open_manifest(write("m.yaml", "source: a.yaml\n"))
    source.unlink()

    assert (manifest.records_path, list(manifest.records())) == (source, [Record(1, b'{"id":"1"}')])


@pytest.mark.parametrize("count", [FEW, MANY])
def test_cache_is_deleted_with_the_manifest(write, count):
    """No file remains and nothing has to be closed; a reading in progress continues."""
    manifest = open_manifest(write("a.yaml", listed(count)))
    reading = manifest.records()
    next(reading)
    file = cache_of(manifest).file
    del manifest
    gc.collect()
    is_open = not file.closed
    rest = sum(1 for _ in reading)
    del reading
    gc.collect()

    assert (is_open, rest, file.closed) == (True, count - 1, True)


def test_spool_is_deleted_when_records_are_cached():
    """The disk does not hold both."""
    manifest = open_manifest(Path("-"), "yaml", io.BytesIO(listed(FEW).encode()))

    assert cache_of(manifest).size > FEW
    assert len(list(manifest.records())) == FEW


@pytest.mark.parametrize("name", ["a.yaml", "a.json"])
def test_full_disk_is_one_error(write, name):
    """It occurs before anything is sent, and the cleanup raises nothing."""
    path = write(name, listed(MANY, name))

    with pytest.raises(TempSpaceError) as caught, small_files():
        open_manifest(path)

    message, hint = str(caught.value), caught.value.hint
    del caught
    gc.collect()
    assert message == (
        f"the records of {path} cannot be cached in the folder for temporary files"
        f" {tempfile.gettempdir()} (TMPDIR): File too large"
    )
    assert "TMPDIR" in hint


def test_a_full_disk_stops_standard_input_too():
    """The stream is copied before it is parsed."""
    with (
        pytest.raises(TempSpaceError, match=r"cannot be copied .* \(TMPDIR\): File too large"),
        small_files(),
    ):
        open_manifest(Path("-"), "yaml", io.BytesIO(listed(MANY).encode()))
    gc.collect()


class Failing(io.BytesIO):
    """A disk that fails on reading."""

    def readinto(self, buffer):
        raise OSError(5, "Input/output error")


def test_a_failing_disk_is_an_error_of_the_manifest(write):
    """The message names the file of records, not the cache."""
    path = write("a.yaml", "- 1\n")
    manifest = open_manifest(path)
    cache_of(manifest).file = Failing()

    with pytest.raises(ManifestError, match=r"a\.yaml: cannot be read \(Input/output error\)"):
        list(manifest.records())


def test_few_records_need_no_disk(write):
    """A container can have a read-only file system."""
    path = write("a.yaml", listed(FEW))

    with small_files():
        assert len(list(open_manifest(path).records())) == FEW


@pytest.mark.no_cover
@pytest.mark.parametrize("factor", [1, 2])
def test_memory_stays_flat(write, factor):
    """Beyond a few megabytes the cache grows on disk, not in memory."""
    path = write("a.yaml", listed(factor * MANY))

    tracemalloc.start()
    count = sum(1 for _ in open_manifest(path).records())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert (count, peak < 2.5 * MEMORY_BYTES) == (factor * MANY, True)
