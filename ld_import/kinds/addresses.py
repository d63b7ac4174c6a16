"""Reasons why a text is not a valid URL, with the character and its position."""

from __future__ import annotations

import re

PERCENT_FAULT = "is not followed by two hexadecimal digits"
LARGEST_PORT = 65_535

_authority = re.compile(r"(?i:https?)://([^/?#]*)").match
_scheme_and_host = re.compile(r"(\s*[A-Za-z][A-Za-z0-9+.-]*://)[^/?#]*").match
_forbidden_in_host = re.compile(r"[^A-Za-z0-9._~!$&'()*+,;=:@%\[\]-]").search
# RFC 3986: `%` is followed by two hexadecimal digits, and a fragment has no second `#`.
_forbidden_in_rest = re.compile(
    r"[^A-Za-z0-9._~!$&'()*+,;=:@/?#%-]|%(?![0-9A-Fa-f]{2})|(?<=#)[^#]*#"
).search
_port_of = re.compile(r"(?:[^@]*@)?(?:\[[^\]]*\]|[^:]*):(.*)", re.DOTALL).fullmatch


def character_fault(text: str) -> str | None:
    """Return the first character that is not allowed in a URL, or `None` if all are allowed."""
    match = _scheme_and_host(text)
    if match is None:
        return None
    if text[0].isspace():
        return f"{_position(text, 0)} cannot be in a URL"
    forbidden = _forbidden_in_host(text, match.end(1), match.end())
    if forbidden and not forbidden.group().isascii():
        position = _position(text, forbidden.start())
        return f"{position} cannot be in a host; it has an ASCII form (`xn--…`)"
    forbidden = _forbidden_in_rest(text, match.end())
    if forbidden is None:
        return None
    position = _position(text, forbidden.end() - 1)
    is_percent = text[forbidden.end() - 1] == "%"
    return f"{position} {PERCENT_FAULT if is_percent else 'cannot be in a URL'}"


def authority_fault(text: str) -> str | None:
    """Return the fault of host or port of an http(s) URL, or `None`."""
    match = _authority(text)
    if match is None:
        return None
    authority = match.group(1)
    if forbidden := _forbidden_in_host(text, match.start(1), match.end(1)):
        return f"{_position(text, forbidden.start())} cannot be in a host"
    host = authority.rpartition("@")[2]
    if not re.search(r"[A-Za-z0-9]", host.partition(":")[0]) and not host.startswith("["):
        return "it has no host"
    port = _port_of(authority)
    if port and not port.group(1).isdecimal():
        return "its port is not a number"
    if port and int(port.group(1)[-9:]) > LARGEST_PORT:
        return f"its port is greater than {LARGEST_PORT}"
    return None


def scheme_fault(text: str) -> str | None:
    """Return what a text without a scheme seems to be, or `None` for a text with one."""
    if not text.strip():
        return "it is empty"
    if re.match(r"[A-Za-z]:[\\/]|\\\\", text):
        return "it is a path on a computer"
    if re.match(r"//|[\w-]+(\.[\w-]+)+(:\d+)?/", text):
        return "it does not begin with https:// or http://"
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", text.strip()):
        return None
    return "it is a path without https:// and a host before it"


def _position(text: str, at: int) -> str:
    character = text[at]
    shown = f'"{character}"' if character.isprintable() else f"U+{ord(character):04X}"
    return f"character {at + 1}, {shown},"
