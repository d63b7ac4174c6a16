"""How far a job is at a given moment: pure questions, no clock and no store.

A job is *worked* when its items are in the library, and *over* when its status says so. The two
are apart because a client that asks often must not make the server faster.
"""

from __future__ import annotations

from ld_import.emulator.faults import Fault, JobAction
from ld_import.emulator.records import Job
from ld_import.emulator.settings import Settings

# A job that nobody asks about gets its work done all the same, as on a real server.
UNASKED_SECONDS = 5.0


def fault_of(job: Job, action: JobAction) -> Fault | None:
    """Return the scripted fault of this action that struck the job."""
    found = (Fault.from_dict(each) for each in job.faults if each["action"] == action)
    return next(found, None)


def is_work_due(job: Job, settings: Settings, now: float) -> bool:
    """Say whether the server should have done the work of this job by now."""
    if fault_of(job, "stuck_job"):
        return False
    if job.webhook is not None and settings.webhook == "early":
        return True
    if now < job.ready_at:
        return False
    is_asked_enough = _patience(job, settings) == 0 or job.asked > _patience(job, settings)
    return is_asked_enough or settings.job_seconds > 0 or now >= job.ready_at + UNASKED_SECONDS


def due_jobs(unworked: list[Job], settings: Settings, now: float) -> list[Job]:
    """Return the jobs to work now, in order.

    Jobs are worked in the order of their submission, so one that is due takes along all before it;
    only a stuck job lets others pass.
    """
    last_due = max(
        (place for place, job in enumerate(unworked) if is_work_due(job, settings, now)), default=-1
    )
    return [job for job in unworked[: last_due + 1] if not fault_of(job, "stuck_job")]


def moment_of_work(job: Job, settings: Settings, now: float) -> float:
    """Return when the work was done, as the library will remember it.

    A timed job was done in its time, even when the next request comes only hours later.
    """
    return min(now, job.ready_at) if settings.job_seconds > 0 else now


def shown_state(job: Job, settings: Settings, now: float) -> str:
    """Return the state that a status question is answered with."""
    queued = fault_of(job, "unknown_state")
    if queued and job.asked <= queued.count:
        return queued.state or "queued"
    # A client that was notified must not hear afterwards that the job still runs.
    is_patience_over = job.asked > _patience(job, settings) or job.is_notified
    if job.worked_at is None or job.state is None or not is_patience_over:
        return "started"
    if fault_of(job, "lose_job"):
        return "lost"
    is_forgotten = (
        settings.lose_job_after is not None and now - job.worked_at >= settings.lose_job_after
    )
    return "lost" if is_forgotten else job.state


def ready_at(created_at: float, place_free_at: float | None, settings: Settings) -> float:
    """Return when a new job is ready, given when the job that holds its place will be."""
    starts_at = created_at if place_free_at is None else max(created_at, place_free_at)
    return starts_at + settings.job_seconds


def _patience(job: Job, settings: Settings) -> int:
    queued = fault_of(job, "unknown_state")
    return settings.job_polls + (queued.count if queued else 0)
