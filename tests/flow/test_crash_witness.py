"""The crash harness itself: it detects every violation."""

from __future__ import annotations

import sqlite3

import pytest

from ld_import.emulator import Fault
from tests.flow.crash_cases import CASES
from tests.flow.crash_stages import InMemory
from tests.flow.crash_witness import Findings, Witness, look
from tests.harness.crashing import Crash, Fuse
from tests.harness.program import Program
from tests.harness.records import names, video, videos

POST = "POST import/videos"
TITLES = {f"v{number}": f"Film {number}" for number in range(1, 4)}


@pytest.fixture
def witness(emulator):
    """Return a witness of a server with its documented behaviour."""
    return Witness(emulator)


@pytest.fixture
def program(tmp_path, witness, clock):
    """Return a program that has imported three videos."""
    program = Program(tmp_path, witness, clock)
    program.write(videos(3))
    assert program.run().exit_code == 0
    return program


def tamper(program, statement):
    """Change the ledger by hand."""
    db = sqlite3.connect(program.ledger_path, isolation_level=None)
    db.execute(statement)
    db.close()


def test_a_clean_run_is_without_findings(program, witness):
    """A clean run has no findings."""
    assert look(program, witness, TITLES) == Findings()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE item SET state = 'pending' WHERE external_id = 'v2'",
        "UPDATE batch SET settled_at = NULL",
    ],
)
def test_what_is_not_settled_is_lost(program, witness, statement):
    """A row without a settled outcome and an open batch count as lost."""
    tamper(program, statement)

    assert look(program, witness, TITLES) == Findings(lost=1)


def test_other_content_on_the_server_is_lost(program, witness):
    """An entry with other content than the manifest counts as lost."""
    assert look(program, witness, {**TITLES, "v1": "Another"}) == Findings(lost=1)


def test_own_entries_called_skipped_are_disowned(program, witness):
    """A skipped row of an own entry counts as disowned."""
    tamper(program, "UPDATE item SET state = 'skipped' WHERE external_id = 'v3'")

    assert look(program, witness, TITLES) == Findings(disowned=1)


def test_an_entry_replaced_twice_is_found(program, witness):
    """An entry that was updated more than once counts as twice."""
    for title in ("New", "Newer"):
        program.write([video(1, metadata={"title": title}), *videos(3)[1:]])
        program.run()

    assert look(program, witness, {**TITLES, "v1": "Newer"}).twice == 1


@pytest.mark.parametrize(
    ("reason", "expected"), [("no answer; sent again", (0, 1)), ("no answer", (1, 0))]
)
def test_repeated_request_needs_an_explanation(program, witness, reason, expected):
    """A repeated request is explained only by the attempt of the first request."""
    tamper(program, f"UPDATE item SET state = 'lost', reason = '{reason}'")
    tamper(program, "DELETE FROM block")
    program.run()
    found = look(program, witness, TITLES)

    assert (found.unexplained, found.sent_again) == expected


@pytest.mark.parametrize("at", [3, 4, 5, 6, 7])
def test_part_of_a_request_takes_no_effect(tmp_path, at):
    """The server acts on the last piece of a request and on nothing less."""
    case = next(case for case in CASES if case.name == "videos")
    stage = InMemory(case, tmp_path)
    stage.program.write(case.records())

    stage.run(at, {"batch_size": 2})

    # Steps: run recorded, batch recorded, connection, two pieces of head and of body, reading.
    assert len(stage.witness.posts) == 0
    stage.emulator.close()


def test_whole_request_takes_effect_without_its_sender(tmp_path):
    """A request whose last piece was sent takes effect even if its sender is dead."""
    case = next(case for case in CASES if case.name == "videos")
    stage = InMemory(case, tmp_path)
    stage.program.write(case.records())

    stage.run(8, {"batch_size": 2})

    assert [post.names for post in stage.witness.posts] == [("v1", "v2")]
    stage.emulator.close()


def test_nothing_happens_after_a_death():
    """After a crash no event of any task takes effect."""
    fuse = Fuse(1)

    for _ in range(2):
        with pytest.raises(Crash):
            fuse.burn()


def test_broken_connection_on_the_wire(witness, tmp_path, clock):
    """A scripted drop looks the same on the wire: the answer is lost, its items are found."""
    program = Program(tmp_path, witness, clock)
    program.write(videos(3))
    witness.script(Fault(on=POST, action="drop_after"))

    ended = program.run(steps=Fuse())

    assert ended.exit_code == 0
    assert program.states() == dict.fromkeys(names(3), "success")
