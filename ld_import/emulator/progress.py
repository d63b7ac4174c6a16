"""Progress of a job at a given time, as pure functions without clock or store.

A job is *worked* once its items are in the library, and *over* once its status reports it. The two
differ, so that frequent polling does not make the server faster.
"""

from __future__ import annotations

from ld_import.emulator.faults import Fault, JobAction
from ld_import.emulator.records import Job
from ld_import.emulator.settings import Settings

# A job without status requests is worked after this time, as on a real server.
UNPOLLED_SECONDS = 5.0


def fault_of(job: Job, action: JobAction) -> Fault | None:
    """Return the fault of the job with this action, or None."""
    faults = (Fault.from_dict(members) for members in job.faults if members["action"] == action)
    return next(faults, None)


def is_work_due(job: Job, settings: Settings, now: float) -> bool:
    """Whether the server should have worked this job by now."""
    if fault_of(job, "stuck_job"):
        return False
    if job.webhook is not None and settings.webhook == "early":
        return True
    if now < job.ready_at:
        return False
    polls = _required_polls(job, settings)
    is_polled_enough = polls == 0 or job.asked > polls
    return is_polled_enough or settings.job_seconds > 0 or now >= job.ready_at + UNPOLLED_SECONDS


def due_jobs(unworked: list[Job], settings: Settings, now: float) -> list[Job]:
    """Return the jobs to work now, in order.

    Jobs are worked in the order of submission, so a due job includes all jobs before it, except
    stuck ones.
    """
    last_due = max(
        (index for index, job in enumerate(unworked) if is_work_due(job, settings, now)), default=-1
    )
    return [job for job in unworked[: last_due + 1] if not fault_of(job, "stuck_job")]


def moment_of_work(job: Job, settings: Settings, now: float) -> float:
    """Return the time of the work, as stored in the library.

    A job with a duration was worked when it was ready, even if the next request comes hours later.
    """
    return min(now, job.ready_at) if settings.job_seconds > 0 else now


def shown_state(job: Job, settings: Settings, now: float) -> str:
    """Return the state in the answer to a status request."""
    queued = fault_of(job, "unknown_state")
    if queued and job.asked <= queued.count:
        return queued.state or "queued"
    # After its notification, a job is never reported as running.
    is_over = job.asked > _required_polls(job, settings) or job.is_notified
    if job.worked_at is None or job.state is None or not is_over:
        return "started"
    if fault_of(job, "lose_job"):
        return "lost"
    is_expired = (
        settings.lose_job_after is not None and now - job.worked_at >= settings.lose_job_after
    )
    return "lost" if is_expired else job.state


def ready_at(created_at: float, slot_free_at: float | None, settings: Settings) -> float:
    """Return when a new job is ready, given the time when its slot becomes free."""
    starts_at = created_at if slot_free_at is None else max(created_at, slot_free_at)
    return starts_at + settings.job_seconds


def _required_polls(job: Job, settings: Settings) -> int:
    queued = fault_of(job, "unknown_state")
    return settings.job_polls + (queued.count if queued else 0)
