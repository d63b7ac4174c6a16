"""The ledger records only proved outcomes: whose entry it is, and whether its content is ours."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ld_import.emulator import Emulator, Fault, Settings
from ld_import.model import Content, LeaveReason
from tests.clock import FakeClock
from tests.flow.crash_cases import RECORDS, WRITE_ONLY
from tests.harness.crashing import Fuse
from tests.harness.program import Program, crash
from tests.harness.records import image, names, video, videos

# Whole programs, whose lines other tests cover.
pytestmark = pytest.mark.no_cover
POSTS = {
    "videos": "POST import/videos",
    "images": "POST import/images",
    "files": "POST import/files",
    "media-library": "POST import/mediaLibrary",
}
PATCH = "PATCH mediaLibrary/{id}"
POLICIES = ("skip", "patch", "fail")
LOST_BEFORE = [("html", {"status": 504}), ("status", {"status": 500})]
LIBRARY_POST = POSTS["media-library"]


def titled(kind, title, number=1):
    """Return a record of a kind with this title."""
    record = RECORDS[kind](number)
    return {**record, "metadata": {**record["metadata"], "title": title}}


@pytest.fixture
def make_known(make_program, clock):
    """Return a factory of programs without a ledger, whose server has had `v1` for an hour."""

    def make(kind, record, **settings):
        program = make_program(job_polls=0, repeat="skip", **settings)
        program.kind = kind
        program.write([record])
        program.run()
        program.ledger_path.unlink()
        clock.advance(3600)
        return program

    return make


@pytest.mark.parametrize(
    ("kind", "action", "members", "on_existing"),
    [
        *((kind, "drop", {}, on_existing) for kind in POSTS for on_existing in POLICIES),
        *(("videos", *lost, "skip") for lost in LOST_BEFORE),
    ],
)
def test_entry_from_before_is_no_proof(make_known, kind, action, members, on_existing):
    """An entry older than a lost request proves nothing; `--on-existing` decides."""
    program = make_known(kind, titled(kind, "Old"))
    program.write([titled(kind, "New")])
    program.emulator.script(Fault(on=POSTS[kind], action=action, **members))

    ended = program.run(on_existing=on_existing)

    states = {"skip": "skipped", "patch": "success", "fail": "failed"}
    assert program.states() == {"v1": states[on_existing]}
    title = "New" if on_existing == "patch" else "Old"
    assert program.entries()["v1"]["metadata"]["title"] == title
    assert program.emulator.requests[POSTS[kind]] == 3
    assert ended.tally.skipped[Content.OTHER] == (on_existing == "skip")


@pytest.mark.parametrize("kind", ["videos", "media-library"])
def test_entry_without_the_sent_metadata_is_no_proof(make_known, kind):
    """An entry that lacks a sent property does not prove arrival."""
    program = make_known(kind, {**RECORDS[kind](1), "metadata": {}})
    program.write([titled(kind, "New")])
    program.emulator.script(Fault(on=POSTS[kind], action="drop"))

    program.run()

    assert program.states() == {"v1": "skipped"}
    assert "the server keeps other content: metadata.title" in program.rows()["v1"]["reason"]


@pytest.mark.parametrize("kind", POSTS)
def test_equal_entry_from_before_is_not_ours(make_known, kind):
    """An equal entry older than the request is skipped with the same content."""
    program = make_known(kind, RECORDS[kind](1))
    program.emulator.script(Fault(on=POSTS[kind], action="drop"))

    ended = program.run()

    assert program.states() == {"v1": "skipped"}
    assert ended.tally.skipped == {Content.SAME: 1}


def test_other_file_behind_an_equal_entry_is_no_proof(make_known):
    """An equal but older entry may have another file, since source URLs cannot be read."""
    program = make_known("videos", video(1))
    program.write([video(1, url="https://films.example/other.mp4", fileName="Other")])
    program.emulator.script(Fault(on=POSTS["videos"], action="drop"))

    program.run()

    assert program.states() == {"v1": "skipped"}


@pytest.mark.parametrize("hours", [-30, 30])
def test_server_clock_that_is_wrong(make_program, clock, hours):
    """Ages are compared on the server's clock, however wrong it is."""
    program = make_program(job_polls=0, clock_skew=hours * 3600.0)
    program.write(videos(2))
    program.emulator.script(Fault(on=POSTS["videos"], action="drop_after"))

    assert program.run().exit_code == 0

    assert set(program.states().values()) == {"success"}
    assert program.emulator.requests[POSTS["videos"]] == 1


class SetClock(FakeClock):
    """A clock that jumps by some days when the program first waits."""

    def __init__(self, days):
        super().__init__()
        self._days = days

    async def sleep(self, seconds):
        if seconds > 0:
            self.jump(self._days * 86400.0)
            self._days = 0
        await super().sleep(seconds)


@pytest.mark.parametrize("days", [-10, 10])
def test_clock_that_is_set_between_request_and_look_up(tmp_path, days):
    """A clock set between request and look-up does not change the proof."""
    clock = SetClock(days)
    emulator = Emulator(Settings(job_polls=0), now=clock.timestamp)
    program = Program(tmp_path, emulator, clock)
    program.write(videos(2))
    program.emulator.script(Fault(on=POSTS["videos"], action="drop_after"))

    ended = program.run()

    assert (ended.exit_code, program.emulator.requests[POSTS["videos"]]) == (0, 1)
    assert set(program.states().values()) == {"success"}
    emulator.close()


def test_restored_backup_claims_nothing_it_cannot_know(make_program, clock):
    """After a restored backup, newer content is not mistaken for that of the manifest."""
    program = make_program(job_polls=0, repeat="skip")
    program.write([video(1), video(2)])
    program.run()
    backup = program.ledger_path.read_bytes()
    program.write([video(1, metadata={"title": "B"}), video(2), video(3)])
    program.run(on_existing="patch")
    program.ledger_path.write_bytes(backup)
    clock.advance(3600)
    program.write([video(1, metadata={"title": "C"}), video(2), video(3)])
    program.emulator.script(Fault(on=POSTS["videos"], action="drop"))

    program.run()

    assert program.states() == {"v1": "skipped", "v2": "success", "v3": "skipped"}
    assert "the server keeps other content" in program.rows()["v1"]["reason"]


@pytest.mark.parametrize("kind", POSTS)
def test_other_content_is_patched_on_a_later_night(make_program, kind):
    """A changed record that was skipped is not settled: `patch` patches it without `--force`."""
    program = make_program(job_polls=0, repeat="skip")
    program.kind = kind
    program.write([RECORDS[kind](1), RECORDS[kind](2)])
    program.run()
    program.write([titled(kind, "New"), RECORDS[kind](2)])
    first = program.run()
    second = program.run()
    dry = program.states()

    third = program.run(on_existing="patch")
    fourth = program.run(on_existing="patch")

    assert first.tally.skipped == {Content.OTHER: 1}
    assert (second.tally.left[LeaveReason.UNCHANGED], dry["v1"]) == (2, "skipped")
    assert third.tally.outcomes["success"] == 1
    assert program.entries()["v1"]["metadata"]["title"] == "New"
    assert (fourth.tally.left[LeaveReason.UNCHANGED], program.emulator.requests[PATCH]) == (2, 1)


@pytest.mark.parametrize("no_wait", [False, True])
@pytest.mark.parametrize(
    "change",
    [{"url": "https://films.example/new.mp4"}, {"fileName": "Renamed"}],
    ids=["url", "name"],
)
def test_change_that_no_entry_shows_is_other_content(make_program, change, no_wait):
    """A skipped new URL or name is not the same content, although the entry looks the same."""
    program = make_program(job_polls=0, repeat="skip", title_shown="nowhere")
    program.write([video(1)])
    program.run()
    program.write([video(1, **change)])
    program.run(no_wait=no_wait)
    program.run()

    row = program.rows()["v1"]
    program.run(force=True, on_existing="patch")

    assert (row["state"], "the server keeps other content" in row["reason"]) == ("skipped", True)
    assert program.states() == {"v1": "skipped"}
    assert "a PATCH cannot change" in program.rows()["v1"]["reason"]


def test_other_content_is_found_in_a_block_of_known_records(make_program):
    """Records known as a whole block are patched once `patch` is given."""
    program = make_program(job_polls=0, repeat="skip")
    program.write(videos(600))
    program.run(batch_size=200)
    program.write([video(1, metadata={"title": "New"}), *videos(600)[1:]])
    for _ in range(3):
        program.run(batch_size=200)

    program.run(on_existing="patch", batch_size=200)

    assert program.entries()["v1"]["metadata"]["title"] == "New"
    assert program.emulator.requests[PATCH] == 1


def test_foreign_entry_is_compared_once_and_patched_when_asked(make_known):
    """Foreign content under our pair is compared once, and updated by `patch`."""
    program = make_known("videos", video(1, metadata={"title": "Theirs"}))
    program.write([video(1)])

    first, second = program.run(), program.run(on_existing="patch")

    assert first.tally.skipped == {Content.OTHER: 1}
    assert second.tally.outcomes["success"] == 1
    assert program.entries()["v1"]["metadata"] == {"title": "Film 1"}


def test_own_patch_without_an_answer_is_no_edit_after_a_change(make_program):
    """A PATCH that arrived while the run was killed may be followed by one with newer content."""
    program = make_program(job_polls=0)
    program.write([video(1)])
    program.run()
    program.write([video(1, metadata={"title": "B"})])
    assert crash(program, events=Fuse(4), on_existing="patch")
    assert program.entries()["v1"]["metadata"] == {"title": "B"}
    program.write([video(1, metadata={"title": "C"})])

    ended = program.run(on_existing="patch")

    assert ended.exit_code == 0
    assert program.entries()["v1"]["metadata"] == {"title": "C"}


def test_title_that_no_patch_can_change_is_not_a_success(make_known):
    """An entry whose title comes from another `fileName` does not hold what the item says."""
    program = make_known("videos", video(1, fileName="Theirs", metadata={}))
    program.write([video(1, fileName="Mine", metadata={"credit": "Ann"})])

    program.run(on_existing="patch")

    assert program.states() == {"v1": "skipped"}
    assert program.entries()["v1"]["metadata"]["credit"] == "Ann"
    assert program.rows()["v1"]["reason"].endswith("a PATCH cannot change fileName")


def test_change_after_a_patch_is_seen_again(make_program):
    """Changes of others after a PATCH are reported by the next one."""
    program = make_program(job_polls=0, repeat="skip")
    program.write([video(1)])
    program.run()
    program.write([video(1, url="https://films.example/new.mp4", metadata={"title": "New"})])
    program.run(on_existing="patch")
    program.emulator.edit(program.rows()["v1"]["mediaId"], title="By an editor")
    program.run(force=True)

    program.run(on_existing="patch")

    assert program.rows()["v1"]["reason"] == "changed in Livingdocs meanwhile: metadata.title"


def test_what_no_patch_can_change_stays_other_content(make_program):
    """A new URL under an old id is reported once, is not a success, and costs no request later."""
    program = make_program(job_polls=0, repeat="skip")
    program.write([video(1)])
    program.run()
    changed = video(1, url="https://films.example/new.mp4", metadata={"title": "New"})
    program.write([changed])

    first, second = program.run(on_existing="patch"), program.run(on_existing="patch")

    assert first.tally.skipped == {Content.OTHER: 1}
    assert program.rows()["v1"]["reason"].endswith("a PATCH cannot change url")
    assert program.entries()["v1"]["metadata"] == {"title": "New"}
    assert (second.tally.left[LeaveReason.UNCHANGED], second.requests) == (1, {})


def test_skipped_without_the_read_scope_says_so(make_known):
    """Without the read scope the summary counts items that were not compared."""
    program = make_known("videos", video(1), **WRITE_ONLY)

    ended = program.run()

    assert ended.tally.skipped == {Content.UNKNOWN: 1}
    assert "could not be confirmed" in program.rows()["v1"]["reason"]


def test_own_id_of_another_pair_is_a_failure(library):
    """A 409 for an own `id` of another pair fails the item, without a media id."""
    library.write([image(1, id="shared")])
    library.run()
    library.write([image(1, id="shared"), image(2, id="shared"), image(3)])

    ended = library.run()

    row = library.rows()["v2"]
    assert (ended.exit_code, row["state"], row["mediaId"]) == (3, "failed", None)
    assert "the id belongs to another entry" in row["reason"]
    assert library.rows()["v3"]["state"] == "success"


@pytest.mark.parametrize("on_existing", ["patch", "fail"])
def test_own_id_of_another_pair_is_never_patched(library, on_existing):
    """An entry of another pair with the same id is never patched."""
    library.write([image(1, id="shared")])
    library.run()
    library.write([image(1, id="shared"), image(2, "Mine", id="shared")])

    library.run(on_existing=on_existing)

    assert library.rows()["v2"]["state"] == "failed"
    assert library.entries()["v1"]["metadata"]["title"] == "Picture 1"


def test_own_id_of_the_same_pair_is_skipped(library):
    """A look-up by the pair confirms that the entry with the id is this one."""
    library.write([image(1, id="own-1")])
    library.run()
    library.ledger_path.unlink()

    library.run()

    row = library.rows()["v1"]
    assert (row["state"], row["mediaId"]) == ("skipped", "own-1")


def test_own_id_without_the_read_scope(make_library):
    """Without the read scope an existing own id fails the item, with the reason."""
    program = make_library(**WRITE_ONLY)
    program.write([image(1, id="own-1")])
    program.run()
    program.ledger_path.unlink()

    program.run()

    row = program.rows()["v1"]
    assert (row["state"], row["mediaId"]) == ("failed", None)
    assert "could not be confirmed" in row["reason"]


def test_entry_known_by_its_id_alone(library):
    """An entry without a pair is confirmed by its id, unless the entry there has a pair."""
    alone = {key: value for key, value in image(1, id="alone").items() if key != "externalId"}
    taken = {key: value for key, value in image(2, id="taken").items() if key != "externalId"}
    library.write([alone, image(3, id="taken")])
    library.run()
    library.ledger_path.unlink()
    library.write([alone, taken])

    library.run()

    assert library.states() == {"alone": "skipped", "taken": "failed"}


STRANGER = {"state": "imported", "systemName": "archive", "externalId": "x", "video": {}}
TWIN = {"state": "imported", "systemName": "other", "externalId": "v1", "video": {}}
NAMESAKE = {"state": "imported", "externalId": "v1", "video": {"mediaId": "theirs"}}


@pytest.mark.parametrize(
    "listed", [[], [STRANGER], [TWIN], [STRANGER, NAMESAKE]], ids=["none", "other", "twin", "some"]
)
def test_reused_job_id_is_not_our_job(make_program, listed):
    """A reused job id with other items is not our job; the items are looked up."""
    program = make_program(job_polls=0)
    program.write(videos(2))
    program.run(no_wait=True)
    body = {"finished": True, "state": "success", "id": "1", "videos": listed}
    program.emulator.script(
        Fault(on="GET import/videos/status", action="status", status=200, body=body)
    )

    ended = program.run()

    assert ended.exit_code == 0
    program.check_identities(names(2))
    assert "does not mention these items" in program.history("v1")[0]["reason"]
    assert "theirs" not in {row["mediaId"] for row in program.rows().values()}


def test_reused_job_id_of_items_that_never_arrived(make_program):
    """Items of a reused job id that are not found are sent again."""
    program = make_program(job_polls=0, job_ids="counted", job_seconds=60)
    program.write(videos(2))
    program.run(no_wait=True)
    program.emulator.restart()
    other = make_program(emulator=program.emulator)
    other.write([video(8), video(9)])
    other.run(no_wait=True)

    ended = program.run(max_wait=600)

    assert ended.exit_code == 0
    assert program.states() == {"v1": "success", "v2": "success"}
    assert "sent again" in program.history("v1")[0]["reason"]


def test_one_media_id_for_several_items_is_a_warning(make_program):
    """One media id for several items is a warning that names them."""
    program = make_program(job_polls=0)
    program.write(videos(3))
    body = {
        "finished": True,
        "state": "success",
        "id": "1",
        "videos": [
            {"state": "imported", "externalId": name, "video": {"mediaId": media_id}}
            for name, media_id in (("v1", "m1"), ("v2", "m1"), ("v3", "m3"))
        ],
    }
    program.emulator.script(
        Fault(on="GET import/videos/status", action="status", status=200, body=body)
    )

    ended = program.run()

    (note,) = [one.text for one in ended.events if type(one).__name__ == "Note"]
    assert "m1" in note and "v1, v2" in note
    assert replace(ended.tally).outcomes["success"] == 3


def test_removed_property_that_was_skipped_is_removed_by_a_later_patch(make_program):
    """A removed property counts as changed content until `patch` removes it."""
    program = make_program(job_polls=0, repeat="skip")
    program.write([video(1, metadata={"title": "T", "credit": "Ann"})])
    program.run()
    program.write([video(1, metadata={"title": "T"})])

    first = program.run()
    program.run(on_existing="patch")

    assert first.tally.skipped == {Content.OTHER: 1}
    assert program.entries()["v1"]["metadata"] == {"title": "T"}


def test_edit_after_a_lost_request_is_no_proof_of_a_new_url(make_program):
    """An entry changed by others since then does not show that a new URL arrived."""
    program = make_program(job_polls=0, repeat="skip")
    program.write([video(1)])
    program.run()
    program.write([video(1, url="https://films.example/new.mp4")])
    program.emulator.script(Fault(on=POSTS["videos"], action="drop", nth=1, times=3))
    program.run()
    program.emulator.recover()
    program.emulator.edit(program.entries()["v1"]["id"], credit="By an editor")

    program.run(retry_failed=True)

    assert program.states()["v1"] != "success"


@pytest.mark.parametrize(
    ("on_existing", "asked"), [("skip", "GET mediaLibrary"), ("patch", "GET mediaLibrary/{id}")]
)
def test_entry_with_members_of_other_types_ends_no_run(make_known, on_existing, asked):
    """Members of unexpected types in an entry cause no unexpected error."""
    program = make_known("videos", video(1, metadata={"title": "Theirs"}))
    program.write([video(1)])
    pair = {"id": "m1", "externalId": "v1", "systemName": "archive"}
    odd = {**pair, "metadata": 5, "asset": "x", "translations": "y", "version": {}}
    body = {"results": [odd], **odd}
    program.emulator.script(Fault(on=asked, action="status", status=200, body=body, times=9))

    ended = program.run(on_existing=on_existing)
    program.emulator.recover()

    assert ended.exit_code in (0, 3)


@pytest.mark.parametrize(("before", "after"), [(True, 1), (False, 0), ([1], [True])])
def test_patch_distinguishes_true_from_one(make_program, before, after):
    """Values that Python calls equal are patched where JSON calls them different."""
    program = make_program(job_polls=0)
    program.write([video(1, metadata={"flag": before})])
    program.run()
    program.write([video(1, metadata={"flag": after})])

    program.run(on_existing="patch")

    assert str(program.entries()["v1"]["metadata"]["flag"]) == str(after)


def test_entry_known_by_its_id_alone_is_patched(library):
    """Without a pair the entry is read by its id, and patched like any other."""
    alone = {key: value for key, value in image(1, id="alone").items() if key != "externalId"}
    library.write([alone])
    library.run()
    library.write([{**alone, "metadata": {"title": "New"}}])

    assert library.run(on_existing="patch").exit_code == 0

    (entry,) = library.emulator.entries()
    assert entry["metadata"]["title"] == "New"
