"""Files from every kind of source end as verified objects and true entries, once."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import pytest

from ld_import.assets.sources import retry
from ld_import.assets.storages import opening
from ld_import.assets.storages.base import RetryLimits
from tests.flow import assets_place
from tests.flow.assets_place import Migration
from tests.harness.flipping_proxy import flipping_proxy
from tests.harness.http_source import METADATA_URL
from tests.harness.media_files import Expected, make_files, make_large_film, samples
from tests.harness.s3_server import s3_server

pytest.importorskip("obstore")
# `python -m tests.flow.assets` plays 2,000 files, and a film of 5 GB.
COUNT = int(os.environ.get("LD_IMPORT_TEST_FILES", "60"))
LARGE_MB = int(os.environ.get("LD_IMPORT_TEST_LARGE_MB", "12"))
FEW = 12
MB = 1000**2
PART_SIZE = 5 * 1024**2
SOME_FAILED = 3
# Waits before retries are tested in tests/assets/.
WAIT_SECONDS = 0.01
watchers: list[list[str]] = []


@pytest.fixture(autouse=True)
def hurried(monkeypatch):
    """Shorten the first wait before a retry, on which the others depend."""
    limits = RetryLimits(first_wait=WAIT_SECONDS)
    monkeypatch.setattr("ld_import.assets.storage.LIMITS", limits)
    for module in (opening, retry):
        monkeypatch.setattr(module, "FIRST_WAIT_SECONDS", WAIT_SECONDS)


def note_opened(event, arguments):
    if watchers and event == "open" and isinstance(arguments[0], str):
        watchers[-1].append(arguments[0])


@pytest.fixture(scope="module")
def hook():
    """Call a function for each file that is opened. It cannot be removed."""
    sys.addaudithook(note_opened)


@pytest.fixture
def watched(hook):
    """Return a list to which the names of opened files are added."""
    watchers.append([])
    yield watchers[-1]
    watchers.clear()


@pytest.fixture
def s3_proxy(bucket):
    """Return a proxy before the S3 server, which counts requests."""
    with flipping_proxy(bucket.endpoint) as proxy:
        yield proxy


@pytest.fixture
def old_bucket(s3):
    """Return a second bucket, with files to read."""
    server = s3_server(s3)
    bucket = server.bucket()
    yield bucket
    server.remove(bucket)


@pytest.fixture
def make_origin(request, place):
    """Return a function that brings files to a kind of source."""

    def make(kind):
        folder = place.folder / "files"
        if kind == "folder":
            return assets_place.from_folder()
        if kind == "http":
            return assets_place.from_http(request.getfixturevalue("http_source"), folder)
        if kind == "s3":
            return assets_place.from_bucket(request.getfixturevalue("old_bucket"), folder)
        return assets_place.from_sftp(request.getfixturevalue("sftp_folder"), folder)

    return make


@pytest.fixture
def migrate(place, bucket, s3_proxy, make_origin, monkeypatch):
    """Return a function that brings files to a source, and writes a manifest of them."""
    for name, value in bucket.credentials.variables.items():
        monkeypatch.setenv(name, value)

    def migrate(kind="folder", count=FEW, large_bytes=0, **storage):
        folder = place.folder / "files"
        files = make_files(folder, count)
        if large_bytes:
            files.append(make_large_film(folder, "large.mp4", large_bytes))
        behind = replace(bucket, endpoint=s3_proxy.url)
        made = Migration(place.folder, files, make_origin(kind), behind, place.system_name)
        made.configure(**storage)
        made.write_manifest()
        return made

    return migrate


def run(place, migration, *more, code=SOME_FAILED):
    command, *arguments = migration.arguments
    return place.summary(*arguments, *more, code=code, command=command)


def is_any_below(folder, paths):
    """Return whether a path is in a folder."""
    return any(path.startswith(f"{folder}/") for path in paths)


def assert_complete(place, migration, summary):
    """Check that each sound file has a true entry and its object, and each other file failed."""
    assert migration.mistakes(place.emulator.entries()) == []
    assert summary["outcomes"]["success"] == migration.sound_count
    assert summary["outcomes"]["failed"] == len(migration.files) - migration.sound_count
    assert migration.bucket.unfinished_uploads() == []


@pytest.mark.parametrize("kind", ["folder", "http", "s3", "sftp"])
def test_from_every_source(place, migrate, s3_proxy, http_source, watched, kind):
    """Every probed value and every byte is right; a second run opens and transfers nothing."""
    migration = migrate(kind, COUNT)

    watched.clear()
    assert_complete(place, migration, run(place, migration))
    assert kind != "folder" or is_any_below(migration.files_folder, watched)

    server, storage = place.emulator.requests.copy(), s3_proxy.count()
    sent = http_source.bytes_sent.copy()
    watched.clear()
    # It asks the server for five entries of earlier runs.
    again = run(place, migration, "--no-spot-check")
    assert again["unchanged"] == migration.sound_count
    assert again["uploads"] == dict.fromkeys(again["uploads"], 0)
    assert place.emulator.requests == server
    assert s3_proxy.count() == storage
    assert http_source.bytes_sent == sent
    assert not is_any_below(migration.files_folder, watched)


# A process of its own: the peak of a child includes that of the process that forked it.
MEASURE = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""


def test_large_film_from_a_host_that_hangs_up(place, migrate, http_source, s3_proxy):
    """A large film is probed by little, arrives in parts, and takes little memory."""
    size = LARGE_MB * MB
    migration = migrate("http", count=0, large_bytes=size, partSize=PART_SIZE)
    path = "/large.mp4"
    http_source.serve(path, migration.files_folder / "large.mp4", drop_after=size * 3 // 10)

    command = [sys.executable, "-m", "ld_import", *map(str, migration.arguments), "-q"]
    measured = subprocess.run(
        [sys.executable, "-c", MEASURE, *command], cwd=place.folder, capture_output=True, text=True
    )

    assert measured.returncode == 0, measured
    assert migration.mistakes(place.emulator.entries()) == []
    assert migration.bucket.unfinished_uploads() == []
    assert int(measured.stdout) < 200 * 1024
    # The rest is read for probing, or was in flight when the host hung up.
    assert http_source.bytes_sent[path] < size + MB
    assert s3_proxy.count("PUT") >= 3
    assert s3_proxy.count("POST") == 2


@pytest.mark.parametrize(
    ("checksum", "large_bytes"),
    [("crc64nvme", 0), ("crc64nvme", 6 * MB), ("sha256", 0), ("none", 6 * MB)],
)
def test_flipped_bytes(place, migrate, s3_proxy, checksum, large_bytes):
    """A byte that changes on its way to the storage is noticed, and the file is sent again."""
    migration = migrate(large_bytes=large_bytes, checksum=checksum, partSize=PART_SIZE)
    s3_proxy.flip(first=2, times=2)

    assert_complete(place, migration, run(place, migration))

    assert len(s3_proxy.harmed) == 2


def test_all_bytes_flipped(place, migrate, s3_proxy):
    """Nothing is registered while no object can be stored; later everything is."""
    migration = migrate()
    s3_proxy.flip(times=None)
    ended = place.run(*migration.arguments)
    assert ended.code in (SOME_FAILED, 8), ended
    assert place.emulator.entries() == []

    s3_proxy.flip(first=10**6)
    summary = run(place, migration, "--retry-failed")

    assert_complete(place, migration, summary)


def test_lost_answers(place, migrate, s3_proxy):
    """A put whose answer is lost is repeated, and leaves one object."""
    migration = migrate()
    s3_proxy.lose_answer(first=2, times=3)

    assert_complete(place, migration, run(place, migration))

    assert len(s3_proxy.harmed) == 3


# Behaviour of a host, and whether the file arrives.
HOSTS: dict[str, tuple[dict[str, Any], bool]] = {
    "hangs up twice": ({"drop_after": 3000, "drops": 2}, True),
    "without ranges": ({"has_ranges": False}, True),
    "without length": ({"is_chunked": True}, True),
    "without etag": ({"etag": ""}, True),
    "without type": ({"content_type": None}, True),
    "away for a moment": ({"statuses": [503, 500]}, True),
    "redirects": ({"redirect": "/redirects%20to"}, True),
    "hangs up always": ({"drop_after": 1, "has_ranges": False}, False),
    "length too long": ({"length_error": 100, "has_ranges": False}, False),
    "length too short": ({"length_error": -100, "has_ranges": False}, False),
    "unauthorized": ({"statuses": [401], "is_failing": True}, False),
    "forbidden": ({"statuses": [403], "is_failing": True}, False),
    "not found": ({"statuses": [404], "is_failing": True}, False),
    "broken": ({"statuses": [500], "is_failing": True}, False),
    "login page": ({"redirect": "/login"}, False),
    "metadata of a cloud": ({"redirect": METADATA_URL}, False),
}


def test_every_behaviour_of_a_host(place, migrate, http_source):
    """A file arrives whole or its item fails with a reason; no other item is affected."""
    [body] = [one.body for one in samples() if one.title == "jpeg (640, 480)"]
    migration = migrate("http", count=0)
    http_source.serve_login()
    http_source.serve("/redirects%20to", body)
    files = migration.files_folder
    for name, (behaviour, is_sound) in HOSTS.items():
        (files / f"{name}.jpg").write_bytes(body)
        http_source.serve(f"/{quote(name)}.jpg", body, **behaviour)
        migration.files.append(
            Expected(
                path=f"{name}.jpg",
                title=name,
                mime="image/jpeg",
                suffix=".jpg",
                width=640,
                height=480,
                duration=None,
                size=len(body),
                sha256=sha256(body).hexdigest(),
                problem=None if is_sound else name,
            )
        )
    migration.write_manifest()

    assert_complete(place, migration, run(place, migration))

    failed = [row for row in place.rows().values() if row["state"] == "failed"]
    assert [row["reason"] for row in failed if not row["reason"]] == []
