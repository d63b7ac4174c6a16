"""The synchronous media library, and the treatment of existing items for all kinds."""

from __future__ import annotations

import pytest

from ld_import.emulator import Fault, Token
from ld_import.errors import UsageError
from ld_import.model import LeaveReason
from tests.harness.projects import project_config
from tests.harness.records import image, images, names, video, videos

POST = "POST import/mediaLibrary"
PATCH = "PATCH mediaLibrary/{id}"
VERSIONS = ["v1", "2025-03", "2025-11", "2026-01", "2026-05"]


@pytest.mark.parametrize("version", VERSIONS)
def test_entries_arrive_under_every_version(library, version):
    """Under every API version each entry has its outcome and its media id."""
    library.api_version = version
    library.write(images(7))

    first, second = library.run(), library.run()

    assert (first.exit_code, first.tally.outcomes["success"]) == (0, 7)
    assert second.tally.left[LeaveReason.UNCHANGED] == 7
    library.check_identities(names(7))
    assert {name: row["mediaId"] for name, row in library.rows().items()} == {
        name: entry["id"] for name, entry in library.entries().items()
    }


def test_what_the_server_holds_is_what_was_mapped(library):
    """Asset, metadata and translations arrive unchanged; a map of locales becomes a list."""
    record = image(1, translations={"fr": {"metadata": {"title": "Image"}}})
    library.write([record])

    library.run()

    entry = library.entries()["v1"]
    assert entry["asset"] == record["asset"]
    assert entry["metadata"] == record["metadata"]
    assert entry["translations"] == [{"locale": "fr", "metadata": {"title": "Image"}}]


@pytest.mark.parametrize(
    "settings",
    [{"order": "shuffled"}, {"record_empty": True}, {"conflict_names_media": False}],
    ids=lambda settings: next(iter(settings)),
)
def test_answers_are_matched_to_their_entries(make_library, settings):
    """Answers are matched to entries despite order, empty records and bare conflicts."""
    program = make_library(**settings)
    program.write([*images(5), image(6, asset={**image(6)["asset"], "width": -1})])

    program.run(batch_size=100)

    for name, entry in program.entries().items():
        assert program.rows()[name]["mediaId"] == entry["id"]
    assert program.states()["v6"] == "invalid"


def test_missing_answer_is_no_success(library):
    """An entry missing in the answer fails; sent again, it is found to exist."""
    library.write(images(3))
    library.emulator.script(Fault(on=POST, action="missing_items", count=1))

    ended = library.run()

    assert ended.exit_code == 3
    assert sorted(library.states().values()) == ["failed", "success", "success"]
    library.run(retry_failed=True)
    assert sorted(library.states().values()) == ["skipped", "success", "success"]


def test_refused_metadata_fails_the_entry_alone(make_library):
    """Refused metadata fail one entry, with the server's message as reason."""
    program = make_library(project_config=project_config(title="li-text", credit="li-text"))
    program.write([image(1), image(2, metadata={"title": 5}), image(3)])

    ended = program.run()

    assert ended.exit_code == 3
    assert program.states() == {"v1": "success", "v2": "failed", "v3": "success"}
    assert "title" in program.rows()["v2"]["reason"]


@pytest.mark.parametrize("action", ["drop_after", "truncated", "status_after"])
def test_lost_answer_creates_nothing_twice(library, action):
    """The entries are found by their pairs, and each was created once."""
    library.write(images(3))
    library.emulator.script(Fault(on=POST, action=action, status=504))

    assert library.run().exit_code == 0
    library.check_identities(names(3))
    assert set(library.states().values()) == {"success"}


def test_conflict_after_an_unknown_outcome_without_the_read_scope(make_library):
    """Without look-ups a repeat is safe, but does not prove whose entry exists."""
    write_only = {"demo-token": Token(scopes=("public-api:write",))}
    program = make_library(tokens=write_only)
    program.write(images(3))
    program.emulator.script(Fault(on=POST, action="drop_after"))

    assert program.run().exit_code == 0
    assert set(program.states().values()) == {"skipped"}
    assert all("could not be confirmed" in row["reason"] for row in program.rows().values())
    program.check_identities(names(3))


def test_entry_of_others_is_skipped_with_its_media_id(make_library, make_program):
    """A pair registered by someone else is `skipped`, with the media id from a look-up."""
    program = make_library(conflict_names_media=False)
    program.write(images(2))
    program.run()
    program.ledger_path.unlink()

    ended = program.run(on_existing="skip")

    assert ended.exit_code == 0
    assert set(program.states().values()) == {"skipped"}
    assert {row["mediaId"] for row in program.rows().values()} == {
        entry["id"] for entry in program.emulator.entries()
    }


def test_entry_of_others_without_the_read_scope(make_library):
    """Without the read scope the media id of an existing entry stays empty."""
    write_only = {"demo-token": Token(scopes=("public-api:write",))}
    program = make_library(conflict_names_media=False, tokens=write_only)
    program.write(images(2))
    program.run()
    program.ledger_path.unlink()

    assert program.run().exit_code == 0
    rows = program.rows().values()
    assert {row["mediaId"] for row in rows} == {None}
    assert all("cannot be looked up" in row["reason"] for row in rows)


def test_existing_can_be_failed(library):
    """With `--on-existing fail` an existing entry fails its item."""
    library.write(images(2))
    library.run()
    library.write([image(1), image(2, "Renamed")])

    ended = library.run(on_existing="fail")

    assert ended.exit_code == 3
    assert library.states() == {"v1": "success", "v2": "failed"}


@pytest.mark.parametrize("version", VERSIONS)
def test_changed_entries_are_patched_alone(library, version):
    """Only changed entries get a PATCH, which contains only the differences."""
    library.api_version = version
    library.write(images(10))
    library.run()
    library.write([image(n, f"New {n}" if n <= 4 else None) for n in range(1, 11)])

    ended = library.run(on_existing="patch")

    assert ended.exit_code == 0
    assert library.emulator.requests[PATCH] == 4
    assert [library.entries()[f"v{n}"]["metadata"]["title"] for n in (1, 4, 5)] == [
        "New 1",
        "New 4",
        "Picture 5",
    ]
    last = library.emulator.history(library.entries()["v1"]["id"])[-1]
    assert [one["propertyName"] for one in last["patches"]] == ["title"]
    assert library.run(on_existing="patch").tally.sent == 0


def test_patch_replaces_removes_and_adds(library):
    """One PATCH replaces, removes and adds properties; additions of editors stay."""
    library.write([image(1)])
    library.run()
    media_id = library.entries()["v1"]["id"]
    library.emulator.edit(media_id, rights="cleared")
    asset = {**image(1)["asset"], "key": "legacy/1b.jpg", "size": 5}
    library.write([image(1, asset=asset, metadata={"title": "Picture 1", "place": "Bern"})])

    assert library.run(on_existing="patch").exit_code == 0

    entry = library.entries()["v1"]
    assert entry["asset"]["key"] == "legacy/1b.jpg"
    assert entry["metadata"] == {"title": "Picture 1", "place": "Bern", "rights": "cleared"}
    assert library.emulator.requests[PATCH] == 1


def test_an_editors_change_is_never_overwritten(library):
    """An editor's change stays; the item fails with the reason."""
    library.write(images(2))
    library.run()
    library.emulator.edit(library.entries()["v1"]["id"], title="By an editor")
    library.write([image(1, "By the archive"), image(2, "By the archive")])

    ended = library.run(on_existing="patch")

    assert ended.exit_code == 3
    assert library.entries()["v1"]["metadata"]["title"] == "By an editor"
    assert library.entries()["v2"]["metadata"]["title"] == "By the archive"
    assert library.rows()["v1"]["reason"].startswith("changed in Livingdocs meanwhile")


def test_editor_between_reading_and_patching(library):
    """The version in the PATCH protects an edit between reading and patching."""
    library.write([image(1)])
    library.run()
    library.write([image(1, "By the archive")])
    conflict = {
        "status": 409,
        "error": "Conflict",
        "error_details": {"name": "Conflict", "message": "Version: Expected 2 to be equal to 1"},
    }
    library.emulator.script(Fault(on=PATCH, action="status", status=409, body=conflict))

    assert library.run(on_existing="patch").exit_code == 3
    assert library.rows()["v1"]["reason"] == "changed in Livingdocs meanwhile: its version"


@pytest.mark.parametrize("action", ["drop", "drop_after", "status_after"])
def test_lost_answer_to_a_patch_is_looked_up(library, action):
    """After a lost answer to a PATCH the entry is read; the PATCH is not applied twice."""
    library.write([image(1)])
    library.run()
    library.write([image(1, "New")])
    library.emulator.script(Fault(on=PATCH, action=action, status=502))

    assert library.run(on_existing="patch").exit_code == 0
    assert library.entries()["v1"]["metadata"]["title"] == "New"
    assert len(library.emulator.history(library.entries()["v1"]["id"])) == 2


def test_videos_that_the_server_skips_are_patched_too(make_program):
    """Videos that the server skips are patched by the same option."""
    program = make_program(job_polls=0, repeat="skip")
    program.write(videos(3))
    program.run()
    program.write([video(1, metadata={"title": "New"}), *videos(3)[1:]])

    assert program.run(on_existing="patch").exit_code == 0
    assert program.emulator.requests[PATCH] == 1
    assert program.entries()["v1"]["metadata"] == {"title": "New"}
    assert program.states() == dict.fromkeys(names(3), "success")


@pytest.mark.parametrize("own", [{}, {"systemName": "own"}], ids=["header", "own"])
def test_other_ids_for_known_entries_stop_the_run(library, own):
    """The guard compares entries of the same systemName, and counts possible duplicates."""
    library.write([image(number, **own) for number in (1, 2)], externalId="a-{{ externalId }}")
    library.run()
    library.write([image(number, **own) for number in (1, 2)], externalId="b-{{ externalId }}")

    with pytest.raises(UsageError, match="2 entries would be created twice"):
        library.run()
    assert len(library.emulator.entries()) == 2
