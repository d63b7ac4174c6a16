"""New items with known URLs that are no doubles: the run goes on."""

from __future__ import annotations

import pytest

from tests.flow.new_ids import TOLD, renamed, stopped
from tests.flow.program import video, videos


@pytest.fixture
def program(make_program):
    """Return a program whose jobs finish at once."""
    return make_program(job_polls=0)


def test_first_import(program):
    """All is new, nothing is compared, whatever URLs repeat."""
    program.write([video(n, url="https://films.example/none.mp4") for n in range(1, 9)])

    assert program.run().tally.sent == 8


def test_first_import_of_another_target(program, make_emulator, clock):
    """The ledger knows the URLs of another server, which has no entries to double."""
    program.write(videos(5))
    program.run()
    program.write(renamed(videos(5)))
    program.url = "https://other.example"

    assert program.run(accept_new_ids=False).tally.sent == 5


def test_new_records_of_another_manifest(program):
    """A second manifest, or a delta, brings what nobody imported before."""
    program.write(videos(5))
    program.run()
    program.manifest = program.folder / "second.yaml"
    program.write([video(n) for n in range(6, 12)], source="second.jsonl")
    (program.folder / "second.jsonl").write_bytes((program.folder / "records.jsonl").read_bytes())

    assert program.run().tally.sent == 6


@pytest.mark.parametrize(("reused", "new"), [(2, 2), (3, 7), (19, 39), (20, 101)])
def test_some_urls_again_are_chance(program, reused, new):
    """Two never count; some are a handful unless they are half, many unless they are a fifth."""
    program.write(videos(20))
    program.run(batch_size=50)
    program.write(mixed(reused, new))

    assert program.run(batch_size=50).tally.sent == new


@pytest.mark.parametrize(("reused", "new"), [(3, 3), (3, 6), (19, 38), (20, 100)])
def test_many_urls_again_are_no_chance(program, reused, new):
    """From these on it is more than chance."""
    program.write(videos(20))
    program.run(batch_size=50)
    program.write(mixed(reused, new))

    assert f"{reused} {TOLD}" in stopped(program, batch_size=50)


def mixed(reused, new):
    """Return so many new records, of which some have URLs of earlier ones that are gone."""
    return renamed(videos(reused)) + [video(n) for n in range(1001, 1001 + new - reused)]


def test_two_records_with_one_url(program):
    """A film of two articles is no double, while both records are there."""
    program.write(videos(5))
    program.run()
    program.write(videos(5) + renamed(videos(5)))

    ended = program.run()

    assert (ended.exit_code, ended.tally.sent) == (0, 5)
    assert program.run().exit_code == 0


def test_two_records_with_one_url_under_new_ids(program):
    """Both of them would be created twice."""
    program.write(videos(3) + renamed(videos(3)))
    program.run()
    program.write(renamed(videos(3), "a") + renamed(videos(3), "b"))

    assert f"6 {TOLD}" in stopped(program)


@pytest.mark.parametrize("count", [6, 1100])
def test_old_records_behind_the_new_ones(program, count):
    """The earlier records of the URLs come last in the manifest, in a large one far behind."""
    program.write(videos(count))
    program.run(batch_size=1000)
    program.write(renamed(videos(count)) + videos(count))

    ended = program.run(batch_size=1000)

    assert (ended.exit_code, ended.tally.sent) == (0, count)


def test_placeholder(program):
    """One URL of many records says nothing, known or new."""
    nothing = {"url": "https://films.example/none.mp4"}
    program.write([video(n, **nothing) for n in range(1, 31)])
    program.run(batch_size=50)
    program.write([video(n, **nothing) for n in range(31, 61)])

    assert program.run(batch_size=50).tally.sent == 30


def test_placeholder_of_one(program):
    """One record had the URL that many have now."""
    nothing = {"url": "https://films.example/none.mp4"}
    program.write([video(1, **nothing)])
    program.run()
    program.write([video(n, **nothing) for n in range(2, 31)])

    assert program.run(batch_size=50).tally.sent == 29


def test_what_never_arrived(make_program):
    """An item that the server refused has no entry that could be there twice."""
    program = make_program(job_polls=0, fail_url={"films": "not found"})
    program.write(videos(3))
    assert program.run().tally.outcomes["failed"] == 3
    program.write(renamed(videos(3)))

    assert program.run().tally.sent == 3


def test_masked_urls(program):
    """Where only a secret tells URLs apart, they say nothing about the media."""
    signed = [video(n, url=f"https://films.example/get?token=secret{n}") for n in range(1, 11)]
    program.write(signed)
    program.run(batch_size=50)
    program.write(renamed(signed[:5]))

    assert program.run(batch_size=50).tally.sent == 5


def test_accepted_ids(program):
    """Once accepted, the new ids are those of the ledger."""
    program.write(videos(5))
    program.run()
    program.write(renamed(videos(5)))
    program.run(accept_new_ids=True)

    assert program.run().tally.sent == 0
    program.write(renamed(videos(5), "newer-"))
    assert f"5 {TOLD}" in stopped(program)


def test_part_of_a_manifest(program):
    """What `--only` and `--limit` would send is judged; the count is of the whole manifest."""
    program.write(videos(8))
    program.run(batch_size=50)
    program.write(renamed(videos(8)))

    assert f"8 {TOLD}" in stopped(program, limit=4)
    assert f"8 {TOLD}" in stopped(program, only=["new-v1", "new-v2", "new-v3"])
    assert program.run(limit=2).tally.sent == 2


def test_items_in_flight_count(make_program):
    """What an earlier run left with the server will be there, too."""
    program = make_program(job_polls=0)
    program.write(videos(3))
    program.run(no_wait=True)
    program.write(renamed(videos(3)))

    ended = program.run()

    assert ended.exit_code == 2
    assert f"3 {TOLD}" in str(ended.error)
    assert len(program.emulator.entries()) == 3


def test_new_ids_behind_many_new_records(program):
    """What is sent before is right; the rest is stopped, and the error says how much was sent."""
    program.write(videos(400))
    program.run(batch_size=1000)
    program.write([video(n) for n in range(5001, 6201)] + renamed(videos(400)))

    ended = program.run(batch_size=1000)

    assert ended.exit_code == 2
    assert f"400 {TOLD}" in str(ended.error)
    assert f"{ended.tally.sent:,} new entries were sent before" in str(ended.error)
    assert 1000 <= ended.tally.sent <= 1200
    held = {one["externalId"] for one in program.emulator.entries()}
    assert not any(name.startswith("new-") for name in held)


def test_library_entries_of_several_systems(library):
    """An entry's own system is part of its id, and may change with all else the same."""
    library.write([entry(n, f"town-{n % 2}") for n in range(6)])
    library.run()
    library.write([entry(n, f"city-{n % 2}") for n in range(6)])

    told = stopped(library)

    assert f"6 {TOLD}" in told
    assert "'p0' of 'town-0', and is 'p0' of 'city-0' now" in told


def test_library_entries_of_one_more_system(library):
    """Ids of one system are no ids of another, where the media differ."""
    library.write([entry(n, "town") for n in range(6)])
    library.run()
    library.write([entry(n, "city", "other") for n in range(6)])

    assert library.run().tally.sent == 6


def entry(number, system, folder="archive"):
    """Return an entry of a system of its own."""
    key = f"{folder}/{number}.pdf"
    return {
        "externalId": f"p{number}",
        "systemName": system,
        "mediaType": "file",
        "asset": {
            "key": key,
            "url": f"https://storage.example/{key}",
            "size": 100,
            "filename": f"{number}.pdf",
            "mimeType": "application/pdf",
        },
    }
