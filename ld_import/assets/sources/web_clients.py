"""HTTP clients of this process, shared by its threads: certificates, connections, proxies."""

from __future__ import annotations

import ssl
import threading
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import NamedTuple

import httpx

from ld_import.assets.sources.network import CheckedTransport
from ld_import.assets.sources.proxies import proxy_for
from ld_import.errors import UsageError

USER_AGENT = "ld-import"
CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 30.0
# Hosts close idle connections; a pooled one must not die under the next request.
KEEPALIVE_SECONDS = 2.0
MOST_CONNECTIONS = 64
MOST_IDLE = 16


class ClientKey(NamedTuple):
    """The settings of a client; requests with the same settings share one.

    `entry` is the name of an entry of `sources:`, or empty.
    """

    entry: str
    max_connections: int
    proxy: str | None
    allow_private: bool


_clients: dict[ClientKey, httpx.Client] = {}
_lock = threading.Lock()


def client_for(key: ClientKey) -> httpx.Client:
    """Return the client with these settings."""
    with _lock:
        if key not in _clients:
            _clients[key] = _client(key)
        return _clients[key]


def close_clients() -> None:
    """Close all connections; a later request opens new ones."""
    with _lock:
        for client in _clients.values():
            client.close()
        _clients.clear()
        trust.cache_clear()
        proxy_for.cache_clear()


@cache
def trust() -> ssl.SSLContext:
    """Return the trusted certificates: SSL_CERT_FILE, SSL_CERT_DIR, or those of certifi."""
    try:
        return httpx.create_ssl_context()
    # SSLError is a subclass of OSError.
    except OSError as error:
        raise UsageError(
            f"the certificate authorities cannot be used: {error.strerror or error}",
            hint="correct or unset SSL_CERT_FILE, SSL_CERT_DIR and SSLKEYLOGFILE",
        ) from None


def _client(key: ClientKey) -> httpx.Client:
    limits = httpx.Limits(
        max_connections=key.max_connections,
        max_keepalive_connections=MOST_IDLE,
        keepalive_expiry=KEEPALIVE_SECONDS,
    )
    return httpx.Client(
        transport=_transport(key, limits),
        headers={
            "User-Agent": USER_AGENT,
            "Accept": "*/*",
            # Sizes and ranges are those of the file only if it is not compressed.
            "Accept-Encoding": "identity",
        },
        # No cookie is accepted, so none is sent.
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS, pool=None),
        follow_redirects=False,
        # `.netrc` has passwords, and the proxy is in the key.
        trust_env=False,
    )


def _transport(key: ClientKey, limits: httpx.Limits) -> httpx.HTTPTransport:
    if key.proxy is None:
        return CheckedTransport(trust=trust(), limits=limits, allow_private=key.allow_private)
    try:
        return httpx.HTTPTransport(verify=trust(), limits=limits, proxy=key.proxy, trust_env=False)
    # ImportError: SOCKS needs another library.
    except (ValueError, httpx.InvalidURL, ImportError):
        raise UsageError(
            "the proxy of the environment cannot be used for sources",
            hint="correct HTTPS_PROXY, HTTP_PROXY or ALL_PROXY, like http://proxy.example:3128",
        ) from None
