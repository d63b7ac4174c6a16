"""The check of all workers of a cluster before the first file is sent.

Workers run functions of the standard library for it, so that it works without ld-import there.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from ld_import.errors import StorageUnavailable, UsageError

if TYPE_CHECKING:
    from distributed import Client

PACKAGE = "ld-import"
# The distributions of the extra `assets`.
EXTRA = ("obstore", "pillow", "av", "filetype")
ANSWER_SECONDS = 20.0
INSTALL = "run on the host of each worker: pip install 'ld-import[assets,cluster]=={}'"


def no_workers(address: str, seconds: float) -> StorageUnavailable:
    """Return the error for a cluster without workers."""
    return StorageUnavailable(
        f"the Dask cluster at {address} has had no workers for {seconds:g} seconds",
        hint="start workers (dask worker), then run the same command again",
    )


def gone(address: str) -> StorageUnavailable:
    """Return the error for a scheduler that ended or does not answer any more."""
    return StorageUnavailable(f"the Dask scheduler at {address} does not answer any more")


def count_threads(client: Client) -> int:
    """Return the number of tasks that all workers together run at once."""
    threads = client.sync(client.scheduler.ncores, callback_timeout=ANSWER_SECONDS)
    return sum(threads.values())


def wrong_release(worker: str, found: str, own: str) -> UsageError:
    """Return the error for a worker with another version of ld-import."""
    return UsageError(
        f"the worker at {worker} has ld-import {found}, this computer {own}",
        hint=INSTALL.format(own),
    )


def check_workers(client: Client) -> None:
    """Raise UsageError with the name of a worker that cannot prepare files.

    Each needs the same minor version of Python and the same ld-import with the extra `assets`.
    """
    own = version(PACKAGE)
    hint = INSTALL.format(own)
    for worker, found in _on_all(client, platform.python_version).items():
        if _minor(found) != _minor(platform.python_version()):
            raise UsageError(
                f"the worker at {worker} runs Python {_minor(found)}, this computer"
                f" {_minor(platform.python_version())}",
                hint="run workers with the same Python as this command",
            )
    for worker, found in _on_all(client, version, PACKAGE).items():
        if isinstance(found, BaseException):
            raise UsageError(f"the worker at {worker} has no ld-import", hint=hint)
        if found != own:
            raise wrong_release(worker, found, own)
    for name in EXTRA:
        for worker, found in _on_all(client, version, name).items():
            if isinstance(found, BaseException):
                raise UsageError(f"the worker at {worker} has no {name}", hint=hint)


def _on_all(client: Client, function: Callable[..., str], *args: str) -> dict[str, Any]:
    """Return the result for each worker; workers that went away meanwhile have none."""
    try:
        results = client.run(function, *args, on_error="return")
    except OSError:
        raise gone(client.scheduler.address) from None
    return {worker: result for worker, result in results.items() if not isinstance(result, OSError)}


def _minor(text: str) -> str:
    return ".".join(text.split(".")[:2])
