"""A manifest as a whole: which reader it needs, where its records are, and reading them."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import BinaryIO

from ld_import.errors import ManifestError, UsageError
from ld_import.manifest.base import Reader, Survey
from ld_import.manifest.files import STANDARD_INPUT, ByteFile, FileId, name_of
from ld_import.manifest.formats.csv_columns import Shape
from ld_import.manifest.header import Header, header_from
from ld_import.manifest.kept import records as kept_records
from ld_import.manifest.spool import Scratch, Spool
from ld_import.model import Record
from ld_import.wording import shorten


class Manifest:
    """A manifest whose header is sound; its records are read when they are asked for."""

    def __init__(
        self,
        path: Path,
        header: Header,
        records_path: Path,
        read: Callable[[ByteFile], Generator[Record]],
        spool: Scratch | None = None,
        surveyed: FileId | None = None,
        columns: Shape | None = None,
    ) -> None:
        """Join what `open_document` found; nothing is read here.

        `surveyed` is the file with the records, as the survey found it; `columns` are those of a
        table.
        """
        self.path = path
        self.header = header
        self.records_path = records_path
        self.columns = columns
        self._read = read
        self._spool = spool
        self._surveyed = surveyed
        self._reading: ByteFile | None = None

    def __getstate__(self) -> dict[str, object]:
        """Leave out the reading under way: another process starts its own."""
        return {**self.__dict__, "_reading": None}

    @property
    def rereadable_bytes(self) -> int:
        """The size of the file from which anybody can read the records again; 0 without one."""
        if self._spool is not None:
            return 0
        try:
            return self.records_path.stat().st_size
        except OSError:
            return 0

    def records(self) -> Generator[Record]:
        """Stream the records; each call starts anew, memory does not grow with the file.

        Raises `ManifestError` when the file turns out to be cut off or damaged on the way, and
        ManifestChanged, at the latest behind the last record, when it is not what was surveyed.
        """
        self._reading = ByteFile(self.records_path, self._spool, self._surveyed)
        return self._read(self._reading)

    @property
    def file_id(self) -> FileId | None:
        """Which file the last call of `records` reads; it stays that one if the path is replaced.

        `None` before the first record was asked for, and where there is no file.
        """
        return None if self._reading is None else self._reading.file_id

    def position(self) -> float | None:
        """Tell which share of its bytes the last call of `records` has read."""
        return None if self._reading is None else self._reading.share()


def open_document(
    path: Path,
    readers: Mapping[str, Reader],
    format_name: str | None = None,
    stream: BinaryIO | None = None,
    *,
    allow_outside_source: bool = False,
) -> Manifest:
    """Survey the manifest and its source, so that breakage is told before anything is sent."""
    reader = _reader_of(path, format_name, readers)
    spool = _spooled(stream) if path == STANDARD_INPUT else None
    file = ByteFile(path, spool)
    survey = reader.survey(file)
    header = header_from(path, survey)
    if header.source is None:
        return _manifest(header, reader, file, survey, spool)
    try:
        if not allow_outside_source:
            _check_inside(path.parent, header.source)
        source_reader = reader_for(header.source, readers)
        source = ByteFile(header.source)
        found = _source_survey(path, source, source_reader)
        return _manifest(header, source_reader, source, found, path=path)
    except ManifestError as error:
        text = f"{name_of(path)}, line {survey.lines['source']}: `source`: {error}"
        raise ManifestError(text, hint=error.hint) from error


def _check_inside(folder: Path, source: Path) -> None:
    """Refuse a source that a manifest from someone else could name, and its sender not read."""
    try:
        real = Path(os.path.realpath(source))
        is_inside = real.is_relative_to(os.path.realpath(folder))
    except ValueError:
        # No file has such a name: opening it fails.
        return
    if not is_inside:
        leads = "" if real == source.absolute() else f" (it leads to {real})"
        raise ManifestError(
            f"{source}{leads} is outside the folder of the manifest",
            hint="put it beside the manifest, or allow it with --allow-outside-source",
        )


def format_names(readers: Mapping[str, Reader]) -> tuple[str, ...]:
    """Give the words that name a format where no file name does."""
    return tuple(suffix.removeprefix(".") for suffix in readers)


def reader_for(path: Path, readers: Mapping[str, Reader]) -> Reader:
    """Choose by the end of the name, without a trailing `.gz`."""
    name = path.name.lower().removesuffix(".gz")
    reader = readers.get(Path(name).suffix)
    if reader is None:
        known = ", ".join(readers)
        hint = "let the name of the file say its format"
        raise ManifestError(
            f"{path}: no format ends like this (known: {known}, and .gz)", hint=hint
        )
    return reader


def _reader_of(path: Path, name: str | None, readers: Mapping[str, Reader]) -> Reader:
    if name is None and path != STANDARD_INPUT:
        return reader_for(path, readers)
    if reader := readers.get(f".{(name or '').lower()}"):
        return reader
    known = ", ".join(format_names(readers))
    told = "standard input has no name that tells its format"
    if name is not None:
        told = f'"{shorten(name)}" is no format of a manifest'
    raise UsageError(f"{told} (known: {known})", hint="give --format with one of them")


def _spooled(stream: BinaryIO | None) -> Spool:
    if stream is None:
        raise ValueError("standard input is named, but no stream was handed in")
    return Spool(stream)


def _manifest(
    header: Header,
    reader: Reader,
    file: ByteFile,
    survey: Survey,
    spool: Scratch | None = None,
    path: Path | None = None,
) -> Manifest:
    where = path or file.path
    if survey.kept is not None:
        return Manifest(where, header, file.path, kept_records, survey.kept)
    return Manifest(where, header, file.path, reader.records, spool, file.file_id, survey.columns)


def _source_survey(path: Path, source: ByteFile, reader: Reader) -> Survey:
    survey = reader.survey(source)
    if survey.header is None:
        return survey
    is_itself = path != STANDARD_INPUT and source.path.samefile(path)
    what = "is this manifest itself" if is_itself else "is a mapping, not a list of records"
    hint = "name a file that holds records only, without a header of its own"
    raise ManifestError(f"{source.path} {what}", hint=hint)
