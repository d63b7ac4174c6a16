"""The worker process: continues a plan and returns its decisions. It writes nothing.

Any error ends it: the process that started it then plans the rest itself, and reports the error if
it encounters it, too. The worker also ends when that process is gone. A suspended worker cannot
notice this, but POSIX systems send SIGHUP and SIGCONT to its process group, which is then orphaned:
https://pubs.opengroup.org/onlinepubs/9699919799/functions/_exit.html
"""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import Generator
from contextlib import closing, suppress
from dataclasses import replace
from itertools import chain, islice

from ld_import.errors import ManifestError
from ld_import.importer.garbage import rare_collection
from ld_import.importer.planning import planner_of
from ld_import.importer.protocol import (
    GREETING,
    HEADER_BYTES,
    End,
    Message,
    PlanPart,
    Resume,
    frame_of,
    header_of,
    message_of,
)
from ld_import.ledger import SeenKeys, SqliteLedger
from ld_import.model import Block, Leave, Record
from ld_import.pipeline.planning.chunk import Chunk

# PlanSource with nothing to send have a few bytes each; several of them share a message.
MOST_CHUNKS = 16


def main() -> None:
    """Serve the other end of the socket whose file descriptor is the only argument."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # A service manager may send its signal to all processes of a service. The import must end
        # with its own exit code; it then kills this process.
        signal.signal(number, signal.SIG_IGN)
    # OSError: the other process is gone.
    with suppress(OSError), socket.socket(fileno=int(sys.argv[1])) as connection, rare_collection():
        serve(connection)


def serve(connection: socket.socket) -> None:
    """Send the greeting, receive a plan, and continue it to its end. Raises any error of it."""
    connection.sendall(GREETING)
    with connection.makefile("rb") as stream:
        header = stream.read(HEADER_BYTES)
        if not header:
            return
        length, checksum = header_of(header, 0)
        resume = message_of(stream.read(length), checksum)
    # Closed in this thread: SQLite connections must be closed by the thread that opened them.
    # https://docs.python.org/3/library/sqlite3.html#sqlite3.connect
    with closing(messages(resume)) as sent:
        for number, message in enumerate(sent):
            connection.sendall(frame_of(message, number))


def messages(resume: Resume) -> Generator[Message]:
    """Yield the remaining decisions, then the end. Raises any error of the plan."""
    manifest = resume.request.manifest
    waiting: list[Chunk] = []
    # NOTE: the other process writes to the ledger meanwhile. The keys seen before come from the
    # message, so that no decision depends on how much is written.
    with (
        closing(_ledger_of(resume)) as ledger,
        closing(SeenKeys()) as seen,
        closing(_remaining_records(resume)) as records,
    ):
        for key in resume.seen:
            seen.put(*key)
        planner = planner_of(resume.request, ledger, seen, hashes_fields=True)
        planner.restore(resume.state)
        for chunk in planner.chunks(records):
            waiting.append(_for_sending(chunk))
            if _has_work(chunk) or len(waiting) >= MOST_CHUNKS:
                yield PlanPart(waiting, manifest.position())
                waiting = []
    yield PlanPart(waiting, manifest.position())
    yield End(planner.not_in_manifest)


def _remaining_records(resume: Resume) -> Generator[Record]:
    """Yield the records that are not read yet. Raises ManifestError if the file was replaced."""
    manifest = resume.request.manifest
    with closing(manifest.records()) as records:
        # Reading the first record opens the file; from here on it cannot be replaced.
        first = list(islice(records, 1))
        if manifest.file_id != resume.file_id:
            raise ManifestError(f"{manifest.records_path} was replaced by another file")
        yield from islice(chain(first, records), resume.read, None)


def _ledger_of(resume: Resume) -> SqliteLedger:
    request = resume.request
    return SqliteLedger(request.ledger_path, request.target, read_only=True)


def _has_work(chunk: Chunk) -> bool:
    return any(not isinstance(decision, Leave) for decision in chunk.decisions)


def _for_sending(chunk: Chunk) -> Chunk:
    """Return a chunk without data the receiver ignores."""
    block = chunk.block
    if block is None or not chunk.is_block_known:
        return chunk
    return replace(chunk, block=Block(block.digest, ()))


if __name__ == "__main__":
    main()
