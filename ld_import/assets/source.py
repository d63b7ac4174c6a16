"""Sources of files, by their scheme: `open_source`, and `state_of` without reading bytes."""

from __future__ import annotations

import sys

from ld_import.assets.base import FileProblem, Source, SourceRules, SourceState
from ld_import.assets.sources.location import scheme_of
from ld_import.clock import Pause
from ld_import.clock import pause as real_pause
from ld_import.wording import shorten

WEB = ("https", "http")
OBJECTS = ("s3", "gs", "az")
SFTP = "sftp"
# Modules with connections, and their functions that close them.
CLOSING = {
    "web_requests": "close_connections",
    "object_stores": "forget_stores",
    "sftp_hosts": "close_connections",
}


def check_source(text: str, rules: SourceRules) -> None:
    """Raise FileProblem for a source that can never be read under these rules.

    Neither the disk nor a host is asked.
    """
    scheme = scheme_of(text)
    if not scheme:
        from ld_import.assets.sources.local import check_path

        check_path(text, rules)
    elif scheme in WEB:
        from ld_import.assets.sources.web_requests import check_url

        check_url(text, rules)
    elif scheme in OBJECTS:
        from ld_import.assets.sources.object_stores import place_of

        place_of(text, rules)
    elif scheme == SFTP:
        from ld_import.assets.sources.sftp_hosts import place_of as sftp_place_of

        sftp_place_of(text, rules)
    else:
        raise _unknown(scheme)


def state_of(source: str, rules: SourceRules, *, pause: Pause = real_pause) -> SourceState:
    """Return the identity and size of a file, without reading its bytes.

    Raises FileProblem, StorageRefused or StorageUnavailable. `pause` waits between attempts.
    """
    scheme = scheme_of(source)
    if not scheme:
        from ld_import.assets.sources.local import state_of_path

        return state_of_path(source, rules)
    if scheme in WEB:
        from ld_import.assets.sources.web import state_of_url

        return state_of_url(source, rules, pause)
    if scheme in OBJECTS:
        from ld_import.assets.sources.objects import state_of_object

        return state_of_object(source, rules)
    if scheme == SFTP:
        from ld_import.assets.sources.sftp import state_of_sftp

        return state_of_sftp(source, rules, pause)
    raise _unknown(scheme)


def open_source(source: str, rules: SourceRules, *, pause: Pause = real_pause) -> Source:
    """Open a file at its source; raises like `state_of`. The caller closes it."""
    scheme = scheme_of(source)
    if not scheme:
        from ld_import.assets.sources.local import open_path

        return open_path(source, rules)
    # Imported here: state_of a file of this machine does not need it.
    from ld_import.assets.sources.buffered import BufferedSource

    return BufferedSource(_open_remote(scheme, source, rules, pause))


def _open_remote(scheme: str, source: str, rules: SourceRules, pause: Pause) -> Source:
    if scheme in WEB:
        from ld_import.assets.sources.web import open_url

        return open_url(source, rules, pause)
    if scheme in OBJECTS:
        from ld_import.assets.sources.objects import open_object

        return open_object(source, rules, pause)
    if scheme == SFTP:
        from ld_import.assets.sources.sftp import open_sftp

        return open_sftp(source, rules, pause)
    raise _unknown(scheme)


def close_sources() -> None:
    """Close the connections that sources share in this process; later sources open new ones."""
    for name, close in CLOSING.items():
        # A module that was not imported has no connections.
        if (module := sys.modules.get(f"ld_import.assets.sources.{name}")) is not None:
            getattr(module, close)()


def _unknown(scheme: str) -> FileProblem:
    return FileProblem(
        f'the scheme "{shorten(scheme)}" is not supported: use a path, https, s3, gs, az or sftp'
    )
