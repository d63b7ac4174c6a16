"""Images, files and media library entries, from manifest to ledger."""

from __future__ import annotations

import orjson
import pytest

from ld_import.kinds.media_library import derived_id
from ld_import.model import ItemKey
from tests.harness.records import video

SUFFIX = {"images": "jpg", "files": "pdf"}


def fetched(command, number=1, **fields):
    """Return an entry of a kind that the server fetches by URL."""
    url = f"https://files.example/{number}.{SUFFIX[command]}"
    fields = {"mediaType": command.removesuffix("s"), "metadata": {}, **fields}
    return {"id": f"i{number}", "url": url, "fileName": f"No. {number}", **fields}


def stored(number=1, **fields):
    """Return a media library entry for a stored file."""
    asset = {
        "key": f"2020/{number}.pdf",
        "url": f"https://storage.example/2020/{number}.pdf",
        "size": 1000 + number,
        "filename": f"{number}.pdf",
        "mimeType": "application/pdf",
    }
    title = {"title": f"Paper {number}"}
    return {"mediaType": "file", "asset": asset, "metadata": title, **fields}


def library(place, *entries, **header):
    """Write a manifest of media library entries."""
    return place.write(
        *entries, name="media-library.json", list_key="mediaLibraryEntries", **header
    )


@pytest.mark.parametrize("command", ["images", "files"])
def test_fetched_by_url(place, command):
    """Images and files are imported like videos, from the manifest named like the command."""
    place.write(
        *(fetched(command, number) for number in (1, 2)), name=f"{command}.json", list_key=command
    )

    first = place.summary(command=command)
    second = place.summary(command=command)

    assert (first["kind"], first["outcomes"]["success"]) == (command, 2)
    assert (second["unchanged"], second["sent"]) == (2, 0)
    assert {one["externalId"] for one in place.mine()} == {"i1", "i2"}


def test_one_ledger_for_all(place):
    """All kinds share one ledger, which keeps them apart."""
    for command in SUFFIX:
        place.write(fetched(command, id=command), name=f"{command}.json", list_key=command)
        assert place.summary(command=command)["outcomes"]["success"] == 1
    place.write(video(id="i1"))
    assert place.summary()["outcomes"]["success"] == 1

    rows = place.run("ledger", "export", "--format", "jsonl", "--all-targets").out.splitlines()

    assert {orjson.loads(row)["kind"] for row in rows} == {"videos", "images", "files"}


def test_library(place):
    """Entries exist after one request, under ids derived from systemName and externalId."""
    library(place, stored(1, externalId="p1"), stored(2, externalId="p2"))

    first = place.summary(command="media-library")
    second = place.summary(command="media-library")

    assert (first["outcomes"]["success"], first["jobs"]) == (2, [])
    assert (second["unchanged"], second["sent"]) == (2, 0)
    assert {one["id"] for one in place.mine()} == {
        derived_id(ItemKey(place.system_name, name)) for name in ("p1", "p2")
    }


def test_library_with_random_ids(place):
    """With random ids the server chooses the id of an entry."""
    library(place, stored(1, externalId="p1"))

    summary = place.summary("--random-ids", command="media-library")

    assert summary["outcomes"]["success"] == 1
    (entry,) = place.mine()
    assert entry["id"] != derived_id(ItemKey(place.system_name, "p1"))


def test_library_with_ids_of_its_own(place):
    """An `id` in the record is the media id, separate from its externalId."""
    library(place, stored(1, id="paper-1", externalId="p1"))

    place.summary(command="media-library")

    (entry,) = place.mine()
    assert (entry["id"], entry["externalId"]) == ("paper-1", "p1")


def test_library_without_a_system(place):
    """Entries may have a systemName of their own, or none if they have only an id."""
    name = place.system_name
    library(
        place,
        stored(1, id=f"{name}-1"),
        stored(2, externalId="p2", systemName=name),
        stored(3, externalId="p3"),
        systemName=None,
    )

    summary = place.summary(command="media-library", code=3)

    assert (summary["systemName"], summary["invalid"]) == ("", 1)
    assert summary["outcomes"]["success"] == 2
    assert [one["externalId"] for one in place.mine()] == ["p2"]
    assert place.run("media-library", "--system-name", "  ").code == 2


@pytest.mark.parametrize("command", ["images", "files"])
def test_others_need_a_system(place, command):
    """Kinds that are fetched by URL need a systemName, since the request contains it."""
    place.write(fetched(command), list_key=command, systemName=None)

    ended = place.run(command)

    assert ended.code == 2
    assert "no systemName is given" in ended.err


def test_library_from_the_configuration(place):
    """The configuration can name manifest and systemName, so that no arguments are needed."""
    (place.folder / "papers.jsonl").write_bytes(orjson.dumps({**stored(1), "number": 7}))
    (place.folder / "ld-import.yaml").write_text(
        "media-library:\n  manifest: papers.jsonl\n  systemName: archive\n"
        "  externalId: 'p-{{ number }}'\n  onExisting: patch\n"
    )

    summary = place.summary("--dry-run", command="media-library")

    assert (summary["manifest"], summary["wouldSend"]["new"]) == ("papers.jsonl", 1)
    (entry,) = summary["firstRequest"]["body"]["mediaLibraryEntries"]
    assert (entry["externalId"], entry["systemName"]) == ("p-7", "archive")


def test_library_found_by_its_name(place):
    """A manifest named like the command is found."""
    library(place, stored(1, externalId="p1"))

    assert place.summary("--dry-run", command="media-library")["wouldSend"]["new"] == 1


def test_existing_entries_are_left(place):
    """Items that the server already has are skipped, or failed with `--on-existing fail`."""
    library(place, stored(1, externalId="p1"))
    place.summary(command="media-library")
    other = ("--ledger", place.folder / "other.db")

    left = place.summary(*other, command="media-library")
    failed = place.summary(
        "--ledger",
        place.folder / "third.db",
        "--on-existing",
        "fail",
        command="media-library",
        code=3,
    )

    assert left["outcomes"]["skipped"] == 1
    assert failed["outcomes"]["failed"] == 1


def test_existing_entries_are_patched(place):
    """With `--on-existing patch` only the changed properties change on the server."""
    library(place, stored(1, externalId="p1"))
    place.summary(command="media-library")
    library(place, stored(1, externalId="p1", metadata={"title": "Another"}))

    summary = place.summary("--on-existing", "patch", command="media-library")

    assert summary["outcomes"]["success"] == 1
    assert [one["metadata"]["title"] for one in place.mine()] == ["Another"]


def test_validate_knows_library_entries(place):
    """`validate` reads ids like the import."""
    library(place, stored(1, externalId="p1"), stored(2, id="not an id", externalId="p2"))

    ended = place.run("validate", "-v")

    assert ended.code == 3
    assert "media-library.json:3 (p2): `id`" in ended.out
    assert ended.out.endswith("2 records, 1 good, 1 invalid\n")


def test_validate_library_entries_without_a_system(place):
    """`validate` reports an entry without the systemName that an import would need."""
    library(place, stored(1, id="a"), stored(2, externalId="p2"), systemName=None)

    ended = place.run("validate", "-v")

    assert ended.code == 3
    assert "media-library.json:3 (p2): `systemName` is missing" in ended.out


def test_changed_ids_of_the_library_are_noticed(place):
    """A changed `map.id` is reported, since it would create every entry again."""
    (place.folder / "rows.jsonl").write_bytes(orjson.dumps({**stored(1), "number": 7}))
    manifest = place.folder / "media-library.yaml"
    text = (
        f"systemName: {place.system_name}\nsource: rows.jsonl\n"
        'map: {id: "NAME-{{ number }}", mediaType: file, asset: "{{ asset }}"}\n'
    )
    manifest.write_text(text.replace("NAME", place.system_name))
    place.summary(command="media-library")
    manifest.write_text(text.replace("NAME", f"{place.system_name}-new"))

    ended = place.run("media-library")

    assert ended.code == 2
    assert "1 entry would be created twice" in ended.err
