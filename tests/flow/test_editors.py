"""Patching beside editors: their changes stay, and own changes are not mistaken for theirs."""

from __future__ import annotations

import pytest

from ld_import.emulator import Fault
from tests.harness.records import image, images, video

POST = "POST import/videos"
PATCH = "PATCH mediaLibrary/{id}"
EDITED = "changed in Livingdocs meanwhile: metadata.title"


def titles(program):
    """Return the titles the server holds, by externalId."""
    return {name: entry["metadata"]["title"] for name, entry in program.entries().items()}


@pytest.mark.parametrize(
    ("on_existing", "no_wait", "exit_code", "state", "title"),
    [
        ("fail", False, 3, "failed", "Film 1"),
        ("fail", True, 3, "failed", "Film 1"),
        ("patch", False, 0, "success", "New"),
        ("patch", True, 0, "success", "New"),
    ],
)
def test_resumed_job_is_treated_like_one_waited_for(
    make_foreign, on_existing, no_wait, exit_code, state, title
):
    """`--on-existing` applies to a job of an earlier run, too."""
    program = make_foreign()
    if no_wait:
        program.run(on_existing=on_existing, no_wait=True)

    ended = program.run(on_existing=on_existing)

    assert program.states() == {"v1": state}
    assert titles(program) == {"v1": title}
    assert ended.exit_code == exit_code


def test_own_patch_without_an_answer_is_no_editors_change(library):
    """Changes of a PATCH whose answer was lost may be changed by the next PATCH."""
    library.write([image(1)])
    library.run()
    library.write([image(1, "B")])
    library.emulator.script(Fault(on=PATCH, action="drop_after"))
    first = library.run(on_existing="patch")
    library.write([image(1, "C")])

    second = library.run(on_existing="patch")

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert titles(library) == {"v1": "C"}


def test_own_patch_before_the_run_broke_off_is_no_editors_change(library):
    """A PATCH before the run broke off is not mistaken for an editor's change."""
    library.write(images(2))
    library.run()
    library.write([image(1, "B"), image(2, "B")])
    library.emulator.script(Fault(on=PATCH, action="status", status=503, nth=2, times=99))
    first = library.run(on_existing="patch")
    library.emulator.recover()
    second = library.run(on_existing="patch")
    library.write([image(1, "C"), image(2, "C")])

    third = library.run(on_existing="patch")

    assert [one.exit_code for one in (first, second, third)] == [8, 0, 0]
    assert titles(library) == {"v1": "C", "v2": "C"}


def test_known_items_are_patched_without_being_posted(make_program):
    """Known items are patched without a POST, which could overwrite an editor's change."""
    program = make_program(job_polls=0)
    program.write([video(1)])
    program.run()
    program.emulator.edit(program.rows()["v1"]["mediaId"], title="By an editor")
    program.write([video(1, metadata={"title": "Film 1", "credit": "new"})])

    ended = program.run(on_existing="patch")

    assert ended.exit_code == 3
    assert titles(program) == {"v1": "By an editor"}
    assert program.rows()["v1"]["reason"] == EDITED
    assert program.emulator.requests[POST] == 1


def test_editor_of_an_entry_recorded_failed(make_program):
    """An entry recorded as failed is compared with the content sent; an editor's change stays."""
    program = make_program(job_polls=0, repeat="skip")
    program.write([video(2), video(1)])
    program.emulator.script(Fault(on=POST, action="missing_items"))
    program.run()
    assert program.rows()["v1"]["mediaId"] is None
    program.emulator.edit(program.entries()["v1"]["id"], title="By an editor")

    ended = program.run(on_existing="patch", retry_failed=True)

    assert ended.exit_code == 3
    assert titles(program)["v1"] == "By an editor"
    assert program.rows()["v1"]["reason"] == EDITED


def test_stop_ends_patching(library):
    """After a stop the current PATCH is completed and no other is started."""
    library.write(images(50))
    library.run(batch_size=50)
    library.write([image(number, "B") for number in range(1, 51)])
    library.emulator.script(Fault(on=PATCH, action="slow", seconds=2))

    ended = library.run(batch_size=50, on_existing="patch", stop_after=1)

    assert ended.exit_code == 143
    assert library.emulator.requests[PATCH] == 1
    assert library.run(batch_size=50, on_existing="patch").exit_code == 0
    assert set(titles(library).values()) == {"B"}


def test_no_batch_without_items_is_recorded(library):
    """Taking a refused batch apart under `patch` leaves no empty batch in the ledger."""
    library.write([image(1)])
    library.run()
    library.write([image(1, "New"), *(image(number) for number in range(2, 10))])
    library.emulator.script(
        Fault(on="POST import/mediaLibrary", action="refuse_request", external_id="v5", times=99)
    )

    library.run(on_existing="patch", batch_size=100)
    library.emulator.recover()

    assert all(row["items"] for row in library.ledger_jobs())
    assert {name for name, state in library.states().items() if state != "success"} == {"v5"}
