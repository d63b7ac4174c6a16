"""The spot check: an emptied or swapped server is noticed by one request, and never ends a run."""

from __future__ import annotations

import pytest

from ld_import.emulator import Fault
from ld_import.events import Note
from tests.harness.crashing import Fuse
from tests.harness.program import crash
from tests.harness.records import image, names, videos

GET = "GET mediaLibrary"


def night(program, **options):
    """Import once more, with the spot check; return the run and its notes."""
    ended = program.run(no_spot_check=False, **options)
    return ended, [event.text for event in ended.events if isinstance(event, Note)]


@pytest.fixture
def imported(make_program):
    """Return a factory of programs that have imported some videos."""

    def make(count=10, **settings):
        program = make_program(job_polls=0, **settings)
        program.write(videos(count))
        program.run(batch_size=count)
        program.emulator.requests.clear()
        return program

    return make


def test_unchanged_night_costs_one_request(imported):
    """A night in which nothing is sent makes one request, and warns of nothing."""
    program = imported()

    ended, notes = night(program)

    assert (ended.exit_code, notes) == (0, [])
    assert dict(program.emulator.requests) == {GET: 1}


def test_first_run_asks_for_nothing(make_program):
    """Without an item imported before there is nothing to ask for."""
    program = make_program(job_polls=0)
    program.write(videos(2))

    night(program)

    assert GET not in program.emulator.requests


def test_emptied_server_is_noticed(imported, make_emulator):
    """A server without any of the items is one warning, and the run goes on."""
    program = imported()
    program.emulator = make_emulator(job_polls=0)
    program.write(videos(11))

    ended, notes = night(program)

    assert ended.exit_code == 0
    assert ended.tally.outcomes["success"] == 1
    (note,) = notes
    assert "has none of the 5 items imported last (the newest is v" in note
    assert "ld-import ledger verify" in note


def test_server_that_answers_404_has_none_of_them(imported):
    """Some servers may refuse a look-up without a result; that is the same finding."""
    program = imported()
    body = {"message": "not found"}
    program.emulator.script(Fault(on=GET, action="status", status=404, body=body))

    assert ["has none of the 5" in note for note in night(program)[1]] == [True]


def test_swapped_server_is_noticed(make_library):
    """Media ids that belong to other items show another server."""
    here, there = make_library(), make_library()
    here.write([image(1, id="own-1")])
    there.write([image(2, id="own-1")])
    here.run()
    there.run()
    here.emulator = there.emulator

    ended, notes = night(here)

    assert ended.exit_code == 0
    assert ["belong to other items on the server" in note for note in notes] == [True]


def test_one_archived_item_is_no_warning(imported):
    """Editors archive single items; only all of the last ones together are suspicious."""
    program = imported(show_archived=False)
    for entry in program.emulator.entries()[1:]:
        program.emulator.archive(entry["id"])

    assert night(program)[1] == []
    program.emulator.archive(program.emulator.entries()[0]["id"])
    assert len(night(program)[1]) == 1


def test_unreachable_server_is_a_warning_only(imported):
    """If nothing is to be sent, a server that is away does not fail the run."""
    program = imported()
    program.emulator.script(Fault(on="*", action="refuse", times=999))
    before = program.clock.monotonic()

    ended, notes = night(program)
    program.emulator.recover()

    assert ended.exit_code == 0
    assert ["could not be asked" in note for note in notes] == [True]
    assert program.clock.monotonic() - before < 10


def test_token_without_read_scope_is_not_a_nightly_warning(imported):
    """A token that only writes does not cause a warning in each run."""
    program = imported()
    program.emulator.script(Fault(on=GET, action="status", status=403))

    assert night(program)[1] == []


@pytest.mark.parametrize("system_name", [None, "archive"])
def test_entry_without_an_external_id_is_found_by_its_id(make_library, system_name):
    """Entries that have an own id instead of a pair are known by that id."""
    library = make_library()
    entry = {name: value for name, value in image(1).items() if name != "externalId"}
    library.write([{"id": "own-1", **entry}], systemName=system_name)
    library.run()

    assert night(library)[1] == []


@pytest.mark.no_cover
@pytest.mark.parametrize("fuse", ["events", "commits"])
def test_crash_at_every_step(make_program, fuse):
    """A kill at any request or commit of a run with the spot check loses nothing."""
    for at in range(1, 60):
        program = make_program(job_polls=0)
        program.write(videos(3))
        program.run()
        program.write(videos(6))
        if not crash(program, **{fuse: Fuse(at)}, no_spot_check=False):
            break
        night(program)
        program.check_identities(names(6))
    else:
        pytest.fail("the run has more events than expected")
    assert at > 4


def test_server_that_shows_new_entries_later(imported):
    """Items of the last minutes are asked for only without older ones; the warning says why."""
    program = imported(read_delay=120)

    (note,) = night(program)[1]
    program.clock.advance(3600)
    program.write(videos(20))
    night(program, batch_size=20)

    assert "or it does not show entries of the last minutes yet" in note
    assert night(program)[1] == []
