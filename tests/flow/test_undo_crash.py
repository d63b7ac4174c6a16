"""Undo stopped at every commit and request: each entry is archived once, and recorded."""

from __future__ import annotations

import shutil
from contextlib import closing
from functools import partial
from itertools import count

import pytest

from ld_import.emulator import Emulator, Fault, Settings
from ld_import.importer import undoing
from tests.flow.changing import stopped, table, undo
from tests.harness.crashing import Fuse
from tests.harness.program import Program, crash
from tests.harness.records import images, videos

PATCH = "PATCH mediaLibrary/{id}"


@pytest.fixture(autouse=True)
def small_groups(monkeypatch):
    """Divide the items of a run into several groups."""
    monkeypatch.setattr(undoing, "GROUP_ITEMS", 2)


def imported(library):
    """Import three images in a run, and a fourth one in a later run; return the first run."""
    library.write(images(3))
    library.run()
    run = library.ledger_runs()[0]["run"]
    library.write(images(4))
    library.run()
    return run


def check_undone(program):
    """Check that the entries of the first run are archived once, and the ledger says so."""
    entries = program.entries()
    assert [entries[f"v{number}"]["isArchived"] for number in (1, 2, 3, 4)] == [True] * 3 + [False]
    assert [entries[f"v{number}"]["patched"] for number in (1, 2, 3, 4)] == [1, 1, 1, 0]
    rows = program.rows()
    assert [rows[f"v{number}"]["state"] for number in (1, 2, 3, 4)] == ["failed"] * 3 + ["success"]
    assert all(rows[f"v{number}"]["mediaId"] is None for number in (1, 2, 3))
    assert table(program, "SELECT count(*) FROM archiving") == [(0,)]


@pytest.fixture
def make_copies(tmp_path, clock):
    """Return a factory of equal libraries of which one run is to be undone.

    The server keeps everything in a file, so that the imports run once, and then files are copied
    to the same directory: a ledger has the path of its manifest.
    """
    folder, original = tmp_path / "library", tmp_path / "original"

    def opened(settings):
        emulator = Emulator(
            settings,
            store_path=folder / "server.sqlite3",
            now=clock.timestamp,
            sleep=clock.sleep,
        )
        return Program(folder, emulator, clock, kind="media-library")

    def make(**settings):
        folder.mkdir()
        with closing((library := opened(Settings(**settings))).emulator):
            run = imported(library)
        folder.rename(original)
        while True:
            shutil.copytree(original, folder)
            with closing((library := opened(Settings(**settings))).emulator):
                yield library, run
            shutil.rmtree(folder)

    return make


@pytest.mark.no_cover
@pytest.mark.parametrize("parallel", [1, 2])
@pytest.mark.parametrize("show_archived", [True, False])
def test_stopped_at_every_event(make_copies, show_archived, parallel):
    """An archive whose result was not recorded is recognised, and not requested twice."""
    with closing(make_copies(show_archived=show_archived)) as copies:
        for at, (library, run) in enumerate(copies, start=1):
            is_stopped = stopped(partial(undo, library, run, parallel=parallel), at)
            again = undo(library, run)

            assert (again.exit_code, again.summary["refused"]) == (0, 0), again.summary
            assert again.summary["archived"] + again.summary["archivedBefore"] == 3
            check_undone(library)
            if not is_stopped:
                break

    assert at > 15


def test_import_between_two_undos(make_library):
    """An import between the two leaves the items of the interrupted undo alone."""
    library = make_library()
    run = imported(library)
    for at in count(1):
        if not stopped(partial(undo, library, run), at):
            break
        assert "import" not in library.run().requests

    check_undone(library)


@pytest.mark.parametrize("action", ["drop", "drop_after", "status_after"])
@pytest.mark.parametrize("show_archived", [True, False])
def test_lost_answers(make_library, action, show_archived):
    """After a lost answer the entry shows whether the request arrived."""
    library = make_library(show_archived=show_archived)
    run = imported(library)
    library.emulator.script(Fault(on=PATCH, action=action, status=502, nth=2))
    result = undo(library, run)

    assert (result.exit_code, result.summary["archived"]) == (0, 3), result
    check_undone(library)


def test_change_after_an_interrupted_undo(make_library):
    """An entry that was edited after the interruption is judged again, and left."""
    library = make_library()
    run = imported(library)
    library.emulator.script(Fault(on=PATCH, action="drop", times=30))
    assert undo(library, run).exit_code == 8
    library.emulator.forget_faults()
    library.emulator.edit(library.rows()["v1"]["mediaId"], title="By an editor")
    library.emulator.archive(library.rows()["v2"]["mediaId"])
    result = undo(library, run)

    assert (result.exit_code, result.summary["archived"]) == (3, 2), result.summary
    assert library.states() == {"v1": "success", "v2": "failed", "v3": "failed", "v4": "success"}
    assert not library.entries()["v1"]["isArchived"]


def test_stopped_by_a_signal(make_library):
    """After a SIGTERM the recorded archives stay, and the next call completes the rest."""
    library = make_library()
    run = imported(library)
    library.emulator.script(Fault(on="GET mediaLibrary", action="slow", seconds=60, nth=2))
    result = undo(library, run, stop_after=30)

    assert (result.exit_code, result.summary["archived"]) == (143, 2)
    assert library.ledger_runs()[0]["exitCode"] == 143
    assert undo(library, run).summary["archived"] == 1
    check_undone(library)


@pytest.mark.parametrize("action", ["drop", "drop_after"])
def test_run_whose_answer_was_lost(make_library, action):
    """Entries of a request without an answer are the run's own, whichever attempt created them."""
    library = make_library()
    library.emulator.script(Fault(on="POST import/mediaLibrary", action=action))
    library.write(images(2))
    library.run()
    run = library.ledger_runs()[0]["run"]
    while set(library.states().values()) != {"success"}:
        library.run()

    assert undo(library, run).summary["archived"] == 2


def test_entry_that_a_killed_run_created(make_library):
    """A later run finds by look-ups what a killed run created; it belongs to the killed run."""
    library = make_library()
    library.write(images(2))
    assert crash(library, events=Fuse(2))
    library.run()
    later, killed = [row["run"] for row in library.ledger_runs()]

    assert set(library.states().values()) == {"success"}
    assert undo(library, later).summary["items"] == 0
    assert undo(library, killed).summary["archived"] == 2


def test_killed_run_on_a_slow_server(make_program):
    """An item that two runs sent belongs to the one whose requests fit the times of the entry."""
    program = make_program(job_polls=0, job_seconds=6.0, repeat="skip")
    program.write(videos(2))
    assert crash(program, events=Fuse(2))
    program.run()
    later, killed = [row["run"] for row in program.ledger_runs()]
    assert {len(program.history(name)) for name in program.states()} == {2}
    assert set(program.states().values()) == {"success"}
    first = undo(program, killed)
    second = undo(program, later)

    # The job of the killed run ended after the later one had sent its items.
    assert [group["reason"] for group in first.summary["reasons"]] == ["a later run sent it again"]
    assert (first.summary["archived"], second.summary["archived"]) == (0, 2)


def test_item_that_failed_in_an_earlier_run(make_library, clock):
    """An item belongs to the run that created its entry, not to the one in which it failed."""
    library = make_library()
    library.emulator.script(Fault(on="POST import/mediaLibrary", action="status", status=400))
    library.write(images(1))
    library.run()
    clock.advance(30)
    while set(library.states().values()) != {"success"}:
        library.run(retry_failed=True)
    runs = [row["run"] for row in library.ledger_runs()]

    assert undo(library, runs[-1]).summary["archived"] == 0
    assert undo(library, runs[0]).summary["archived"] == 1
