"""Known media under new ids: message, exit code, and no request."""

from __future__ import annotations

import io
import sys

import orjson
import pytest

from tests.harness.records import video, videos

LINES = b"".join(orjson.dumps(video(number)) + b"\n" for number in range(1, 4))


@pytest.fixture
def arguments(place):
    """Return the arguments of an import from a pipe, with one ledger."""
    return ("videos", "-", "--format", "jsonl", "--system-name", place.system_name)


def pipe(monkeypatch, data):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


@pytest.mark.parametrize("more", [[], ["--dry-run"], ["--json"]])
def test_new_ids_from_a_pipe(place, monkeypatch, arguments, more):
    """A changed template is noticed on standard input, which has no file name."""
    pipe(monkeypatch, LINES)
    assert place.run(*arguments).code == 0
    asked = place.emulator.requests["POST import/videos"]
    pipe(monkeypatch, LINES.replace(b'"id":"v', b'"id":"w'))

    ended = place.run(*arguments, *more)

    assert ended.code == 2
    assert place.emulator.requests["POST import/videos"] == asked
    error, hint = ended.err.splitlines()[-2:]
    assert "3 entries would be created twice: their URLs were imported under other ids" in error
    assert "https://films.example/1.mp4 was imported as 'v1', and is 'w1' now" in error
    assert "--accept-new-ids" in hint
    assert len(place.rows()) == 3


def test_another_system_from_a_pipe(place, monkeypatch, arguments):
    """Standard input with another systemName counts as another manifest."""
    pipe(monkeypatch, LINES)
    place.run(*arguments)
    pipe(monkeypatch, LINES)
    other = f"{place.system_name}-2"

    ended = place.run(*arguments[:-1], other)

    assert ended.code == 2
    assert f"'v1' of '{place.system_name}', and is 'v1' of '{other}' now" in ended.err


def test_summary_of_a_run_that_was_stopped(place):
    """A stopped run prints a complete summary, and a flag lets the next run continue."""
    place.imported(place.write(*videos(4)))
    place.write(*[video(number, id=f"w{number}") for number in range(1, 5)])

    stopped = place.summary(code=2)

    assert (stopped["read"], stopped["sent"], stopped["notSent"]) == (4, 0, 4)
    assert not any(stopped["requests"].values())
    assert place.summary("--accept-new-ids", "--no-wait")["sent"] == 4


def test_one_source_of_two_manifests(place):
    """A second manifest of the same records is confirmed once, then compared with itself."""
    (place.folder / "films.jsonl").write_bytes(LINES[: len(LINES) // 3])
    first, second = place.folder / "a.yaml", place.folder / "b.yaml"
    header = f"systemName: {place.system_name}\nsource: films.jsonl\n"
    first.write_text(header)
    second.write_text(header + "externalId: 'trailer-{{ id }}'\n")
    place.imported(first)

    ended = place.run("videos", second)

    assert ended.code == 2
    assert "1 entry would be created twice" in ended.err
    assert "films.jsonl was imported with the records' own ids, now it is externalId" in ended.err
    place.imported(second, "--accept-new-ids")
    assert [place.run("videos", one).code for one in (first, second)] == [0, 0]
