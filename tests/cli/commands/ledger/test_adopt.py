"""`ledger adopt`: a lost ledger is rebuilt from the entries of the server; nothing is sent."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from contextlib import closing
from dataclasses import replace

import pytest

from ld_import.emulator import Token
from ld_import.ledger import exclusive
from tests.harness.records import broken, image, images, video, videos


def lose(place):
    """Delete the ledger."""
    shutil.rmtree(place.ledger_path.parent)


def adopt(place, *arguments, code=0):
    """Adopt and return the summary, after a check that its counts add up."""
    ended = place.run("ledger", "adopt", *arguments, "--json")
    assert ended.code == code, ended
    summary = ended.document
    names = ("invalid", "repeated", "known", "archived", "adopted", "different", "missing")
    assert summary["read"] == sum(summary[name] for name in (*names, "notLookedUp"))
    return summary


def posts(place):
    """Return the number of import requests so far."""
    return sum(count for name, count in place.emulator.requests.items() if name.startswith("POST"))


def row_of(place, external_id):
    """Return the row of an item as the next run reads it, with the facts of its file."""
    query = (
        "SELECT state, checksum, record_digest, marks, marks_held, media_id, start_id, url_end,"
        " file_name, line, original_url, mime_type_id, width, height, size, key"
        " FROM item LEFT JOIN media USING (item_id) WHERE external_id = ?"
    )
    with closing(sqlite3.connect(place.ledger_path)) as db:
        return db.execute(query, (external_id,)).fetchone()


@pytest.mark.parametrize(
    ("command", "records", "list_key"),
    [("videos", videos(5), "videos"), ("media-library", images(5), "mediaLibraryEntries")],
)
def test_lost_ledger_is_rebuilt(place, command, records, list_key):
    """After a lost ledger was rebuilt, the next night sends nothing; the rows are as before."""
    place.write(*records, name=f"{command}.json", list_key=list_key)
    place.summary(command=command)
    before = {name: row_of(place, name) for name in place.rows()}
    lose(place)
    sent = posts(place)

    assert adopt(place, "--yes")["adopted"] == 5
    after = {name: row_of(place, name) for name in place.rows()}
    assert {name: row[:9] for name, row in after.items()} == {
        name: row[:9] for name, row in before.items()
    }
    assert all(row[9] and row[10] for row in after.values())
    assert place.summary(command=command)["unchanged"] == 5
    assert posts(place) == sent


def test_next_night_leaves_records_unread(place):
    """Adopted records are left by the digest of their text, as imported ones are."""
    place.write(*videos(3))
    place.imported()
    lose(place)
    adopt(place, "--yes")
    with closing(sqlite3.connect(place.ledger_path)) as db:
        assert db.execute("SELECT count(*) FROM digest").fetchone() == (3,)


def test_different_and_missing(place):
    """An entry with other content becomes skipped, a missing one is left for the import."""
    place.write(*videos(2))
    place.imported()
    lose(place)
    place.write(video(1), video(2, metadata={"title": "Other"}), video(3), broken(4))
    summary = adopt(place, "--yes", code=3)

    assert (summary["adopted"], summary["different"], summary["missing"]) == (1, 1, 1)
    assert summary["invalid"] == 1
    assert summary["differences"] == [
        {
            "externalId": "v2",
            "line": 3,
            "mediaId": place.rows()["v2"]["mediaId"],
            "fields": ["metadata.title"],
        }
    ]
    assert place.states() == {"v1": "success", "v2": "skipped"}
    assert "the server keeps other content: metadata.title" in place.rows()["v2"]["reason"]
    night = place.summary("--limit", "9", code=3)
    assert (night["unchanged"], night["sent"]) == (2, 1)


def test_entries_with_uploaded_files(place):
    """A record with a file is compared by everything else: entries do not show their source."""
    entries = images(2)
    library = place.write(*entries, list_key="mediaLibraryEntries", name="library.json")
    place.summary(library, command="media-library")
    place.ledger_path.unlink()
    with_files = [
        {**{name: value for name, value in one.items() if name != "asset"}, "file": "a.jpg"}
        for one in entries
    ]
    manifest = place.write(*with_files, list_key="mediaLibraryEntries", name="files.json")

    adopted = place.run("ledger", "adopt", manifest, "--kind", "media-library", "--yes")

    assert adopted.code == 0
    assert [row["state"] for row in place.rows().values()] == ["success", "success"]


def test_different_entry_is_patched(place):
    """The next run with --on-existing patch changes exactly the entry that differed."""
    place.write(*videos(2))
    place.imported()
    lose(place)
    place.write(video(1), video(2, metadata={"title": "Other"}))
    adopt(place, "--yes", code=3)
    night = place.summary("--on-existing", "patch")
    titles = {entry["externalId"]: entry["metadata"]["title"] for entry in place.emulator.entries()}

    assert (night["unchanged"], night["sent"]) == (1, 1)
    assert titles == {"v1": "Film 1", "v2": "Other"}
    assert place.summary("--on-existing", "patch")["unchanged"] == 2


def test_title_of_the_file_name_decides(place):
    """Without a title in the record, the title of the entry must be the file name."""
    place.write(video(1, metadata={}))
    place.imported()
    lose(place)
    place.write(video(1, metadata={}, fileName="Another film"))

    assert adopt(place, "--yes", code=3)["differences"][0]["fields"] == ["metadata.title"]


def test_translations_and_asset_decide(place):
    """Translations and the asset are compared, too."""
    german = [{"locale": "de", "metadata": {"title": "Bild"}}]
    manifest = {"name": "media-library.json", "list_key": "mediaLibraryEntries"}
    place.emulator.settings = replace(place.emulator.settings, project_config=None)
    place.write(*(image(number, translations=german) for number in (1, 2, 3)), **manifest)
    place.summary(command="media-library")
    lose(place)
    french = [{"locale": "fr", "metadata": {"title": "Image"}}]
    small = {**image(2)["asset"], "size": 7}
    records = [image(1, translations=french), image(2, translations=german, asset=small), image(3)]
    place.write(*records, **manifest)
    summary = adopt(place, "--yes", code=3)

    assert [each["fields"] for each in summary["differences"]] == [["translations"], ["asset.size"]]
    # A property that the record omits is not compared, as in an import.
    assert summary["adopted"] == 1


def test_dry_run_writes_nothing(place):
    """A dry run looks up and counts; no ledger is created."""
    place.write(*videos(2))
    place.imported()
    lose(place)
    ended = place.run("ledger", "adopt", "--dry-run")

    assert ended.code == 0
    assert "2  would be adopted" in ended.out
    assert not place.ledger_path.exists()


@pytest.mark.parametrize(
    ("flags", "problem"), [([], "are both missing"), (["--dry-run", "--yes"], "contradict")]
)
def test_dry_run_or_yes(place, flags, problem):
    """Exactly one of --dry-run and --yes is needed."""
    place.write(*videos(1))
    ended = place.run("ledger", "adopt", *flags)

    assert ended.code == 2
    assert f"--dry-run and --yes {problem}" in ended.err


def test_second_call_goes_on(place):
    """A second call looks up only the items that the ledger does not know."""
    place.write(*videos(5))
    place.imported()
    lose(place)
    first = adopt(place, "--yes", "--limit", "2")
    second = adopt(place, "--yes")
    third = adopt(place, "--yes")

    assert (first["adopted"], first["notLookedUp"]) == (2, 3)
    assert (second["known"], second["adopted"], second["requests"]["lookup"]) == (2, 3, 3)
    assert (third["known"], third["requests"]["lookup"]) == (5, 0)


def test_only(place):
    """`--only` looks up the named items; an id without a record is a warning."""
    place.write(*videos(3))
    place.imported()
    lose(place)
    ended = place.run("ledger", "adopt", "--yes", "--only", "v2", "--only", "v9")

    assert "not in the manifest: v9" in ended.err
    assert place.states() == {"v2": "success"}


def test_run_is_recorded(place, monkeypatch):
    """History shows the run with its command, and no request of it counts against the quota."""
    place.write(*videos(2))
    place.imported()
    lose(place)
    monkeypatch.setattr(sys, "argv", ["ld-import", "ledger", "adopt", "--yes"])
    adopt(place, "--yes")
    (run,) = place.ledger_runs()
    (attempt,) = place.history("v1")

    assert run["command"] == "ld-import ledger adopt --yes"
    assert (run["exitCode"], run["kind"]) == (0, "videos")
    assert (attempt["state"], attempt["run"]) == ("success", run["run"])
    assert attempt["reason"].startswith("adopted: ")
    place.write(*videos(3))
    assert place.summary("--daily-limit", "1")["outcomes"]["success"] == 1


def test_new_ids_after_an_adoption(place):
    """The guard against the same media under new ids knows the adopted entries."""
    place.write(*videos(4))
    place.imported()
    lose(place)
    adopt(place, "--yes")
    place.write(*(video(number, id=f"new-{number}") for number in range(1, 5)))
    ended = place.run("videos")

    assert ended.code == 2
    assert "4 entries would be created twice" in ended.err


def test_changed_template_after_an_adoption(place):
    """A template that changes every id is refused by both commands."""
    place.write(*videos(4))
    place.imported()
    lose(place)
    adopt(place, "--yes")
    for command in (["videos"], ["ledger", "adopt", "--yes"]):
        ended = place.run(*command, "--external-id", "x-{{ id }}")
        assert (ended.code, "would be created twice" in ended.err) == (2, True), ended


def test_failed_item_that_arrived(make_place):
    """An item that failed, but has an entry, is looked up; a changed success is left."""
    place = make_place(job_polls=0)
    place.write(*videos(2))
    place.imported()
    with closing(sqlite3.connect(place.ledger_path)) as db:
        db.execute("UPDATE item SET state = 'failed', media_id = NULL WHERE external_id = 'v1'")
        db.commit()
    place.write(video(1), video(2, metadata={"title": "Changed"}))
    summary = adopt(place, "--yes")

    assert (summary["adopted"], summary["known"]) == (1, 1)
    assert place.rows()["v1"]["mediaId"]
    assert place.summary()["sent"] == 1


def test_server_without_the_look_up(make_place):
    """A token without the read scope ends with 5, and nothing is recorded."""
    place = make_place(tokens={"demo-token": Token(scopes=("public-api:write",))})
    place.write(*videos(2))
    ended = place.run("ledger", "adopt", "--yes")

    assert ended.code == 5
    assert place.rows() == {}
    assert place.ledger_runs()[0]["exitCode"] == 5


def test_busy_ledger(place):
    """Another run that holds the ledger ends it with 10."""
    place.write(*videos(1))
    place.imported()
    with exclusive(place.ledger_path):
        assert place.run("ledger", "adopt", "--yes").code == 10
