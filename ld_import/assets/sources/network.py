"""Connections of the HTTP client: only to permitted addresses, whatever a name resolves to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import httpcore
import httpx

from ld_import.assets.base import FileProblem
from ld_import.assets.sources.addresses import permitted, resolve

MOST_ADDRESSES = 4


def address_refused(host: str) -> FileProblem:
    """Return the problem of a host that has only addresses which a manifest must not reach."""
    return FileProblem(
        f"the host {host} has a private or reserved address; allow it with"
        " --allow-private-sources, or `allowPrivate` of an entry of `sources:`"
    )


class CheckedNetwork(httpcore.NetworkBackend):
    """Resolves each name once, and connects to the addresses that it checked.

    A second look-up by the connection itself could have another result (DNS rebinding).
    """

    def __init__(self, *, allow_private: bool) -> None:
        """Permit private addresses or not."""
        self._allow_private = allow_private
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first permitted address that accepts. Raises FileProblem."""
        refused: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        for address in self._addresses(host, port):
            try:
                return self._backend.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                refused = error
        raise refused or address_refused(host)

    def sleep(self, seconds: float) -> None:
        """Part of the protocol; only retries of the client itself use it."""
        self._backend.sleep(seconds)

    def _addresses(self, host: str, port: int) -> list[str]:
        try:
            found = resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(str(error)) from error
        return permitted(found, allow_private=self._allow_private)[:MOST_ADDRESSES]


class CheckedTransport(httpx.HTTPTransport):
    """The transport of httpx, with connections of `CheckedNetwork`."""

    def __init__(self, *, trust: Any, limits: httpx.Limits, allow_private: bool) -> None:
        """Trust these certificates."""
        super().__init__(verify=trust, limits=limits, trust_env=False)
        self._pool.close()
        # httpx has no parameter for the network, only its library httpcore.
        self._pool = httpcore.ConnectionPool(
            ssl_context=trust,
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
            network_backend=CheckedNetwork(allow_private=allow_private),
        )
