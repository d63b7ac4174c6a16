"""HTTP clients for foreign hosts: without token, cookies, user names or environment."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 20.0
# A host closes idle connections; a pooled one must not die under the next request.
KEEPALIVE_SECONDS = 2.0
MOST_CONNECTIONS = 64

# Returns the URL of the proxy for a URL, `None` for a direct connection.
ProxyFor = Callable[[str], str | None]


class Clients:
    """One client for each proxy, and one for direct connections."""

    def __init__(
        self,
        user_agent: str,
        proxy_for: ProxyFor = lambda url: None,
        *,
        trust: ssl.SSLContext | bool = True,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        """Prepare clients that trust these certificates; no connection is made yet."""
        self._user_agent = user_agent
        self._proxy_for = proxy_for
        self._trust = trust
        self._answer_seconds = answer_seconds
        self._clients: dict[str | None, httpx.AsyncClient] = {}

    def client_for(self, url: str) -> tuple[httpx.AsyncClient, bool]:
        """Return the client for a URL, and whether it uses a proxy."""
        proxy = self._proxy_for(url)
        if proxy not in self._clients:
            self._clients[proxy] = self._client(proxy)
        return self._clients[proxy], proxy is not None

    async def aclose(self) -> None:
        """Close all connections."""
        for client in self._clients.values():
            await client.aclose()

    def _client(self, proxy: str | None) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            headers={
                "User-Agent": self._user_agent,
                "Accept": "*/*",
                # The size is that of the content only if it is not compressed.
                "Accept-Encoding": "identity",
            },
            # No cookie is accepted, so none is sent.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            timeout=httpx.Timeout(
                self._answer_seconds, connect=min(CONNECT_SECONDS, self._answer_seconds), pool=None
            ),
            limits=httpx.Limits(
                max_connections=MOST_CONNECTIONS, keepalive_expiry=KEEPALIVE_SECONDS
            ),
            verify=self._trust,
            proxy=proxy,
            follow_redirects=False,
            # `.netrc` has passwords, and the caller chooses the proxy.
            trust_env=False,
        )
