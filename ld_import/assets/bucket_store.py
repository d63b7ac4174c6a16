"""Stores of buckets by the library obstore, for storages and for sources."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ld_import.assets.header_values import check_values
from ld_import.errors import UsageError

if TYPE_CHECKING:
    from obstore.store import ObjectStore


def bucket_store(
    scheme: str, bucket: str, config: Any, options: dict[str, Any], *, what: str, section: str
) -> ObjectStore:
    """Return a store for a bucket of the scheme `s3`, `gs` or `az`; nothing is requested yet.

    Raises UsageError if the extra is missing, or for settings that the library does not accept;
    `what` names them in the sentence, and `section` is where they are in the configuration.
    """
    try:
        from obstore.exceptions import BaseError
        from obstore.store import AzureStore, GCSStore, S3Store
    except ImportError:
        raise UsageError(
            f"{what} needs obstore, which is not installed",
            hint="run: pip install 'ld-import[assets]'",
        ) from None
    check_values(config, what)
    try:
        if scheme == "s3":
            return S3Store(bucket, config=config, **options)
        if scheme == "gs":
            return GCSStore(bucket, config=config, **options)
        return AzureStore(bucket, config=config, **options)
    except (BaseError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        raise UsageError(
            f"the settings of {what} cannot be used: {reason}",
            hint=f"correct the entry of `{section}:` in ld-import.yaml, or the environment",
        ) from None


def google_config(endpoint: str | None, account: Path | None) -> dict[str, Any]:
    """Return the configuration of a bucket of Google; `account` is a file."""
    return given({"base_url": endpoint, "service_account": str(account) if account else None})


def given(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values that are given: others come from the environment."""
    return {name: value for name, value in values.items() if value is not None}
