"""New items with known URLs that are not duplicates: the run continues."""

from __future__ import annotations

import pytest

from tests.flow.new_ids import TOLD, renamed, stopped
from tests.harness.records import video, videos

# Whole programs, whose lines other tests cover.
pytestmark = pytest.mark.no_cover


@pytest.fixture
def program(make_program):
    """Return a program whose jobs finish at once."""
    return make_program(job_polls=0)


def test_first_import(program):
    """A first import compares no URLs."""
    program.write([video(n, url="https://films.example/none.mp4") for n in range(1, 9)])

    assert program.run().tally.sent == 8


def test_first_import_of_another_target(program, make_emulator, clock):
    """URLs known from another target are not compared."""
    program.write(videos(5))
    program.run()
    program.write(renamed(videos(5)))
    program.url = "https://other.example"

    assert program.run(accept_new_ids=False).tally.sent == 5


def test_new_records_of_another_manifest(program):
    """A second manifest or a delta with new records is imported."""
    program.write(videos(5))
    program.run()
    program.manifest = program.folder / "second.yaml"
    program.write([video(n) for n in range(6, 12)], source="second.jsonl")
    (program.folder / "second.jsonl").write_bytes((program.folder / "records.jsonl").read_bytes())

    assert program.run().tally.sent == 6


@pytest.mark.parametrize(("reused", "new"), [(2, 2), (3, 7), (19, 39), (20, 101)])
def test_some_urls_again_are_chance(program, reused, new):
    """Few repeated URLs are chance: never two; a handful below half; many below a fifth."""
    program.write(videos(20))
    program.run(batch_size=50)
    program.write(mixed(reused, new))

    assert program.run(batch_size=50).tally.sent == new


@pytest.mark.parametrize(("reused", "new"), [(3, 3), (3, 6), (19, 38), (20, 100)])
def test_many_urls_again_are_no_chance(program, reused, new):
    """Repeated URLs above these shares stop the run."""
    program.write(videos(20))
    program.run(batch_size=50)
    program.write(mixed(reused, new))

    assert f"{reused} {TOLD}" in stopped(program, batch_size=50)


def mixed(reused, new):
    """Return new records, some with URLs of earlier records that are missing now."""
    return renamed(videos(reused)) + [video(n) for n in range(1001, 1001 + new - reused)]


def test_two_records_with_one_url(program):
    """Two records with one URL are not duplicates as long as both exist."""
    program.write(videos(5))
    program.run()
    program.write(videos(5) + renamed(videos(5)))

    ended = program.run()

    assert (ended.exit_code, ended.tally.sent) == (0, 5)
    assert program.run().exit_code == 0


def test_two_records_with_one_url_under_new_ids(program):
    """Two records with one URL stop the run if both have new ids."""
    program.write(videos(3) + renamed(videos(3)))
    program.run()
    program.write(renamed(videos(3), "a") + renamed(videos(3), "b"))

    assert f"6 {TOLD}" in stopped(program)


@pytest.mark.parametrize("count", [6, 1100])
def test_old_records_behind_the_new_ones(program, count):
    """Old records far behind the new ones in the manifest are found."""
    program.write(videos(count))
    program.run(batch_size=1000)
    program.write(renamed(videos(count)) + videos(count))

    ended = program.run(batch_size=1000)

    assert (ended.exit_code, ended.tally.sent) == (0, count)


def test_placeholder(program):
    """A placeholder URL of many records is ignored."""
    nothing = {"url": "https://films.example/none.mp4"}
    program.write([video(n, **nothing) for n in range(1, 31)])
    program.run(batch_size=50)
    program.write([video(n, **nothing) for n in range(31, 61)])

    assert program.run(batch_size=50).tally.sent == 30


def test_placeholder_of_one(program):
    """A URL that one record had and many have now is ignored."""
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
    """URLs that differ only in a secret do not identify the media."""
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
    """With `--only` and `--limit` the selected items are compared, the whole manifest counted."""
    program.write(videos(8))
    program.run(batch_size=50)
    program.write(renamed(videos(8)))

    assert f"8 {TOLD}" in stopped(program, limit=4)
    assert f"8 {TOLD}" in stopped(program, only=["new-v1", "new-v2", "new-v3"])
    assert program.run(limit=2).tally.sent == 2


def test_items_in_flight_count(make_program):
    """Items in flight from an earlier run count as known."""
    program = make_program(job_polls=0)
    program.write(videos(3))
    program.run(no_wait=True)
    program.write(renamed(videos(3)))

    ended = program.run()

    assert ended.exit_code == 2
    assert f"3 {TOLD}" in str(ended.error)
    assert len(program.emulator.entries()) == 3


def test_new_ids_behind_many_new_records(program):
    """New ids behind many new records stop the rest; the error says how many were sent."""
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
    """The systemName of an entry is part of its id and may change."""
    library.write([entry(n, f"town-{n % 2}") for n in range(6)])
    library.run()
    library.write([entry(n, f"city-{n % 2}") for n in range(6)])

    told = stopped(library)

    assert f"6 {TOLD}" in told
    assert "'p0' of 'town-0', and is 'p0' of 'city-0' now" in told


def test_library_entries_of_one_more_system(library):
    """Equal ids of two systems are different items if their media differ."""
    library.write([entry(n, "town") for n in range(6)])
    library.run()
    library.write([entry(n, "city", "other") for n in range(6)])

    assert library.run().tally.sent == 6


def entry(number, system, folder="archive"):
    """Return an entry with its own systemName."""
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
