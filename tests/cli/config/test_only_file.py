"""`--only-file` takes lists of ids and the program's own outputs."""

from __future__ import annotations

import gzip
from dataclasses import replace
from typing import Any

import orjson
import pytest

from ld_import.cli.config.only_file import Owner, read_ids
from ld_import.errors import UsageError
from tests.harness.records import broken, video, videos

OWNER = Owner("videos", "town")
BOM = b"\xef\xbb\xbf"
ROWS: list[dict[str, Any]] = [
    {"externalId": "v1", "kind": "videos", "systemName": "town"},
    {"externalId": "-2", "kind": "videos", "systemName": "town"},
    {"externalId": None, "kind": "videos", "systemName": "town"},
]
LINES = b"".join(orjson.dumps(row) + b"\n" for row in ROWS)


def read(tmp_path, content, owner=OWNER):
    """Return the ids in a file with this content."""
    path = tmp_path / "ids"
    path.write_bytes(content)
    return read_ids(path, owner)


@pytest.mark.parametrize(
    "content",
    [
        b"v1\n-2\n",
        b"\r\nv1\r\n\r\n-2",
        BOM + b"v1\n-2",
        LINES,
        BOM + LINES,
        orjson.dumps(ROWS),
        orjson.dumps(ROWS, option=orjson.OPT_INDENT_2),
        orjson.dumps(["v1", "-2"]),
        b"kind,systemName,externalId\r\nvideos,town,v1\r\nvideos,town,'-2\r\n",
        b'state,"externalId"\r\n"failed, twice",v1\r\nfailed,"\'-2"\r\n',
        BOM + b"state;externalId\r\nfailed;v1\r\nfailed;'-2\r\n",
        b"externalId\nv1\n'-2\n",
        b'externalId\tstate\treason\nv1\tfailed\t"gone\n-2\tfailed\t\n',
        orjson.dumps([{"count": 2, "kind": "videos", "items": ROWS[:2]}]),
    ],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_formats(tmp_path, content, pack):
    """Lists, JSON Lines, JSON and tables give the same ids, with a BOM and packed too."""
    listed = read(tmp_path, pack(content))

    assert (listed.ids, listed.left_out) == ({"v1", "-2"}, 0)


def test_empty_file(tmp_path):
    """An empty file selects nothing; scripts make such files."""
    assert read(tmp_path, b"").ids == frozenset()
    assert read(tmp_path, b"[]").ids == frozenset()


def test_rows_of_others_are_left_out(tmp_path):
    """Rows of another kind or systemName are counted and not used."""
    rows = [*ROWS, ROWS[0] | {"externalId": "v8", "kind": "images"}]
    rows.append(ROWS[0] | {"externalId": "v9", "systemName": "other"})
    listed = read(tmp_path, orjson.dumps(rows))

    assert (listed.ids, listed.left_out) == ({"v1", "-2"}, 2)
    assert read(tmp_path, orjson.dumps(rows), Owner("videos", "")).left_out == 1


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (orjson.dumps([ROWS[0] | {"kind": "images"}]), "has no items of videos of the system town"),
        (orjson.dumps([ROWS[0] | {"systemName": "x"}]), "the first one is of videos of the system"),
        (b"systemName: town\nitems: []\n", "is a manifest"),
        (b'{"systemName": "town",\n"videos": []}', "is a manifest"),
        (b'{"id": "v1", "url": "https://a.example/1.mp4"}\n', "is a manifest"),
        (b'[{"id": "v1"}]', "is a manifest"),
        (b'[{"externalId": "v1"}', "is damaged: it is not JSON"),
        (LINES + b"{\n", "is damaged: line 4 is not JSON"),
        (b"state,externalId\nfailed,v1\nfailed\n", "is damaged: line 3 has too few cells"),
        (b"'v1'\n'v2'\n", "has its ids in quotation marks"),
        (b"\xff\xfe", "cannot be read: it is not UTF-8 text"),
        (gzip.compress(LINES, mtime=0)[:-9], "cannot be read: its gzip data is damaged"),
        (
            gzip.compress(LINES, mtime=0)[:20] + b"xxxxxxxx",
            "cannot be read: its gzip data is damaged",
        ),
        (
            orjson.dumps([{"count": 9, "items": ROWS[:2]}]),
            "names only 2 of the 9 items of a cause",
        ),
    ],
)
def test_unusable_files(tmp_path, content, problem):
    """A file that cannot be used is one sentence with a hint."""
    with pytest.raises(UsageError, match=problem) as raised:
        read(tmp_path, content)

    assert str(raised.value).startswith(f"--only-file {tmp_path}/ids ")
    assert raised.value.hint


@pytest.mark.parametrize("content", [b"x" * 100_000, b"[" + b'"v1",\n' * 1000 + b'"v1"]'])
def test_large_file_is_not_read_into_memory(tmp_path, content):
    """The limit applies to unpacked text: a small gzip file can become very large."""
    path = tmp_path / "ids"
    path.write_bytes(gzip.compress(content))

    with pytest.raises(UsageError, match="is too large"):
        read_ids(path, OWNER, longest=1_000)


@pytest.fixture
def failed(place):
    """Return a place in which two of four videos failed and one record is invalid."""
    urls = {"/2.mp4": "gone", "/3.mp4": "gone"}
    place.emulator.settings = replace(place.emulator.settings, fail_url=urls)
    records = [video(1), video(2), video(3, id="=3"), video(4), broken(5)]
    place.imported(place.write(*records), code=3)
    place.emulator.settings = replace(place.emulator.settings, fail_url={})
    return place


@pytest.mark.parametrize(
    "command",
    [
        ("export", "--state", "failed"),
        ("export", "--state", "failed", "--format", "csv"),
        ("items", "--state", "failed"),
        ("items", "--state", "failed", "--json"),
        ("reasons", "--state", "failed", "--json"),
    ],
)
def test_own_outputs(failed, command):
    """The output of a ledger command about failed items selects exactly these items."""
    out = failed.run("ledger", *command).out
    (failed.folder / "failed").write_text(out, encoding="utf-8", newline="")

    summary = failed.summary("--retry-failed", "--only-file", "failed", "--no-wait", code=3)

    assert (summary["sent"], summary["notSent"], summary["unchanged"]) == (2, 0, 2)


def test_warning_about_rows_of_others(failed):
    """The number of rows that are left out is a warning."""
    failed.write(*videos(1), name="more.json", systemName="other")
    failed.imported("more.json")
    out = failed.run("ledger", "export").out
    (failed.folder / "all").write_text(out, encoding="utf-8")

    ended = failed.run("videos", "manifest.json", "--only-file", "all", "--dry-run")

    assert "warning: 1 row of --only-file all left out: another kind or systemName" in ended.err
