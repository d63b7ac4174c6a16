"""Settings of storages that can never work: found before the first file is read."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from ld_import.assets.base import CHECKSUMS, StorageSettings
from ld_import.assets.key import RESERVED, folder_text, key_problem, prefix_of
from ld_import.errors import UsageError

SCHEMES = {"s3": "bucket", "gs": "bucket", "az": "container"}
FORMS = "`s3://bucket/prefix`, `gs://…`, `az://…` or `file:/folder`"
# The limits of S3 for each part but the last.
LEAST_PART = 5 * 1024 * 1024
MOST_PART = 5 * 1024 * 1024 * 1024
# They are the same for all files of a system, or say nothing about the file.
SHARED_NAMES = {"systemName", "suffix", "version", "slugify", "if", "endif", "else", "not", "and"}

_bucket = re.compile(r"[a-z0-9A-Z][0-9A-Za-z._-]{1,220}")
_template = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_quoted = re.compile(r"\"[^\"]*\"|'[^']*'")
_name = re.compile(r"[A-Za-z_]\w*")
_escape = re.compile(r"%(?![0-9A-Fa-f]{2})")


def check_settings(settings: StorageSettings) -> None:
    """Raise UsageError if no file can be stored with these settings; no request is sent."""
    for problem in _problems(settings):
        raise UsageError(
            f"the storage `{settings.name}` is not valid: {problem}",
            hint=f"correct `storages: {settings.name}` in ld-import.yaml",
        )


def _problems(settings: StorageSettings) -> Iterator[str]:
    yield from _url_problems(settings)
    yield from _endpoint_problems(settings)
    yield from _public_url_problems(settings)
    yield from _template_problems(settings.key)
    yield from _value_problems(settings)
    # The prefix, and its place in the URL, by the rules for keys.
    problem = key_problem(settings, "a/b.x")
    if problem:
        yield f"no key is usable, because {problem}"


def _url_problems(settings: StorageSettings) -> Iterator[str]:
    if folder_text(settings.url) is not None:
        if not folder_text(settings.url):
            yield "`url` names no folder"
        return
    url = urlsplit(settings.url)
    if url.scheme not in SCHEMES:
        yield f"`url` must have the form {FORMS}"
    elif "@" in url.netloc or url.query or url.fragment:
        yield "`url` must have a bucket and a prefix only; credentials are given in other ways"
    elif not _bucket.fullmatch(url.netloc):
        yield f"`url` has no valid name of a {SCHEMES[url.scheme]}"
    else:
        yield from _prefix_problems(settings)


def _prefix_problems(settings: StorageSettings) -> Iterator[str]:
    prefix = prefix_of(settings)
    if re.search(r"[^0-9A-Za-z_./-]|//|(?:\A|/)\.\.?(?:/|\Z)", prefix):
        yield "the prefix in `url` may contain letters a-z and A-Z, digits, `-`, `_`, `.`, `/` only"
    elif "." in prefix and settings.key_with_prefix:
        yield "with `keyWithPrefix: true` the prefix in `url` may not contain a dot"


def _endpoint_problems(settings: StorageSettings) -> Iterator[str]:
    if settings.endpoint is None:
        return
    url = urlsplit(settings.endpoint)
    if url.scheme not in ("http", "https") or not url.hostname or "@" in url.netloc:
        yield "`endpoint` must be an address such as `https://s3.example`"
    elif url.scheme == "http" and not settings.allow_http and not _is_loopback(url.hostname):
        yield "`endpoint` has no TLS, so that keys and files could be read on the way"


def _public_url_problems(settings: StorageSettings) -> Iterator[str]:
    text = settings.public_url
    url = urlsplit(text)
    if url.scheme not in ("http", "https") or not url.hostname:
        yield "`publicUrl` must be an address such as `https://cdn.example`"
    elif "@" in url.netloc or "?" in text or "#" in text:
        yield "`publicUrl` must not have credentials, a query or a fragment: the key follows it"
    elif not text.isascii() or re.search(r"[\s\"'<>\\]", text) or _escape.search(text):
        yield "`publicUrl` has characters that must be written as `%…`"


def _template_problems(template: str) -> Iterator[str]:
    """Yield why no key of this template follows the rules."""
    literal = _template.sub("\0", template)
    foreign = re.search(r"[^0-9A-Za-z_/.\0-]", literal)
    if foreign:
        yield f"`key` contains {foreign.group()!r}, which no key may contain"
    elif literal.startswith(("/", *RESERVED)):
        yield "`key` begins with `/` or with a folder of the CMS itself"
    elif "//" in literal or literal.count(".") > 1:
        yield "`key` contains `//` or more than one dot"
    elif re.search(r"\.\s*\{\{[\s-]*suffix\b", template):
        yield "`key` has a dot before `suffix`, which begins with a dot itself"
    elif not _names(template) - SHARED_NAMES:
        yield "`key` is the same for all files; use `externalId` in it"


def _names(template: str) -> set[str]:
    blocks = " ".join(_template.findall(template))
    return set(_name.findall(_quoted.sub("", blocks)))


def _value_problems(settings: StorageSettings) -> Iterator[str]:
    if settings.checksum not in CHECKSUMS:
        yield f"`checksum` must be one of {', '.join(CHECKSUMS)}"
    if not LEAST_PART <= settings.part_size <= MOST_PART:
        yield "`partSize` must be between 5 MB and 5 GB"
    if (settings.access_key_file is None) != (settings.secret_key_file is None):
        yield "`accessKeyFile` and `secretKeyFile` must be given together"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
