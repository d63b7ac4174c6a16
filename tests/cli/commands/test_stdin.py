"""`ld-import videos -`: the manifest on standard input."""

from __future__ import annotations

import io
import subprocess
import sys

import orjson
import pytest

from ld_import.ledger import LedgerReader
from tests.harness.records import broken, video, videos


@pytest.fixture
def pipe(monkeypatch):
    """Return a function that puts bytes on standard input."""

    def put(*records, text=None):
        data = text or b"".join(orjson.dumps(record) + b"\n" for record in records)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    return put


def test_import_from_a_pipe(place, pipe):
    """A manifest on standard input needs a format and a systemName only."""
    arguments = ("-", "--format", "jsonl", "--system-name", place.system_name)
    pipe(*videos(3))
    first = place.summary(*arguments)
    pipe(*videos(3), video(4))
    second = place.summary(*arguments)

    assert (first["manifest"], first["outcomes"]["success"]) == ("-", 3)
    assert (second["unchanged"], second["outcomes"]["success"]) == (3, 1)
    assert place.ledger_path.exists()


def test_pipe_of_a_process(place):
    """A real pipe of a process can be read."""
    arguments = ["videos", "-", "--format", "csv", "--system-name", place.system_name, "--json"]
    table = b"id,url,fileName,metadata.title\nv1,https://films.example/1.mp4,Film,Film\n"
    with place.start(*arguments, stdin=subprocess.PIPE) as process:
        out, _ = process.communicate(table)

    assert process.returncode == 0
    assert orjson.loads(out)["outcomes"]["success"] == 1


def test_header_comes_through_the_pipe(place, pipe):
    """A document has its own header; the value of `--format` is a file extension."""
    document = {"systemName": place.system_name, "videos": videos(2)}
    pipe(text=orjson.dumps(document))

    assert place.summary("-", "--format", "json", "-n")["read"] == 2


def test_two_pipes_are_two_manifests(place, pipe):
    """The ledger distinguishes manifests on standard input by their systemName."""
    names = [place.system_name, f"{place.system_name}-too"]
    for name in names:
        pipe(*videos(1))
        place.summary("-", "--format", "jsonl", "--system-name", name)

    with LedgerReader(place.ledger_path) as reader:
        assert {row["manifest"] for row in reader.items()} == {f"- ({name})" for name in names}


def test_changed_ids_of_a_pipe_are_noticed(place, pipe):
    """A template that would create every item again is noticed on standard input, too."""
    arguments = ("-", "--format", "jsonl", "--system-name", place.system_name)
    pipe(*videos(2))
    place.summary(*arguments)
    pipe(*videos(2))

    ended = place.run("videos", *arguments, "--external-id", "new-{{ id }}")

    assert ended.code == 2
    assert "--accept-new-ids" in ended.err


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["-"], 2, "standard input has no file name that shows its format (known: yaml, "),
        (["-", "--format", "xls"], 2, '"xls" is not a manifest format (known: yaml, '),
        (["-", "--format", "yaml"], 2, "standard input lists `images`, not `videos`"),
        (["-", "--format", "jsonl"], 2, "no systemName is given"),
        (["-", "--format", "tsv"], 2, "no systemName is given"),
        (["-", "--format", "json"], 4, "standard input, line 1, column 1: "),
    ],
)
def test_pipe_that_cannot_be_read(place, pipe, arguments, code, told):
    """A missing or invalid option is reported before anything is sent."""
    pipe(text=b"systemName: town\nimages: []\n")

    ended = place.run("videos", *arguments)

    assert (ended.code, ended.out) == (code, "")
    assert told in ended.err


def test_empty_and_closed(place, pipe, monkeypatch):
    """An empty or closed standard input is an error."""
    pipe(text=b"")
    empty = place.run("videos", "-", "--format", "jsonl")
    monkeypatch.setattr(sys, "stdin", None)
    closed = place.run("videos", "-", "--format", "jsonl")

    assert (empty.code, "standard input is empty" in empty.err) == (4, True)
    assert (closed.code, "standard input is closed" in closed.err) == (2, True)


def test_template_that_cannot_work(place, pipe):
    """The error calls the manifest standard input."""
    pipe(text=b'{"systemName": "town", "map": {"url": "{{ url"}, "videos": []}')

    ended = place.run("videos", "-", "--format", "json", "-n")

    assert ended.code == 4
    assert "standard input: `map.url` is not a valid template" in ended.err


def test_validate_a_pipe(place, pipe):
    """`validate` reads standard input and names it so in problems."""
    pipe(video(1), broken(2))

    ended = place.run("validate", "-", "--format", "jsonl", "--kind", "videos")

    assert ended.code == 3
    assert ended.out.startswith("standard input:2 (v2): `url` is")
    assert ended.out.endswith("standard input as videos: 2 records, 1 good, 1 invalid\n")


def test_format_of_a_file(place):
    """`--format` takes precedence over the file extension."""
    path = place.folder / "export.txt"
    path.write_bytes(orjson.dumps(video(1)) + b"\n")

    ended = place.run("videos", path, "-n", "--format", "JSONL", "--system-name", "town")

    assert ended.code == 0
    assert place.run("videos", path, "-n", "--system-name", "town").code == 4
