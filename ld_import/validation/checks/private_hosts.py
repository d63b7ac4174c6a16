"""Hosts that only a private network or one computer reaches: the server cannot fetch from them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from ld_import.validation.address import Address
from ld_import.validation.finding import Finding
from ld_import.validation.subject import Subject
from ld_import.wording import shorten

RULE = "private-host"
FILE_RULE = "file-url"
# RFC 6761, RFC 6762, RFC 8375, ICANN's reservation of `.internal`, and RFC 6762 appendix G.
SUFFIXES = (
    ".localhost",
    ".local",
    ".internal",
    ".home.arpa",
    ".intranet",
    ".private",
    ".corp",
    ".home",
    ".lan",
)
ADVICE = "use an address that the Livingdocs server reaches"


def check_host(subject: Subject, address: Address) -> Iterable[Finding]:
    """Report a host that is local or private, and a `file:` address.

    A file to upload is read by this program, which checks its address itself.
    """
    if subject.item.file:
        return ()
    if address.scheme == "file":
        text = "the URL names a file on one computer (`file:`)"
        return (subject.warning(FILE_RULE, subject.url_field, text, ADVICE),)
    if address.scheme not in ("http", "https") or not is_private(address.host):
        return ()
    text = f'the host "{shorten(address.host)}" is in a private or local network'
    return (subject.warning(RULE, subject.url_field, text, ADVICE),)


def is_private(host: str) -> bool:
    """Return whether a host is known only to one computer or network."""
    if (number := _ip_address(host)) is not None:
        return not number.is_global
    return bool(host) and ("." not in host or host.endswith(SUFFIXES))


def _ip_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    if not host[-1:].isdigit() and ":" not in host:
        return None
    try:
        # A zone (`fe80::1%eth0`) is part of the text, not of the number.
        number = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    if isinstance(number, ipaddress.IPv6Address) and number.ipv4_mapped is not None:
        return number.ipv4_mapped
    return number
