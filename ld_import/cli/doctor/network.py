"""Checks of the way to the server: proxy, name, connection and certificate."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ld_import.cli.config.proxies import proxy_for
from ld_import.cli.doctor.check import Check, failed, passed, remark, skipped
from ld_import.cli.doctor.facts import Facts
from ld_import.errors import LdImportError, UsageError
from ld_import.importer.server import Server, is_loopback
from ld_import.wording import amount

if TYPE_CHECKING:
    from socket import socket

PROXY = "proxy"
NAME = "name"
CONNECTION = "connection"
TLS = "certificate"
NO_PROXY = "the proxy cannot be used"
SOON = timedelta(days=21)


def check_proxy(facts: Facts) -> Iterator[Check]:
    """Check the proxy that the environment names for this server."""
    if facts.server is None:
        return
    try:
        proxy = proxy_for(facts.server.url)
    except UsageError as error:
        facts.obstacle = NO_PROXY
        yield failed(PROXY, error)
        return
    facts.server = replace(facts.server, proxy=proxy)
    yield passed(PROXY, proxy.name if proxy else "none, the connection is direct")


def check_connection(facts: Facts) -> Iterator[Check]:
    """Look up the host, connect to it, and check its certificate."""
    from ld_import.importer.reach import endpoint_of, look_up, open_connection

    server = facts.server
    if server is None or facts.obstacle == NO_PROXY:
        yield skipped(CONNECTION, facts.obstacle)
        return
    endpoint = endpoint_of(server)
    step = NAME
    try:
        addresses = look_up(endpoint)
        first = addresses[0][4][0]
        if first != endpoint.host:
            yield passed(NAME, f"{endpoint.host} is {first}{_more(len({a[4] for a in addresses}))}")
        step = CONNECTION
        with closing(open_connection(addresses, endpoint)) as opened:
            yield passed(CONNECTION, f"port {endpoint.port} of {endpoint.host} is open")
            step = TLS
            yield from _certificate(opened, server, facts)
    except LdImportError as error:
        facts.obstacle = "there is no connection to the server"
        yield failed(step, error)


def _certificate(opened: socket, server: Server, facts: Facts) -> Iterator[Check]:
    from ld_import.importer.reach import open_tunnel, read_certificate

    if server.url.startswith("http://"):
        host = urlsplit(server.url).hostname or ""
        if not is_loopback(host):
            yield remark(TLS, "none: the connection is not encrypted", "use https")
        return
    if server.proxy is not None:
        if not server.proxy.url.startswith("http://"):
            yield skipped(TLS, f"not looked at through {server.proxy.name}")
            return
        open_tunnel(opened, server)
    certificate = read_certificate(opened, server)
    if certificate is None:
        yield remark(TLS, "not checked (--insecure)", "name its authority with --ca-file instead")
        return
    days = (certificate.expires_at - facts.clock.now()).days
    text = f"issued by {certificate.issuer}, expires in {amount(days, 'day')}"
    if certificate.expires_at - facts.clock.now() < SOON:
        yield remark(TLS, text, "remind the operator of the server to renew it")
    else:
        yield passed(TLS, f"{text} ({_date(certificate.expires_at)})")


def _more(count: int) -> str:
    return f" and {count - 1} more" if count > 1 else ""


def _date(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"
