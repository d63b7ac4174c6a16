"""The address of a Dask scheduler, and the rule for permitted addresses.

Every process that reaches a scheduler can run any code on its workers. A connection without TLS is
therefore permitted inside this machine only.
"""

from __future__ import annotations

import socket
from contextlib import closing
from urllib.parse import SplitResult, urlsplit

from ld_import.errors import UsageError
from ld_import.redaction import redact

DEFAULT_PORT = 8786
HINT = "give the address of the scheduler with TLS, such as --workers tls://scheduler:8786"


def scheduler_address(text: str) -> str:
    """Return the address with its port. Raises UsageError for one that is not permitted."""
    parts = _split(text)
    if parts.scheme == "tcp" and not _is_this_machine(parts.hostname or ""):
        raise UsageError(
            f"--workers {text} has no TLS: other computers could run code on the workers;"
            " tcp:// is permitted for addresses of this machine only",
            hint=HINT,
        )
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}:{parts.port or DEFAULT_PORT}"


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        port = parts.port or DEFAULT_PORT
    except ValueError:
        parts, port = urlsplit(""), 0
    is_address = parts.scheme in ("tls", "tcp") and parts.hostname and port
    if not is_address or parts.path.strip("/") or parts.query or parts.username is not None:
        shown = redact(text)
        raise UsageError(f"--workers {shown} is not the address of a Dask scheduler", hint=HINT)
    return parts


def _is_this_machine(host: str) -> bool:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        return False
    return all(_is_own(family, address) for family, _, _, _, address in found)


def _is_own(family: int, address: tuple[object, ...]) -> bool:
    """Return whether an interface of this machine has the address: only then a socket gets it."""
    with closing(socket.socket(family, socket.SOCK_DGRAM)) as probe:
        try:
            probe.bind((address[0], 0, *address[2:]))
        except OSError:
            return False
    return address[0] not in ("0.0.0.0", "::")  # noqa: S104
