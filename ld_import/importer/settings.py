"""The settings of an import, with units and defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ld_import.importer.checks import ON_EXISTING
from ld_import.importer.server import Server
from ld_import.redaction import Redactor

# Loaded only for files to upload.
if TYPE_CHECKING:
    from ld_import.assets.base import AssetSettings

# The server accepts 500 kB; the margin covers differences in how it counts.
BATCH_BYTES = 480_000
PARALLEL = 2
MAX_FAILURES = 300
MAX_WAIT_SECONDS = 3600.0


# Only the subclass has instances, with a comparison and a `repr` of its own.
@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ImportSettings:
    """Settings of an import. Durations are in seconds; `None` means no limit.

    Messages name a setting by its flag: `--max-wait` for `max_wait_seconds`.

    - `kind`: `videos`, `images`, `files` or `media-library`.
    - `ledger_path`: the ledger, created if it does not exist.
    - `server`: required by `run_import`; a dry run without it compares with no ledger rows.
    - `system_name`: name of the legacy system. Together with the externalId it identifies an item,
      so it must never change.
    - `external_id`: Jinja template of the externalId; `None` uses the record's `externalId`, or
      else its `id`.
    - `webhook`: URL that the server notifies when a job has ended; `context`: JSON object that the
      notification repeats, at most 8,192 bytes.
    - `random_ids`: let the server choose media ids (`media-library` only).
    - `on_existing`: for an item that the server already has, `skip` it, `patch` the fields that
      differ, or `fail` it.
    - `retry_failed`: also send items whose last attempt failed; `force`: also send unchanged items.
    - `only`: externalIds to send; `limit`: maximum number of items to send.
    - `accept_new_ids`: import even if ids differ from those of earlier imports. The server then
      creates these items a second time.
    - `preflight`: check items against the project's configuration before they are sent. Items that
      the server would refuse are invalid; a request for the configuration is made if there is
      anything to send.
    - `spot_check`: before anything else, ask for the items imported last, and warn if the server
      has none of them.
    - `max_failures`: end the run if this many first outcomes are all failures; 0 never does.
    - `batch_size`, `batch_bytes`: maximum number of items and of bytes in a request. Without
      `batch_size` the number of items is learned, between 10 and 1,000, so that a job takes about
      ten seconds, and is kept in the ledger.
    - `parallel`: number of batches in flight; `max_rate`: maximum number of requests per second.
    - `follow_jobs`: wait for the end of every job; otherwise the next run does.
    - `max_wait_seconds`: time after which a job is overdue. It stays open in the ledger.
    - `max_duration_seconds`: time after which no new batch is sent.
    - `wait_for_quota`: sleep until the server's daily quota is available again; `daily_limit`:
      maximum number of items to send in 24 hours.
    - `has_receiver`: add a token to the context of each request, by which the `receive` function of
      a `RunEnvironment` matches notifications to requests.
    - `assets`: storages and sources of files to upload (`media-library` only); `None` if no
      storage is configured.
    - `command`: recorded in the ledger as the command of the run.
    - `redactor`: the secrets to redact in ledger and events. The server's token and a webhook that
      contains a key are added to it.
    """

    kind: str
    ledger_path: Path
    server: Server | None = None
    system_name: str = ""
    external_id: str | None = None
    webhook: str | None = None
    context: Mapping[str, Any] | None = None
    random_ids: bool = False
    on_existing: str = ON_EXISTING[0]
    retry_failed: bool = False
    force: bool = False
    only: frozenset[str] | None = None
    limit: int | None = None
    accept_new_ids: bool = False
    preflight: bool = True
    spot_check: bool = True
    max_failures: int = MAX_FAILURES
    batch_size: int | None = None
    batch_bytes: int = BATCH_BYTES
    parallel: int = PARALLEL
    max_rate: float | None = None
    follow_jobs: bool = True
    max_wait_seconds: float = MAX_WAIT_SECONDS
    max_duration_seconds: float | None = None
    wait_for_quota: bool = False
    daily_limit: int | None = None
    has_receiver: bool = False
    assets: AssetSettings | None = None
    command: str = "ld_import.run_import"
    redactor: Redactor = field(default_factory=Redactor, repr=False, compare=False)
