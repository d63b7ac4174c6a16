"""`--metrics-file`: its content, its atomic replacement, and values kept across runs."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from contextlib import closing
from datetime import UTC, datetime

import orjson
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as prometheus

from ld_import import __version__
from ld_import.atomic_file import replace_file
from ld_import.cli.output.prometheus import DECISIONS, Gauges
from ld_import.cli.output.sanitize import sanitize
from ld_import.emulator import Fault, Settings
from ld_import.ledger import exclusive
from tests.harness.records import broken, video, videos

POST = "POST import/videos"
NEVER = 0


def read(path, parse=openmetrics):
    """Return the samples of a metrics file: value by name and labels."""
    return {
        (one.name.removeprefix("ld_import_"), frozenset(one.labels.items())): one.value
        for family in parse(path.read_bytes().decode())
        for one in family.samples
    }


def value(path, name, **labels):
    """Return the value of the only sample with this name and these labels."""
    found = [
        number
        for (each, described), number in read(path).items()
        if each == name and labels.items() <= dict(described).items()
    ]
    assert len(found) == 1, (name, labels, found)
    return found[0]


@pytest.fixture
def path(tmp_path):
    """Return the path of the metrics, in the directory of a collector."""
    folder = tmp_path / "collector"
    folder.mkdir()
    return folder / "talks.prom"


def test_values_are_those_of_the_summary(place, path):
    """The file has every count of the JSON summary under its label."""
    place.run("videos", place.write(*videos(3)))
    place.write(video(1), video(2, fileName="Other"), video(3), video(4), video(4), broken(5))

    summary = place.summary("--metrics-file", path, "--limit", "1", code=3)

    assert value(path, "exit_code") == 3
    assert value(path, "duration_seconds") == summary["seconds"]
    for label, key in DECISIONS.items():
        assert value(path, "records", decision=label) == summary[key]
    for outcome, count in summary["outcomes"].items():
        assert value(path, "items", outcome=outcome) == count
    requests = dict(summary["requests"])
    assert value(path, "retries") == requests.pop("retried")
    for name, count in requests.items():
        assert value(path, "requests", request=name) == count


@pytest.mark.parametrize(
    ("uploads", "found"),
    [
        (
            {"stored": 7, "same": 2, "failed": 1, "kept": 3, "bytes": 1234},
            {"stored": 7, "same": 2, "failed": 1, None: 1234},
        ),
        (None, {}),
    ],
)
def test_files_to_upload(uploads, found):
    """Files are counted by result, with the bytes that were sent, where there are any."""
    counts = dict.fromkeys((*DECISIONS.values(), "seconds"), 0)
    summary = {**counts, "outcomes": {"success": 0}, "requests": {"import": 0, "retried": 0}}
    summary |= {"systemName": "town"} | ({"uploads": uploads} if uploads else {})
    moment = datetime(2026, 11, 21, tzinfo=UTC)
    gauges = Gauges(
        labels={},
        exit_code=0,
        started_at=moment,
        ended_at=moment,
        last_success=0,
        last_completion=0,
        summary=summary,
    )

    samples = [one for family in gauges.collect() for one in family.samples]

    assert {one.labels.get("result"): one.value for one in samples if "upload" in one.name} == found


def test_every_record_has_one_decision(place, path):
    """The decisions add up to the records read."""
    place.write(*videos(5), broken(6))

    summary = place.summary("--metrics-file", path, "--limit", "2", code=3)

    assert sum(value(path, "records", decision=each) for each in DECISIONS) == summary["read"] == 6


def test_labels_say_what_it_is_about(place, path):
    """Every series has labels for its import, since files of several imports share a directory."""
    manifest = place.write(*videos(1))
    place.run("videos", "--metrics-file", path)

    ours = {
        "kind": "videos",
        "manifest": str(manifest),
        "target": place.url,
        "project": "",
    }
    assert all(ours.items() <= dict(labels).items() for _, labels in read(path))
    assert value(path, "run_info", system_name=place.system_name, version=__version__) == 1


def test_both_parsers_agree(place, path):
    """The parsers of OpenMetrics and of the older text format read the same values."""
    place.run("videos", place.write(*videos(2)), "--metrics-file", path)
    text = path.read_text(encoding="utf-8")

    assert read(path, openmetrics) == read(path, prometheus)
    assert {family.type for family in prometheus(text)} == {"gauge"}
    assert text.endswith("\n# EOF\n")
    for family in openmetrics(text):
        assert family.documentation.endswith(".")
        assert not family.name.endswith("_total")


@pytest.mark.parametrize(
    "name", ['a"b', "a\\b", "a\nb", "a\rb", "é 雪\u2028", "a\x9b31m\u202eb", "a{b=,}# EOF"]
)
def test_odd_characters_in_labels(place, path, name):
    """Labels keep quotes, backslashes and letters, and escape control characters."""
    manifest = place.write(*videos(1), name=f"{name}.json")

    place.run("videos", manifest, "--metrics-file", path)

    for parse in (openmetrics, prometheus):
        found = {dict(labels)["manifest"] for _, labels in read(path, parse)}
        assert found == {sanitize(manifest)}


def ended_at(path):
    """Return the end of the run; the ledger records its own a moment earlier."""
    return pytest.approx(value(path, "end_timestamp_seconds"), abs=1)


def test_success_survives_failing_nights(place, path):
    """A failed run keeps the time of the last success; a later success updates it."""
    manifest = place.write(*videos(1))
    never = place.write(broken(1), name="never.json")
    place.imported(manifest, "--metrics-file", path)
    assert value(path, "last_completion_timestamp_seconds") == ended_at(path)
    first = value(path, "last_success_timestamp_seconds")
    assert first == ended_at(path)
    _backdate(place, 90_000)

    place.summary(place.write(video(1), broken(2)), "--metrics-file", path, code=3)
    assert value(path, "last_success_timestamp_seconds") == first - 90_000
    assert value(path, "last_completion_timestamp_seconds") == ended_at(path)
    place.summary(place.write(*videos(2)), "--metrics-file", path, "--no-wait")
    assert value(path, "last_success_timestamp_seconds") >= first
    # Another manifest has its own last success.
    place.summary(never, "--metrics-file", path, code=3)
    assert value(path, "last_success_timestamp_seconds") == NEVER


def test_success_elsewhere_is_none_here(place, path, make_place):
    """The last success belongs to one server."""
    place.imported(place.write(*videos(1)))
    elsewhere = make_place(tokens={})

    elsewhere.run("videos", "--metrics-file", path)

    assert value(path, "exit_code") == 5
    assert value(path, "last_completion_timestamp_seconds") == NEVER


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        (Settings(job_polls=0, quota=1), 7),
        (Settings(tokens={}), 5),
        (Settings(job_seconds=600), 8),
    ],
)
def test_run_that_an_error_ends(make_place, path, settings, code):
    """A run that ends with an error writes its counts so far and its exit code."""
    place = make_place()
    place.emulator.settings = settings
    place.write(*videos(3))

    summary = place.summary(
        "--metrics-file", path, "--batch-size", "1", "--parallel", "1", "--max-wait", "0", code=code
    )

    assert value(path, "exit_code") == code
    assert value(path, "records", decision="sent") == summary["sent"]
    assert value(path, "items", outcome="open") == summary["outcomes"]["open"]
    assert value(path, "last_completion_timestamp_seconds") == NEVER


def test_run_that_never_began(place, path):
    """A run that ends before reading a record has times and an exit code, but no counts."""
    manifest = place.write(*videos(1))
    place.imported(manifest)
    manifest.write_text("{", encoding="utf-8")

    ended = place.run("videos", "--metrics-file", path)

    assert ended.code == value(path, "exit_code") == 4
    assert value(path, "last_success_timestamp_seconds") > NEVER
    assert {name for name, _ in read(path)} == {
        "exit_code",
        "start_timestamp_seconds",
        "end_timestamp_seconds",
        "last_success_timestamp_seconds",
        "last_completion_timestamp_seconds",
    }


def test_ledger_held_by_another_run(place, path):
    """A run that finds the ledger in use writes its exit code and keeps the last success."""
    place.imported(place.write(*videos(1)))

    with exclusive(place.ledger_path):
        ended = place.run("videos", "--metrics-file", path)

    assert ended.code == value(path, "exit_code") == 10
    assert value(path, "last_success_timestamp_seconds") > NEVER


def test_ledger_that_cannot_be_read(place, path):
    """With an unreadable ledger the last success is unknown, and none is written."""
    place.write(*videos(1))
    place.ledger_path.parent.mkdir()
    place.ledger_path.write_bytes(b"no database " * 400)

    ended = place.run("videos", "--metrics-file", path)

    assert ended.code == value(path, "exit_code") == 9
    assert value(path, "last_success_timestamp_seconds") == NEVER


def test_mistake_in_what_is_asked(place, path, monkeypatch):
    """A missing token is written as a failed run."""
    monkeypatch.delenv("LD_IMPORT_TOKEN")
    place.write(*videos(1))

    ended = place.run("videos", "--metrics-file", path)

    assert ended.code == value(path, "exit_code") == 2


def test_manifest_or_server_unknown(place, path):
    """If manifest or server are unknown, the file is not touched."""
    path.write_text("before", encoding="utf-8")

    assert place.run("videos", "--metrics-file", path).code == 2
    assert path.read_text(encoding="utf-8") == "before"


def test_dry_run_writes_nothing(place, path):
    """A dry run writes no metrics."""
    place.write(*videos(1))

    assert place.run("videos", "--metrics-file", path, "--dry-run").code == 0
    assert list(path.parent.iterdir()) == []


def test_standard_input_is_named_as_in_the_ledger(place, path):
    """Standard input is identified by its systemName, as in the ledger."""
    lines = b"".join(orjson.dumps(one) + b"\n" for one in videos(1))
    process = place.start(
        "videos", "-", "--format", "jsonl", "--system-name", place.system_name,
        "--metrics-file", path, "--no-wait", stdin=-1,
    )  # fmt: skip

    process.communicate(lines)

    assert process.returncode == 0
    assert value(path, "exit_code", manifest=f"- ({place.system_name})") == 0
    assert value(path, "last_success_timestamp_seconds") > NEVER


def test_file_is_replaced_and_readable_by_all(place, path):
    """Each run replaces the file, with mode 0644, and leaves no temporary file."""
    place.write(*videos(1))
    path.write_text("before", encoding="utf-8")
    before = path.stat()

    place.run("videos", "--metrics-file", path)

    after = path.stat()
    assert after.st_ino != before.st_ino
    assert stat.S_IMODE(after.st_mode) == 0o644
    assert list(path.parent.iterdir()) == [path]


def test_link_stays_a_link(place, path):
    """The target of a symbolic link is replaced, not the link."""
    link = path.with_name("link.prom")
    link.symlink_to(path)

    place.run("videos", place.write(*videos(1)), "--metrics-file", link)

    assert link.is_symlink()
    assert value(path, "exit_code") == 0


def test_reader_never_sees_half_a_file(path):
    """A collector always reads a complete file, old or new."""
    contents = {letter * 200_000 for letter in (b"a", b"b")}
    seen, is_over = set(), threading.Event()
    replace_file(path, b"a" * 200_000)

    def watch():
        while not is_over.is_set():
            seen.add(path.read_bytes())
            assert not [one for one in path.parent.glob("*.prom") if one != path]

    watcher = threading.Thread(target=watch)
    watcher.start()
    for content in sorted(contents) * 20:
        replace_file(path, content)
    is_over.set()
    watcher.join()

    assert seen <= contents


def test_failed_write_leaves_the_old_file(path):
    """If the file cannot be replaced, no temporary file remains."""
    path.mkdir()

    with pytest.raises(OSError, match="directory"):
        replace_file(path, b"new")
    assert list(path.parent.iterdir()) == [path]


def test_file_that_cannot_be_written(make_place, path):
    """A file that cannot be written makes a warning and does not change the exit code."""

    async def remove_folder(seconds):
        path.parent.rmdir()

    place = make_place(Fault(on=POST, action="slow"), sleep=remove_folder)
    place.write(*videos(1))

    ended = place.run("videos", "--metrics-file", path, "-q")

    assert ended.code == 0
    (line,) = ended.err.splitlines()
    assert line.startswith(
        f"warning: the metrics file {path} cannot be written: No such file or directory [run 20"
    )


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("nowhere/talks.prom", "of the metrics file does not exist"),
        ("collector", "is not a regular file"),
        ("manifest.json", "is the manifest"),
        (os.devnull, "is not a regular file"),
    ],
)
def test_file_that_cannot_be(place, path, name, told):
    """An unusable path is a usage error before anything is sent, also in a dry run."""
    place.write(*videos(1))

    for more in ([], ["--dry-run"]):
        ended = place.run("videos", "--metrics-file", name, *more)

        assert ended.code == 2
        assert told in ended.err
    assert place.mine() == []


def test_file_named_in_the_configuration(place, path):
    """`metricsFile` is relative to `ld-import.yaml`; the flag wins."""
    place.write(*videos(1))
    (place.folder / "ld-import.yaml").write_text(
        "videos: {metricsFile: collector/talks.prom}\nimages: {metricsFile: other.prom}\n"
    )

    place.run("videos")
    assert value(path, "exit_code") == 0
    path.unlink()
    place.run("videos", "--metrics-file", path.with_name("other.prom"))

    assert [one.name for one in path.parent.iterdir()] == ["other.prom"]


def _backdate(place, seconds):
    """Move all times in the ledger back."""
    with closing(sqlite3.connect(place.ledger_path)) as db, db:
        db.execute("UPDATE run SET ended_at = ended_at - ?", (seconds,))
