"""Serve on a free loopback port, print the port, and run until stopped.

`python -m benchmarks.server` runs the sink; with JOB_SECONDS, AT_ONCE and, if wanted, ITEM_SECONDS,
the modelled server; with `library`, one for entries of the media library.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

from benchmarks.server.library import Library
from benchmarks.server.modelled import Modelled
from benchmarks.server.sink import Sink
from benchmarks.server.wire import Connection, Jobs

LIBRARY = "library"


async def serve(jobs: Jobs) -> None:
    """Serve until cancelled."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(jobs), "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


def jobs_from(arguments: Sequence[str]) -> Jobs:
    """Return the server that the arguments select."""
    if not arguments:
        return Sink()
    if arguments == [LIBRARY]:
        return Library()
    seconds, at_once, item_seconds = (*arguments, "0")[:3]
    return Modelled(float(seconds), int(at_once), float(item_seconds))


if __name__ == "__main__":
    asyncio.run(serve(jobs_from(sys.argv[1:])))
