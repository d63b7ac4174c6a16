"""Requests for one URL: credentials of its entry, redirects, permitted hosts."""

from __future__ import annotations

import ssl
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress

import httpx

from ld_import.assets.base import FileProblem, SourceRules, SourceSettings
from ld_import.assets.sources.addresses import address_of, is_permitted, permitted, resolve
from ld_import.assets.sources.credentials import password_of, token_of
from ld_import.assets.sources.location import (
    DEFAULT_PORTS,
    parts_of,
    settings_for,
    shown,
    unreadable,
)
from ld_import.assets.sources.network import address_refused
from ld_import.assets.sources.outages import Outages
from ld_import.assets.sources.proxies import proxy_for
from ld_import.assets.sources.web_clients import (
    MOST_CONNECTIONS,
    ClientKey,
    client_for,
    close_clients,
)
from ld_import.assets.sources.web_failures import CONNECTION_ERRORS, problem_of_connection
from ld_import.clock import SystemClock
from ld_import.errors import UsageError

MOST_REDIRECTS = 5
# To read the page of an error costs less than another connection.
MOST_DRAINED_BYTES = 16 * 1024

outages = Outages(SystemClock().monotonic)


def check_url(url: str, rules: SourceRules) -> None:
    """Raise FileProblem for a URL that is never requested under these rules; asks no host."""
    parts = parts_of(url)
    try:
        httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        raise FileProblem(f"{shown(url)} is not a valid URL") from None
    if parts.scheme == "http" and not rules.allow_http:
        raise FileProblem(
            f"{shown(url)} is not encrypted; use https, or allow it with --allow-http"
        )
    address = address_of(parts.hostname or "")
    allow_private = _allows_private(settings_for(url, rules), rules)
    if address is not None and not is_permitted(address, allow_private=allow_private):
        raise address_refused(parts.hostname or "")


def close_connections() -> None:
    """Close all connections, and forget the hosts that are away."""
    close_clients()
    outages.clear()


class Requests:
    """Sends requests for a URL, and follows their redirects."""

    def __init__(self, url: str, rules: SourceRules) -> None:
        """Use the entries of the rules; nothing is sent yet."""
        self.url = url
        self._rules = rules
        self._entry = settings_for(url, rules)

    @property
    def origin(self) -> str:
        """The scheme, host and port."""
        return "/".join(self.url.split("/", 3)[:3]).lower()

    @contextmanager
    def answer(self, method: str, headers: Mapping[str, str]) -> Generator[httpx.Response]:
        """Send a request; the block can read the body of the answer.

        Raises Transient for a connection that cannot be made, or is lost in the block.
        """
        response = self._follow(method, headers)
        try:
            yield response
        except CONNECTION_ERRORS as error:
            raise problem_of_connection(self.url, error, is_proxied=False) from None
        finally:
            _end(response)

    def _follow(self, method: str, headers: Mapping[str, str]) -> httpx.Response:
        url = httpx.URL(self.url)
        for _ in range(MOST_REDIRECTS + 1):
            response = self._send(method, url, headers)
            if not response.has_redirect_location:
                return response
            _end(response)
            url = self._target(url, response.headers["location"])
        raise unreadable(self.url, f"it has more than {MOST_REDIRECTS} redirects")

    def _entry_for(self, url: httpx.URL) -> SourceSettings | None:
        """Return the entry for a hop.

        A redirect must not lead from a public host to a private one that only its own entry
        permits.
        """
        entry = settings_for(str(url), self._rules)
        if entry is None or entry is self._entry:
            return entry
        is_private = self._entry is not None and self._entry.allow_private
        return entry if is_private or not entry.allow_private else None

    def _target(self, url: httpx.URL, location: str) -> httpx.URL:
        try:
            target = url.join(location)
        except (httpx.InvalidURL, ValueError):
            raise unreadable(self.url, "it redirects to something that is not a URL") from None
        if target.scheme not in ("http", "https") or not target.host:
            raise unreadable(self.url, "it redirects to an address that is not of the web")
        if target.scheme == "http" and not self._rules.allow_http:
            raise unreadable(self.url, f"it redirects to {shown(str(target))} without encryption")
        return target.copy_with(userinfo=b"")

    def _send(self, method: str, url: httpx.URL, headers: Mapping[str, str]) -> httpx.Response:
        entry = self._entry_for(url)
        allow_private = _allows_private(entry, self._rules)
        proxy = proxy_for(url.scheme, url.host, url.port or DEFAULT_PORTS[url.scheme])
        _check_host(url, allow_private=allow_private, is_proxied=proxy is not None)
        client = client_for(_key(entry, proxy, allow_private=allow_private))
        sent = {**headers, **(_authorization(entry) if entry is self._entry else {})}
        try:
            request = client.build_request(method, url, headers=sent)
            return client.send(request, stream=True)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError):
            raise FileProblem(f"{shown(self.url)} is not a valid URL") from None
        except CONNECTION_ERRORS as error:
            raise problem_of_connection(self.url, error, is_proxied=proxy is not None) from None


def _end(response: httpx.Response) -> None:
    """Close an answer; if little of it is left, its connection can be used again."""
    length: str = response.headers.get("content-length", "")
    is_small = length.isdecimal() and len(length) < 6 and int(length) <= MOST_DRAINED_BYTES
    if response.request.method == "HEAD" or is_small:
        # Already read, or lost: then there is nothing to keep.
        with suppress(httpx.HTTPError, httpx.StreamError, ssl.SSLError, OSError):
            for _ in response.iter_raw():
                pass
    response.close()


def _allows_private(entry: SourceSettings | None, rules: SourceRules) -> bool:
    return rules.allow_private or (entry is not None and entry.allow_private)


def _key(entry: SourceSettings | None, proxy: str | None, *, allow_private: bool) -> ClientKey:
    most = (entry and entry.max_connections) or MOST_CONNECTIONS
    return ClientKey(entry.name if entry else "", most, proxy, allow_private)


def _check_host(url: httpx.URL, *, allow_private: bool, is_proxied: bool) -> None:
    """Raise FileProblem before a proxy, which resolves names itself, gets the request.

    Names that only the proxy can resolve are left to its rules. Without a proxy the connection
    checks the address.
    """
    address = address_of(url.host)
    if address is not None:
        found = [url.host]
    elif is_proxied:
        try:
            found = list(resolve(url.host, url.port or 443))
        except (OSError, UnicodeError):
            return
    else:
        return
    if not permitted(found, allow_private=allow_private):
        raise address_refused(url.host)


def _authorization(entry: SourceSettings | None) -> dict[str, str]:
    if entry is None:
        return {}
    if token := token_of(entry):
        return _header(entry, f"Bearer {token}")
    if entry.user is None:
        return {}
    request = httpx.Request("GET", "https://host")
    basic = httpx.BasicAuth(entry.user, password_of(entry) or "")
    return {"Authorization": next(basic.auth_flow(request)).headers["Authorization"]}


def _header(entry: SourceSettings, text: str) -> dict[str, str]:
    # httpx would refuse it with an error that contains the token.
    if not text.isascii() or not text.isprintable():
        raise UsageError(
            f"the token of the source `{entry.name}` contains a character that is not ASCII",
            hint="correct the file that tokenFile names",
        )
    return {"Authorization": text}
