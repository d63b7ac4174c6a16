"""Files of records: uploaded before their items are sent, once, whatever happens around them."""

from __future__ import annotations

import os
from hashlib import sha256

import pytest
from PIL import Image

from ld_import.errors import Interrupted, UsageError
from ld_import.events import Note, Submitted, Transferred
from ld_import.importer.dry_run import plan_import
from ld_import.ledger import SqliteLedger
from ld_import.model import ItemKey, LeaveReason
from tests.harness.projects import media_type, project_config

PUBLIC_URL = "https://cdn.example/media"


class Uploads:
    """A program with a folder of pictures and a storage that is a folder, too."""

    def __init__(self, program):
        self.program = program
        self.folder = program.folder
        self.store = self.folder / "store"
        self.store.mkdir()
        self.config = self.folder / "ld-import.yaml"
        self.configure()

    def configure(self, **storage):
        members = {"url": "file:store", "publicUrl": PUBLIC_URL, **storage}
        lines = "".join(f"    {name}: {value!r}\n" for name, value in members.items())
        self.config.write_text(f"storages:\n  media:\n{lines}")

    def picture(self, name, width=40, height=30, colour=0):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        Image.new("RGB", (width, height), (colour, 9, 200)).save(path)
        return path

    def run(self, records=None, **options):
        if records is not None:
            self.program.write(records)
        return self.program.run(config=self.config, **options)

    def objects(self):
        paths = (path for path in self.store.rglob("*") if path.is_file())
        return {str(path.relative_to(self.store)): path.read_bytes() for path in paths}

    def asset(self, name):
        return self.program.entries()[name]["asset"]

    def spec(self, **options):
        manifest = self.program.manifest
        return self.program.spec(manifest, "media-library", config=self.config, **options)

    def upload(self, name):
        ledger = SqliteLedger(self.program.ledger_path, self.spec().target, read_only=True)
        try:
            return ledger.uploads_of([ItemKey("archive", name)]).get(ItemKey("archive", name))
        finally:
            ledger.close()


@pytest.fixture
def uploads(library):
    """Return a program that uploads pictures of its folder."""
    return Uploads(library)


def record(name, file=None, **fields):
    return {
        "externalId": name,
        "file": file or f"{name}.png",
        "metadata": {"title": name},
        **fields,
    }


def key(name, *, version="", suffix=".png"):
    return f"archive/{sha256(name.encode()).hexdigest()[:40]}{version}{suffix}"


def replaced_quietly(path, content):
    """Replace a file without any trace but its bytes."""
    before = path.stat()
    assert len(content) == before.st_size
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_a_file_is_stored_probed_and_registered(uploads):
    """An entry has the key, the address and the probed facts of its stored file."""
    path = uploads.picture("a.png", 40, 30)

    ended = uploads.run([record("a")])

    assert (ended.exit_code, ended.tally.outcomes["success"]) == (0, 1)
    assert uploads.objects() == {key("a"): path.read_bytes()}
    assert uploads.asset("a") == {
        "key": key("a"),
        "url": f"{PUBLIC_URL}/{key('a')}",
        "size": path.stat().st_size,
        "width": 40,
        "height": 30,
        "filename": "a.png",
        "mimeType": "image/png",
    }
    assert uploads.program.entries()["a"]["mediaType"] == "image"


def test_the_second_run_opens_no_file(uploads):
    """A stored file whose source is unchanged is neither read nor sent."""
    path = uploads.picture("a.png")
    uploads.run([record("a")])
    replaced_quietly(path, bytes(path.stat().st_size))

    nights = [uploads.run() for _ in range(3)]

    assert [night.tally.left[LeaveReason.UNCHANGED] for night in nights] == [1, 1, 1]
    assert [night.requests for night in nights] == [{}, {}, {}]


def test_two_items_with_one_key(uploads):
    """A template that gives two items one key fails the second item, in each run."""
    uploads.configure(key="{{ externalId[:1] }}{{ suffix }}")
    first = uploads.picture("a1.png").read_bytes()
    uploads.picture("a2.png", colour=7)

    uploads.run([record("a1"), record("a2")], transfers=1)
    again = uploads.run(retry_failed=True)

    assert again.tally.outcomes["failed"] == 1
    assert uploads.objects() == {"a.png": first}


def test_an_object_of_a_lost_ledger_is_never_replaced(uploads):
    """The entry of another content may use it: each attempt fails, whatever was tried before."""
    uploads.picture("a.png")
    uploads.run([record("a")])
    before = uploads.objects()
    uploads.program.ledger_path.unlink()
    uploads.picture("a.png", 80, 60)

    nights = [uploads.run(), uploads.run(retry_failed=True)]
    nights.append(uploads.run(retry_failed=True, on_existing="patch"))

    assert [night.tally.outcomes["failed"] for night in nights] == [1, 1, 1]
    assert uploads.objects() == before


def test_a_key_without_version_is_not_overwritten(uploads):
    """A changed file whose key is that of the stored content fails, with the remedy."""
    uploads.configure(key="{{ externalId }}{{ suffix }}")
    uploads.picture("a.png")
    uploads.run([record("a")])
    before = uploads.objects()
    uploads.picture("a.png", 80, 60)

    nights = [uploads.run(retry_failed=True, on_existing="patch") for _ in range(2)]

    assert [night.tally.outcomes["failed"] for night in nights] == [1, 1]
    assert "use `version`" in uploads.program.rows()["a"]["reason"]
    assert uploads.objects() == before


def test_a_key_with_an_unknown_name_ends_the_run(uploads):
    """It concerns all files; no item fails for a mistake in the configuration."""
    uploads.configure(key="{{ externalid }}{{ suffix }}")
    uploads.picture("a.png")

    with pytest.raises(UsageError, match="has no value for `externalid`"):
        uploads.run([record("a")])
    with pytest.raises(UsageError, match="has no value for `externalid`"):
        plan_import(uploads.spec())


def test_changed_file_is_kept_by_default(uploads):
    """The server would skip the entry, so that nothing is uploaded; a note says so."""
    uploads.picture("a.png")
    uploads.run([record("a")])
    before = uploads.objects()
    uploads.picture("a.png", 80, 60)

    ended = uploads.run()

    assert ended.exit_code == 0
    assert uploads.objects() == before
    assert ended.tally.left[LeaveReason.UNCHANGED] == 1
    assert any("changed at the source" in note for note in notes(ended))


def test_changed_file_is_replaced_by_patch(uploads):
    """A changed file gets a new key, and the entry gets the new object."""
    uploads.picture("a.png")
    uploads.run([record("a")])
    path = uploads.picture("a.png", 80, 60)

    ended = uploads.run(on_existing="patch")

    assert ended.exit_code == 0
    assert uploads.asset("a")["key"] == key("a", version="-2")
    assert uploads.asset("a")["width"] == 80
    assert uploads.objects()[key("a", version="-2")] == path.read_bytes()
    assert uploads.upload("a").stored.version == 2
    again = uploads.run(on_existing="patch")
    assert (again.requests, again.tally.left[LeaveReason.UNCHANGED]) == ({}, 1)


def test_a_dry_run_names_a_changed_file(uploads):
    """The fields that an upload adds are not shown as removed."""
    uploads.picture("a.png")
    uploads.run([record("a")], on_existing="patch")
    uploads.picture("a.png", 80, 60)

    planned = plan_import(uploads.spec(on_existing="patch"))

    assert planned.summary["changed"] == [{"externalId": "a", "fields": ["file"]}]


def test_touched_file_is_read_once(uploads):
    """A file with a new time and its old content is read, and neither stored nor sent."""
    path = uploads.picture("a.png")
    uploads.run([record("a")])
    os.utime(path, ns=(1, 1))

    ended = uploads.run(on_existing="patch")

    assert (ended.requests, ended.tally.left[LeaveReason.UNCHANGED]) == ({}, 1)
    assert list(uploads.objects()) == [key("a")]
    replaced_quietly(path, bytes(path.stat().st_size))
    assert uploads.run(on_existing="patch").requests == {}


def test_reprobe_reads_unchanged_files(uploads):
    """With --reprobe a file is read although its source looks unchanged, and patched if needed."""
    path = uploads.picture("a.bmp", colour=1)
    uploads.run([record("a", file="a.bmp", mediaType="file")])
    other = uploads.picture("b.bmp", colour=2).read_bytes()
    replaced_quietly(path, other)

    with pytest.raises(UsageError, match="only with --on-existing patch"):
        uploads.run(reprobe=True)
    uploads.run(reprobe=True, on_existing="patch")

    assert uploads.objects()[key("a", version="-2", suffix=".bmp")] == other
    assert uploads.asset("a")["key"] == key("a", version="-2", suffix=".bmp")


@pytest.mark.parametrize("damage", [os.unlink, lambda path: path.write_bytes(b"cut")])
def test_reprobe_stores_lost_objects_again(uploads, damage):
    """An object that the storage lost, or has in another size, is stored again under its key."""
    uploads.picture("a.png")
    uploads.run([record("a")])
    before = uploads.objects()
    damage(uploads.store / key("a"))

    ended = uploads.run(reprobe=True, on_existing="patch")

    assert uploads.objects() == before
    assert ended.tally.left[LeaveReason.UNCHANGED] == 1
    assert uploads.upload("a").stored.version == 1


def test_the_ledger_has_the_address_of_the_source(uploads):
    """Known media under new ids are detected by it: keys in the storage contain the ids."""
    names = [f"n{number}" for number in range(5)]
    for name in names:
        uploads.picture(f"{name}.png")
    uploads.run([record(name) for name in names])
    urls = [row["url"] for row in uploads.program.rows().values()]
    renamed = [record(f"new-{name}", file=f"{name}.png") for name in names]

    ended = uploads.run(renamed)

    assert sorted(urls) == [f"{name}.png" for name in names]
    assert "would be created twice" in str(ended.error)
    assert len(uploads.objects()) == 5


def test_a_missing_file_fails_its_item_only(uploads):
    """The other items arrive; the failed one is sent once its file is there."""
    uploads.picture("a.png")
    records = [record("a"), record("b")]

    first = uploads.run(records)
    second = uploads.run()
    uploads.picture("b.png")
    third = uploads.run()

    assert (first.exit_code, outcomes(first)) == (3, {"success": 1, "failed": 1})
    assert (second.exit_code, second.tally.left[LeaveReason.FAILED_BEFORE]) == (3, 1)
    assert (third.exit_code, outcomes(third)) == (0, {"success": 1})
    assert set(uploads.objects()) == {key("a"), key("b")}
    uploads.program.check_identities(["a", "b"])


def test_failed_files_can_be_tried_again(uploads):
    """With --retry-failed a file whose source is unchanged is read again."""
    page = uploads.folder / "a.png"
    page.write_text("<!doctype html><title>Login</title>")
    uploads.run([record("a")])
    replaced = uploads.picture("b.png").read_bytes()
    before = page.stat()
    page.write_bytes(replaced[: before.st_size].ljust(before.st_size, b"\0"))
    os.utime(page, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert uploads.run().tally.left[LeaveReason.FAILED_BEFORE] == 1
    assert uploads.run(retry_failed=True).tally.outcomes["failed"] == 1


def test_a_source_that_is_gone_changes_nothing(uploads):
    """A stored file stays valid when its source cannot be asked any more."""
    uploads.picture("a.png")
    uploads.run([record("a")])
    (uploads.folder / "a.png").unlink()

    ended = uploads.run()

    assert (ended.exit_code, ended.requests) == (0, {})
    assert ended.tally.left[LeaveReason.UNCHANGED] == 1
    assert any("could not be asked" in note for note in notes(ended))


def test_a_host_that_states_only_a_size(uploads, http_source):
    """Without ETag and Last-Modified a file counts as changed if its size did."""
    body = uploads.picture("a.bmp", colour=1).read_bytes()
    same_size = uploads.picture("b.bmp", colour=2).read_bytes()
    longer = uploads.picture("c.bmp", 41, 30).read_bytes()
    web = {"allow_private_sources": True, "allow_http": True, "on_existing": "patch"}
    url = http_source.serve("/a.bmp", body, etag="")
    uploads.run([record("a", file=url, mediaType="file")], **web)

    http_source.serve("/a.bmp", same_size, etag="")
    unchanged = uploads.run(**web)
    http_source.serve("/a.bmp", longer, etag="")
    uploads.run(**web)

    assert unchanged.tally.left[LeaveReason.UNCHANGED] == 1
    assert uploads.objects()[key("a", version="-2", suffix=".bmp")] == longer


def test_a_repeated_record_is_sent_once(uploads):
    """Records with one key and one file are one item, near, far, and in a later run."""
    uploads.picture("a.png")
    others = [record(f"o{number}", file="missing.png") for number in range(1100)]
    records = [record("a"), record("a"), *others, record("a")]

    ended = uploads.run(records, max_failures=0)
    again = uploads.run()

    assert ended.tally.left[LeaveReason.REPEATED] == 2
    assert again.tally.left[LeaveReason.REPEATED] == 2
    assert again.tally.left[LeaveReason.UNCHANGED] == 1
    assert list(uploads.objects()) == [key("a")]


def test_two_items_never_share_an_object(uploads):
    """A template that gives two items one key fails the second one: it would lose its file."""
    uploads.configure(key="all{{ externalId[1:] }}{{ suffix }}")
    uploads.picture("a.png")
    uploads.picture("b.png")

    ended = uploads.run([record("a"), record("b")])

    assert outcomes(ended) == {"success": 1, "failed": 1}
    (failed,) = (row for row in uploads.program.rows().values() if row["state"] == "failed")
    assert "is also that of" in failed["reason"]


def test_what_the_record_states_wins(uploads):
    """Members of the asset in the record replace probed ones, unless the file contradicts."""
    size = uploads.picture("a.png").stat().st_size
    uploads.picture("b.png")
    records = [
        record("a", asset={"filename": "old-bridge.png", "width": 4000, "size": size}),
        record("b", asset={"size": 1}),
    ]

    uploads.run(records)

    assert uploads.asset("a")["filename"] == "old-bridge.png"
    assert (uploads.asset("a")["width"], uploads.asset("a")["height"]) == (4000, 30)
    assert "asset.size" in uploads.program.rows()["b"]["reason"]


def test_a_wrong_sha256_leaves_no_object(uploads):
    """A file that is not the one of the record fails, and nothing of it is stored."""
    uploads.picture("a.png")

    ended = uploads.run([record("a", sha256="0" * 64)])

    assert outcomes(ended) == {"failed": 1}
    assert uploads.objects() == {}


@pytest.mark.parametrize("stated", [{"asset": {"size": 5}}, {"sha256": "0" * 64}])
def test_a_wrong_statement_about_a_stored_file_fails(uploads, stated):
    """A record that states another size or sha256 than that of its stored file is not sent."""
    path = uploads.picture("a.png")
    uploads.run([record("a")])

    ended = uploads.run([record("a", **stated)], on_existing="patch")

    assert ended.tally.outcomes["failed"] == 1
    assert uploads.asset("a")["size"] == path.stat().st_size


def test_a_right_statement_about_a_stored_file(uploads):
    """A record that states what its stored file has is unchanged, and no file is opened."""
    path = uploads.picture("a.png")
    content = path.read_bytes()
    stated = {"asset": {"size": len(content)}, "sha256": sha256(content).hexdigest().upper()}
    uploads.run([record("a", **stated)])
    replaced_quietly(path, bytes(len(content)))

    ended = uploads.run(on_existing="patch")

    assert ended.tally.left[LeaveReason.UNCHANGED] == 1


def test_a_medium_of_another_kind_fails(uploads):
    """A record that says video and has a picture is a failed item."""
    uploads.picture("a.png")

    uploads.run([record("a", mediaType="video")])

    assert "`mediaType` is `video`" in uploads.program.rows()["a"]["reason"]
    assert uploads.objects() == {}


def test_own_media_types_of_the_project(make_library):
    """A type of the project takes media of its kind only; any other file is not stored."""
    project = project_config(title="li-text")
    title = [{"handle": "title", "type": "li-text", "config": {}}]
    own = [media_type("poster", "mediaImage", title), media_type("clip", "mediaVideo", title)]
    config = {**project, "mediaTypes": [*project["mediaTypes"], *own]}
    uploads = Uploads(make_library(project_config=config))
    uploads.picture("a.png")
    records = [
        record("a", mediaType="poster"),
        record("b", file="a.png", mediaType="clip", asset={"duration": 3.5}),
    ]

    ended = uploads.run(records, no_preflight=False)

    assert outcomes(ended) == {"success": 1, "failed": 1}
    assert uploads.program.entries()["a"]["mediaType"] == "poster"
    assert "the content of the file is image/png" in uploads.program.rows()["b"]["reason"]
    assert list(uploads.objects()) == [key("a")]


def test_invalid_metadata_uploads_nothing(uploads):
    """A record that is refused anyway costs no transfer."""
    uploads.picture("a.png")

    ended = uploads.run([record("a", metadata="title")])

    assert (ended.tally.invalid, uploads.objects()) == (1, {})


@pytest.mark.parametrize(
    "fields",
    [
        {"metadata": "title"},
        {"asset": ["a.png"]},
        {"asset": {"key": "a.png"}},
        {"asset": {"size": "large"}},
        {"mediaType": ["image"]},
        {"sha256": "0"},
        {"systemName": 5},
    ],
    ids=str,
)
def test_a_stored_file_hides_no_problem(uploads, fields):
    """A record that became invalid is reported, although its file is stored and unchanged."""
    uploads.picture("a.png")
    uploads.run([record("a")])

    ended = uploads.run([record("a", **fields)])

    assert (ended.exit_code, ended.tally.invalid, ended.requests) == (3, 1, {})


def test_without_a_storage_the_run_ends(uploads):
    """A file without a storage is a mistake of the configuration, and names the line."""
    uploads.picture("a.png")
    uploads.config.write_text("{}")

    ended = uploads.run([record("a")])

    assert isinstance(ended.error, UsageError)
    assert "line 1" in str(ended.error)


def test_a_limit_uploads_no_more(uploads):
    """Only items that are sent need their files in the storage."""
    for name in "abc":
        uploads.picture(f"{name}.png")

    uploads.run([record(name) for name in "abc"], limit=1)

    assert list(uploads.objects()) == [key("a")]


def test_many_files_arrive_once(uploads):
    """Blocks, batches and transfers of several hundred files keep their items together."""
    names = [f"n{number}" for number in range(300)]
    for number, name in enumerate(names):
        uploads.picture(f"{name}.png", 10 + number, 10)

    first = uploads.run([record(name) for name in names], batch_size=40)
    second = uploads.run()

    assert (outcomes(first), second.requests) == ({"success": 300}, {})
    entries = uploads.program.entries()
    assert {name: entries[name]["asset"]["width"] for name in names} == {
        name: 10 + number for number, name in enumerate(names)
    }
    assert len(uploads.objects()) == 300


def test_items_are_sent_while_files_are_prepared(uploads):
    """The first entries are registered long before the last file of their block is stored."""
    names = [f"n{number}" for number in range(300)]
    for number, name in enumerate(names):
        uploads.picture(f"{name}.png", 10 + number, 10)

    ended = uploads.run([record(name) for name in names], batch_size=10, transfers=2)

    sent = next(at for at, event in enumerate(ended.events) if isinstance(event, Submitted))
    stored = [event.stored for event in ended.events[:sent] if isinstance(event, Transferred)]
    assert 10 <= stored[-1] < 200


def test_progress_counts_files_in_transfer(uploads):
    """Files that wait for a transfer are not shown as in flight."""
    names = [f"n{number}" for number in range(30)]
    for number, name in enumerate(names):
        uploads.picture(f"{name}.png", 10 + number, 10)

    ended = uploads.run([record(name) for name in names], transfers=2)

    shown = [event.in_flight for event in ended.events if isinstance(event, Transferred)]
    assert max(shown) == 2


def test_a_stopped_run_goes_on(uploads):
    """A run that is stopped while files are in flight leaves no half object, and continues."""
    names = [f"n{number}" for number in range(40)]
    for number, name in enumerate(names):
        uploads.picture(f"{name}.png", 10 + number, 10)

    stopped = uploads.run([record(name) for name in names], stop_after=0)
    left = uploads.objects()
    ended = uploads.run()

    assert isinstance(stopped.error, Interrupted)
    assert len(left) < len(names)
    assert ended.exit_code == 0
    assert len(uploads.objects()) == len(names)
    uploads.program.check_identities(names)


def outcomes(ended):
    """Return the counts of outcomes that are not 0."""
    return {name: count for name, count in ended.tally.outcomes.items() if count}


def notes(ended):
    return [event.text for event in ended.events if isinstance(event, Note)]
