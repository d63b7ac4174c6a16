"""Makes tasks of items with files, and final items of the results."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from hashlib import blake2b
from typing import Any

import orjson

from ld_import.assets.base import (
    MEDIA,
    AssetSettings,
    FileProblem,
    FileResult,
    FileTask,
    Given,
    NotPrepared,
    Prepared,
)
from ld_import.assets.executor import Executor
from ld_import.assets.key import asset_key, asset_url
from ld_import.importer.file_keys import KeyTemplates
from ld_import.importer.spec import ImportSpec
from ld_import.kinds.media_library.files import with_asset
from ld_import.model import Entry, Invalid, Item, ItemKey, StoredFile, Target, Upload
from ld_import.pipeline.files.prepare import is_begun


class FilePreparer:
    """Prepares the files of items by an executor, and makes final items of them."""

    def __init__(
        self, spec: ImportSpec, executor: Executor, media_of: Callable[[str], str | None]
    ) -> None:
        """Raises UsageError for a template of a key that is not valid.

        `media_of` returns the kind of media of a media type of the project, if it is known.
        """
        self._media_of = media_of
        assert spec.assets is not None
        self._spec = spec
        self._settings = spec.assets
        self._executor = executor
        self._keys = KeyTemplates(spec.assets)
        self._storages = {
            media: spec.assets.storages[spec.assets.storage[media]] for media in MEDIA
        }

    @property
    def capacity(self) -> int:
        """The number of files that may be in flight."""
        return self._executor.capacity

    @property
    def at_once(self) -> int:
        """The number of files that are transferred at the same time."""
        return self._executor.at_once

    @property
    def moved_bytes(self) -> int:
        """The number of bytes read so far."""
        return self._executor.moved_bytes

    def begin(self, item: Item, version: int, upload: Upload | None) -> Future[FileResult]:
        """Begin to prepare the file of an item, whose content would have this version."""
        try:
            task = FileTask(
                source=item.file,
                rules=self._settings.rules,
                storages=self._storages,
                keys=self._keys.of(item, version),
                given=self._given(item),
                version=version,
                stored=None if upload is None else self._still_usable(upload.stored),
                is_begun=is_begun(upload, version),
                owner=owner_of(self._spec.target, item.key),
                verify=self._settings.verify,
                size=item.file_size,
            )
        except FileProblem as problem:
            failed: Future[FileResult] = Future()
            failed.set_result(NotPrepared(str(problem)))
            return failed
        return self._executor.submit(task)

    def _given(self, item: Item) -> Given:
        given = _stated(orjson.loads(item.body))
        if given.media_type is None or given.media_type in MEDIA:
            return given
        return given._replace(media_type=self._media_of(given.media_type))

    def final_item(self, item: Item, prepared: Prepared) -> Item | Invalid:
        """Return the item with its asset, or the problems that it has."""
        found = asset_of(self._settings, prepared.file)
        assert found is not None
        fields = with_asset(orjson.loads(item.body), *found)
        entry = Entry(item.line, item.key.external_id, fields)
        made = self._spec.kind_rules.item_from(entry, self._spec.system_name, item.record_digest)
        # The address in the old system, by which known media under new ids are detected.
        return made if isinstance(made, Invalid) else made._replace(url=item.file)

    def flush(self) -> None:
        """Begin everything that waits for more."""
        self._executor.flush()

    def stop(self) -> None:
        """Begin nothing more, and end what is in flight soon."""
        self._executor.stop()

    def _still_usable(self, stored: StoredFile | None) -> StoredFile | None:
        if stored is None or stored.storage not in self._settings.storages:
            return None
        return stored


def owner_of(target: Target, key: ItemKey) -> str:
    """Return a short text that identifies an item among all items that a storage may have."""
    digest = blake2b(
        "\0".join((target.server, target.project, target.kind, *key)).encode(), digest_size=16
    )
    return digest.hexdigest()


def asset_of(settings: AssetSettings, stored: StoredFile) -> tuple[Mapping[str, Any], str] | None:
    """Return the asset of a stored file and its kind of media.

    Returns `None` if its storage is not configured any more.
    """
    storage = settings.storages.get(stored.storage)
    if storage is None:
        return None
    asset = {
        "key": asset_key(storage, stored.key),
        "url": asset_url(storage, stored.key),
        "size": stored.size,
        "width": stored.width,
        "height": stored.height,
        "duration": stored.duration,
        "mimeType": stored.mime_type,
    }
    return asset, media_of(stored.mime_type)


def media_of(mime_type: str) -> str:
    """Return `image`, `video` or `file` for a MIME type."""
    media = mime_type.partition("/")[0]
    return media if media in MEDIA else "file"


def _stated(wire: Mapping[str, Any]) -> Given:
    asset = wire.get("asset") or {}
    return Given(
        media_type=wire.get("mediaType"),
        mime_type=asset.get("mimeType"),
        file_name=asset.get("filename"),
        size=asset.get("size"),
        sha256=wire.get("sha256"),
        width=asset.get("width"),
        height=asset.get("height"),
        duration=asset.get("duration"),
    )
