"""Opens buckets: settings and files with credentials become a store of the library."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ld_import.assets.base import StorageSettings
from ld_import.assets.bucket_store import bucket_store, given, google_config
from ld_import.assets.secret_file import secret_from

if TYPE_CHECKING:
    from obstore.store import ObjectStore

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
    url = urlsplit(settings.url)
    options = {
        "client_options": _client_options(settings),
        "retry_config": _retry_config(retries),
    }
    what = f"the storage `{settings.name}`"
    config = _config(settings)
    return bucket_store(url.scheme, url.netloc, config, options, what=what, section="storages")


def _config(settings: StorageSettings) -> Any:
    url = urlsplit(settings.url)
    if url.scheme == "s3":
        return _s3(settings, url.netloc)
    if url.scheme == "gs":
        return google_config(settings.endpoint, settings.service_account_file)
    return _azure(settings)


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
    found["access_key_id"] = _secret(settings.access_key_file, settings, "accessKeyFile")
    found["secret_access_key"] = _secret(settings.secret_key_file, settings, "secretKeyFile")
    return given(found)


def _azure(settings: StorageSettings) -> Any:
    return given(
        {
            "endpoint": settings.endpoint,
            "account_name": _secret(settings.access_key_file, settings, "accessKeyFile"),
            "account_key": _secret(settings.secret_key_file, settings, "secretKeyFile"),
        }
    )


def _secret(path: Path | None, settings: StorageSettings, setting: str) -> str | None:
    what = f"{setting} of the storage `{settings.name}`"
    return None if path is None else secret_from(path, what)
