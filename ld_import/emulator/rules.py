"""Behaviour of the server: jobs and their progress, the quota, and the media library.

`now` is called once per step; nothing in this module waits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from http import HTTPStatus
from typing import Any

from ld_import.emulator import progress
from ld_import.emulator.answers import Refusal, no_such_entry
from ld_import.emulator.faults import Fault
from ld_import.emulator.job_runner import JobRunner
from ld_import.emulator.kinds import KINDS, ImportKind
from ld_import.emulator.library_import import LibraryImport
from ld_import.emulator.outbound import Outbound
from ld_import.emulator.patching import Patching, with_metadata
from ld_import.emulator.project import project_from
from ld_import.emulator.records import Cause, Entry, Job
from ld_import.emulator.settings import Settings
from ld_import.emulator.store import Store
from ld_import.emulator.wire import job_body, lost_body

QUOTA_SECONDS = 24 * 60 * 60
JOB_ID_LENGTH = 7
MEDIA_ID_LENGTH = 12
_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"


class Rules:
    """The server without HTTP: takes validated requests and returns JSON values."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        now: Callable[[], float],
        outbound: Outbound,
        seed: int,
    ) -> None:
        """`settings` may be replaced between requests. `seed` determines the generated ids.

        Raises InvalidProjectConfig, as does a replacement of the settings.
        """
        self.settings = settings
        self._store = store
        self.now = now
        self._outbound = outbound
        self._seed = seed
        self._restart_count = 0
        self._lost_keys: set[str] = set()

    @property
    def settings(self) -> Settings:
        """The behaviour of the server."""
        return self._settings

    @settings.setter
    def settings(self, settings: Settings) -> None:
        self.project = project_from(settings)
        self._settings = settings

    async def submit(
        self, kind: ImportKind, request: dict[str, Any], faults: Sequence[Fault]
    ) -> dict[str, Any]:
        """Accept a batch as a job and return its id. Raises a Refusal above the quota."""
        now = self.now()
        with self._store.transaction():
            used = self._store.items_since(kind.name, now - QUOTA_SECONDS)
            check_quota(self.settings, used, len(request[kind.name]))
            job = self._new_job(kind, request, faults, now)
            self._store.add_job(job)
        await self.advance()
        return {"id": job.job_id}

    async def status(self, kind: ImportKind, job_id: str) -> dict[str, Any]:
        """Answer a status request. It is counted, and may finish the job."""
        self._store.count_status_request(job_id, kind.name)
        await self.advance()
        job = self._store.job(job_id)
        if job is None or job.kind != kind.name:
            return lost_body(job_id)
        return job_body(job, self.settings, self.now())

    async def advance(self) -> None:
        """Work every due job exactly once, in the order of submission."""
        for job in progress.due_jobs(self._store.unworked_jobs(), self.settings, self.now()):
            kind = KINDS[job.kind].configured(self.settings)
            downloads = (
                await self._outbound.downloads_of(job, kind) if self.settings.download else {}
            )
            with self._store.transaction():
                current = self._store.job(job.job_id)
                # During the download another request may have worked this job.
                if current is None or current.worked_at is not None:
                    continue
                worked_at = progress.moment_of_work(job, self.settings, self.now())
                state, results = JobRunner(
                    store=self._store,
                    settings=self.settings,
                    project=self.project,
                    kind=kind,
                    job=job,
                    now=worked_at,
                    new_media_id=self._new_media_id,
                    downloads=downloads,
                ).run()
                self._store.close_job(job.job_id, worked_at=worked_at, state=state, results=results)

    async def import_entries(self, entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Import entries synchronously and return the result of each, in order."""
        await self.advance()
        with self._store.transaction():
            return LibraryImport(
                store=self._store,
                settings=self.settings,
                project=self.project,
                now=self.now(),
                new_media_id=self._new_media_id,
            ).run(entries)

    async def patch(self, media_id: str, request: dict[str, Any], version: str) -> None:
        """Apply all operations of a request to an entry, or refuse it and change nothing."""
        await self.advance()
        patching = Patching(
            settings=self.settings, project=self.project, version=version, now=self.now()
        )
        with self._store.transaction():
            entry = self._store.entry(media_id)
            if entry is None:
                raise no_such_entry(media_id)
            changed = patching.patched(entry, request)
            self._store.keep_version(changed, "patch", request["patches"])

    def edit(self, media_id: str, changes: Mapping[str, Any]) -> None:
        """Set metadata as an editor would, as a new version of the entry."""
        self._change(media_id, "edit", lambda entry: with_metadata(entry, changes))

    def archive(self, media_id: str) -> None:
        """Archive an entry as an editor would, as a new version of it."""
        self._change(media_id, "archive", lambda entry: replace(entry, is_archived=True))

    def lose_file(self, media_id: str) -> None:
        """Delete the stored file of an entry."""
        entry = self._store.entry(media_id)
        if entry is None:
            raise LookupError(f"unknown entry {media_id} in the media library")
        self._lost_keys.add(entry.asset["key"])

    def image_of(self, key: str) -> Entry:
        """Return the entry of a stored image, or refuse the request for it."""
        entry = next((entry for entry in self._store.entries_of_key(key)), None)
        is_image = entry is not None and entry.mime_type.startswith("image/")
        if entry is None or not is_image or key in self._lost_keys:
            raise Refusal(HTTPStatus.NOT_FOUND, {"message": "No image found."})
        if entry.is_revoked:
            message = "The requested image is revoked or marked as invalid"
            raise Refusal(HTTPStatus.FORBIDDEN, {"message": message})
        return entry

    def restart(self) -> None:
        """Delete all jobs, worked or not."""
        self._store.forget_jobs()
        self._restart_count += 1

    async def entries_of_ids(self, media_ids: Sequence[str]) -> list[Entry]:
        """Return the visible entries with these ids, in the given order."""
        await self.advance()
        return self._visible(self._store.entries_of_ids(media_ids))

    async def entries_of_pair(self, system_name: str, external_id: str) -> list[Entry]:
        """Return the visible entry of a pair as a list of at most one."""
        await self.advance()
        entry = self._store.entry_of_pair(system_name, external_id)
        return self._visible([entry] if entry else [])

    async def notify(self) -> None:
        """Notify the webhooks of finished jobs. Each job is notified in one call only."""
        if self.settings.webhook == "never":
            return
        times = 2 if self.settings.webhook == "twice" else 1
        jobs = self._store.unnotified_jobs()
        # All jobs are marked before the first delivery, during which another request may end.
        for job in jobs:
            self._store.mark_notified(job.job_id)
        for job in jobs:
            if not progress.fault_of(job, "lose_job"):
                await self._outbound.notify(job, times=times)

    def _change(self, media_id: str, cause: Cause, change: Callable[[Entry], Entry]) -> None:
        with self._store.transaction():
            entry = self._store.entry(media_id)
            if entry is None:
                raise LookupError(f"unknown entry {media_id} in the media library")
            self._store.keep_version(
                replace(change(entry), version=entry.version + 1, updated_at=self.now()), cause
            )

    def _new_job(
        self, kind: ImportKind, request: dict[str, Any], faults: Sequence[Fault], now: float
    ) -> Job:
        slots = self.settings.jobs_at_once
        slot_free_at = self._store.ready_at_of_recent(slots) if slots else None
        number = self._store.count_jobs() + 1
        return Job(
            job_id=self._job_id(number, now),
            kind=kind.name,
            system_name=request["systemName"],
            items=request[kind.name],
            context=request.get("context"),
            webhook=request.get("webhook"),
            faults=[fault.to_dict() for fault in faults],
            created_at=now,
            ready_at=progress.ready_at(now, slot_free_at, self.settings),
        )

    def _job_id(self, number: int, now: float) -> str:
        if self.settings.job_ids == "counted":
            return str(number)
        return _id_from(f"{self._seed} job {self._restart_count} {number} {now}", JOB_ID_LENGTH)

    def _new_media_id(self) -> str:
        number = self._store.count_entries() + 1
        return _id_from(f"{self._seed} media {number} {self.now()}", MEDIA_ID_LENGTH)

    def _visible(self, entries: list[Entry]) -> list[Entry]:
        delay = self.settings.read_delay
        horizon = self.now() - delay
        # Without a delay, entries of the future are visible too: the clock may have been set back.
        shown = [entry for entry in entries if not delay or entry.created_at <= horizon]
        return [entry for entry in shown if self.settings.show_archived or not entry.is_archived]


def _id_from(text: str, length: int) -> str:
    """Return a short lower-case id that depends only on the text."""
    number = int.from_bytes(blake2b(text.encode(), digest_size=16).digest(), "big")
    digits = [_LETTERS[number // 36**digit % 36] for digit in range(length)]
    return "".join(digits)


def check_quota(settings: Settings, used: int, item_count: int) -> None:
    """Refuse a batch that would exceed the quota: `used` counts the items of the last 24 hours."""
    limit = settings.quota
    if limit is None or used + item_count <= limit:
        return
    # Line breaks and blanks as in the vendor's message.
    message = (
        f"Your plan does not allow you to upload more than {limit} per day.\n"
        f"      You already uploaded {used} in the last 24 hours and are trying to upload"
        f" {item_count} more.\n"
        "      Please try again later."
    )
    wait = settings.retry_after
    headers = {} if wait is None else {"Retry-After": str(wait)}
    raise Refusal(
        HTTPStatus.TOO_MANY_REQUESTS,
        {"message": message},
        headers=headers,
        as_array=settings.quota_as_array,
    )
