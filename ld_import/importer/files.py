"""Joins manifest, storages and ledger for records with files: the look before, the preparation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ld_import.assets.base import (
    AssetSettings,
)
from ld_import.assets.control import Control
from ld_import.assets.executor import Executor, ThreadExecutor
from ld_import.assets.prepare import prepare_file
from ld_import.clock import Clock
from ld_import.importer.file_preparer import FilePreparer, asset_of
from ld_import.importer.file_states import SourceAsker
from ld_import.importer.planning import reader_of
from ld_import.importer.spec import ImportSpec
from ld_import.ledger import Ledger
from ld_import.pipeline.delivery.tools import RunTools
from ld_import.pipeline.files.feed import FilePlan, NotedRecords
from ld_import.pipeline.files.look import FileLook, LookCounts
from ld_import.pipeline.files.prepare import FilePreparation
from ld_import.pipeline.planning.chunk import ItemCheck
from ld_import.pipeline.planning.plan import Planner
from ld_import.pipeline.planning.plan_source import AskCheck, LocalPlan
from ld_import.pipeline.tally import Tally
from ld_import.preflight import ProjectCheck
from ld_import.wording import amount


def look_of(
    spec: ImportSpec,
    ledger: Ledger,
    asker: SourceAsker,
    checkpoint: Callable[[], None] | None = None,
) -> FileLook:
    """Return the stage that adds to records what is known of their files."""
    settings = spec.assets
    assert settings is not None
    return FileLook(
        reader=reader_of(spec, checkpoint),
        ledger=ledger,
        rules=spec.rules,
        ask=asker,
        asset_of=lambda stored: asset_of(settings, stored),
        redact=spec.redactor.redact,
        reprobe=settings.reprobe,
    )


class FileTools:
    """The parts of a run that handle files; `close` ends them."""

    def __init__(self, spec: ImportSpec) -> None:
        """Check the settings; nothing is opened. Raises UsageError."""
        assert spec.assets is not None
        self._spec = spec
        self._asker = SourceAsker(spec.assets)
        self._executor = executor_of(spec.assets)
        self._preparer = FilePreparer(spec, self._executor, self._media_of)
        self._planner: Planner | None = None
        self._look: FileLook | None = None
        self._stage: FilePreparation | None = None

    def look(self, ledger: Ledger, checkpoint: Callable[[], None] | None = None) -> FileLook:
        """Return the stage before the plan."""
        self._look = look_of(self._spec, ledger, self._asker, checkpoint)
        return self._look

    def plan(
        self, planner: Planner, look: FileLook, ask_check: AskCheck | None, clock: Clock
    ) -> FilePlan:
        """Return the source of decisions about the manifest; `clock` stops it."""
        self._planner = planner
        manifest = self._spec.manifest
        records = NotedRecords(manifest.records(), look, clock)
        return FilePlan(LocalPlan(planner, records.read(), manifest.position, ask_check), records)

    def preparation(self, tools: RunTools, tally: Tally) -> FilePreparation:
        """Return the stage after the plan."""
        self._stage = FilePreparation(self._preparer, tools, tally, self._check)
        return self._stage

    def _check(self) -> ItemCheck | None:
        return None if self._planner is None else self._planner.check

    def _media_of(self, handle: str) -> str | None:
        check = self._check()
        return check.media_of(handle) if isinstance(check, ProjectCheck) else None

    def summary(self) -> Mapping[str, Any]:
        """Return the counts of files for the summary of the run."""
        counts = {} if self._stage is None else dict(self._stage.summary())
        if self._look is not None:
            counts |= {"kept": self._look.counts.kept, "unasked": self._look.counts.unasked}
        return counts

    def notes(self) -> Iterator[str]:
        """Yield what the user should know about files that were used as they are stored."""
        if self._look is not None:
            yield from look_notes(self._look.counts)
        for group in self._stage.warnings.sorted() if self._stage is not None else ():
            which = (
                f" (first {group.external_id})" if group.count > 1 else f" ({group.external_id})"
            )
            yield f"{amount(group.count, 'file')}: {group.sentence}{which}"

    def stop(self) -> None:
        """Begin nothing more, and end what is in flight soon."""
        self._asker.stop()
        self._executor.stop()

    def close(self) -> None:
        """End all threads."""
        self._asker.close()
        self._executor.close()


def look_notes(counts: LookCounts) -> Iterator[str]:
    """Yield sentences about files that are used as they are stored."""
    if counts.kept:
        yield (
            f"{amount(counts.kept, 'file')} changed at the source, but the entries exist, so that"
            " nothing is uploaded for them; --on-existing patch replaces the files"
        )
    if counts.unasked:
        yield (
            f"{amount(counts.unasked, 'source')} could not be asked whether the file changed; the"
            f" stored one is used: {counts.problem}"
        )


def executor_of(settings: AssetSettings) -> Executor:
    """Return the executor of transfers: threads, or an existing cluster."""
    if settings.workers is not None:
        from ld_import.assets.cluster import ClusterExecutor

        return ClusterExecutor(settings.workers, bytes_per_second=settings.bytes_per_second)
    return ThreadExecutor(settings.transfers, prepare_file, Control(settings.bytes_per_second))
