"""Settings of storages and bodies for tests."""

from __future__ import annotations

from hashlib import sha256

from ld_import.assets.base import StorageSettings
from ld_import.assets.storages.base import Body, RetryLimits
from tests.harness.s3_server import REGION

KEY = "{{ externalId }}{{ suffix }}"
MEGABYTE = 1024 * 1024
LEAST_PART = 5 * MEGABYTE
# No test waits.
QUICK = RetryLimits(request_retries=0, first_wait=0.0)


def make_settings(**given):
    """Return settings of a bucket, with other values where they are given."""
    values = {
        "name": "media",
        "url": "s3://media/legacy",
        "public_url": "https://cdn.example",
        "key": KEY,
    }
    return StorageSettings(**(values | given))


def settings_of(bucket, folder, **given):
    """Return settings for a bucket of the test server, with its credentials in files."""
    access, secret = folder / "access", folder / "secret"
    access.write_text(f"{bucket.credentials.key}\n")
    secret.write_text(f"{bucket.credentials.secret}\n")
    values = {
        "url": f"s3://{bucket.name}/legacy",
        "endpoint": bucket.endpoint,
        "region": REGION,
        "access_key_file": access,
        "secret_key_file": secret,
        "part_size": LEAST_PART,
    }
    return make_settings(**(values | given))


def make_body(*pieces, **given):
    """Return a body of these pieces, with other values where they are given."""
    values = {"mime_type": "image/jpeg"} | given
    return Body(open_pieces=lambda: iter(pieces), **values)


def make_large(megabytes=6, seed=0):
    """Return pieces that do not end where parts end, each one different."""
    return [bytes([seed, number]) * (MEGABYTE // 2 + 1) for number in range(megabytes)]


def sha256_of(*pieces):
    """Return the SHA-256 of the pieces."""
    return sha256(b"".join(pieces)).digest()
