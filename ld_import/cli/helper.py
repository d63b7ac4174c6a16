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

from ld_import.cli.recipe import (
    GREETING,
    HEADER_BYTES,
    End,
    Handover,
    Message,
    Portion,
    measured,
    packed,
    unpacked,
)
from ld_import.errors import ManifestError
from ld_import.kinds.marks import marks_from
from ld_import.ledger import SeenKeys, SqliteLedger
from ld_import.model import Block, Leave, Record, Send
from ld_import.pipeline.plan import Chunk

# A chunk of which nothing is to be sent is a few bytes, which are not worth a message.
MOST_CHUNKS = 16


def main() -> None:
    """Serve the process at the other end of the socket whose number is the only argument."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # Whoever stops all processes of a service wants the import to end in order, with its own
        # exit code; it ends this one by what nobody can ignore.
        signal.signal(number, signal.SIG_IGN)
    # The line breaks when nobody listens any more.
    with suppress(OSError), socket.socket(fileno=int(sys.argv[1])) as line:
        serve(line)


def serve(line: socket.socket) -> None:
    """Greet, wait for a plan, and continue it to its end. Raises what ends that early."""
    line.sendall(GREETING)
    with line.makefile("rb") as take:
        header = take.read(HEADER_BYTES)
        if not header:
            return
        length, checksum = measured(header, 0)
        handover = unpacked(take.read(length), checksum)
    # Closed where it was begun: SQLite wants its connections closed by the thread that opened them.
    with closing(messages(handover)) as planned:
        for number, message in enumerate(planned):
            line.sendall(packed(message, number))


def messages(handover: Handover) -> Generator[Message]:
    """Yield all decisions from there on, then the end. Raises what ends the plan early."""
    manifest = handover.recipe.manifest
    waiting: list[Chunk] = []
    # NOTE: the process that listens writes to the ledger meanwhile. What was met before is
    # known without it, so that no decision depends on how far the writing came.
    with (
        closing(_ledger_of(handover)) as ledger,
        closing(SeenKeys()) as seen,
        closing(_rest_of(handover)) as records,
    ):
        for one in handover.met:
            seen.put(*one)
        planner = handover.recipe.planner(ledger, seen)
        planner.take_over(handover.standing)
        for chunk in planner.chunks(records):
            waiting.append(_prepared(chunk))
            if _is_work(chunk) or len(waiting) >= MOST_CHUNKS:
                yield Portion(waiting, manifest.position())
                waiting = []
    yield Portion(waiting, manifest.position())
    yield End(planner.unmet)


def _rest_of(handover: Handover) -> Generator[Record]:
    """Yield the records that nobody read so far, of the file that was read so far."""
    manifest = handover.recipe.manifest
    with closing(manifest.records()) as records:
        # It is opened only now, and stays the same from here on.
        first = list(islice(records, 1))
        if manifest.file_id != handover.file_id:
            raise ManifestError(f"{manifest.records_path} is another file than before")
        yield from islice(chain(first, records), handover.read, None)


def _ledger_of(handover: Handover) -> SqliteLedger:
    recipe = handover.recipe
    return SqliteLedger(recipe.ledger_path, recipe.target, read_only=True)


def _is_work(chunk: Chunk) -> bool:
    return any(not isinstance(one, Leave) for one in chunk.decisions)


def _prepared(chunk: Chunk) -> Chunk:
    """Do what else can be done ahead, and leave out what nobody looks at."""
    decisions = [_marked(one) if isinstance(one, Send) else one for one in chunk.decisions]
    block = chunk.block
    if block is not None and chunk.is_block_known:
        block = Block(block.digest, ())
    return replace(chunk, decisions=decisions, block=block)


def _marked(send: Send) -> Send:
    return send._replace(item=send.item._replace(field_hashes=marks_from(send.item.body)))


if __name__ == "__main__":
    main()
