"""Log file and metrics file never overwrite another file of the import."""

from __future__ import annotations

import os
from pathlib import Path

import orjson
import pytest

from tests.harness.records import video, videos

FLAGS = ("--log-file", "--metrics-file")


def fill(place):
    lines = b"".join(orjson.dumps(one) + b"\n" for one in videos(2))
    (place.folder / "rows.jsonl").write_bytes(lines)
    (place.folder / "talks.yaml").write_text(f"systemName: {place.system_name}\nsource: rows.jsonl")
    (place.folder / "ld-import.yaml").write_text("profile: here\nprofiles: {here: {project: ''}}\n")
    place.imported("talks.yaml")


@pytest.fixture
def taken(place, begin):
    """Make the files of an earlier import: manifest, source, ledger and others."""
    begin(place, fill)
    (place.folder / "link").symlink_to("rows.jsonl")
    os.link("rows.jsonl", "other-name")


def contents(folder):
    """Return the content of every file."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.usefixtures("taken")
@pytest.mark.parametrize("flag", FLAGS)
@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("talks.yaml", "the manifest"),
        ("rows.jsonl", "the source of the manifest"),
        ("link", "the source of the manifest"),
        ("other-name", "the source of the manifest"),
        ("ld-import.yaml", "the configuration"),
        (".ld-import/../.ld-import/ledger.sqlite3", "the ledger"),
        (".ld-import/ledger.sqlite3-wal", "the ledger"),
        (".ld-import/ledger.sqlite3.lock", "the ledger"),
        (".ld-import/ledger.sqlite3.holder", "the ledger"),
    ],
)
def test_file_that_is_taken(place, flag, path, what):
    """A file that is in use is refused by its path, before anything is written."""
    before = contents(place.folder)

    ended = place.run("videos", "talks.yaml", "--force", flag, path)

    name = flag.removeprefix("--").replace("-", " ")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.splitlines() == [
        f"error: the {name} {path} is {what}",
        "hint: name a file in a folder that exists, and one that has no other use",
    ]
    assert contents(place.folder) == before
    assert len(place.jobs()) == 1


@pytest.mark.parametrize("flag", FLAGS)
def test_ledger_that_is_not_made_yet(place, flag):
    """The path of a future ledger is refused as well."""
    place.write(*videos(1))
    place.ledger_path.parent.mkdir()

    ended = place.run("videos", flag, place.ledger_path)

    assert (ended.code, place.ledger_path.exists()) == (2, False)


def test_ledger_of_the_profile(place):
    """A ledger named in the configuration is refused as well."""
    place.write(*videos(1))
    Path("ld-import.yaml").write_text("profiles: {here: {ledger: memory}}\n")

    assert "is the ledger" in place.run("videos", "--log-file", "memory").err


def test_one_file_for_both(place):
    """Log and metrics cannot be the same file."""
    place.write(*videos(1))

    ended = place.run("videos", "--log-file", "same", "--metrics-file", "./same")

    assert ended.code == 2
    assert "the metrics file same is also the log file" in ended.err
    assert not Path("same").exists()


def test_files_of_the_configuration(place):
    """The same rules apply to `logFile` and `metricsFile`."""
    before = place.write(*videos(1)).read_bytes()
    for key in ("logFile", "metricsFile"):
        Path("ld-import.yaml").write_text(f"videos: {{{key}: manifest.json}}\n")

        assert place.run("videos").code == 2
    assert Path("manifest.json").read_bytes() == before


@pytest.mark.parametrize("arguments", [["--profile", "nobody"], ["nowhere.json"], []])
def test_ledger_of_a_run_that_cannot_begin(place, arguments):
    """A ledger is not overwritten even if manifest or profile are unknown."""
    place.imported(place.write(*videos(1)))
    Path("manifest.json").rename("manifest.jsonl")
    Path("manifest.csv").touch()
    before = place.ledger_path.read_bytes()

    ended = place.run("videos", *arguments, "--log-file", place.ledger_path)

    assert "is the ledger" in ended.err
    assert place.ledger_path.read_bytes() == before


@pytest.mark.parametrize("flag", FLAGS)
def test_source_that_comes_through_a_pipe(place, flag):
    """A source that is named in a manifest from a pipe is not overwritten."""
    Path("rows.jsonl").write_bytes(orjson.dumps(video()))
    told = orjson.dumps({"systemName": place.system_name, "source": "rows.jsonl"})

    with place.start("videos", "-", "--format", "json", flag, "rows.jsonl", stdin=-1) as process:
        _, err = process.communicate(told)

    assert process.returncode == 2
    assert b"rows.jsonl is the source of the manifest" in err
    assert Path("rows.jsonl").read_bytes() == orjson.dumps(video())


@pytest.mark.parametrize("text", ["systemName: [", "- id: a", f"# {'x' * 1_000_000}\nvideos: []"])
def test_manifest_that_names_no_source(place, text):
    """A broken, large or header-less manifest names no source: the log is written."""
    Path("talks.yaml").write_text(text)

    ended = place.run("videos", "talks.yaml", "--log-file", "run.log")

    assert f"ended with exit code {ended.code}" in Path("run.log").read_text()


@pytest.mark.parametrize("flags", [[], ["--log-file", "run.log"]])
def test_broken_configuration(place, flags):
    """An invalid configuration is reported once, also in the log file of the flag."""
    place.write(*videos(1))
    Path("ld-import.yaml").write_text("videos: {lodFile: other.log}\n")

    ended = place.run("videos", *flags)

    assert (ended.code, ended.err.count("did you mean `logFile`?")) == (2, 1)
    assert not flags or "did you mean `logFile`?" in Path("run.log").read_text()
