"""The HTTP connection to a server; no other module creates an httpx client."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ld_import import __version__
from ld_import.errors import UsageError
from ld_import.importer.certificates import trust_for
from ld_import.importer.server import Server

if TYPE_CHECKING:
    import httpx

USER_AGENT = f"ld-import/{__version__}"
CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 60.0
# The server closes connections idle for 5 s; a pooled one must not die under the next request.
KEEPALIVE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Connection:
    """An HTTP client with the token of a server; `proxy` names the proxy it uses, if any."""

    http: httpx.AsyncClient
    proxy: str | None = None


def connect(server: Server, *, parallel: int) -> Connection:
    """Return a connection to a server; nothing is sent yet.

    Raises UsageError for a token or certificates that cannot be used.
    """
    # Importing it takes half of the start-up time, and a dry run needs no connection.
    from ld_import.lean_httpx import httpx

    if server.token is None:
        raise UsageError("there is no access token", hint="create the server with Server(token=…)")
    token = server.token
    # httpx would refuse such a header with an error that contains the token.
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise UsageError(
            "the access token is empty, or contains a space or a character that is not ASCII",
            hint="remove the line break if the token was read from a file",
        )
    http = httpx.AsyncClient(
        base_url=server.url,
        headers={
            "Authorization": f"Bearer {token}",
            "User-Agent": USER_AGENT,
            "Accept": "application/json",
        },
        timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS, pool=None),
        limits=httpx.Limits(max_connections=parallel + 2, keepalive_expiry=KEEPALIVE_SECONDS),
        verify=trust_for(server.url, server.ca_file, is_insecure=server.is_insecure),
        proxy=server.proxy.url if server.proxy else None,
        # The caller chooses the proxy; httpx reads the environment by different rules.
        trust_env=False,
    )
    return Connection(http, server.proxy.name if server.proxy else None)
