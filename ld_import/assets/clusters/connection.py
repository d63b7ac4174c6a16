"""The connection to a Dask scheduler: certificates, timeouts, and errors as sentences.

The library reports through logging and warnings on its own; both are silenced in this process.
"""

from __future__ import annotations

import logging
import socket
import ssl
import warnings
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ld_import.errors import LdImportError, StorageUnavailable, UsageError

if TYPE_CHECKING:
    from distributed import Client

CONNECT_SECONDS = 10
# After this time without a packet a connection is dead; the library demands more than 10.
TCP_SECONDS = 15
ABANDON_SECONDS = 1
SILENT_SECONDS = 2
# Above all levels of messages.
_SILENT = logging.CRITICAL + 10
_TLS = "distributed.comm.tls"
_TLS_HINT = (
    "set ca-file, client.cert and client.key below distributed.comm.tls in Dask's configuration,"
    " or DASK_DISTRIBUTED__COMM__TLS__CA_FILE and the others in the environment"
)


def connect(address: str) -> Client:
    """Return a client of this scheduler.

    Raises UsageError if a certificate is missing, and StorageUnavailable if the scheduler cannot be
    reached within seconds.
    """
    import dask
    import distributed

    _silence()
    if address.startswith("tls:"):
        _check_certificates()
    # A user's own values have precedence over these.
    timeouts = {"connect": f"{CONNECT_SECONDS}s", "tcp": f"{TCP_SECONDS}s"}
    dask.config.update_defaults({"distributed": {"comm": {"timeouts": timeouts}}})
    # Apart from its start: a client that does not start is to be closed as well.
    client = distributed.Client.__new__(distributed.Client)
    try:
        client.__init__(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except Exception as error:
        _abandon(client)
        raise sentence(address, error) from error
    return client


def _abandon(client: Client) -> None:
    with suppress(Exception):
        client.close(timeout=ABANDON_SECONDS)
    # It would wait again when it is collected.
    client.status = "closed"


def check_library() -> None:
    """Raise UsageError if the extra is missing."""
    try:
        is_installed = find_spec("distributed") is not None
    except ValueError:
        is_installed = False
    if not is_installed:
        raise UsageError(
            "--workers needs distributed, which is not installed",
            hint="run: pip install 'ld-import[assets,cluster]'",
        )


def _silence() -> None:
    names = [*logging.root.manager.loggerDict, "distributed"]
    for name in names:
        if name.split(".")[0] in ("distributed", "tornado"):
            logging.getLogger(name).setLevel(_SILENT)
    warnings.filterwarnings("ignore", module="distributed")
    log = logging.getLogger("asyncio")
    if is_ours not in log.filters:
        log.addFilter(is_ours)


def is_ours(record: logging.LogRecord) -> bool:
    """Return whether a message of asyncio is not from the thread of the library."""
    return record.threadName is None or not record.threadName.startswith("IO loop")


def _check_certificates() -> None:
    from dask import config
    from distributed import Security

    for name in ("ca-file", "client.cert", "client.key"):
        value = config.get(f"{_TLS}.{name}", None)
        # The library accepts a key that is in the file of the certificate.
        if value is None and name != "client.key":
            raise UsageError(f"{_TLS}.{name} is not set, which tls:// needs", hint=_TLS_HINT)
        if value is not None and "\n" not in value and not Path(value).is_file():
            raise UsageError(f"{_TLS}.{name}: {value} is not a file", hint=_TLS_HINT)
    try:
        Security().get_connection_args("client")
    except (OSError, ValueError) as error:
        raise UsageError(
            f"the files below {_TLS} are not a certificate and its key that can be used: {error}",
            hint=_TLS_HINT,
        ) from None


def sentence(address: str, error: Exception) -> LdImportError:
    """Return the error of the run for one of the library."""
    if isinstance(error, ImportError):
        lines = [line for line in str(error).splitlines() if line.strip()] or ["no reason given"]
        return UsageError(f"the Dask scheduler at {address} has another version: {lines[0]}")
    if not isinstance(error, OSError | UnicodeError):
        reason = str(error).strip("'\"")
        return UsageError(
            f"the Dask scheduler at {address} cannot be used: {reason}",
            hint="check the configuration of Dask",
        )
    why, hint = _why(address, error)
    return StorageUnavailable(f"no connection to the Dask scheduler at {address}: {why}", hint=hint)


def _why(address: str, error: Exception) -> tuple[str, str | None]:
    """Return the reason, and a hint unless it is to try again later."""
    from distributed.comm.core import CommClosedError, FatalCommClosedError

    causes = [*_causes(error)]
    is_tls = any(isinstance(cause, ssl.SSLError | FatalCommClosedError) for cause in causes)
    if is_tls or any("SSL" in str(cause) for cause in causes):
        return (
            "the certificates of this computer and of the scheduler do not match, or it has no TLS",
            _TLS_HINT,
        )
    if isinstance(error, CommClosedError):
        return "it closed the connection, as a scheduler does that expects TLS", "write tls://"
    # The error of the library is that of its last attempt, which may have had no time left.
    return _why_silent(address)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _why_silent(address: str) -> tuple[str, str | None]:
    parts = urlsplit(address)
    try:
        socket.create_connection((parts.hostname, parts.port), timeout=SILENT_SECONDS).close()
    except (socket.gaierror, UnicodeError):
        return "the name of the host is unknown", "check the address in --workers"
    except ConnectionRefusedError:
        return "nothing listens there", "start the scheduler (dask scheduler), or check its address"
    except OSError:
        pass
    return f"it does not answer within {CONNECT_SECONDS} seconds", None
