"""Resolves the settings for files to upload: the storages and sources of `ld-import.yaml`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from ld_import.assets.base import (
    AssetSettings,
    SourceRules,
    SourceSettings,
    StorageSettings,
)
from ld_import.assets.storages.settings import check_settings
from ld_import.cli.config.file import Config
from ld_import.cli.config.sizes import bytes_from
from ld_import.cli.config.storage_choice import chosen_storages
from ld_import.cli.config.transfers import check_unused, transfer_settings
from ld_import.cli.options import ImportFlags
from ld_import.cli.output.sanitize import REDACTOR
from ld_import.manifest import Manifest
from ld_import.small_file import read_small

# Different contents of an item have different keys, since CMS and caches know the old one.
DEFAULT_KEY = (
    "{{ systemName | slugify }}/{{ (externalId | sha256)[:40] }}"
    "{% if version > 1 %}-{{ version }}{% endif %}{{ suffix }}"
)
CLOUDS = ("s3://", "gs://", "az://")
# Fields whose files contain nothing but a secret, and variables that are one.
SECRET_FILES = ("password_file", "token_file", "access_key_file", "secret_key_file")
SECRET_VARIABLES = (
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AZURE_STORAGE_ACCOUNT_KEY",
    "AZURE_STORAGE_SAS_TOKEN",
    "AZURE_CLIENT_SECRET",
)
LARGEST_SECRET = 65_536


def asset_settings(flags: ImportFlags, manifest: Manifest, config: Config) -> AssetSettings | None:
    """Return the settings for the files of a manifest; `None` if no storage is configured.

    Secrets that they name are redacted in all output from now on. Raises UsageError.
    """
    storages = storages_of(config, allow_http=flags.allow_http)
    for storage in storages.values():
        check_settings(storage)
    chosen = chosen_storages(manifest, tuple(storages), config)
    transfers = transfer_settings(flags, config.command("media-library"))
    if chosen is None:
        check_unused(flags)
        return None
    rules = SourceRules(
        # Workers of a cluster have another working directory, and folders are cached by name.
        folder=manifest.path.parent.absolute(),
        allow_outside=flags.allow_outside_source,
        allow_private=flags.allow_private_sources,
        allow_http=flags.allow_http,
        sources=sources_of(config),
    )
    redact_secrets((*storages.values(), *rules.sources))
    return AssetSettings(rules=rules, storages=storages, storage=chosen, **transfers)


def storages_of(config: Config, *, allow_http: bool) -> dict[str, StorageSettings]:
    """Return the storages of a configuration by name."""
    return {
        name: _storage(name, entry, config, allow_http=allow_http)
        for name, entry in config.storages.items()
    }


def sources_of(config: Config) -> tuple[SourceSettings, ...]:
    """Return the sources of a configuration."""
    return tuple(
        SourceSettings(name=name, **_fields(SourceSettings, entry, config))
        for name, entry in config.sources.items()
    )


def redact_secrets(entries: Iterable[StorageSettings | SourceSettings]) -> None:
    """Redact the secrets of these entries and of the environment in all output from now on."""
    for secret in _secrets(entries):
        REDACTOR.add(secret)


def named_source_rules(config: Config, *, allow_private: bool, allow_http: bool) -> SourceRules:
    """Return the rules for files that the user names on the command line: any path is permitted.

    Secrets of the configured sources are redacted in all output from now on.
    """
    sources = sources_of(config)
    redact_secrets(sources)
    return SourceRules(
        folder=Path(),
        allow_outside=True,
        allow_private=allow_private,
        allow_http=allow_http,
        sources=sources,
    )


def _storage(
    name: str, entry: Mapping[str, Any], config: Config, *, allow_http: bool
) -> StorageSettings:
    values = {
        "key": DEFAULT_KEY,
        **_fields(StorageSettings, entry, config),
        "url": _storage_url(entry["url"], config),
        "public_url": entry["publicUrl"].rstrip("/"),
    }
    if "partSize" in entry:
        values["part_size"] = bytes_from(entry["partSize"])
    return StorageSettings(name=name, allow_http=allow_http, **values)


def _storage_url(url: str, config: Config) -> str:
    """Return the URL of a bucket and prefix, or of a folder, which may be relative to the file."""
    if url.startswith(CLOUDS):
        return url.rstrip("/")
    folder = url
    if url.startswith("file:"):
        folder = unquote(url.removeprefix("file:").removeprefix("//localhost").removeprefix("//"))
    # `..` must not be part of a URL.
    return Path(os.path.abspath(config.path_of(folder))).as_uri()  # noqa: PTH100


def _fields(settings: type[Any], entry: Mapping[str, Any], config: Config) -> dict[str, Any]:
    """Return the values of an entry by name of their field; files are relative to the file."""
    values = {}
    for field in fields(settings):
        key = key_of(field.name)
        if key in entry:
            is_path = "Path" in str(field.type)
            values[field.name] = config.path_of(entry[key]) if is_path else entry[key]
    return values


def key_of(field: str) -> str:
    """Return the key in the configuration for a field of settings: `secretKeyFile`."""
    first, *rest = field.split("_")
    return "".join([first, *map(str.capitalize, rest)])


def _secrets(entries: Iterable[StorageSettings | SourceSettings]) -> Iterator[str]:
    """Yield the secrets that can be read; others are reported when they are needed."""
    yield from (os.environ[name] for name in SECRET_VARIABLES if name in os.environ)
    files = [getattr(entry, name, None) for entry in entries for name in SECRET_FILES]
    for path in filter(None, files):
        with suppress(OSError, UnicodeDecodeError):
            yield read_small(path, limit=LARGEST_SECRET).decode("utf-8-sig").strip()
