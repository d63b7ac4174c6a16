"""`ledger undo`: exactly the unchanged entries that a run created are archived."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ld_import.emulator import Token
from ld_import.emulator.faults import Fault
from ld_import.ledger import LedgerReader
from ld_import.model import Target
from tests.harness.records import image, images, video, videos


def last_run(place):
    """Return the id of the last run."""
    return place.ledger_runs()[0]["run"]


def undo(place, run, *arguments, code=0):
    """Undo a run and return the summary, after a check that its counts add up."""
    ended = place.run("ledger", "undo", run, *(arguments or ["--yes"]), "--json")
    assert ended.code == code, ended
    summary = ended.document
    counted = ("archived", "archivedBefore", "notCreated", "refused")
    assert summary["items"] == sum(summary[name] for name in counted)
    assert summary["refused"] == sum(group["count"] for group in summary["reasons"])
    return summary


def archived(place):
    """Return the externalIds of the archived entries."""
    return sorted(entry["externalId"] for entry in place.emulator.entries() if entry["isArchived"])


def reasons(summary):
    """Return the externalIds of the refused items by reason."""
    return {
        group["reason"]: [example["externalId"] for example in group["examples"]]
        for group in summary["reasons"]
    }


def change(place, statement, *values):
    """Change the ledger, as an earlier version or another program would have written it."""
    with closing(sqlite3.connect(place.ledger_path)) as db:
        db.execute(statement, values)
        db.commit()


def write(place, *records):
    """Write a manifest of the media library, whose import needs no waiting."""
    return place.write(*records, name="media-library.json", list_key="mediaLibraryEntries")


def night(place, *arguments, code=0):
    """Import the manifest and return the summary."""
    return place.summary(*arguments, code=code, command="media-library")


def fill(place):
    write(place, *images(5))
    night(place)


@pytest.fixture
def imported(place, begin):
    """Return a place whose run imported five images, and the id of that run."""
    begin(place, fill)
    return place, last_run(place)


def test_entries_of_a_run_are_archived(imported):
    """All entries that the run created are archived; the ledger says so for each."""
    place, run = imported
    summary = undo(place, run)
    row = place.rows()["v1"]

    assert (summary["archived"], summary["refused"]) == (5, 0)
    assert archived(place) == ["v1", "v2", "v3", "v4", "v5"]
    assert (row["state"], row["mediaId"], row["originalUrl"]) == ("failed", None, None)
    assert row["reason"].startswith(f"archived by `ledger undo` of run {run} (media ")
    assert [attempt["state"] for attempt in place.history("v1")] == ["success", "failed"]


def test_job_of_videos(place):
    """A job is undone like the synchronous import, also if a later run recorded its result."""
    place.write(*videos(2))
    place.run("videos", "--no-wait")
    run = last_run(place)
    place.summary()

    assert undo(place, run)["archived"] == 2


def test_dry_run_archives_nothing(imported):
    """A dry run counts, and changes neither server nor ledger."""
    place, run = imported
    before = place.ledger_path.read_bytes()
    ended = place.run("ledger", "undo", run, "--dry-run")

    assert (ended.code, archived(place)) == (0, [])
    assert "5  would be archived" in ended.out
    assert "the API does not show which documents use an entry" in ended.err
    assert place.ledger_path.read_bytes() == before


@pytest.mark.parametrize("flags", [[], ["--dry-run", "--yes"]])
def test_dry_run_or_yes(imported, flags):
    """Exactly one of --dry-run and --yes is needed."""
    place, run = imported
    assert place.run("ledger", "undo", run, *flags).code == 2
    assert archived(place) == []


def test_other_runs_are_left(imported):
    """Entries of an earlier and of a later run are not touched."""
    place, _ = imported
    write(place, *images(7))
    night(place)
    second = last_run(place)
    write(place, *images(8))
    night(place)
    summary = undo(place, second)

    assert (summary["items"], archived(place)) == (2, ["v6", "v7"])
    assert place.states()["v8"] == "success"


def test_items_of_a_later_run_are_refused(imported):
    """An item that a later run sent again is left, whatever came of it."""
    place, run = imported
    write(place, *images(4), image(5, title="New"))
    night(place, "--on-existing", "patch")
    summary = undo(place, run, code=3)

    assert reasons(summary) == {"a later run sent it again": ["v5"]}
    assert archived(place) == ["v1", "v2", "v3", "v4"]


def test_existing_entries_are_refused(imported):
    """Entries that a run found on the server, patched, or adopted are not its own."""
    place, _ = imported
    place.ledger_path.unlink()
    write(place, *images(4), image(6), image(5, title="New"))
    night(place, "--on-existing", "patch")
    summary = undo(place, last_run(place), code=3)

    assert archived(place) == ["v6"]
    assert reasons(summary) == {"the entry existed before this run": ["v1", "v2", "v3", "v4", "v5"]}


def test_server_that_updates(place):
    """A server may report an updated entry as imported: the entry is older than the run."""
    place.emulator.settings = replace(place.emulator.settings, clock_skew=-3600.0)
    place.write(video(1))
    place.run("videos", "--no-wait")
    place.emulator.settings = replace(place.emulator.settings, clock_skew=0.0)
    place.ledger_path.unlink()
    place.write(video(1, metadata={"title": "New"}), video(2))
    place.run("videos", "--no-wait")
    run = last_run(place)
    place.summary()
    summary = undo(place, run, code=3)

    assert reasons(summary) == {"the entry is older than this run": ["v1"]}
    assert archived(place) == ["v2"]


def test_edited_entry_is_refused(imported):
    """Changed content and a later change of anything else are both noticed."""
    place, run = imported
    ids = {name: row["mediaId"] for name, row in place.rows().items()}
    place.emulator.edit(ids["v1"], title="By an editor")
    place.emulator.settings = replace(place.emulator.settings, clock_skew=3600.0)
    place.emulator.edit(ids["v2"], credit="By an editor")
    place.emulator.settings = replace(place.emulator.settings, clock_skew=0.0)
    summary = undo(place, run, code=3)

    assert reasons(summary) == {"the entry was changed since": ["v1", "v2"]}
    assert archived(place) == ["v3", "v4", "v5"]


def test_missing_entry_is_refused(imported):
    """An entry that the server no longer shows cannot be judged."""
    place, run = imported
    place.emulator.settings = replace(place.emulator.settings, show_archived=False)
    place.emulator.archive(place.rows()["v1"]["mediaId"])
    summary = undo(place, run, code=3)

    reason = "no entry has this media id: it was deleted, or archived"
    assert reasons(summary) == {reason: ["v1"]}


def test_pair_of_another_entry(imported):
    """A media id whose entry has another pair, and a pair whose entry has another media id."""
    place, run = imported
    ids = {name: row["mediaId"] for name, row in place.rows().items()}
    change(place, "UPDATE item SET media_id = ? WHERE external_id = 'v1'", ids["v2"])
    change(place, "UPDATE item SET media_id = 'unknown' WHERE external_id = 'v3'")
    summary = undo(place, run, code=3)

    assert reasons(summary) == {
        "the entry belongs to another externalId": ["v1"],
        "the pair belongs to another entry now": ["v3"],
    }
    assert archived(place) == ["v2", "v4", "v5"]


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (
            "UPDATE item SET is_existing = NULL",
            "the ledger does not say whether this run created the entry",
        ),
        (
            "UPDATE item SET attempts = 2",
            "the ledger no longer has all attempts (`ledger prune`)",
        ),
        (
            "UPDATE item SET state = 'lost'",
            "the result is unknown; run the import again, which finds it",
        ),
    ],
)
def test_ledger_without_evidence(imported, statement, reason):
    """Without evidence of who created an entry it is left."""
    place, run = imported
    change(place, f"{statement} WHERE item_id = 1")

    assert reasons(undo(place, run, code=3)) == {reason: ["v1"]}


def test_failed_items_have_nothing_to_archive(place):
    """Items that failed in the run are counted, and do not cause 3."""
    fault = Fault(on="POST import/videos", action="fail_item", external_id="v2")
    place.emulator.script(fault)
    place.write(*videos(3))
    place.run("videos", "--no-wait")
    run = last_run(place)
    place.summary(code=3)
    summary = undo(place, run)

    assert (summary["archived"], summary["notCreated"]) == (2, 1)


def test_entry_changed_while_it_is_archived(imported):
    """The version of the PATCH prevents that a change in between is lost."""
    place, run = imported
    place.emulator.script(Fault(action="status", on="PATCH mediaLibrary/{id}", status=409))
    summary = undo(place, run, code=3)

    assert (summary["archived"], summary["refused"]) == (4, 1)
    assert len(archived(place)) == 4


def test_undo_twice(imported):
    """The second undo finds everything archived; the undo itself cannot be undone."""
    place, run = imported
    undo(place, run)
    own = last_run(place)
    summary = undo(place, run)

    assert (summary["archived"], summary["archivedBefore"]) == (0, 5)
    ended = place.run("ledger", "undo", own, "--yes")
    assert ended.code == 2
    assert "is not an import but `ledger undo`" in ended.err


def test_next_import_after_an_undo(imported):
    """Archived records are left as failed before, also with changed content."""
    place, run = imported
    undo(place, run)
    write(place, *images(4), image(5, title="New"))

    for _ in range(2):
        summary = night(place, code=3)
        assert (summary["failedBefore"], summary["sent"]) == (5, 0)


def test_retry_after_an_undo(place):
    """With --retry-failed the server is asked: it refuses a pair whose entry is archived."""
    place.write(*videos(2))
    place.run("videos", "--no-wait")
    run = last_run(place)
    place.summary()
    undo(place, run)
    place.run("videos", "--no-wait", "--retry-failed")
    summary = place.summary(code=3)

    assert (summary["failedBefore"], summary["sent"]) == (2, 0)
    assert "has been archived" in place.rows()["v1"]["reason"]


def test_new_ids_after_an_undo(imported):
    """Archived records may come under new ids: nothing is created twice."""
    place, run = imported
    undo(place, run)
    write(place, *(image(number, externalId=f"new-{number}") for number in range(1, 6)))

    assert night(place)["outcomes"]["success"] == 5


def test_new_template_after_an_undo(imported):
    """A template that changes every id is accepted, too."""
    place, run = imported
    undo(place, run)

    assert night(place, "--external-id", "x-{{ externalId }}")["outcomes"]["success"] == 5


def test_adopt_after_an_undo(imported):
    """An archived entry looks like any other: adopt leaves what an undo archived."""
    place, run = imported
    undo(place, run)
    ended = place.run("ledger", "adopt", "--yes", "--json")

    assert (ended.document["archived"], ended.document["adopted"]) == (5, 0)
    assert set(place.states().values()) == {"failed"}


def test_undo_does_not_count_against_the_quota(place):
    """Only import requests count."""
    place.write(*videos(3))
    place.run("videos", "--no-wait")
    run = last_run(place)
    place.summary()
    undo(place, run)
    place.write(*videos(5))

    assert place.summary("--daily-limit", "5", code=3)["outcomes"]["success"] == 2


def test_token_without_the_write_scope(imported, monkeypatch):
    """A refused PATCH ends the undo with 5; a later one continues."""
    place, run = imported
    tokens = {"demo-token": Token(scopes=("public-api:read",))}
    before = place.emulator.settings
    place.emulator.settings = replace(before, tokens=tokens)
    assert place.run("ledger", "undo", run, "--yes").code == 5
    place.emulator.settings = before

    assert undo(place, run)["archived"] == 5


def test_run_on_another_server(imported):
    """The configured server must be the one of the run."""
    place, run = imported
    other = place.url.replace("127.0.0.1", "localhost")
    ended = place.run("ledger", "undo", run, "--yes", "--server", other)

    assert ended.code == 2
    assert f"imported into {place.url}, not into {other}" in ended.err


def test_unknown_run(imported):
    """An unknown run is a usage error that suggests a known one."""
    place, run = imported
    ended = place.run("ledger", "undo", f"{run}x", "--yes")

    assert ended.code == 2
    assert f"has no run '{run}x'; did you mean `{run}`" in ended.err


def test_lists_after_an_undo(imported):
    """Runs name the activity; jobs are those of imports; the last import counts as the last run."""
    place, run = imported
    undo(place, run)
    with LedgerReader(place.ledger_path) as reader:
        activities = [row["activity"] for row in reader.runs()]
        jobs = {row["run"] for row in reader.jobs()}
        target = Target(place.url, "", "media-library")
        manifest = reader.runs()[0]["manifest"]
        later = datetime(2100, 1, 1, tzinfo=UTC)
        ended = reader.last_end(target, manifest, [0], until=later)

    assert (activities, jobs) == (["undo", "import"], {run})
    change(place, "UPDATE run SET ended_at = ended_at + 9 WHERE activity = 'undo'")
    with LedgerReader(place.ledger_path) as reader:
        assert reader.last_end(target, manifest, [0], until=later) == ended


def test_advice_after_an_undo(imported):
    """`ledger reasons` counts the archived items as one cause, whose pairs stay in use."""
    place, run = imported
    undo(place, run)

    (group,) = place.run("ledger", "reasons", "--json").document
    assert (group["state"], group["count"]) == ("failed", 5)
    assert group["advice"].startswith("the server keeps these externalIds in use: give the records")
