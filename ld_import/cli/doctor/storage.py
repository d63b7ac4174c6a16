"""Checks of the storages and sources of files that the configuration names."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from ld_import.cli.doctor.check import Check, failed, passed, remark, skipped
from ld_import.cli.doctor.facts import Facts
from ld_import.errors import LdImportError
from ld_import.importer.checks import STORING_KIND

if TYPE_CHECKING:
    from ld_import.assets.base import SourceSettings, StorageSettings

NAME = "storage"
SOURCE = "source"


def check_storages(facts: Facts) -> Iterator[Check]:
    """Check that each storage exists and accepts the credentials; no object is written."""
    if facts.flags.kind not in (None, STORING_KIND):
        return
    if facts.config_problem:
        yield skipped(NAME, facts.config_problem)
        return
    config = facts.config
    if not config.storages and not config.sources:
        return
    # Most configurations have none.
    from ld_import.cli.config.assets import redact_secrets, sources_of, storages_of

    storages = storages_of(config, allow_http=facts.flags.allow_http)
    sources = sources_of(config)
    redact_secrets((*storages.values(), *sources))
    for storage in storages.values():
        yield _check_of(storage)
    for name, key, path in _missing_files(sources):
        yield remark(
            SOURCE,
            f"{name}: `{key}` is {path}, which is not a readable file",
            f"correct the path; it is relative to the folder of {config.path}",
        )


def _check_of(settings: StorageSettings) -> Check:
    from ld_import.assets.storage import open_storage
    from ld_import.assets.storages.settings import check_settings

    try:
        check_settings(settings)
        open_storage(settings).check()
    except LdImportError as error:
        return failed(NAME, error)
    is_folder = settings.url.startswith("file:")
    state = "is a writable folder" if is_folder else "accepts the credentials"
    return passed(NAME, f"{settings.name}: {settings.url} {state}")


def _missing_files(sources: Iterable[SourceSettings]) -> Iterator[tuple[str, str, Path]]:
    """Yield each file of a source that cannot be read: source, key and path."""
    from ld_import.cli.config.assets import key_of

    for source in sources:
        for field in fields(source):
            path = getattr(source, field.name)
            if isinstance(path, Path) and not (path.is_file() and os.access(path, os.R_OK)):
                yield source.name, key_of(field.name), path
