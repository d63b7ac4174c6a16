"""A manifest as a whole: its header, its file of records, and reading them."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import BinaryIO, NamedTuple

from ld_import.errors import ManifestError
from ld_import.manifest.base import LIST_KEYS, Columns, Format, Survey
from ld_import.manifest.files import STANDARD_INPUT, ByteFile, FileId, name_of
from ld_import.manifest.formats import format_by_suffix, format_for
from ld_import.manifest.header import Header, header_from
from ld_import.manifest.options import Options, options_from, with_header_options, with_options
from ld_import.manifest.spool import Spool, TempBytes, cached_records
from ld_import.model import Record


class RecordsFile(NamedTuple):
    """The file with the records: its path or temporary copy, and its identity when surveyed."""

    path: Path
    spool: TempBytes | None = None
    surveyed: FileId | None = None


class Manifest:
    """A manifest with a valid header; its records are read on demand."""

    def __init__(
        self,
        path: Path,
        header: Header,
        file: RecordsFile,
        read: Callable[[ByteFile], Generator[Record]],
        columns: Columns | None = None,
    ) -> None:
        """Combine the results of `open_manifest`; nothing is read here.

        `columns` are the fields that a record may leave out, such as those of a table.
        """
        self.path = path
        self.header = header
        self.records_path = file.path
        self.columns = columns
        self._read = read
        self._file = file
        self._reading: ByteFile | None = None

    def __getstate__(self) -> dict[str, object]:
        """Exclude the current reading: another process starts its own."""
        return {**self.__dict__, "_reading": None}

    @property
    def rereadable_bytes(self) -> int:
        """Size of the file from which another process can read the records; 0 without one."""
        if self._file.spool is not None:
            return 0
        try:
            return self.records_path.stat().st_size
        except OSError:
            return 0

    def records(self) -> Generator[Record]:
        """Stream the records, from the first one at each call; memory does not grow with the file.

        A record that cannot be read is yielded with its problem. Raises `ManifestError` when the
        file is truncated or damaged, and ManifestChanged, at the latest after the last record,
        when it is not the surveyed file any more.
        """
        self._reading = ByteFile(self._file.path, self._file.spool, self._file.surveyed)
        return self._read(self._reading)

    @property
    def file_id(self) -> FileId | None:
        """Identity of the file that the last call of `records` reads, even if its path is replaced.

        `None` before the first record was requested, and for temporary files.
        """
        return None if self._reading is None else self._reading.file_id

    def position(self) -> float | None:
        """Return the fraction of the file that the last call of `records` has read, 0.0 to 1.0."""
        return None if self._reading is None else self._reading.share()


def open_manifest(
    path: Path | str,
    format_name: str | None = None,
    stream: BinaryIO | None = None,
    *,
    allow_outside_source: bool = False,
    delimiter: str | None = None,
    sheet: str | None = None,
) -> Manifest:
    """Open a manifest: validate its header and check that the whole file can be read.

    The format follows from the suffix of `path` (`.jsonl`, `.ndjson`, `.json`, `.yaml`, `.yml`,
    `.csv`, `.tsv`, `.xlsx` or `.xml`, all but `.xlsx` also with `.gz`) unless `format_name` is
    given: one of these without the dot. The path `-` reads `stream` to its end, and needs a format
    name; gzip data in it is recognized by its first bytes.

    The returned manifest has the values of the header in `header` (all `None` for a file that
    holds records only), and `records()` streams one `Record` for each item, with its line number
    and its JSON text in `raw`; memory does not grow with the size of the file. An invalid record
    raises nothing: it is yielded with a `problem`.

    A header may name another file of records as its `source`. It must be in the folder of the
    manifest, symbolic links resolved, unless `allow_outside_source` is true. `delimiter` (of a
    `.csv`) and `sheet` (of an `.xlsx`) override those of the header.

    Raises `ManifestError` with file, line and column for a file that cannot be read or parsed, and
    for an invalid header; raises `UsageError` for a format name that is missing or unknown.

        manifest = open_manifest("videos.yaml")
        for record in manifest.records():
            print(record.line, record.raw)
    """
    path = Path(path)
    options = options_from(delimiter, sheet)
    file_format = format_for(path, format_name)
    is_table = bool(file_format.options)
    if is_table:
        file_format = with_options(file_format, path, options)
    spool = _spooled(stream) if path == STANDARD_INPUT else None
    file = ByteFile(path, spool)
    survey = file_format.survey(file)
    header = header_from(path, survey)
    if header.source is not None:
        try:
            if not allow_outside_source:
                _check_inside(path.parent, header.source)
            return _with_source(path, header, header.source, options)
        except ManifestError as error:
            text = f"{name_of(path)}, line {survey.lines['source']}: `source`: {error}"
            raise ManifestError(text, hint=error.hint) from error
    if not is_table:
        with_options(file_format, path, options)
    return _manifest(header, file_format, file, survey, spool)


def _with_source(path: Path, header: Header, where: Path, options: Options) -> Manifest:
    """Return the manifest with the records in the file `where`."""
    source_format = with_options(format_by_suffix(where), where, options)
    written = options_from(header.delimiter, header.sheet)
    rest = {name: value for name, value in written.items() if name not in options}
    source_format = with_header_options(source_format, where, rest)
    source = ByteFile(where)
    survey = _source_survey(path, source, source_format)
    return _manifest(header, source_format, source, survey, path=path)


def _check_inside(folder: Path, source: Path) -> None:
    """Refuse to read a file for the author of a manifest who could not read it."""
    try:
        real = Path(os.path.realpath(source))
        is_inside = real.is_relative_to(os.path.realpath(folder))
    except ValueError:
        # The name has a NUL character: opening the file raises the error.
        return
    if not is_inside:
        leads = "" if real == source.absolute() else f" (it leads to {real})"
        raise ManifestError(
            f"{source}{leads} is outside the folder of the manifest",
            hint="move it into the folder of the manifest, or allow it with --allow-outside-source",
        )


def _spooled(stream: BinaryIO | None) -> Spool:
    if stream is None:
        raise ValueError("the path `-` needs a stream to read")
    return Spool(stream)


def _manifest(
    header: Header,
    file_format: Format,
    file: ByteFile,
    survey: Survey,
    spool: TempBytes | None = None,
    path: Path | None = None,
) -> Manifest:
    where, cache = path or file.path, survey.cache
    if cache is not None:
        records_file = RecordsFile(file.path, cache)
        return Manifest(where, header, records_file, cached_records, survey.columns)
    surveyed = RecordsFile(file.path, spool, file.file_id)
    return Manifest(where, header, surveyed, file_format.records, survey.columns)


def _source_survey(path: Path, source: ByteFile, file_format: Format) -> Survey:
    survey = file_format.survey(source)
    if survey.header is None or _is_answer(source, survey.header):
        return survey
    is_itself = path != STANDARD_INPUT and source.path.samefile(path)
    what = "is this manifest itself" if is_itself else "is a mapping, not a list of records"
    hint = "name a file that holds records only, without a header of its own"
    raise ManifestError(f"{source.path} {what}", hint=hint)


def _is_answer(source: ByteFile, header: Mapping[str, object]) -> bool:
    """Return whether a JSON mapping has only a list, as an answer of an API: `{"items": […]}`."""
    is_json = source.path.name.lower().removesuffix(".gz").endswith(".json")
    return is_json and len(header) == 1 and header.keys() <= set(LIST_KEYS)
