"""The columns of an export, in their order; `LedgerReader.items` has a value for each."""

from __future__ import annotations

COLUMNS = (
    "server",
    "project",
    "kind",
    "systemName",
    "externalId",
    "state",
    "reason",
    "mediaId",
    "url",
    "fileName",
    "jobId",
    "attempts",
    "manifest",
    "line",
    "firstSeenAt",
    "updatedAt",
    "originalUrl",
    "mimeType",
    "width",
    "height",
    "duration",
    "size",
    "key",
)
