"""The time left: sensible for runs of every shape, though items to send take far longer."""

from __future__ import annotations

import random

import pytest

from ld_import.cli.output.counters import RunCounters
from ld_import.events import Waiting
from tests.cli.output.boards import Watch, make_board, planned, settled, submitted
from tests.cli.output.simulated import SimulatedRun

MANY = 10_000
NEW, UNCHANGED = [True] * MANY, [False] * MANY


def mixed(share):
    rng = random.Random(1)
    return [rng.random() < share for _ in range(20 * MANY)]


def slower_and_slower(now):
    return 2.0 if now < 110 else 10.0


def estimates(records, *, settled_before=None, limit=None, only=None, **options):
    """Play a run; return the estimates divided by the real time left, by the part of the run."""
    watch = Watch()
    start = watch.seconds
    most = len(only) if only is not None else limit
    board = RunCounters(watch, most, settled_before)
    duration, samples = SimulatedRun(
        board, watch, records, limit=limit, only=only, **options
    ).play()
    return duration, {
        part: min(samples, key=lambda sample: abs(sample[0] - start - part * duration))[1]
        for part in (0.25, 0.5, 0.75, 0.9)
    }


@pytest.mark.parametrize(
    ("records", "options"),
    [
        (NEW, {}),
        (UNCHANGED * 9 + NEW, {}),
        (NEW + UNCHANGED * 9, {"settled_before": 9 * MANY}),
        (UNCHANGED * 100, {}),
        (mixed(0.05), {}),
        (NEW, {"batch_seconds": slower_and_slower}),
        (NEW * 20, {"limit": 5_000}),
    ],
    ids=["new", "new at the end", "new at the start", "unchanged", "mixed", "slower", "limit"],
)
def test_estimate_is_near_the_truth(records, options):
    """From a quarter of the run on, the estimate is neither double nor half of the real time."""
    duration, found = estimates(records, **options)

    for part, left in found.items():
        real = duration * (1 - part)
        assert left is not None
        assert real / 2.7 <= left <= 2 * real + 3, (part, left, real)


@pytest.mark.parametrize("options", [{"limit": 500}, {"only": {5, 100, 150_000}}])
def test_small_part_of_a_large_manifest(options):
    """A run of a few items does not estimate the time for all records of the manifest."""
    duration, found = estimates(NEW * 20, **options)

    assert duration < 20
    assert all(left is None or left < 2 * duration for left in found.values())


def test_new_records_before_known_ones_without_an_earlier_run():
    """Without an earlier run the rest is expected to be like the records read so far."""
    duration, found = estimates(NEW + UNCHANGED * 9)

    assert found[0.5] > 5 * duration


def test_earlier_run_over_another_manifest_is_ignored():
    """An earlier run with more records than this manifest says nothing about its rest."""
    duration, found = estimates(NEW, settled_before=50 * MANY)

    assert 0.5 <= found[0.5] / (duration * 0.5) <= 2


def test_waiting_does_not_slow_the_estimate():
    """The time in which a run waits for the quota counts for no speed."""
    watch = Watch()
    board = make_board(watch)
    board.update(planned(1000, to_send=1000, share=0.5))
    board.update(submitted(1))
    watch.seconds += 10
    board.update(settled(1, success=500))
    before = board.seconds_left()
    board.update(Waiting("quota", 3600))
    assert board.seconds_left() is None
    watch.seconds += 3600

    assert board.seconds_left() == pytest.approx(before, rel=0.01)


def test_import_without_jobs():
    """In an import without jobs, items are settled at once; the estimate uses the time between."""
    watch = Watch()
    board = make_board(watch)
    board.update(planned(1000, to_send=1000, share=1.0))
    for batch in range(1, 6):
        watch.seconds += 2
        board.update(settled(batch, job=False, success=100))

    assert board.seconds_left() == pytest.approx(10, rel=0.1)


@pytest.mark.parametrize(
    ("event", "most", "text", "noun"),
    [
        (planned(100, to_send=100, share=1.0), None, "40 of 100", "record"),
        (planned(1000, to_send=100, share=1.0), None, "940 of 1,000", "record"),
        (planned(1000, to_send=100, share=0.3), None, "940 of ~3,330", "record"),
        (planned(98_765, to_send=100, share=0.5), None, "98,705 of ~198,000", "record"),
        (planned(1000, to_send=100, share=0.3), 100, "40 of 100", "item"),
        (planned(1000, to_send=50, share=0.3), 100, "990 of ~3,330", "record"),
        (planned(1000, to_send=1000, share=0.3), 0, "1,000 of ~3,330", "record"),
    ],
)
def test_extent(event, most, text, noun):
    """Progress counts records; once the limit of items to send is reached, these."""
    board = RunCounters(Watch(), most)
    board.update(settled(1, success=40))
    board.update(event)

    extent = board.extent()

    assert extent is not None
    assert (extent.text("~"), extent.noun) == (text, noun)


def test_extent_of_unknown_size():
    """Before anything is known about the size of a manifest, there is no total."""
    board = make_board(Watch())
    board.update(planned(100, share=None))

    assert board.extent() is None
    assert board.seconds_left() is None
