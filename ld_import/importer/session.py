"""Work with a server that signals may interrupt, for commands other than an import."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from signal import SIGHUP
from typing import TYPE_CHECKING, Any, TypeVar

from ld_import.errors import LdImportError
from ld_import.pipeline.shutdown import StoppableClock

if TYPE_CHECKING:
    from ld_import.api import LivingdocsClient
    from ld_import.importer.run import Interrupts

T = TypeVar("T")


def supervise(
    work: Callable[[], Coroutine[Any, Any, None]],
    client: LivingdocsClient,
    clock: StoppableClock,
    interrupts: Interrupts,
) -> LdImportError | None:
    """Run the work with an open client; return the error that ended it early, if any."""
    return asyncio.run(_supervised(work, client, clock, interrupts))


async def _supervised(
    work: Callable[[], Coroutine[Any, Any, None]],
    client: LivingdocsClient,
    clock: StoppableClock,
    interrupts: Interrupts,
) -> LdImportError | None:
    main = asyncio.current_task()
    clock.on_stop(client.stop)

    def on_signal(number: int) -> None:
        # The second signal stops immediately. SIGHUP does not count: a closing terminal sends it
        # more than once.
        if clock.is_stopped and main is not None and number != SIGHUP:
            main.cancel()
        clock.stop(number)

    try:
        with interrupts.handed_to(on_signal, clock.note):
            async with client:
                await work()
    except LdImportError as error:
        return error
    except asyncio.CancelledError:
        return clock.interruption()
    return None


async def for_each(
    values: Iterable[T], act: Callable[[T], Coroutine[Any, Any, None]], *, parallel: int
) -> None:
    """Call `act` with each value, several at a time; after an error no further one begins.

    Raises the first error when the calls in flight have ended.
    """
    waiting = iter(values)
    errors: list[BaseException] = []

    async def work() -> None:
        for value in waiting:
            if errors:
                return
            try:
                await act(value)
            except BaseException as error:
                errors.append(error)
                raise

    workers = [asyncio.ensure_future(work()) for _ in range(parallel)]
    try:
        await asyncio.gather(*workers, return_exceptions=True)
    finally:
        for worker in workers:
            worker.cancel()
    if errors:
        raise errors[0]
