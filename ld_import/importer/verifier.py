"""Asks the server for the items of a ledger, part by part, and records what differs."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ld_import.api import LivingdocsClient
from ld_import.clock import Clock
from ld_import.errors import RequestRefused, UnexpectedAnswer
from ld_import.importer.verify_files import FileCheck, FileResult, together
from ld_import.ledger import SqliteLedger
from ld_import.model import HeldItem
from ld_import.pipeline.delivery.lookup import is_nothing_found
from ld_import.verification.counts import Counts
from ld_import.verification.judge import Judge, Judgement
from ld_import.verification.progress import Progress, ProgressFile, Question

# As many ids as one request of the client has.
PART = 40
PARALLEL = 4
# After this many look-ups in a row that found nothing, the entries are taken to be gone.
MOST_FRUITLESS = 100

Entry = dict[str, Any]


class Verifier:
    """Checks the items that `progress` has not reached yet.

    If `files` is set, their stored files are asked for, too.
    """

    def __init__(
        self,
        ledger: SqliteLedger,
        client: LivingdocsClient,
        judge: Judge,
        file: ProgressFile,
        progress: Progress,
    ) -> None:
        """Ask through `client`; nothing is requested yet."""
        self.files: FileCheck | None = None
        self._ledger = ledger
        self._client = client
        self._judge = judge
        self._file = file
        self._progress = progress
        self._fruitless = 0

    async def run(self, clock: Clock, watch: Callable[[Progress], None]) -> None:
        """Check all items; `watch` is called after each part. Raises the errors of the client."""
        for items in self._parts():
            await clock.checkpoint()
            judgements = await self._judged(items)
            files = await self._files_of(items, judgements)
            self._note(items, judgements, files)
            watch(self._progress)

    def _parts(self) -> Iterator[list[HeldItem]]:
        question, size = self._progress.question, PART * PARALLEL
        if question.sample is None:
            while items := self._ledger.held_after(self._progress.row, size, question.system_name):
                yield items
            return
        rows = [row for row in self._sample(question) if row > self._progress.row]
        for at in range(0, len(rows), size):
            # Items may have left the ledger since the sample was drawn.
            if items := self._ledger.held_in(rows[at : at + size]):
                yield items

    def _sample(self, question: Question) -> list[int]:
        """Return the rows of the sample: the same ones in every call with its seed and total."""
        size = min(question.sample or 0, question.total)
        rng = random.Random(question.seed)  # noqa: S311 - a sample needs no secrecy
        places = set(rng.sample(range(question.total), size))
        rows = self._ledger.held_rows(question.system_name)
        return [row for place, row in enumerate(rows) if place in places]

    async def _files_of(
        self, items: Sequence[HeldItem], judgements: Sequence[Judgement]
    ) -> FileResult:
        if self.files is None:
            return FileResult()
        pairs = zip(items, judgements, strict=True)
        return await self.files.check([(item, one.entry) for item, one in pairs if one.entry])

    def _note(
        self, items: Sequence[HeldItem], judgements: Sequence[Judgement], files: FileResult
    ) -> None:
        counts = Counts(files=files.checked, files_not_checked=files.not_checked)
        counts.add(judgements)
        for mismatch in files.found:
            counts.note(mismatch)
        found = [one.mismatch for one in judgements if one.mismatch is not None] + files.found
        known = set(self._progress.names)
        names = [name for name in self._judge.names.all() if name not in known]
        self._file.add(items[-1].row, counts, names, found)
        self._progress.row = items[-1].row
        self._progress.counts.merge(counts)
        self._progress.names += names

    async def _judged(self, items: Sequence[HeldItem]) -> list[Judgement]:
        judgements = await self._asked(items)
        suspects = [
            item.row
            for item, one in zip(items, judgements, strict=True)
            if one.mismatch is not None
        ]
        # A run may have changed entry and ledger between the two readings.
        changed = [item for item in self._ledger.held_in(suspects) if item not in items]
        if not changed:
            return judgements
        again = dict(zip((item.row for item in changed), await self._asked(changed), strict=True))
        return [again.get(item.row, one) for item, one in zip(items, judgements, strict=True)]

    async def _asked(self, items: Sequence[HeldItem]) -> list[Judgement]:
        media_ids = [item.media_id for item in items if item.media_id]
        parts = [media_ids[at : at + PART] for at in range(0, len(media_ids), PART)]
        answers = await together([self._entries(part) for part in parts])
        entries = {name: entry for answer in answers for name, entry in answer.items()}
        return [await self._judgement(item, entries.get(item.media_id or "")) for item in items]

    async def _judgement(self, item: HeldItem, entry: Entry | None) -> Judgement:
        if entry is not None:
            return self._judge.found(item, entry)
        is_looked_up = bool(item.key.system_name) and self._fruitless < MOST_FRUITLESS
        other = await self._by_pair(item) if is_looked_up else None
        if other is not None and item.media_id in (None, other.get("id")):
            return self._judge.found(item, other)
        return self._judge.absent(item, other, is_looked_up=is_looked_up)

    async def _entries(self, media_ids: Sequence[str]) -> dict[str, Entry]:
        try:
            return await self._client.entries(media_ids)
        except RequestRefused as error:
            # A server may answer 404 if it has none of them.
            if is_nothing_found(error):
                return {}
            raise

    async def _by_pair(self, item: HeldItem) -> Entry | None:
        try:
            entry = await self._client.find_entry(item.key.system_name, item.key.external_id)
        except (RequestRefused, UnexpectedAnswer):
            # A server without this look-up: what is missing stays missing.
            self._fruitless = MOST_FRUITLESS
            return None
        self._fruitless = 0 if entry is not None else self._fruitless + 1
        return entry
