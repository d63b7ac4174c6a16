"""The preflight of a run: items that the server would refuse are not sent."""

from __future__ import annotations

from itertools import count

import pytest

from ld_import.emulator import Fault
from ld_import.emulator.settings import Token
from ld_import.events import Note, ProjectRead, Rejected, Warned
from tests.harness.crashing import Fuse
from tests.harness.program import crash
from tests.harness.projects import media_type, project_config
from tests.harness.records import names, video, videos

PROJECT = "GET projectConfig"
CONFIG = project_config(title="li-text", year="li-integer")


@pytest.fixture
def program(make_program):
    """Return a program whose server has a project with a title and a year."""
    return make_program(job_polls=0, project_config=CONFIG)


def run(program, **options):
    return program.run(no_preflight=False, **options)


def notes(ended):
    return [event.text for event in ended.events if isinstance(event, Note)]


def wrong(number):
    return video(number, metadata={"titel": "A", "year": "1999"})


def test_refused_items_are_invalid(program):
    """They are recorded with all reasons, and the others are sent."""
    program.write([video(1), wrong(2), video(3, mediaType="image")])

    ended = run(program)

    assert ended.exit_code == 3
    assert (ended.tally.invalid, ended.tally.refused, ended.tally.sent) == (2, 2, 1)
    assert program.states() == {"v1": "success", "v2": "invalid", "v3": "invalid"}
    rejected = [event.record for event in ended.events if isinstance(event, Rejected)]
    assert [record.line for record in rejected] == [2, 3]
    assert [problem.rule for problem in rejected[0].problems] == ["unknown-property", "wrong-type"]
    assert "did you mean `title`?" in program.rows()["v2"]["reason"]
    assert [event.project for event in ended.events if isinstance(event, ProjectRead)] == [
        "town-news"
    ]


def test_without_preflight_the_server_refuses(program):
    """The items are sent and fail, and the project is not requested."""
    program.write([video(1), wrong(2)])

    ended = program.run(no_preflight=True)

    assert (ended.tally.invalid, ended.tally.outcomes["failed"]) == (0, 1)
    assert program.emulator.requests[PROJECT] == 0


def test_nothing_to_send_needs_no_project(program):
    """The project is requested once in a run that sends, and not at all in one that does not."""
    records = videos(5)
    program.write(records)

    run(program, batch_size=1)
    first = program.emulator.requests[PROJECT]
    program.write([*records, video(1, url="https://films.example/other.mp4")])
    run(program)

    assert first == 1
    assert program.emulator.requests[PROJECT] == 1


def test_change_of_the_project_leaves_unchanged_items(make_program, make_emulator):
    """Imported items stay unchanged; only items to send are checked against the new project."""
    program = make_program(job_polls=0, project_config=CONFIG)
    program.write(videos(2))
    run(program)
    program.emulator = make_emulator(job_polls=0, project_config=project_config(name="li-text"))
    program.write([*videos(2), video(3)])

    ended = run(program)

    assert (ended.tally.invalid, ended.exit_code) == (1, 3)
    assert program.states() == {"v1": "success", "v2": "success", "v3": "invalid"}


def test_limit_counts_only_items_that_are_sent(program):
    """A refused item does not use up `--limit`."""
    program.write([wrong(1), wrong(2), video(3), video(4)])

    ended = run(program, limit=1)

    assert (ended.tally.invalid, ended.tally.sent, ended.tally.not_sent) == (2, 1, 1)
    assert program.states()["v3"] == "success"


def test_only_checks_the_requested_items(program):
    """Items that `--only` holds back are not checked."""
    program.write([wrong(1), video(2)])

    ended = run(program, only=["v2"])

    assert (ended.tally.invalid, ended.tally.sent, ended.exit_code) == (0, 1, 0)


def test_warnings_are_grouped_at_the_end(make_program):
    """One line for each rule and field has the count, the first lines and one example."""
    prop = {"handle": "title", "type": "li-text", "config": {"maxLength": 6}}
    config = {"mediaTypes": [media_type("video", "mediaVideo", [prop])]}
    program = make_program(job_polls=0, project_config=config)
    program.write([video(1, metadata={"title": "short"}), *videos(6)[1:]])
    program.write([video(number, metadata={"title": "too long"}) for number in range(1, 6)])

    ended = run(program)

    assert ended.exit_code == 0
    assert notes(ended) == [
        "5 records (line 1, 2, 3 …): `metadata.title` has 8 characters, the project asks for at"
        " most 6; shorten it"
    ]
    assert [event.remark.line for event in ended.events if isinstance(event, Warned)] == [
        1,
        2,
        3,
        4,
        5,
    ]


@pytest.mark.parametrize(
    ("settings", "faults", "said"),
    [
        ({}, [], "the server has no projectConfig at this API version (404)"),
        (
            {"tokens": {"demo-token": Token(scopes=("public-api:write",))}},
            [],
            "the token lacks the scope public-api:read, which shows the project (403)",
        ),
        (
            {"project_config": CONFIG},
            [Fault(on=PROJECT, action="html", status=200)],
            "the answer is not JSON",
        ),
    ],
)
def test_project_that_cannot_be_read(make_program, settings, faults, said):
    """One warning says why, and everything is sent unchecked."""
    program = make_program(job_polls=0, **settings)
    program.emulator.script(*faults)
    program.write(videos(2))

    ended = run(program)

    assert (ended.exit_code, ended.tally.outcomes["success"]) == (0, 2)
    (note,) = notes(ended)
    assert note.startswith("metadata are not checked before sending: ")
    assert said in note


def test_token_that_is_not_accepted(make_program):
    """The run ends with 5, as without the preflight: the import request is refused, too."""
    program = make_program(tokens={"demo-token": Token(expires_at=0)}, project_config=CONFIG)
    program.write(videos(2))

    ended = run(program)

    assert (ended.exit_code, notes(ended)) == (5, [])
    assert set(program.states().values()) == {"refused"}


def test_server_that_is_not_available(program):
    """The run ends with 8 before anything is sent, and the hint says how to go on without."""
    program.emulator.script(Fault(on=PROJECT, action="status", status=503, times=99))
    program.write(videos(2))

    ended = run(program)
    program.emulator.recover()

    assert ended.exit_code == 8
    assert ended.error is not None and "--no-preflight" in ended.error.hint
    assert program.emulator.entries() == []
    assert run(program).exit_code == 0


def test_crash_at_every_request(make_program):
    """A run that was killed before or after any request, also the first one, is completed."""
    for events in count(1):
        program = make_program(job_polls=0, project_config=CONFIG)
        program.write([*videos(4), wrong(5)])
        if not crash(program, events=Fuse(events), no_preflight=False):
            break

        assert run(program).exit_code == 3

        states = program.states()
        assert {states.pop("v5")} == {"invalid"}
        assert set(states) == set(names(4))
        assert set(states.values()) <= {"success", "skipped"}
        assert {entry["created"] for entry in program.emulator.entries()} == {1}

    assert events > 4
