"""Trusted certificates: `is_insecure`, `ca_file`, SSL_CERT_FILE, SSL_CERT_DIR, or certifi."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ld_import.errors import UsageError
from ld_import.importer.setting_names import setting
from ld_import.small_file import check_small

if TYPE_CHECKING:
    import ssl

CA_FILE = setting("ca_file")
# All authorities of a browser together have a quarter of a megabyte.
LARGEST_AUTHORITY_BYTES = 8_000_000
# The names that `openssl rehash` gives to the certificates in a directory.
HASHED = re.compile(r"[0-9a-f]{8}\.[0-9]+")


def trust_for(server_url: str, ca_file: Path | None, *, is_insecure: bool) -> ssl.SSLContext | bool:
    """Return the `verify` argument for httpx. Raises UsageError for a file that cannot be used."""
    if is_insecure:
        return False
    if ca_file is not None:
        return _context(f"the certificate file {ca_file}", CA_FILE, _trusting(cafile=ca_file))
    if server_url.startswith("http://"):
        # Without TLS nothing is checked; reading certificates would only slow the start.
        return False
    if path := os.environ.get("SSL_CERT_FILE"):
        trusting = _trusting(cafile=path)
        return _context(f"the file {path} of SSL_CERT_FILE", "SSL_CERT_FILE", trusting)
    if path := os.environ.get("SSL_CERT_DIR"):
        return _from_directories(path)
    import httpx

    usual = partial(httpx.create_ssl_context, trust_env=False)
    return _context("the certificate authorities", "the installation", usual)


def _from_directories(path: str) -> ssl.SSLContext:
    # OpenSSL accepts several, and does not report a missing or empty one.
    folders = [Path(name) for name in path.split(os.pathsep) if name]
    if not any(_is_hashed(folder) for folder in folders):
        raise UsageError(
            f"the directory {path} of SSL_CERT_DIR has no certificates that OpenSSL can find",
            hint="run `openssl rehash` on it, or unset SSL_CERT_DIR",
        )
    trusting = _trusting(capath=path)
    return _context(f"the directory {path} of SSL_CERT_DIR", "SSL_CERT_DIR", trusting)


def _is_hashed(folder: Path) -> bool:
    try:
        return any(HASHED.fullmatch(file.name) for file in folder.iterdir())
    except OSError:
        return False


def _trusting(*, cafile: str | Path | None = None, **where: Any) -> Callable[[], ssl.SSLContext]:
    import ssl

    def make() -> ssl.SSLContext:
        if cafile is not None:
            check_small(Path(cafile), limit=LARGEST_AUTHORITY_BYTES)
        return ssl.create_default_context(cafile=cafile, **where)

    return make


def _context(what: str, source: str, make: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    try:
        return make()
    # SSLError is a subclass of OSError.
    except OSError as error:
        reason = error.strerror or str(error)
        # NOTE: `create_default_context` also opens this file.
        keys = os.environ.get("SSLKEYLOGFILE")
        if keys and error.filename == keys:
            what, source = f"the file {keys} of SSLKEYLOGFILE", "SSLKEYLOGFILE"
        is_named = source == CA_FILE
        hint = f"{CA_FILE} needs a file in PEM format" if is_named else f"correct or unset {source}"
        raise UsageError(f"{what} cannot be used: {reason}", hint=hint) from None
