"""Opens buckets: settings and files with credentials become a store of the library."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ld_import.assets.base import StorageSettings
from ld_import.assets.header_values import check_values
from ld_import.errors import UsageError
from ld_import.small_file import read_small

if TYPE_CHECKING:
    from obstore.store import ObjectStore

MOST_KEY_BYTES = 64 * 1024
# A part of 8 MB, with 8 others at the same time, needs this time on a slow line.
REQUEST_SECONDS = 300
CONNECT_SECONDS = 10
RETRY_SECONDS = 180
FIRST_WAIT_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 15
# Each wait of the library is random, from the first one to the last one times this: with its
# default of 2 waits do not grow, and ten retries take two seconds.
BACKOFF_BASE = 4


def open_bucket(settings: StorageSettings, *, retries: int) -> ObjectStore:
    """Return a store for the bucket, without the prefix.

    What the settings do not give comes from the environment and the chain of the cloud. Raises
    UsageError if the extra is missing, or a file with credentials cannot be read.
    """
    try:
        from obstore.exceptions import BaseError
        from obstore.store import AzureStore, GCSStore, S3Store
    except ImportError as error:
        raise UsageError(
            f"the storage `{settings.name}` needs an extra of ld-import",
            hint="run: pip install 'ld-import[assets]'",
        ) from error
    url = urlsplit(settings.url)
    options: dict[str, Any] = {
        "client_options": _client_options(settings),
        "retry_config": _retry_config(retries),
    }
    config = _config(settings)
    check_values(config, f"the storage `{settings.name}`")
    try:
        if url.scheme == "s3":
            return S3Store(url.netloc, config=config, **options)
        if url.scheme == "gs":
            return GCSStore(url.netloc, config=config, **options)
        return AzureStore(url.netloc, config=config, **options)
    except (BaseError, ValueError) as error:
        said = str(error).partition("\n")[0]
        raise UsageError(
            f"the settings of the storage `{settings.name}` cannot be used: {said}",
            hint="correct the entry of `storages:` in ld-import.yaml",
        ) from error


def _config(settings: StorageSettings) -> Any:
    url = urlsplit(settings.url)
    if url.scheme == "s3":
        return _s3(settings, url.netloc)
    return _google(settings) if url.scheme == "gs" else _azure(settings)


def _client_options(settings: StorageSettings) -> dict[str, Any]:
    return {
        # The address was checked with the settings.
        "allow_http": (settings.endpoint or "").startswith("http://"),
        "timeout": timedelta(seconds=REQUEST_SECONDS),
        "connect_timeout": timedelta(seconds=CONNECT_SECONDS),
    }


def _retry_config(retries: int) -> dict[str, Any]:
    return {
        "max_retries": retries,
        "retry_timeout": timedelta(seconds=RETRY_SECONDS),
        "backoff": {
            "init_backoff": timedelta(seconds=FIRST_WAIT_SECONDS),
            "max_backoff": timedelta(seconds=LONGEST_WAIT_SECONDS),
            "base": BACKOFF_BASE,
        },
    }


def _s3(settings: StorageSettings, bucket: str) -> Any:
    found: dict[str, Any] = {"region": settings.region}
    if settings.endpoint:
        # AWS_ENDPOINT_URL_S3 in the environment would win over `endpoint`.
        found["endpoint"] = found["aws_endpoint_url_s3"] = settings.endpoint
        host = urlsplit(settings.endpoint).hostname or ""
        found["virtual_hosted_style_request"] = host.startswith(f"{bucket}.")
    if settings.checksum != "none":
        found["checksum_algorithm"] = settings.checksum
    found["access_key_id"] = _secret(settings.access_key_file, settings)
    found["secret_access_key"] = _secret(settings.secret_key_file, settings)
    return _given(found)


def _google(settings: StorageSettings) -> Any:
    account = settings.service_account_file
    return _given(
        {"base_url": settings.endpoint, "service_account": str(account) if account else None}
    )


def _azure(settings: StorageSettings) -> Any:
    return _given(
        {
            "endpoint": settings.endpoint,
            "account_name": _secret(settings.access_key_file, settings),
            "account_key": _secret(settings.secret_key_file, settings),
        }
    )


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _secret(path: Path | None, settings: StorageSettings) -> str | None:
    if path is None:
        return None
    try:
        text = read_small(path, limit=MOST_KEY_BYTES).decode().strip()
    except (OSError, UnicodeDecodeError) as error:
        said = getattr(error, "strerror", None) or "it is not text"
        raise UsageError(
            f"the file {path} of the storage `{settings.name}` cannot be read: {said}",
            hint="correct its path in ld-import.yaml, or its permissions",
        ) from error
    if not text:
        raise UsageError(f"the file {path} of the storage `{settings.name}` is empty")
    return text
