"""The process that plans ahead: continues a plan and reports its decisions; writes nothing.

An error of any kind just ends it: the process that started it then plans the rest itself, and
reports the error if it meets it, too. It also ends when that process is gone. While it is stopped
it cannot notice that, but it is then alone in an orphaned process group, which POSIX systems
continue (SIGHUP, SIGCONT).
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
from ld_import.importer.planning import planner_of
from ld_import.importer.protocol import (
    GREETING,
    HEADER_BYTES,
    End,
    Message,
    PlanPart,
    Resume,
    measured,
    packed,
    unpacked,
)
from ld_import.kinds.field_hashes import hashes_from
from ld_import.ledger import SeenKeys, SqliteLedger
from ld_import.model import Block, Leave, Record, Send
from ld_import.pipeline.planning.plan import Chunk

# A chunk with nothing to send is a few bytes, which are not worth a message.
MOST_CHUNKS = 16


def main() -> None:
    """Serve the process at the other end of the socket whose number is the only argument."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # A service manager that stops all processes of a service means the import to end in order,
        # with its own exit code; the import then kills this one.
        signal.signal(number, signal.SIG_IGN)
    # The connection breaks when the other process is gone.
    with suppress(OSError), socket.socket(fileno=int(sys.argv[1])) as line:
        serve(line)


def serve(line: socket.socket) -> None:
    """Greet, wait for a plan, and continue it to its end. Errors pass to the caller."""
    line.sendall(GREETING)
    with line.makefile("rb") as take:
        header = take.read(HEADER_BYTES)
        if not header:
            return
        length, checksum = measured(header, 0)
        resume = unpacked(take.read(length), checksum)
    # Closed where it was begun: SQLite wants its connections closed by the thread that opened them.
    with closing(messages(resume)) as planned:
        for number, message in enumerate(planned):
            line.sendall(packed(message, number))


def messages(resume: Resume) -> Generator[Message]:
    """Yield the decisions from there on, then the end. Errors of the plan pass to the caller."""
    manifest = resume.request.manifest
    waiting: list[Chunk] = []
    # NOTE: the other process writes to the ledger meanwhile. The keys seen before are known without
    # it, so that no decision depends on the progress of the writing.
    with (
        closing(_ledger_of(resume)) as ledger,
        closing(SeenKeys()) as seen,
        closing(_rest_of(resume)) as records,
    ):
        for key in resume.seen:
            seen.put(*key)
        planner = planner_of(resume.request, ledger, seen)
        planner.restore(resume.state)
        for chunk in planner.chunks(records):
            waiting.append(_prepared(chunk))
            if _is_work(chunk) or len(waiting) >= MOST_CHUNKS:
                yield PlanPart(waiting, manifest.position())
                waiting = []
    yield PlanPart(waiting, manifest.position())
    yield End(planner.not_in_manifest)


def _rest_of(resume: Resume) -> Generator[Record]:
    """Yield the records that were not read so far, if the file is still the same."""
    manifest = resume.request.manifest
    with closing(manifest.records()) as records:
        # It is opened only now, and stays the same from here on.
        first = list(islice(records, 1))
        if manifest.file_id != resume.file_id:
            raise ManifestError(f"{manifest.records_path} is another file than before")
        yield from islice(chain(first, records), resume.read, None)


def _ledger_of(resume: Resume) -> SqliteLedger:
    request = resume.request
    return SqliteLedger(request.ledger_path, request.target, read_only=True)


def _is_work(chunk: Chunk) -> bool:
    return any(not isinstance(decision, Leave) for decision in chunk.decisions)


def _prepared(chunk: Chunk) -> Chunk:
    """Compute field hashes ahead, and drop what the receiver does not need."""
    decisions = [
        _marked(decision) if isinstance(decision, Send) else decision
        for decision in chunk.decisions
    ]
    block = chunk.block
    if block is not None and chunk.is_block_known:
        block = Block(block.digest, ())
    return replace(chunk, decisions=decisions, block=block)


def _marked(send: Send) -> Send:
    return send._replace(item=send.item._replace(marks=hashes_from(send.item.body)))


if __name__ == "__main__":
    main()
