"""The `encode_url` filter: converts an address to a URL that requests can use."""

from __future__ import annotations

import re
from urllib.parse import quote

from ld_import.manifest.templating.errors import TemplateValueError
from ld_import.wording import escaped, show

LONGEST_HOST = 253
# RFC 3986, sections 3.3 and 3.4; `%` is allowed only before two hexadecimal digits.
IN_PATH = "!$&'()*+,;=:@/"
IN_QUERY = IN_PATH + "?"
IN_USER = "!$&'()*+,;=:"

_address = re.compile(
    r"([A-Za-z][A-Za-z0-9+.-]*://)(?:([^/?#]*)@)?([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?", re.DOTALL
).fullmatch
_host_and_port = re.compile(r"(\[[^\]]*\]|[^:]*)(:.*)?", re.DOTALL).fullmatch
_lone_percent = re.compile("%(?![0-9A-Fa-f]{2})")
_control_in = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]").search


def encoded(text: str) -> str:
    """Return an address as a URL. Raises TemplateValueError for a text that is not an address."""
    if control := _control_in(text):
        place = f"{escaped(control.group())} (character {control.start() + 1})"
        raise TemplateValueError(f"{show(text)} has the control character {place}; remove it")
    match = _address(text)
    if match is None:
        raise TemplateValueError(
            f"{show(text)} is not a complete address with a scheme such as `https://`"
        )
    scheme, user, host, path, query, fragment = match.groups()
    at = "" if user is None else f"{_encoded(user, IN_USER)}@"
    parts = (path, IN_PATH), (query and query[1:], IN_QUERY), (fragment and fragment[1:], IN_QUERY)
    path, query, fragment = (None if part is None else _encoded(part, safe) for part, safe in parts)
    query_part = "" if query is None else f"?{query}"
    fragment_part = "" if fragment is None else f"#{fragment}"
    return f"{scheme}{at}{_ascii_host(host)}{path}{query_part}{fragment_part}"


def _encoded(text: str, safe: str) -> str:
    return quote(_lone_percent.sub("%25", text), safe=f"{safe}%")


def _ascii_host(text: str) -> str:
    if text.isascii():
        return text
    match = _host_and_port(text)
    host, port = match.groups(default="") if match else (text, "")
    # The tables of idna are slow to import, and only hosts that are not ASCII need them.
    import idna

    try:
        if len(host) > LONGEST_HOST:
            raise idna.IDNAError(f"longer than {LONGEST_HOST} characters")
        return idna.encode(host, uts46=True).decode() + port
    except idna.IDNAError as error:
        raise TemplateValueError(f"{show(host)} is not a host name ({error})") from error
