"""A source as text: its scheme, its form in messages, and the entry of `sources:` for it."""

from __future__ import annotations

import re
from functools import lru_cache
from unicodedata import normalize
from urllib.parse import SplitResult, unquote, urlsplit

from ld_import.assets.base import FileProblem, SourceRules, SourceSettings
from ld_import.redaction import redact
from ld_import.wording import shorten

SHOWN_LENGTH = 200
DEFAULT_PORTS = {"http": 80, "https": 443, "sftp": 22}
_scheme = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://").match


def scheme_of(source: str) -> str:
    """Return the scheme of a URL in lower case, and an empty text for a path."""
    found = _scheme(source)
    return found[1].lower() if found else ""


def shown(source: str) -> str:
    """Return a source for a message: a path in quotes, a URL without user, query and fragment."""
    if not scheme_of(source):
        return f'"{shorten(source, SHOWN_LENGTH)}"'
    if scheme_of(source) in ("http", "https"):
        source = source.partition("#")[0].partition("?")[0]
    scheme, _, rest = source.partition("://")
    authority, slash, path = rest.partition("/")
    bare = f"{scheme}://{authority.rpartition('@')[2]}{slash}{path}"
    return redact(shorten(bare.replace(" ", "%20"), SHOWN_LENGTH))


def unreadable(source: str, why: str) -> FileProblem:
    """Return the problem of a source that cannot be read, with the reason."""
    return FileProblem(f"{shown(source)} cannot be read: {why}")


def spellings(name: str) -> list[str]:
    """Return a name and its forms with composed and decomposed letters, without duplicates."""
    if name.isascii():
        return [name]
    return list(dict.fromkeys((name, normalize("NFC", name), normalize("NFD", name))))


def parts_of(source: str, *, allow_user: bool = False) -> SplitResult:
    """Return the parts of a URL. Raises FileProblem for one that cannot be requested.

    It must not contain a password, and a name of a user only with `allow_user`.
    """
    try:
        parts = urlsplit(source)
        is_usable = bool(parts.hostname) and parts.port != 0
        # Empty and very long labels; the address look-up has the same limits.
        if (parts.hostname or "").isascii():
            (parts.hostname or "").encode("idna")
    # UnicodeError is a subclass.
    except ValueError:
        is_usable = False
    if not is_usable or not source.isprintable():
        raise FileProblem(f"{shown(source)} is not a valid URL")
    if parts.password is not None or (parts.username is not None and not allow_user):
        raise FileProblem(
            f"the URL {shown(source)} contains a user name or password; a manifest must not contain"
            " credentials: put them into an entry of `sources:` in ld-import.yaml"
        )
    return parts


def settings_for(source: str, rules: SourceRules) -> SourceSettings | None:
    """Return the entry of `sources:` whose URL is the longest beginning of this one."""
    if not rules.sources:
        return None
    target = _place(source)
    if target is None:
        return None
    fitting = [entry for entry in rules.sources if _is_below(target, _place(entry.url))]
    return max(fitting, key=lambda entry: len(entry.url), default=None)


_Place = tuple[str, str, int | None, tuple[str, ...]]


@lru_cache(1_000)
def _place(url: str) -> _Place | None:
    """Return scheme, host, port and folders; `None` for a URL whose path cannot be compared."""
    try:
        parts = urlsplit(url)
        scheme = parts.scheme.lower()
        port = parts.port or DEFAULT_PORTS.get(scheme)
    except ValueError:
        return None
    names = tuple(unquote(name) for name in parts.path.split("/") if name)
    # A server may resolve `..` in a path, which then leads out of the entry's folder.
    if any(name in (".", "..") or "/" in name or "\\" in name for name in names):
        return None
    return scheme, (parts.hostname or "").rstrip("."), port, names


def _is_below(target: _Place, base: _Place | None) -> bool:
    if base is None or target[:3] != base[:3]:
        return False
    return target[3][: len(base[3])] == base[3]
