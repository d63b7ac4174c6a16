"""Records that were built already, kept so that a slow format is walked only once."""

from __future__ import annotations

import struct
from collections.abc import Generator, Iterable
from tempfile import SpooledTemporaryFile

from ld_import.manifest.files import READ_TROUBLE, ByteFile, name_of
from ld_import.manifest.spool import BUFFER_BYTES, Scratch
from ld_import.model import Problem, Record
from ld_import.tempdir import python_folder, temp_space_error

# Up to here no disk is needed, which not every container has a writable one of.
MEMORY_BYTES = 4 * 1024 * 1024
# Line and size of the JSON text that follows. Where there is none, the size is 0, and the problem
# follows with a head of its own.
HEAD = struct.Struct("<QI")


class Kept(Scratch):
    """All records of a file; few are kept in memory, many in a file without a name."""

    def __init__(self, file: ByteFile, records: Iterable[Record]) -> None:
        """Take the records to their end.

        Raises `ManifestError` for the records, `TempSpaceError` for a full disk.
        """
        kept = SpooledTemporaryFile(MEMORY_BYTES, buffering=BUFFER_BYTES)  # noqa: SIM115
        super().__init__(kept)
        write = self.file.write
        try:
            for record in records:
                write(HEAD.pack(record.line, len(record.raw)) + record.raw)
                if record.problem is not None:
                    sentence = record.problem.text.encode()
                    write(HEAD.pack(record.line, len(sentence)) + sentence)
            self.file.flush()
            self.size = self.file.tell()
        except OSError as error:
            what = f"the records of {name_of(file.path)} cannot be kept"
            raise temp_space_error(what, python_folder(), error) from error


def records(file: ByteFile) -> Generator[Record]:
    """Yield the records from a file that was opened on what is kept."""
    line = 0
    try:
        with file.open() as stream:
            while head := stream.read(HEAD.size):
                line, size = HEAD.unpack(head)
                if size:
                    yield Record(line, stream.read(size))
                else:
                    _, size = HEAD.unpack(stream.read(HEAD.size))
                    yield Record(line, b"", Problem("", stream.read(size).decode()))
    except READ_TROUBLE as error:
        raise file.trouble(error, line) from error
