"""Buckets of this process, by the library obstore: one store for each bucket and its settings."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ld_import.assets.base import FileProblem, SourceRules, SourceSettings
from ld_import.assets.bucket_store import bucket_store, given, google_config
from ld_import.assets.secret_file import secret_from
from ld_import.assets.sources.location import parts_of, scheme_of, settings_for, shown

if TYPE_CHECKING:
    from obstore.store import ObjectStore

REQUEST_SECONDS = 60
CONNECT_SECONDS = 10
RETRIES = 4
RETRY_SECONDS = 60
# A bucket is part of the host name in some requests.
_bucket = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,221}").fullmatch


class ObjectPlace(NamedTuple):
    """An object: the scheme of its cloud, bucket, key, and the entry of `sources:` for it."""

    scheme: str
    bucket: str
    key: str
    settings: SourceSettings | None


_stores: dict[tuple[str, str, SourceSettings | None], ObjectStore] = {}
_lock = threading.Lock()


def place_of(source: str, rules: SourceRules) -> ObjectPlace:
    """Return the bucket and key of a URL. Raises FileProblem for one without them.

    The key is written as it is: `%20` is not decoded, `#` and `?` have no meaning.
    """
    parts_of(source)
    bucket, _, key = source.partition("://")[2].partition("/")
    if not _bucket(bucket):
        raise FileProblem(f"{shown(source)} does not name a valid bucket")
    if not key or key.endswith("/"):
        raise FileProblem(f"{shown(source)} does not name an object")
    if any(name in ("", ".", "..") for name in key.split("/")):
        raise FileProblem(
            f"{shown(source)} has `//`, `.` or `..` in its key, which is not supported"
        )
    return ObjectPlace(scheme_of(source), bucket, key, settings_for(source, rules))


def store_for(place: ObjectPlace) -> ObjectStore:
    """Return the store of a bucket; nothing is requested yet. Raises UsageError."""
    known = (place.scheme, place.bucket, place.settings)
    with _lock:
        if known not in _stores:
            _stores[known] = _store(place)
        return _stores[known]


def forget_stores() -> None:
    """Forget all stores, with the credentials they have read."""
    with _lock:
        _stores.clear()


def _store(place: ObjectPlace) -> ObjectStore:
    what = f"the source {place.scheme}://{place.bucket}"
    config, options = _config(place), _options(place.settings)
    return bucket_store(place.scheme, place.bucket, config, options, what=what, section="sources")


def _config(place: ObjectPlace) -> Any:
    if place.scheme == "s3":
        return _s3(place)
    settings = place.settings
    if settings is None:
        return {}
    if place.scheme == "gs":
        return google_config(settings.endpoint, settings.service_account_file)
    return _azure(settings)


def _options(settings: SourceSettings | None) -> dict[str, Any]:
    endpoint = (settings and settings.endpoint) or ""
    client: dict[str, Any] = {
        "timeout": timedelta(seconds=REQUEST_SECONDS),
        "connect_timeout": timedelta(seconds=CONNECT_SECONDS),
    }
    # Otherwise the environment decides, for the endpoint that it names.
    if endpoint.startswith("http://"):
        client["allow_http"] = True
    retry = {"max_retries": RETRIES, "retry_timeout": timedelta(seconds=RETRY_SECONDS)}
    return {"client_options": client, "retry_config": retry}


def _s3(place: ObjectPlace) -> Any:
    settings = place.settings
    if settings is None:
        return {}
    return given(
        {
            "region": settings.region,
            "endpoint": settings.endpoint,
            # It would win over `endpoint`.
            "aws_endpoint_url_s3": settings.endpoint,
            "access_key_id": _secret(settings.access_key_file, settings, "accessKeyFile"),
            "secret_access_key": _secret(settings.secret_key_file, settings, "secretKeyFile"),
        }
    )


def _azure(settings: SourceSettings) -> Any:
    account = _secret(settings.access_key_file, settings, "accessKeyFile")
    return given(
        {
            "endpoint": settings.endpoint,
            "account_name": settings.user or account,
            "account_key": _secret(settings.secret_key_file, settings, "secretKeyFile"),
        }
    )


def _secret(path: Path | None, settings: SourceSettings, setting: str) -> str | None:
    return None if path is None else secret_from(path, f"{setting} of the source `{settings.name}`")
