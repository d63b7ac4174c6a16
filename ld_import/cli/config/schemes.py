"""The keys of a storage or source that have a meaning for the scheme of its URL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

FOLDER = "a folder"
CREDENTIALS = {
    "s3": ("endpoint", "region", "accessKeyFile", "secretKeyFile"),
    "gs": ("endpoint", "serviceAccountFile"),
    "az": ("endpoint", "accessKeyFile", "secretKeyFile"),
}
WEB = ("user", "passwordFile", "tokenFile", "allowPrivate")
# For each section: the keys that only some schemes have.
STORAGE_KEYS = {
    "s3": (*CREDENTIALS["s3"], "checksum", "partSize", "keyWithPrefix"),
    "gs": (*CREDENTIALS["gs"], "partSize", "keyWithPrefix"),
    "az": (*CREDENTIALS["az"], "partSize", "keyWithPrefix"),
    FOLDER: (),
}
SOURCE_KEYS = {
    "sftp": ("user", "passwordFile", "keyFile", "knownHosts"),
    "https": WEB,
    "http": WEB,
    "s3": CREDENTIALS["s3"],
    "gs": CREDENTIALS["gs"],
    "az": (*CREDENTIALS["az"], "user"),
}
SECTIONS = {"storages": STORAGE_KEYS, "sources": SOURCE_KEYS}


def unfit_keys(values: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the place of each key without a meaning for its URL, and the schemes that have it."""
    for section, keys in SECTIONS.items():
        entries = values.get(section)
        for name, entry in entries.items() if isinstance(entries, dict) else ():
            if isinstance(entry, dict) and isinstance(url := entry.get("url"), str):
                start = url.partition("://")[0]
                scheme = FOLDER if start in (url, "file") else start
                for key in _unfit(entry, scheme, keys):
                    known = ", ".join(one for one, own in keys.items() if key in own)
                    yield (section, name, key), f"has no meaning for {scheme}, only for {known}"


def _unfit(
    entry: Mapping[str, Any], scheme: str, keys: Mapping[str, tuple[str, ...]]
) -> Iterator[str]:
    if scheme not in keys:
        # The URL is a mistake itself.
        return
    others = {key for own in keys.values() for key in own} - set(keys[scheme])
    yield from (key for key in entry if key in others)
