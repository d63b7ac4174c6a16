"""The storages that the header of a manifest chooses, of those in the configuration."""

from __future__ import annotations

from collections.abc import Mapping

from ld_import.assets.base import MEDIA
from ld_import.cli.config.file import Config
from ld_import.cli.config.overlooked import CONFIG_NAME, overlooked_hint
from ld_import.errors import UsageError
from ld_import.manifest import Manifest
from ld_import.manifest.files import name_of
from ld_import.wording import did_you_mean


def chosen_storages(
    manifest: Manifest, known: tuple[str, ...], config: Config
) -> Mapping[str, str] | None:
    """Return the storage for each of `MEDIA`; `None` if there is none. Raises UsageError."""
    named = manifest.header.storage
    where = name_of(manifest.path)
    file = config.path or CONFIG_NAME
    if not known:
        if named is None:
            return None
        raise UsageError(
            f"{where} names a `storage`, and no storage is configured",
            hint=f"add `storages:` to {file}{'' if config.path else overlooked_hint()}",
        )
    names = dict.fromkeys(MEDIA, named) if isinstance(named, str) else named or {}
    for name in names.values():
        if name not in known:
            raise UsageError(
                f"{where}: there is no storage {name!r} in {file} ({', '.join(known)})",
                hint=f"{did_you_mean(name, known)} (`storage` of the manifest)",
            )
    missing = [media for media in MEDIA if media not in names]
    if missing and len(known) > 1 and named is None and _has_no_files(manifest):
        return None
    if missing and len(known) > 1:
        what = "" if len(missing) == len(MEDIA) else f" for {' and '.join(missing)}"
        raise UsageError(
            f"{file} has several storages ({', '.join(known)}), and {where} names none{what}",
            hint="add `storage: NAME` to the manifest, or a mapping from image, video and file to"
            " names",
        )
    return {media: names.get(media, known[0]) for media in MEDIA}


def _has_no_files(manifest: Manifest) -> bool:
    """Return whether no entry of a manifest can have a file: it has a `map` without one."""
    fields = manifest.header.map
    return fields is not None and "file" not in fields
