"""Looks at the files of records before the plan decides; no file is opened.

A file that is stored and unchanged needs no preparation. A source that cannot be asked counts as
unchanged if its file is stored: an old host may be gone after a migration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple

from ld_import.assets.base import FileProblem, SourceState, Stopped
from ld_import.errors import LdImportError
from ld_import.kinds.media_library.files import FILE, contradicts, has_file, is_file_usable
from ld_import.ledger.base import Ledger
from ld_import.model import (
    Entry,
    Invalid,
    Item,
    ItemKey,
    KnownItem,
    Record,
    StoredFile,
    Upload,
    UploadState,
)
from ld_import.pipeline.files.notes import FileNote, with_note
from ld_import.pipeline.planning.chunk import Rules
from ld_import.pipeline.planning.compare import is_held
from ld_import.pipeline.planning.items import ItemReader

# Asks for the state of a source, in a thread.
AskState = Callable[[str], Future[SourceState]]
# Returns the asset of a stored file and its kind of media; `None` if its storage is not configured.
AssetOf = Callable[[StoredFile], tuple[Mapping[str, Any], str] | None]
UNASKED = FileNote()


@dataclass(slots=True)
class LookCounts:
    """Counts of files that a run would not, or cannot, read.

    - `kept` are used as they are stored, although they changed at their source.
    - `unasked` are used as they are stored, because their source cannot be asked; `problem` is the
      reason of the first one.
    - `unreadable` are not stored, and cannot be read now; `fault` is the reason of the first one.
    """

    kept: int = 0
    unasked: int = 0
    problem: str = ""
    unreadable: int = 0
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLook:
    """Adds notes to records with files.

    `redact` removes secrets, as in the ledger. With `reprobe` no file counts as unchanged.
    """

    reader: ItemReader
    ledger: Ledger
    rules: Rules
    ask: AskState
    asset_of: AssetOf
    redact: Callable[[str], str]
    reprobe: bool = False
    counts: LookCounts = field(default_factory=LookCounts)

    def begin(self, records: Sequence[Record]) -> Looking:
        """Ask for the files of consecutive records; the answers arrive later."""
        named = {at: file for at, record in enumerate(records) if (file := self._file_of(record))}
        uploads = self.ledger.uploads_of([file.key for file in named.values()])
        # A night has a million known files, which need no check before the one of the plan.
        files = {
            at: file
            for at, file in named.items()
            if file.key in uploads or self._is_valid(file, records[at])
        }
        asked = {at: self.ask(file.source) for at, file in files.items() if self._is_wanted(file)}
        return Looking(records, files, uploads, asked)

    def end(self, looking: Looking) -> list[Record]:
        """Return the records with their notes; waits for answers that are missing."""
        uploads = looking.uploads
        states = {at: _answer(looking.asked.get(at)) for at in looking.files}
        known = self._known(looking, states)
        records = list(looking.records)
        for at, file in looking.files.items():
            note = self._note_of(file, states[at], uploads.get(file.key), known.get(file.key))
            records[at] = with_note(records[at], note)
        return records

    def _known(
        self, looking: Looking, states: Mapping[int, SourceState | str | None]
    ) -> Mapping[ItemKey, KnownItem]:
        """Return the items of files that changed at their sources."""
        changed = [
            file.key
            for at, file in looking.files.items()
            if (upload := looking.uploads.get(file.key)) is not None
            and isinstance(state := states[at], SourceState)
            and not self._is_unchanged(file, state, upload)
        ]
        return self.ledger.find(changed) if changed else {}

    def noted(self, records: Iterator[Record], size: int) -> Iterator[Record]:
        """Yield records with their notes, asking for `size` of them at once."""
        while part := list(islice(records, size)):
            yield from self.end(self.begin(part))

    def _file_of(self, record: Record) -> NamedFile | None:
        """Return the file of a record; the plan finds the problems of those without one."""
        if record.problem is not None or not self.reader.mapping.may_have(FILE, record.raw):
            return None
        if self.reader.checkpoint is not None:
            self.reader.checkpoint()
        entry = self.reader.mapping.entry_from(record)
        if isinstance(entry, Invalid) or not has_file(entry.fields):
            return None
        system_name = entry.fields.get("systemName", self.reader.system_name)
        if not isinstance(system_name, str) or not is_file_usable(entry.fields):
            return None
        key = ItemKey(system_name, entry.external_id)
        return NamedFile(key, entry.fields[FILE], entry)

    def _is_valid(self, file: NamedFile, record: Record) -> bool:
        item = self.reader.checked(file.entry, record, b"", self.rules.largest_item_bytes)
        return isinstance(item, Item)

    def _is_wanted(self, file: NamedFile) -> bool:
        return self.rules.only is None or file.key.external_id in self.rules.only

    def _note_of(
        self,
        file: NamedFile,
        state: SourceState | str | None,
        upload: Upload | None,
        known: KnownItem | None,
    ) -> FileNote:
        stored = upload.stored if upload is not None else None
        asset = self.asset_of(stored) if stored is not None else None
        if upload is None or stored is None or asset is None:
            self._note_unreadable(state)
            return _identity_note(state)
        if contradicts(file.entry.fields, stored):
            # Its preparation fails the item, with the reason.
            return _identity_note(state)
        if not isinstance(state, SourceState):
            self._note_unasked(state)
        elif self.reprobe or not self._is_unchanged(file, state, upload):
            if self.rules.patch or not is_held(known):
                return _identity_note(state)._replace(is_again=self.reprobe)
            self.counts.kept += 1
        return FileNote(asset=asset[0], media=asset[1])

    def _is_unchanged(self, file: NamedFile, state: SourceState, upload: Upload) -> bool:
        return (
            upload.state is UploadState.STORED
            and upload.identity == state.identity
            and (state.identity != "" or _has_size(upload, state.size))
            and upload.source == self.redact(file.source)
        )

    def _note_unreadable(self, state: SourceState | str | None) -> None:
        if isinstance(state, str):
            self.counts.unreadable += 1
            self.counts.fault = self.counts.fault or state

    def _note_unasked(self, problem: str | None) -> None:
        if problem is not None:
            self.counts.unasked += 1
            self.counts.problem = self.counts.problem or problem


class NamedFile(NamedTuple):
    """A file that an entry names; the rest of the entry may have problems."""

    key: ItemKey
    source: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class Looking:
    """Records whose files were asked for: files and answers by position, and the known files."""

    records: Sequence[Record]
    files: Mapping[int, NamedFile]
    uploads: Mapping[ItemKey, Upload]
    asked: Mapping[int, Future[SourceState]]


def _has_size(upload: Upload, size: int | None) -> bool:
    """Return whether a stored file may have this size: all that its source states."""
    return size is None or upload.stored is None or upload.stored.size == size


def _answer(asked: Future[SourceState] | None) -> SourceState | str | None:
    """Return the state of a source, the reason why it is unknown, or `None` if it was not asked."""
    if asked is None:
        return None
    try:
        return asked.result()
    except Stopped:
        return None
    except (FileProblem, LdImportError) as error:
        return str(error)


def _identity_note(state: SourceState | str | None) -> FileNote:
    # Without a state it is unknown; a later run that knows it decides again.
    return FileNote(state.identity, state.size) if isinstance(state, SourceState) else UNASKED
