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
    if not known:
        _check_unnamed(manifest, config)
        return None
    names = dict.fromkeys(MEDIA, named) if isinstance(named, str) else named or {}
    _check_known(names, known, manifest, config)
    if named is None and len(known) > 1 and _has_no_files(manifest):
        return None
    missing = [media for media in MEDIA if media not in names]
    if missing and len(known) > 1:
        what = "" if len(missing) == len(MEDIA) else f" for {' and '.join(missing)}"
        raise UsageError(
            f"{config.path} has several storages ({', '.join(known)}), and"
            f" {name_of(manifest.path)} names none{what}",
            hint="add `storage: NAME` to the manifest, or a mapping from image, video and file to"
            " names",
        )
    return {media: names.get(media, known[0]) for media in MEDIA}


def _check_unnamed(manifest: Manifest, config: Config) -> None:
    """Raise UsageError for a name where no storage is configured."""
    if manifest.header.storage is not None:
        file = config.path or CONFIG_NAME
        raise UsageError(
            f"{name_of(manifest.path)} names a `storage`, and no storage is configured",
            hint=f"add `storages:` to {file}{'' if config.path else overlooked_hint()}",
        )


def _check_known(
    names: Mapping[str, str], known: tuple[str, ...], manifest: Manifest, config: Config
) -> None:
    """Raise UsageError for a name that is not configured."""
    for name in names.values():
        if name not in known:
            raise UsageError(
                f"{name_of(manifest.path)}: there is no storage {name!r} in {config.path}"
                f" ({', '.join(known)})",
                hint=f"{did_you_mean(name, known)} (`storage` of the manifest)",
            )


def _has_no_files(manifest: Manifest) -> bool:
    """Return whether no entry of a manifest can have a file: it has a `map` without one."""
    fields = manifest.header.map
    return fields is not None and "file" not in fields
