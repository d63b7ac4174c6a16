"""The process that plans ahead: is handed a plan begun, and says what it decides; writes nothing.

It ends by itself when nobody listens any more, however the process that started it ended.
"""

from __future__ import annotations

import pickle
import signal
import sys
from collections.abc import Generator, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from itertools import chain, islice
from traceback import format_exc
from typing import BinaryIO

from ld_import.cli.recipe import (
    GREETING,
    LENGTH_BYTES,
    End,
    Handover,
    Message,
    Portion,
    Replaced,
    packed,
    unpacked,
)
from ld_import.errors import LdImportError, ManifestError
from ld_import.kinds.marks import marks_from
from ld_import.ledger import SeenKeys, SqliteLedger
from ld_import.model import Block, Leave, Record, Send
from ld_import.pipeline.plan import Chunk

# A chunk of which nothing is to be sent is a few bytes, which are not worth a message.
MOST_CHUNKS = 16


def main() -> None:
    """Serve the process at the other end of standard input and output."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # Whoever stops all processes of a service wants the import to end in order, with its own
        # exit code; it ends this one by what nobody can ignore.
        signal.signal(number, signal.SIG_IGN)
    # The line breaks when nobody listens any more.
    with suppress(OSError):
        serve(sys.stdin.buffer, sys.stdout.buffer)


def serve(take: BinaryIO, give: BinaryIO) -> None:
    """Say that one is ready, wait for a plan, and go on with it. Raises OSError."""
    give.write(GREETING)
    give.flush()
    length = int.from_bytes(take.read(LENGTH_BYTES), "big")
    if length:
        for message in messages(unpacked(take.read(length))):
            _say(give, message)


def messages(handover: Handover) -> Iterator[Message]:
    """Yield all decisions from there on, then the end, or what came instead of it."""
    manifest = handover.recipe.manifest
    waiting: list[Chunk] = []
    try:
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
    except _Elsewhere:
        yield Replaced()
    except Exception as error:  # a bug is to be told by the process that has a user
        yield Portion(waiting, manifest.position())
        yield _sendable(error)


class _Elsewhere(Exception):  # noqa: N818 - never leaves this module
    """The path of the records leads to another file than before."""


def _rest_of(handover: Handover) -> Generator[Record]:
    """Yield the records that nobody read so far, of the file that was read so far."""
    manifest = handover.recipe.manifest
    with closing(manifest.records()) as records:
        try:
            # It is opened only now, and stays the same from here on.
            first = list(islice(records, 1))
        except ManifestError:
            if manifest.file_id == handover.file_id:
                raise
        if manifest.file_id != handover.file_id:
            raise _Elsewhere
        yield from islice(chain(first, records), handover.read, None)


def _say(give: BinaryIO, message: Message) -> None:
    give.write(packed(message))
    give.flush()


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
    return send._replace(item=send.item._replace(marks=marks_from(send.item.body)))


def _sendable(error: Exception) -> Exception:
    """Return an error that keeps its sense on the way; of a bug also where it happened."""
    if not isinstance(error, LdImportError):
        error.add_note(f"in the process that plans ahead:\n{format_exc()}")
    try:
        pickle.loads(pickle.dumps(error))
    except Exception as trouble:  # whatever a library put into its error
        told = RuntimeError(f"{type(error).__name__}: {error}")
        told.add_note(f"{format_exc()}\n{trouble}")
        return told
    return error


if __name__ == "__main__":
    main()
