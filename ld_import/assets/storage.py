"""Storages for files: buckets of S3, Google and Azure, and local folders.

A file is stored and verified by `store_file`. Objects of others are never overwritten.
"""

from __future__ import annotations

from functools import cache
from threading import Lock

from ld_import.assets.base import FileProblem, StorageSettings
from ld_import.assets.key import folder_text
from ld_import.assets.storages.base import Body, RetryLimits, Storage, Stored

LIMITS = RetryLimits()
# Several threads begin at the same time, and share what one storage finds out.
_lock = Lock()


def open_storage(settings: StorageSettings, limits: RetryLimits | None = None) -> Storage:
    """Return the storage with these settings; each process opens it once, by default with `LIMITS`.

    Raises UsageError if the extra is missing or a file with credentials cannot be read. No request
    is sent.
    """
    with _lock:
        return _opened(settings, limits or LIMITS)


@cache
def _opened(settings: StorageSettings, limits: RetryLimits) -> Storage:
    if folder_text(settings.url) is not None:
        from ld_import.assets.storages.folder import FolderStorage

        return FolderStorage(settings)
    from ld_import.assets.storages.bucket import BucketStorage

    return BucketStorage(settings, limits)


def store_file(
    storage: Storage, key: str, body: Body, *, verify: str, may_replace: bool = False
) -> Stored:
    """Store a file and verify it; a wrong object is sent again once.

    With `etag`, an answer to the put that confirms the bytes needs no request of its own. Raises
    FileProblem if the object is wrong again, or if the storage has another object there.
    """
    stored = storage.put(key, body, may_replace=may_replace)
    if _is_verified(storage, key, stored, verify):
        return stored
    if stored.is_own:
        again = storage.put(key, body, may_replace=True)
        if _is_verified(storage, key, again, verify):
            return again._replace(sent_bytes=stored.sent_bytes + again.sent_bytes)
    raise FileProblem(
        f"the storage does not have the sent bytes under the key `{key}`: the object there differs"
        " from the file, or is missing"
    )


def _is_verified(storage: Storage, key: str, stored: Stored, how: str) -> bool:
    return (how == "etag" and stored.is_confirmed) or storage.verify(key, stored, how)
