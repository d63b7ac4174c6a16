"""The contract of sources, kept by each of them with real servers."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from unicodedata import normalize
from urllib.parse import quote

import pytest

from ld_import.assets.base import FileProblem, SourceChanged, SourceSettings
from ld_import.assets.source import check_source, open_source, state_of

# More than the size up to which a file is kept in memory.
BIG = os.urandom(2_200_000)
SMALL = os.urandom(1_000)


class Local:
    """Files of the folder."""

    def __init__(self, request, rules):
        self.rules = rules
        self._folder = rules.folder

    def put(self, name, content):
        path = self._folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)

    def source(self, name):
        return name


class Web:
    """Files of a web host."""

    def __init__(self, request, rules):
        self.rules = rules
        self._host = request.getfixturevalue("http_source")

    def put(self, name, content):
        self._host.serve("/" + quote(name, safe="/+&=',;"), content)

    def source(self, name):
        return f"{self._host.url}/{name}"


class Objects:
    """Objects of a strict S3 server."""

    def __init__(self, request, rules):
        self._bucket = bucket = request.getfixturevalue("bucket")
        for name, text in (("id", bucket.credentials.key), ("secret", bucket.credentials.secret)):
            (rules.folder / name).write_text(text)
        entry = SourceSettings(
            name="bucket",
            url=bucket.url,
            endpoint=bucket.endpoint,
            region="us-east-1",
            access_key_file=rules.folder / "id",
            secret_key_file=rules.folder / "secret",
        )
        self.rules = replace(rules, sources=(entry,))

    def put(self, name, content):
        self._bucket.put(name, content)

    def source(self, name):
        return f"{self._bucket.url}/{name}"


class Sftp:
    """Files of an SFTP server."""

    def __init__(self, request, rules):
        self._served = served = request.getfixturevalue("sftp_folder")
        entry = SourceSettings(
            name="old",
            url=served.host_url,
            user=served.user,
            key_file=served.key_path,
            known_hosts=served.known_hosts_path,
        )
        self.rules = replace(rules, sources=(entry,))

    def put(self, name, content):
        path = self._served.local / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)

    def source(self, name):
        return f"{self._served.url}/{name}"


@pytest.fixture(params=[Local, Web, Objects, Sftp])
def place(request, rules):
    return request.param(request, rules)


def opened(place, name):
    return closing(open_source(place.source(name), place.rules))


@pytest.mark.parametrize("content", [BIG, SMALL, b""])
def test_all_bytes(place, content):
    """State, ranges and the stream agree, whatever the size; a stream can be repeated."""
    place.put("scans/a b.jpg", content)
    check_source(place.source("scans/a b.jpg"), place.rules)

    with opened(place, "scans/a b.jpg") as source:
        assert source.state == state_of(place.source("scans/a b.jpg"), place.rules)
        assert source.state.size == len(content)
        assert source.state.identity
        assert source.read(0, 100) == content[:100]
        assert source.read(500, 1_500_000) == content[500:1_500_500]
        assert source.read(len(content), 10) == b""
        pieces = list(source.stream())
        assert b"".join(pieces) == b"".join(source.stream()) == content
        assert all(len(piece) <= 1024 * 1024 for piece in pieces)


def test_stream_that_is_not_read_to_its_end(place):
    """A stream can be left at any point; the source remains usable."""
    place.put("a.jpg", BIG)

    with opened(place, "a.jpg") as source:
        for _ in range(3):
            stream = source.stream()
            assert BIG.startswith(next(stream))
            stream.close()
        assert source.read(2_100_000, 10) == BIG[2_100_000:2_100_010]
        assert b"".join(source.stream()) == BIG


def test_names(place):
    """Names with letters of all kinds name their files."""
    for name in ("Zürich.jpg", "日本.jpg", "a+b&c=d.jpg", "a'b;c,d.jpg", "ü" * 60):
        place.put(name, name.encode())

        with opened(place, name) as source:
            assert b"".join(source.stream()) == name.encode()


def test_spellings(place):
    """A name in the other spelling of Unicode names the same file."""
    if isinstance(place, Web):
        pytest.skip("the path of a URL is that of the host")
    if isinstance(place, Sftp):
        # test_sftp.py has the rule.
        pytest.skip("rclone states both spellings, and does not always open what it states")
    place.put(normalize("NFD", "Zürich.jpg"), SMALL)

    with opened(place, normalize("NFC", "Zürich.jpg")) as source:
        assert b"".join(source.stream()) == SMALL


def test_missing_file(place):
    """A missing file is a problem of this file alone."""
    with pytest.raises(FileProblem, match=r"none\.jpg\"? cannot be read: the "):
        open_source(place.source("none.jpg"), place.rules)


def test_change(place):
    """A file that changed since it was opened is noticed by the first read and by the stream."""
    place.put("a.jpg", BIG)
    with opened(place, "a.jpg") as source:
        place.put("a.jpg", BIG[:-1] + b"?" + SMALL)

        with pytest.raises(SourceChanged, match="changed while it was read"):
            list(source.stream())
    with opened(place, "a.jpg") as source:
        assert source.state.size == len(BIG) + len(SMALL)


def test_many_threads(place):
    """Several threads read several files at a time."""
    for number in range(8):
        place.put(f"{number}.jpg", BIG[number:300_000])

    def read(number):
        with opened(place, f"{number}.jpg") as source:
            return b"".join(source.stream()) == BIG[number:300_000]

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(read, range(8)))
