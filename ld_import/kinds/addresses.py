"""What keeps a text from being a URL, with the character and its place."""

from __future__ import annotations

import re

PERCENT_FAULT = "is not followed by two hexadecimal digits"
LARGEST_PORT = 65_535

_authority = re.compile(r"(?i:https?)://([^/?#]*)").match
_scheme_and_host = re.compile(r"(\s*[A-Za-z][A-Za-z0-9+.-]*://)[^/?#]*").match
_foreign_in_host = re.compile(r"[^A-Za-z0-9._~!$&'()*+,;=:@%\[\]-]").search
# RFC 3986: a `%` begins two hexadecimal digits, and a fragment has no second `#`.
_foreign_in_rest = re.compile(
    r"[^A-Za-z0-9._~!$&'()*+,;=:@/?#%-]|%(?![0-9A-Fa-f]{2})|(?<=#)[^#]*#"
).search
_port_of = re.compile(r"(?:[^@]*@)?(?:\[[^\]]*\]|[^:]*):(.*)", re.DOTALL).fullmatch


def character_fault(text: str) -> str | None:
    """Return which character must be encoded for a URL, or `None` when none must."""
    match = _scheme_and_host(text)
    if match is None:
        return None
    if text[0].isspace():
        return f"{_place(text, 0)} cannot be in a URL"
    found = _foreign_in_host(text, match.end(1), match.end())
    if found and not found.group().isascii():
        return f"{_place(text, found.start())} cannot be in a host; it has an ASCII form (`xn--…`)"
    found = _foreign_in_rest(text, match.end())
    if found is None:
        return None
    place = _place(text, found.end() - 1)
    is_percent = text[found.end() - 1] == "%"
    return f"{place} {PERCENT_FAULT if is_percent else 'cannot be in a URL'}"


def authority_fault(text: str) -> str | None:
    """Return what is wrong between `//` and the path of an http(s) address, or `None`."""
    match = _authority(text)
    if match is None:
        return None
    authority = match.group(1)
    if found := _foreign_in_host(text, match.start(1), match.end(1)):
        return f"{_place(text, found.start())} cannot be in a host"
    host = authority.rpartition("@")[2]
    if not re.search(r"[A-Za-z0-9]", host.partition(":")[0]) and not host.startswith("["):
        return "it has no host"
    port = _port_of(authority)
    if port and not port.group(1).isdecimal():
        return "its port is not a number"
    if port and int(port.group(1)[-9:]) > LARGEST_PORT:
        return f"its port is greater than {LARGEST_PORT}"
    return None


def _place(text: str, at: int) -> str:
    sign = text[at]
    shown = f'"{sign}"' if sign.isprintable() else f"U+{ord(sign):04X}"
    return f"character {at + 1}, {shown},"
