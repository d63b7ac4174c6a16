"""The learned size of batches: the rule, and its result on simulated servers."""

from __future__ import annotations

import pytest

from ld_import.model import LearnedTimes
from ld_import.pipeline.planning.batch_size import BatchSize, LearnedSize
from tests.pipeline.planning.size_simulation import Server, Simulation

MINUTE = 60.0
# At most this much longer than with the best fixed size.
AIM = 1.1
# Sizes after a failure are halves of others: they miss the best one by up to a factor of two.
AIM_WITH_FAILURES = 7 / 6


def learner(kept=None):
    """Return a learned size, and the list of its changes."""
    changes = []
    return LearnedSize.of(kept, lambda size, why: changes.append((size, why))), changes


def after(*jobs, kept=None):
    """Return the size after exact times of jobs, each as (items, seconds)."""
    size, _ = learner(kept)
    for items, seconds in jobs:
        size.note_job(items, seconds, seconds)
    return size.size


def test_fixed_size_stays():
    """A size that the user chose never changes, and is not kept."""
    size = BatchSize(40)
    size.note_job(40, 500.0, 500.0)
    size.note_failure(40)
    assert (size.mode, size.first, size.size, size.learned()) == ("fixed", 40, 40, None)


def test_quick_jobs_double():
    """The size begins with 100, doubles after each quick job of that size, and ends at 1,000."""
    size, changes = learner()
    for _ in range(6):
        size.note_job(size.size, 0.1, 0.1)
    assert [to for to, _ in changes] == [200, 400, 800, 1000]
    assert changes[0][1] == "a job of 100 took 0.1 s"
    assert (size.mode, size.first, size.size) == ("auto", 100, 1000)


def test_parallel_jobs_double_once():
    """Jobs of one size, in flight together, double it once; small ones do not enlarge it."""
    assert after((100, 0.1), (100, 0.1), (100, 0.1)) == 200
    assert after((100, 0.1), (3, 0.1)) == 200


def test_long_jobs_shrink_at_once():
    """One job is enough to find that later ones must be much smaller."""
    assert after((100, 1000.0)) == 4
    assert after((100, 50.0)) == 20


def test_size_below_ten_needs_a_reason():
    """Jobs of ten items may take longer than ten seconds, but not nearly a minute."""
    assert after((100, 300.0)) == 10
    assert after((100, 600.0)) == 6


def test_fixed_time_is_worth_larger_jobs():
    """With a long fixed time, jobs take longer than ten seconds, but less than a minute."""
    jobs = [(100, 15.0), (200, 20.0)]
    assert after(*jobs) == 400
    assert 580 <= after(*jobs, (400, 30.0)) <= 600


def test_late_question_teaches_nothing():
    """A job that had ended before the first status request does not seem to be slow."""
    size, changes = learner(LearnedTimes(500, 0.1, 0.02))
    size.note_job(500, 0.0, 40.0)
    assert not changes
    size.note_job(500, 38.0, 42.0)
    assert size.size < 500


def test_failed_jobs_halve_once():
    """Jobs that fail as a whole halve the size, several of one size only once."""
    size, changes = learner()
    for _ in range(3):
        size.note_failure(100)
    assert [to for to, _ in changes] == [50]
    assert changes[0][1] == "a job of 100 failed as a whole"
    size.note_failure(1)
    assert size.size == 1


def test_size_after_failures_grows_again():
    """After five jobs that succeed, larger ones are tried; if they fail, after four times more."""
    size, _ = learner()
    size.note_failure(100)
    trials = []
    for number in range(60):
        before = size.size
        size.note_job(before, 0.1, 0.1)
        if size.size > 50:
            trials.append(number)
            size.note_failure(size.size)
    assert trials == [4, 24]


@pytest.mark.parametrize(
    "kept",
    [
        LearnedTimes(100),
        LearnedTimes(700, 5.0, 0.05),
        LearnedTimes(50, 0.5, 0.01, most=50),
    ],
)
def test_learned_is_kept(kept):
    """A run keeps the times it began with, and keeps nothing if it had none."""
    size, _ = learner(kept)
    learned = size.learned()
    if kept.fixed_seconds is None:
        assert learned is None
        return
    assert (learned.size, learned.most) == (kept.size, kept.most)
    assert learned.fixed_seconds == pytest.approx(kept.fixed_seconds)
    assert learned.item_seconds == pytest.approx(kept.item_seconds)


def test_impossible_memory_is_limited():
    """A size outside of the limits, from a ledger that someone edited, is limited."""
    assert learner(LearnedTimes(5000))[0].size == 1000
    assert learner(LearnedTimes(0))[0].size == 1


SERVERS = [
    Server(item_seconds, fixed_seconds, is_polled=is_polled)
    for item_seconds in (0.005, 0.02, 0.1, 0.5, 2.0, 10.0)
    for fixed_seconds in (0.05, 1.0, 5.0)
    for is_polled in (True, False)
]


def best_fixed_seconds(server, count, parallel):
    """Return the time with the best of some fixed sizes whose jobs take no longer than a minute."""
    times = (MINUTE, MINUTE / 2, MINUTE / 4, MINUTE / 8)
    sizes = {(most - server.fixed_seconds) / server.item_seconds for most in times}
    limited = {int(min(max(size, 1), 1000, server.most_items)) for size in sizes}
    return min(Simulation(server, BatchSize(size), count, parallel).run() for size in limited)


@pytest.mark.parametrize("parallel", [2, 8])
@pytest.mark.parametrize("server", SERVERS, ids=str)
def test_servers(server, parallel):
    """An import of 15 minutes ends within 10 % of the best fixed size, and so does the next one.

    Only jobs of the first size, as many as are in flight at once, may take more than a minute.
    """
    count = int(max(900 / server.item_seconds, 400) * parallel)
    best = best_fixed_seconds(server, count, parallel)
    size, _ = learner()
    first = Simulation(server, size, count, parallel)
    assert first.run() <= AIM * best
    next_size, _ = learner(size.learned())
    second = Simulation(server, next_size, count, parallel, seed=3)
    assert second.run() <= AIM * best
    long = [items for items, seconds in first.durations if seconds > MINUTE]
    assert set(long) <= {100} and len(long) <= parallel
    assert [job for job in second.durations if job[1] > MINUTE] == []


@pytest.mark.parametrize(
    "server",
    [
        Server(0.02, 0.5, most_items=300),
        Server(0.02, 0.5, most_items=30),
        Server(0.02, 0.5, failures=0.02),
        Server(0.1, 0.5, failures=0.05),
    ],
    ids=str,
)
def test_servers_with_failures(server):
    """Jobs that fail, because they are large or by chance, cost a sixth of the time at most."""
    best = best_fixed_seconds(server, 60_000, 2)
    size, _ = learner()
    assert Simulation(server, size, 60_000).run() <= AIM_WITH_FAILURES * best
