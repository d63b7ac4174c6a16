"""`ld-import ledger`: the ledger as tables, JSON, JSON lines and CSV."""

from __future__ import annotations

import csv
import os
import sqlite3
import sys
from contextlib import closing
from dataclasses import replace
from io import StringIO

import orjson
import pytest

from ld_import.cli.commands.ledger.jobs import JOB_COLUMNS
from ld_import.cli.commands.ledger.reading import STATES
from ld_import.cli.commands.ledger.runs import RUN_COLUMNS
from ld_import.exports.columns import COLUMNS
from tests.harness.records import broken, video, videos
from tests.makers import make_ledger


def fill(place):
    place.emulator.settings = replace(
        place.emulator.settings, fail_url={"/2.mp4": "=cmd|' /C calc'!A0"}
    )
    place.write(video(1), video(2), video(3), broken(4))
    place.imported(code=3)


@pytest.fixture
def filled(place, begin):
    """Return a place whose ledger has two runs, one job, and items of three states."""
    begin(place, fill)
    return place


def test_runs(filled):
    """Runs are listed newest first, with their exit codes."""
    last = filled.summary("--limit", "0", code=3)["run"]

    head, *rows = filled.run("ledger", "runs").lines

    assert tuple(head) == RUN_COLUMNS
    assert [row[-1] for row in rows] == ["3", "3", "3"]
    assert rows[0][0] == last
    assert {row[3] for row in rows} == {filled.url}


def test_runs_as_json(filled):
    """Each run has its summary as it was printed."""
    newest, first = filled.run("ledger", "runs", "--json").document

    assert (first["exitCode"], first["summary"]["sent"]) == (3, 3)
    assert newest["summary"]["failedBefore"] == 1
    assert newest["manifest"] == str(filled.folder / "manifest.json")


@pytest.mark.parametrize("value", ["", "a\0b", "\x1b[2Jm", "\u202ex", "../../admin", "m" * 65_536])
def test_ids_in_no_usable_form_are_not_shown(filled, value):
    """Ids in an unusable form, which an older version stored, do not break any command."""
    with closing(sqlite3.connect(filled.ledger_path)) as db, db:
        db.execute("UPDATE item SET media_id = ?, record_digest = x'07'", (value,))
        db.execute("UPDATE batch SET job_id = ?", (value,))
    export = filled.run("ledger", "export")
    jobs = filled.run("ledger", "jobs", "--json")
    show = filled.run("ledger", "show", "v1", "--json")
    others = [
        filled.run("ledger", *question)
        for question in (["items"], ["jobs"], ["show", "v1"], ["export", "--format", "csv"])
    ]

    rows = [orjson.loads(line) for line in export.out.splitlines()]
    assert {(row["mediaId"], row["jobId"]) for row in rows} == {(None, None)}
    assert {row["jobId"] for row in jobs.document} == {None}
    assert {each["jobId"] for each in show.document[0]["history"]} == {None}
    assert not value or value not in "".join(one.out for one in (export, jobs, show, *others))
    assert {one.code for one in (export, jobs, show, *others)} == {0}


def test_run_that_did_not_end(place):
    """A run that was killed is listed without an end."""
    place.write(*videos(1))
    place.run("videos", "--no-wait", "--token-file", "nowhere.txt")
    assert place.run("ledger", "runs").lines[1:] == []
    place.imported()

    rows = place.run("ledger", "runs", "--limit", "1").lines[1:]

    assert len(rows) == 1


def test_jobs(filled):
    """Jobs are listed with how their items ended."""
    head, row = filled.run("ledger", "jobs").lines
    told = dict(zip(head, row, strict=True))

    assert tuple(head) == JOB_COLUMNS
    assert told["jobId"] == filled.jobs()[0]["id"]
    assert (told["state"], told["jobState"]) == ("settled", "success")
    assert [told[name] for name in ("items", "success", "skipped", "failed")] == list("3201")


def test_jobs_of_a_run(filled):
    """`--run` keeps the jobs one run submitted."""
    newest, first = filled.run("ledger", "runs", "--json").document

    assert filled.run("ledger", "jobs", "--run", newest["run"], "--json").document == []
    assert len(filled.run("ledger", "jobs", "--run", first["run"], "--json").document) == 1


def test_items(filled):
    """Items are listed with their reason; the totals go to standard error."""
    ended = filled.run("ledger", "items")

    rows = [dict(zip(ended.lines[0], row, strict=True)) for row in ended.lines[1:]]
    assert [(one["externalId"], one["state"], one["line"]) for one in rows] == [
        ("v1", "success", "2"),
        ("v2", "failed", "3"),
        ("v3", "success", "4"),
        ("v4", "invalid", "5"),
    ]
    assert rows[1]["reason"] == "=cmd|' /C calc'!A0"
    assert "`url`" in rows[3]["reason"]
    target, counts = ended.err.splitlines()
    assert target == f"videos on {filled.url}"
    assert sorted(counts.split(", ")) == ["1 failed", "1 invalid", "2 success"]


@pytest.mark.parametrize(
    ("flags", "ids", "more"),
    [
        (["--state", "failed"], ["v2"], ""),
        (["--state", "failed", "--state", "invalid"], ["v2", "v4"], ""),
        (["--state", "lost"], [], ""),
        (["--limit", "1"], ["v1"], "3 more; --limit 0 shows all"),
        (["--limit", "0"], ["v1", "v2", "v3", "v4"], ""),
        (["--limit", "1", "--state", "success"], ["v1"], "1 more; --limit 0 shows all"),
    ],
)
def test_choice_of_items(filled, flags, ids, more):
    """`--state` and `--limit` choose items; omitted ones are counted."""
    ended = filled.run("ledger", "items", *flags)

    assert [row[0] for row in ended.lines[1:]] == ids
    assert (" more; " in ended.err) is bool(more)
    assert more in ended.err
    assert [
        one["externalId"] for one in filled.run("ledger", "items", *flags, "--json").document
    ] == ids


def test_every_state_may_be_asked_for(filled):
    """`--state` accepts each state of an item; together they select all items."""
    counts = {
        state: len(filled.run("ledger", "items", "--state", state, "--json").document)
        for state in STATES
    }

    assert {state: count for state, count in counts.items() if count} == {
        "success": 2,
        "failed": 1,
        "invalid": 1,
    }


def test_item_with_its_history(place):
    """`show` prints an item and its attempts, oldest first."""
    place.imported(place.write(*videos(1)))
    place.imported(place.write(video(1, fileName="Other")))
    jobs = [one["id"] for one in place.jobs()]

    text = place.run("ledger", "show", "v1").out
    document = place.run("ledger", "show", "v1", "--json").document

    assert "fileName     Other\n" in text
    assert [line.split()[1:] for line in text.splitlines()[-2:]] == [
        ["success", "in", "job", job] for job in jobs
    ]
    assert [one["jobId"] for one in document[0]["history"]] == jobs
    assert document[0]["attempts"] == 2


def test_item_that_failed_or_never_was_sent(filled):
    """A failed attempt has its reason; an invalid record has no attempts."""
    assert "failed in job" in filled.run("ledger", "show", "v2").out
    assert filled.run("ledger", "show", "v2").out.rstrip().endswith(": =cmd|' /C calc'!A0")
    assert filled.run("ledger", "show", "v4", "--json").document[0]["history"] == []


def test_unknown_item(filled):
    """An unknown externalId is exit 2, not an empty result."""
    ended = filled.run("ledger", "show", "v9", "--json")

    assert (ended.code, ended.out) == (2, "")
    assert "the ledger has no item 'v9'" in ended.err


def test_export_as_json_lines(filled):
    """The export maps ids to mediaIds: one object a line, with the documented columns."""
    rows = [orjson.loads(line) for line in filled.run("ledger", "export").out.splitlines()]

    assert [tuple(row) for row in rows] == [COLUMNS] * 4
    media_ids = {one["externalId"]: one["id"] for one in filled.mine()}
    assert {row["externalId"]: row["mediaId"] for row in rows if row["mediaId"]} == media_ids
    assert rows[0]["url"] == "https://films.example/1.mp4"
    assert rows[0]["manifest"] == str(filled.folder / "manifest.json")


def test_export_as_csv(filled):
    """CSV has the same columns, and no cell that a spreadsheet would run as a formula."""
    ended = filled.run("ledger", "export", "--format", "csv")

    rows = list(csv.DictReader(StringIO(ended.out, newline="")))
    assert tuple(rows[0]) == COLUMNS
    assert rows[1]["reason"] == "'=cmd|' /C calc'!A0"
    assert rows[3]["mediaId"] == ""
    assert ended.out.count("\r\n") == 5


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_formulas_from_the_manifest(place, start):
    """Ids and names of the legacy system are not formulas in a spreadsheet either."""
    place.imported(place.write(video(1, id=f"{start}1", fileName=f"{start}SUM(A1)")))

    text = place.run("ledger", "export", "--format", "csv").out

    row = next(csv.DictReader(StringIO(text, newline="")))
    assert (row["externalId"], row["fileName"]) == (f"'{start}1", f"'{start}SUM(A1)")


@pytest.mark.parametrize("format_name", ["jsonl", "csv"])
def test_export_to_a_file(filled, format_name):
    """`--output` writes the same bytes to a file and nothing to standard output."""
    path = filled.folder / "out.txt"
    flags = ("--format", format_name, "--state", "success")
    text = filled.run("ledger", "export", *flags).out

    ended = filled.run("ledger", "export", *flags, "-o", path)

    assert (ended.code, ended.out) == (0, "")
    assert path.read_bytes() == text.encode()
    assert "/1.mp4" in text and "/2.mp4" not in text


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["items", "--state", "gone"], 2, "unknown state 'gone'"),
        (["export", "--state", "gone"], 2, "unknown state 'gone'"),
        (["export", "--format", "xml"], 2, "unknown format 'xml'"),
        (
            ["export", "--all-targets", "-o", "no/where.csv"],
            2,
            "no/where.csv cannot be written: No such file",
        ),
        (["items", "--ledger", "nowhere.db"], 2, "there is no ledger nowhere.db"),
        (["items", "--ledger", "."], 2, "the ledger . is a folder"),
        (["items", "--ledger", "manifest.json"], 2, "the ledger manifest.json has the name"),
    ],
)
def test_unknown_values(place, arguments, code, told):
    """An unknown state, format or ledger is named with a hint; standard output is empty."""
    (place.folder / "manifest.json").write_bytes(b"{} " * 500)
    place.ledger_path.parent.mkdir()
    make_ledger(place.ledger_path.parent).close()

    ended = place.run("ledger", *arguments)

    assert (ended.code, ended.out) == (code, "")
    assert f"error: {told}" in ended.err
    assert "hint: " in ended.err


def test_empty_ledger(place):
    """An empty ledger is reported as such."""
    place.write()
    place.summary()

    ended = place.run("ledger", "items")

    assert (ended.code, len(ended.lines), ended.err) == (
        0,
        1,
        f"videos on {place.url}\nno items\n",
    )


@pytest.mark.skipif(sys.platform == "darwin", reason="its file names are UTF-8")
def test_folder_name_that_is_not_utf8(place, monkeypatch):
    """A manifest in a directory whose name is not UTF-8 is imported and recognized again."""
    folder = place.folder / os.fsdecode(b"b\xffd")
    folder.mkdir()
    place.write(video(1), name=folder / "manifest.json")
    monkeypatch.chdir(folder)

    place.summary()
    again = place.summary()
    runs = place.run("ledger", "runs", "--json")

    assert (again["unchanged"], again["sent"]) == (1, 0)
    assert {run["manifest"] for run in runs.document} == {f"{place.folder}/b\\udcffd/manifest.json"}
