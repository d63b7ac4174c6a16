"""`ld-import ledger verify`: every planted difference is found, and none is invented."""

from __future__ import annotations

import os
import signal
import sqlite3
from contextlib import closing, nullcontext
from dataclasses import replace

import orjson
import pytest

from ld_import.api import LivingdocsClient
from ld_import.emulator import Fault
from ld_import.emulator.settings import Token
from ld_import.importer.verifier import Verifier
from ld_import.kinds.field_hashes import hashes_from
from tests.harness.records import image, video, videos

GET = "GET mediaLibrary"
COUNT = 60


def verified(place, *arguments, code=0):
    """Verify with `--json`, and return the document."""
    ended = place.run("ledger", "verify", *arguments, "--json")
    assert ended.code == code, ended
    document = ended.document
    assert document["exitCode"] == code
    return document


def ids_by_kind(document):
    """Return the externalIds of the mismatches by their kind."""
    found: dict[str, list[str]] = {}
    for one in document["found"]:
        found.setdefault(one["kind"], []).append(one["externalId"])
    return {kind: sorted(names) for kind, names in found.items()}


def execute(place, sql, *values):
    """Change the store of the server behind its back."""
    place.emulator._store._execute(sql, values)


def remove(place, media_id):
    execute(place, "DELETE FROM entry WHERE media_id = ?", media_id)


def fill(place):
    place.write(
        *(
            video(number, metadata={"title": f"Film {number}", "credit": "Archive"})
            for number in range(1, COUNT + 1)
        )
    )
    place.imported(place.folder / "manifest.json")


@pytest.fixture
def imported(place, begin):
    """Return a directory whose ledger knows sixty imported videos, and media ids by externalId."""
    begin(place, fill)
    place.manifest = place.folder / "manifest.json"
    place.ids = {row["externalId"]: row["mediaId"] for row in place.rows().values()}
    place.emulator.requests.clear()
    return place


def test_equal_ledger_and_server(imported):
    """Nothing differs: one dated sentence, exit code 0, and few requests."""
    ended = imported.run("ledger", "verify")

    assert ended.code == 0
    today = imported.rows()["v1"]["updatedAt"][:4]
    assert ended.out.splitlines()[0].startswith(today)
    assert f"{COUNT} of {COUNT} verified, none differs" in ended.out
    assert imported.emulator.requests[GET] == 2
    document = verified(imported, imported.manifest)
    assert (document["differ"], document["found"], document["checked"]) == (0, [], COUNT)
    assert document["manifest"]["read"] == COUNT


def test_planted_differences_are_found_and_none_is_invented(imported):
    """Removed, archived, edited, swapped and unknown items: each is found as what it is."""
    ids, emulator = imported.ids, imported.emulator
    emulator.settings = replace(emulator.settings, show_archived=False)
    remove(imported, ids["v1"])
    emulator.archive(ids["v2"])
    # The pair exists under another media id.
    execute(imported, "UPDATE entry SET media_id = 'other-3' WHERE media_id = ?", ids["v3"])
    # The media id belongs to another pair.
    execute(imported, "UPDATE entry SET external_id = 'elsewhere' WHERE media_id = ?", ids["v4"])
    emulator.edit(ids["v5"], title="Edited")
    emulator.edit(ids["v6"], credit=None)
    emulator.edit(ids["v7"], tags=["added by an editor"])
    imported.manifest = imported.write(
        *orjson.loads(imported.manifest.read_bytes())["videos"], video(99)
    )

    document = verified(imported, imported.manifest, code=3)

    assert ids_by_kind(document) == {
        "missing": ["v1", "v2"],
        "foreign": ["v3", "v4"],
        "different": ["v5", "v6"],
        "notInLedger": ["v99"],
    }
    assert document["mismatches"] == {
        "missing": 2,
        "foreign": 2,
        "different": 2,
        "notInLedger": 1,
        "file": 0,
    }
    assert document["properties"] == {"metadata.title": 1, "metadata.credit": 1}
    edited = {one["externalId"]: one["properties"] for one in document["found"]}
    assert [(part["name"], part["held"], part["sent"]) for part in edited["v5"]] == [
        ("metadata.title", '"Edited"', '"Film 5"')
    ]
    assert [(part["name"], part["missing"], part["sent"]) for part in edited["v6"]] == [
        ("metadata.credit", True, '"Archive"')
    ]
    assert document["sentence"].endswith(
        f"{COUNT} of {COUNT} verified, 6 differ, 1 record of the manifest not in the ledger"
    )
    assert emulator.requests["PATCH mediaLibrary/{id}"] == 0


def test_finished_verification_is_not_continued(imported):
    """A further call asks for everything again, also after one with a manifest."""
    for arguments in ((), (imported.manifest,), (imported.manifest,)):
        assert verified(imported, *arguments)["requests"]["lookup"] == 2


def test_text_names_cause_items_and_what_to_do(imported):
    """The text has one line for each cause with the first items, and the values that differ."""
    for number in range(1, 6):
        remove(imported, imported.ids[f"v{number}"])
    imported.emulator.edit(imported.ids["v9"], title="\x1b[31mEdited")

    ended = imported.run("ledger", "verify")

    assert ended.code == 3
    assert "5  missing or archived" in ended.out
    assert "v1, v2, v3 …" in ended.out
    assert "does not say which of both" in ended.out
    assert "1  metadata.title" in ended.out
    assert "\x1b" not in ended.out
    # Without the manifest the sent value is not known, only that it was another one.
    assert "v9" in ended.out and "sent was" not in ended.out


def test_emptied_server_gets_few_look_ups(imported, monkeypatch):
    """If nothing is found at all, the pairs are not looked up one by one to the end."""
    monkeypatch.setattr("ld_import.importer.verifier.MOST_FRUITLESS", 5)
    execute(imported, "DELETE FROM entry")

    document = verified(imported, code=3)

    assert document["mismatches"]["missing"] == COUNT
    assert document["requests"]["lookup"] == 2 + 5


def test_item_that_a_run_changes_meanwhile(imported, monkeypatch):
    """An item whose ledger row changes between the two readings is compared again."""
    imported.emulator.edit(imported.ids["v1"], title="New")
    asked = Verifier._entries

    async def change_and_ask(self, media_ids):
        content = {"metadata": {"title": "New", "credit": "Archive"}}
        with closing(sqlite3.connect(imported.ledger_path)) as db, db:
            db.execute(
                "UPDATE item SET marks = ? WHERE external_id = 'v1'",
                (hashes_from(orjson.dumps(content)),),
            )
        return await asked(self, media_ids)

    monkeypatch.setattr(Verifier, "_entries", change_and_ask)

    assert verified(imported)["differ"] == 0


def test_sample_is_drawn_again_by_its_seed(imported):
    """A sample asks for few items; its seed is shown and draws the same ones again."""
    first = verified(imported, "--sample", "10", "--seed", "7")
    execute(imported, "DELETE FROM entry")
    again = [verified(imported, "--sample", "10", "--seed", "7", code=3) for _ in range(2)]
    other = verified(imported, "--sample", "10", code=3)

    assert (first["checked"], first["items"], first["seed"]) == (10, COUNT, 7)
    assert "10 of 60 verified (a random sample, --seed 7)" in first["sentence"]
    assert ids_by_kind(again[0]) == ids_by_kind(again[1])
    assert len(ids_by_kind(other)["missing"]) == 10
    assert other["seed"] is not None


def test_stopped_verification_goes_on(imported, monkeypatch):
    """A second call after an error goes on where the first stopped; --restart begins again."""
    monkeypatch.setattr("ld_import.importer.verifier.PART", 10)
    monkeypatch.setattr("ld_import.importer.verifier.PARALLEL", 1)
    remove(imported, imported.ids["v1"])
    imported.emulator.script(Fault(on=GET, action="status", nth=4, status=403))

    stopped = imported.run("ledger", "verify")
    asked = imported.emulator.requests[GET]
    ended = imported.run("ledger", "verify")

    assert (stopped.code, ended.code) == (5, 3)
    assert "items are checked already" in ended.err
    assert f"{COUNT} of {COUNT} verified, 1 differ" in ended.out
    assert imported.emulator.requests[GET] - asked < COUNT / 10
    again = imported.run("ledger", "verify")
    assert "checked already" not in again.err
    assert f"{COUNT} of {COUNT} verified, 1 differ" in again.out


def test_restart_ignores_what_was_checked(imported, monkeypatch):
    """With --restart nothing of a stopped call is used."""
    monkeypatch.setattr("ld_import.importer.verifier.PART", 10)
    monkeypatch.setattr("ld_import.importer.verifier.PARALLEL", 1)
    imported.emulator.script(Fault(on=GET, action="status", nth=4, status=403))
    assert imported.run("ledger", "verify").code == 5

    document = verified(imported, "--restart")

    assert (document["checked"], document["requests"]["lookup"]) == (COUNT, COUNT / 10)


@pytest.mark.parametrize(("action", "code"), [({"status": 401}, 5), ({"status": 503}, 8)])
def test_server_away_or_refusing(imported, monkeypatch, action, code):
    """A server that is away ends with 8, one that refuses the token with 5; no result is stored."""

    async def no_wait(self, seconds):
        pass

    monkeypatch.setattr("ld_import.clock.SystemClock.sleep", no_wait)
    imported.emulator.script(Fault(on=GET, action="status", times=99, **action))

    ended = imported.run("ledger", "verify")
    imported.emulator.recover()

    assert (ended.code, ended.out) == (code, "")
    assert list(imported.ledger_path.parent.glob("*.verify-*.json")) == []


def test_ctrl_c_is_continued(imported, monkeypatch):
    """Ctrl-C ends with 130, and the next call goes on."""
    monkeypatch.setattr("ld_import.importer.verifier.PART", 10)
    monkeypatch.setattr("ld_import.importer.verifier.PARALLEL", 1)
    calls = []

    def watch(progress):
        calls.append(progress)
        if len(calls) == 2:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(
        "ld_import.cli.output.verification.verify_progress", lambda clock: nullcontext(watch)
    )

    stopped = imported.run("ledger", "verify")
    ended = imported.run("ledger", "verify")

    assert (stopped.code, ended.code) == (130, 0)
    assert "continuing the verification" in ended.err


def test_result_is_kept_for_the_report(imported):
    """The last result is a JSON file beside the ledger, the same that --json prints."""
    document = verified(imported)
    (file,) = imported.ledger_path.parent.glob("ledger.verify-videos-*.json")

    assert orjson.loads(file.read_bytes()) == document
    assert file.stat().st_mode & 0o077 == 0


def test_other_content_left_by_the_import_is_not_a_difference(place):
    """An entry that the import found with other content and left is counted apart."""
    place.emulator.settings = replace(place.emulator.settings, repeat="skip")
    place.imported(place.write(*videos(3)))
    place.ledger_path.unlink()
    place.imported(place.write(*(video(n, metadata={"title": "New"}) for n in (1, 2, 3))))

    document = verified(place)

    assert (document["keepsOther"], document["differ"]) == (3, 0)


def test_failed_items_are_counted_apart(place):
    """Items that were never imported do not differ, and are mentioned."""
    place.emulator.script(Fault(on="POST import/videos", action="fail_item", external_id="v2"))
    place.imported(place.write(*videos(3)), code=3)

    document = verified(place)

    assert (document["items"], document["notImported"], document["differ"]) == (2, 1, 0)


def test_entries_of_the_media_library(place):
    """Numbers that a server spells otherwise are equal; a changed asset is named."""
    place.write(*(image(number) for number in (1, 2)), list_key="mediaLibraryEntries")
    place.summary(command="media-library")
    assert verified(place)["differ"] == 0
    execute(place, "UPDATE entry SET asset = json_set(asset, '$.size', 1)")

    document = verified(place, code=3)

    assert document["properties"] == {"asset.size": 2}


def test_entries_with_an_own_id_instead_of_a_pair(place):
    """An entry without an externalId is that of its id; nothing is invented about it."""
    entries = [image(number, id=f"own-{number}") for number in (1, 2)]
    for entry in entries:
        del entry["externalId"]
    place.write(*entries, list_key="mediaLibraryEntries")
    place.summary(command="media-library")
    assert verified(place)["differ"] == 0
    remove(place, "own-2")

    assert ids_by_kind(verified(place, code=3)) == {"missing": ["own-2"]}


def test_token_without_read_scope(imported):
    """A token that cannot read is refused with 5, and the hint names the scope."""
    tokens = {"demo-token": Token(scopes=("public-api:write",))}
    imported.emulator.settings = replace(imported.emulator.settings, tokens=tokens)

    ended = imported.run("ledger", "verify")

    assert ended.code == 5
    assert "public-api:read" in ended.err


def test_server_must_be_named_by_the_user(imported, monkeypatch):
    """A ledger alone does not choose the server that gets the token."""
    monkeypatch.delenv("LD_IMPORT_SERVER")

    assert imported.run("ledger", "verify").code == 2


def test_manifest_needs_its_system(imported):
    """Records without a systemName cannot be compared with the ledger."""
    (imported.folder / "films.jsonl").write_bytes(orjson.dumps(video(1)))

    ended = imported.run("ledger", "verify", "films.jsonl")
    named = imported.run("ledger", "verify", "films.jsonl", "--system-name", imported.system_name)

    assert (ended.code, "systemName" in ended.err) == (2, True)
    assert named.code == 0


def test_ledger_is_not_changed(imported):
    """The ledger has the same rows after a verification."""
    before = imported.rows()
    verified(imported)

    assert imported.rows() == before


def test_another_ledger_at_the_same_path(imported, monkeypatch):
    """A stopped verification is not continued with the rows of a ledger that replaced the first."""
    monkeypatch.setattr("ld_import.importer.verifier.PART", 10)
    monkeypatch.setattr("ld_import.importer.verifier.PARALLEL", 1)
    imported.emulator.script(Fault(on=GET, action="status", nth=4, status=403))
    assert imported.run("ledger", "verify").code == 5
    for file in imported.ledger_path.parent.glob("ledger.sqlite3*"):
        file.unlink()
    imported.imported(imported.manifest)

    ended = imported.run("ledger", "verify", "--json")

    assert "continuing" not in ended.err
    assert ended.document["checked"] == COUNT


def test_server_that_returns_fewer_entries_than_asked(imported, monkeypatch):
    """An entry that a look-up of its pair finds under its own media id is the item's entry."""
    entries = LivingdocsClient.entries

    async def few(self, media_ids, **options):
        found = await entries(self, media_ids, **options)
        return dict(list(found.items())[:10])

    monkeypatch.setattr(LivingdocsClient, "entries", few)
    imported.emulator.edit(imported.ids["v39"], title="Edited")

    assert ids_by_kind(verified(imported, code=3)) == {"different": ["v39"]}


def test_foreign_entry_with_a_huge_hostile_name(imported):
    """A name of an entry on the server is cut, and does not act in a terminal."""
    name = "\x1b[31m" + "x" * 100_000
    execute(
        imported, "UPDATE entry SET external_id = ? WHERE media_id = ?", name, imported.ids["v4"]
    )

    ended = imported.run("ledger", "verify")

    assert ended.code == 3
    assert "\x1b" not in ended.out
    assert len(ended.out) < 5_000
    (file,) = imported.ledger_path.parent.glob("*.jsonl")
    assert file.stat().st_size < 10_000


def test_unknown_system_name(imported):
    """A systemName of no item is an error: nothing was verified."""
    ended = imported.run("ledger", "verify", "--system-name", "archvie")

    assert (ended.code, ended.out) == (2, "")
    assert "has no items of the systemName 'archvie'" in ended.err


def test_items_that_leave_the_ledger_meanwhile(imported, monkeypatch):
    """A verification goes on without items that were deleted from the ledger since."""
    monkeypatch.setattr("ld_import.importer.verifier.PART", 10)
    monkeypatch.setattr("ld_import.importer.verifier.PARALLEL", 1)
    imported.emulator.edit(imported.ids["v1"], title="Edited")
    imported.emulator.script(Fault(on=GET, action="status", nth=4, status=403))
    arguments = ("ledger", "verify", imported.manifest, "--sample", COUNT)
    assert imported.run(*arguments).code == 5
    with closing(sqlite3.connect(imported.ledger_path)) as db, db:
        db.execute("DELETE FROM item WHERE item_id = 1 OR item_id BETWEEN 31 AND 45")

    document = imported.run(*arguments, "--json").document

    assert document["checked"] == 30 + 15
    assert document["mismatches"]["different"] == 1
    assert document["mismatches"]["notInLedger"] == 16


def test_seed_needs_a_sample(imported):
    """A seed without a sample would have no effect."""
    ended = imported.run("ledger", "verify", "--seed", "7")

    assert ended.code == 2
    assert "--seed needs --sample" in ended.err
