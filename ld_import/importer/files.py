"""Joins manifest, storages and ledger for records with files: the look before, the preparation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from hashlib import blake2b
from typing import Any

import orjson

from ld_import.assets.base import (
    MEDIA,
    SUFFIX,
    AssetSettings,
    FileProblem,
    FileResult,
    FileTask,
    Given,
    NotPrepared,
    Prepared,
    SourceState,
)
from ld_import.assets.control import Control
from ld_import.assets.executor import Executor, ThreadExecutor
from ld_import.assets.key import asset_key, asset_url
from ld_import.assets.prepare import prepare_file
from ld_import.assets.source import close_sources, state_of
from ld_import.clock import Clock
from ld_import.errors import LdImportError, ManifestError, UsageError
from ld_import.importer.planning import reader_of
from ld_import.importer.spec import ImportSpec
from ld_import.kinds.media_library.files import with_asset
from ld_import.ledger import Ledger
from ld_import.manifest.templating.compiler import Templates
from ld_import.manifest.templating.slots import Slot
from ld_import.model import Entry, Invalid, Item, ItemKey, StoredFile, Target, Upload
from ld_import.pipeline.delivery.tools import RunTools
from ld_import.pipeline.files.feed import FilePlan, NotedRecords
from ld_import.pipeline.files.look import FileLook, LookCounts
from ld_import.pipeline.files.prepare import FilePreparation, is_begun
from ld_import.pipeline.planning.chunk import ItemCheck
from ld_import.pipeline.planning.plan import Planner
from ld_import.pipeline.planning.plan_source import AskCheck, LocalPlan
from ld_import.pipeline.tally import Tally
from ld_import.preflight import ProjectCheck
from ld_import.wording import amount

# Requests for the state of a file are short.
ASKING_THREADS = 16
# The values that a template of keys may use.
NAMES = ("systemName", "externalId", "fileName", "version", "suffix")


class KeyTemplates:
    """The keys of a file in each storage, with `SUFFIX` in place of the suffix."""

    def __init__(self, settings: AssetSettings) -> None:
        """Compile the templates. Raises UsageError."""
        self._names = sorted(set(settings.storage.values()))
        slots = [Slot("key", settings.storages[name].key) for name in self._names]
        try:
            self._templates = Templates(slots, [f"storages.{name}.key" for name in self._names])
        except ManifestError as error:
            raise UsageError(str(error), hint="fix the configuration file") from None
        for name, unknown in zip(self._names, self._templates.unknown_names(NAMES), strict=True):
            if unknown:
                raise UsageError(
                    f"the template `key` of the storage `{name}` has no value for `{unknown[0]}`",
                    hint=f"correct the configuration file; available: {', '.join(NAMES)}",
                )

    def of(self, item: Item, version: int) -> dict[str, str]:
        """Return the keys by name of the storage. Raises FileProblem."""
        known = (item.key.system_name, item.key.external_id, item.file_name, version, SUFFIX)
        values, problems = self._templates.render(dict(zip(NAMES, known, strict=True)))
        if problems:
            raise FileProblem(f"the key of the file cannot be made: {problems[0].text}")
        return {name: str(value) for name, value in zip(self._names, values, strict=True)}


class FilePreparer:
    """Prepares the files of items by an executor, and makes final items of them."""

    def __init__(
        self, spec: ImportSpec, executor: Executor, media_of: Callable[[str], str | None]
    ) -> None:
        """Raises UsageError for a template of a key that is not valid.

        `media_of` returns the kind of media of a media type of the project, if it is known.
        """
        self._media_of = media_of
        assert spec.assets is not None
        self._spec = spec
        self._settings = spec.assets
        self._executor = executor
        self._keys = KeyTemplates(spec.assets)
        self._storages = {
            media: spec.assets.storages[spec.assets.storage[media]] for media in MEDIA
        }

    @property
    def capacity(self) -> int:
        """The number of files that may be in flight."""
        return self._executor.capacity

    @property
    def at_once(self) -> int:
        """The number of files that are transferred at the same time."""
        return self._executor.at_once

    @property
    def moved_bytes(self) -> int:
        """The number of bytes read so far."""
        return self._executor.moved_bytes

    def begin(self, item: Item, version: int, upload: Upload | None) -> Future[FileResult]:
        """Begin to prepare the file of an item, whose content would have this version."""
        try:
            task = FileTask(
                source=item.file,
                rules=self._settings.rules,
                storages=self._storages,
                keys=self._keys.of(item, version),
                given=self._given(item),
                version=version,
                stored=None if upload is None else self._still_usable(upload.stored),
                is_begun=is_begun(upload, version),
                owner=owner_of(self._spec.target, item.key),
                verify=self._settings.verify,
                size=item.file_size,
            )
        except FileProblem as problem:
            failed: Future[FileResult] = Future()
            failed.set_result(NotPrepared(str(problem)))
            return failed
        return self._executor.submit(task)

    def _given(self, item: Item) -> Given:
        given = _given(orjson.loads(item.body))
        if given.media_type is None or given.media_type in MEDIA:
            return given
        return given._replace(media_type=self._media_of(given.media_type))

    def final_item(self, item: Item, prepared: Prepared) -> Item | Invalid:
        """Return the item with its asset, or the problems that it has."""
        found = asset_of(self._settings, prepared.file)
        assert found is not None
        fields = with_asset(orjson.loads(item.body), *found)
        entry = Entry(item.line, item.key.external_id, fields)
        made = self._spec.kind_rules.item_from(entry, self._spec.system_name, item.record_digest)
        # The address in the old system, by which known media under new ids are detected.
        return made if isinstance(made, Invalid) else made._replace(url=item.file)

    def flush(self) -> None:
        """Begin everything that waits for more."""
        self._executor.flush()

    def stop(self) -> None:
        """Begin nothing more, and end what is in flight soon."""
        self._executor.stop()

    def _still_usable(self, stored: StoredFile | None) -> StoredFile | None:
        if stored is None or stored.storage not in self._settings.storages:
            return None
        return stored


def owner_of(target: Target, key: ItemKey) -> str:
    """Return a short text that identifies an item among all items that a storage may have."""
    digest = blake2b(
        "\0".join((target.server, target.project, target.kind, *key)).encode(), digest_size=16
    )
    return digest.hexdigest()


class SourceAsker:
    """Asks for the states of sources; those of local files at once, others in threads."""

    def __init__(self, settings: AssetSettings) -> None:
        """Start no thread yet."""
        self._rules = settings.rules
        self._control = Control()

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(ASKING_THREADS, thread_name_prefix="ask")

    def __call__(self, source: str) -> Future[SourceState]:
        """Return the answer, now or later; it may raise FileProblem or LdImportError."""
        if "://" in source:
            return self._pool.submit(self._ask, source)
        answer: Future[SourceState] = Future()
        try:
            answer.set_result(state_of(source, self._rules))
        except (FileProblem, LdImportError) as error:
            answer.set_exception(error)
        return answer

    def _ask(self, source: str) -> SourceState:
        self._control.check()
        return state_of(source, self._rules, pause=self._control.pause)

    def stop(self) -> None:
        """Ask nothing more; answers that are missing raise Stopped."""
        self._control.stop()

    def close(self) -> None:
        """Ask nothing more, and close the connections to all sources."""
        self.stop()
        if "_pool" in vars(self):
            self._pool.shutdown(wait=False, cancel_futures=True)
        close_sources()


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


def asset_of(settings: AssetSettings, stored: StoredFile) -> tuple[Mapping[str, Any], str] | None:
    """Return the asset of a stored file and its kind of media.

    Returns `None` if its storage is not configured any more.
    """
    storage = settings.storages.get(stored.storage)
    if storage is None:
        return None
    asset = {
        "key": asset_key(storage, stored.key),
        "url": asset_url(storage, stored.key),
        "size": stored.size,
        "width": stored.width,
        "height": stored.height,
        "duration": stored.duration,
        "mimeType": stored.mime_type,
    }
    return asset, media_of(stored.mime_type)


def media_of(mime_type: str) -> str:
    """Return `image`, `video` or `file` for a MIME type."""
    media = mime_type.partition("/")[0]
    return media if media in MEDIA else "file"


def _given(wire: Mapping[str, Any]) -> Given:
    asset = wire.get("asset") or {}
    return Given(
        media_type=wire.get("mediaType"),
        mime_type=asset.get("mimeType"),
        file_name=asset.get("filename"),
        size=asset.get("size"),
        sha256=wire.get("sha256"),
        width=asset.get("width"),
        height=asset.get("height"),
        duration=asset.get("duration"),
    )
