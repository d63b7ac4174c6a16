"""The last batches of a run: how many items remain, and the end of all jobs at about one time."""

from __future__ import annotations

from statistics import mean, median

import pytest

from ld_import.model import LearnedTimes, SendReason
from ld_import.pipeline.planning.batch_size import BatchSize, LearnedSize
from ld_import.pipeline.planning.last_batches import LastBatches
from ld_import.pipeline.tally import Tally
from tests.pipeline.planning.size_simulation import Server, Simulation

# Jobs of 500 items take ten seconds.
TIMES = LearnedTimes(500, 0.1, 0.02)


def learned(kept=TIMES):
    """Return a learned size."""
    return LearnedSize.of(kept, lambda size, why: None)


def sharing(to_send=1000, slots=4, size=None, most_items=None, **counts):
    """Return the rule for the last batches of a run that has decided to send so many items."""
    tally = Tally(**{"read": 1000, "is_read_to_end": True, **counts})
    tally.to_send[SendReason.NEW] = to_send
    return LastBatches(size or learned(), tally, slots, most_items)


def test_rest_is_shared_evenly():
    """Free slots get equal shares of what remains."""
    rest = sharing(to_send=1000, slots=4)
    sizes = []
    for _ in range(4):
        assert rest.is_next()
        sizes.append(rest.next_size(0.0))
        rest.begin(sizes[-1], 0.0)
    assert sum(sizes) == pytest.approx(1000, abs=10)
    assert max(sizes) - min(sizes) <= 10
    assert not rest.is_next() or rest.left() <= 10


def test_job_in_flight_counts_with_its_remaining_time():
    """A slot that is free while another job has just begun gets more than half of the rest."""
    rest = sharing(to_send=1000, slots=2)
    job = rest.begin(500, 0.0)
    assert rest.next_size(0.0) == 500
    assert rest.next_size(5.0) == pytest.approx(375, abs=5)
    # A job that takes longer than expected ends at any time.
    assert rest.next_size(50.0) == pytest.approx(250, abs=5)
    rest.end(job)
    assert rest.next_size(50.0) == pytest.approx(250, abs=5)


def test_last_slot_takes_a_small_rest():
    """Items that would take less than two seconds afterwards are added to the last job."""
    rest = sharing(to_send=920, slots=2)
    rest.begin(500, 0.0)
    assert rest.next_size(4.0) == pytest.approx(355 + 65, abs=5)
    assert rest.next_size(8.0) == pytest.approx(255, abs=5)


def test_two_last_jobs_of_a_slot_are_equal():
    """Time for a job and a half is two jobs of three quarters; for more than two, a whole one."""
    assert sharing(to_send=4 * 750).next_size(0.0) == pytest.approx(375, abs=5)
    assert sharing(to_send=4 * 1100).next_size(0.0) == 500
    assert not sharing(to_send=4 * 1100).is_next()


def test_short_jobs_are_not_divided():
    """A batch is not shortened below two seconds, or below the fixed time of a job."""
    assert sharing(to_send=200).next_size(0.0) == 100
    slow_start = learned(LearnedTimes(500, 6.0, 0.02))
    assert sharing(to_send=200, size=slow_start).next_size(0.0) == 300
    assert not sharing(to_send=200, size=learned(LearnedTimes(500, 0.0, 0.001))).is_next()


@pytest.mark.parametrize("size", [BatchSize(500), learned(None), learned(LearnedTimes(500))])
def test_unknown_times_shorten_nothing(size):
    """Neither a size that the user chose nor jobs of unknown times are shortened."""
    rest = sharing(to_send=200, size=size)
    assert not rest.is_next()
    assert rest.next_size(0.0) == size.size


def test_single_slot_shortens_nothing():
    """With one job at a time all slots end at the same time."""
    assert not sharing(slots=1).is_next()


@pytest.mark.parametrize(
    ("left", "counts"),
    [
        (400, {"is_read_to_end": True}),
        # Half of the records are read, and 40 % of them are to be sent.
        (800, {"is_read_to_end": False, "share": 0.5}),
        (None, {"is_read_to_end": False, "share": None}),
        # The last records are in a buffer.
        (400, {"is_read_to_end": False, "share": 1.0}),
    ],
    ids=str,
)
def test_items_left(left, counts):
    """The records that were not read are estimated from their bytes."""
    rest = sharing(to_send=400, **counts)
    assert rest.left() == left
    if left is not None:
        rest.begin(100, 0.0)
        assert rest.left() == left - 100
    assert rest.is_next() == (left is not None)


def test_new_records_at_the_end_are_expected():
    """After many unchanged records, the last chunk shows how many items follow."""
    rest = sharing(to_send=200, is_read_to_end=False, share=0.5)
    rest.note_chunk(200, 200)
    assert rest.left() == 1200
    rest.note_chunk(200, 0)
    assert rest.left() == 400


def test_limit_of_items_is_known():
    """No more items follow than the user allows."""
    assert sharing(to_send=400, is_read_to_end=False, share=0.1, most_items=600).left() == 600
    assert sharing(to_send=700, is_read_to_end=False, share=0.1, most_items=600).left() == 700


@pytest.mark.parametrize("slots", [2, 8])
def test_wrong_estimates_cost_few_jobs(slots):
    """Batches are shortened by as many whole ones as there are slots, and no more."""
    rest = sharing(to_send=0, slots=slots)
    items = 0
    for _ in range(10_000):
        # Again and again the end seems to be near.
        rest.tally.to_send[SendReason.NEW] = items + 100
        size = rest.next_size(0.0) if rest.is_next() else 500
        rest.end(rest.begin(size, 0.0))
        items += size
    assert 0 < 10_000 - items / 500 <= slots + 1


def imported(server, slots, seed, *, is_end_known):
    """Return time to the least possible, and jobs, of an import of about 200 seconds."""
    count = int(200 * slots / server.item_seconds * (0.93 + 0.02 * seed))
    size = learned(LearnedTimes(500, server.fixed_seconds, server.item_seconds))
    simulation = Simulation(server, size, count, slots, seed, is_end_known=is_end_known)
    return simulation.run() * slots / (count * server.item_seconds), len(simulation.durations)


@pytest.mark.parametrize("slots", [1, 2, 4, 8, 16])
def test_all_slots_end_together(slots):
    """The end costs about 1 % of 200 s; without knowing it, one job runs alone for up to 10 s.

    A run has as many more jobs as slots, at most.
    """
    server = Server(0.02, 0.05, noise=0.02)
    known, unknown = (
        [imported(server, slots, seed, is_end_known=is_known) for seed in range(8)]
        for is_known in (True, False)
    )
    # Polling takes 3 % at any number of slots.
    assert median(ratio for ratio, _ in known) <= 1.04
    assert max(ratio for ratio, _ in known) <= 1.05
    assert mean(jobs for _, jobs in known) <= mean(jobs for _, jobs in unknown) + slots
    if slots > 1:
        assert mean(ratio for ratio, _ in known) < mean(ratio for ratio, _ in unknown)
