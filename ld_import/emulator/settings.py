"""Settings of the emulated server, for behaviour that differs between versions or installations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

WRITE_SCOPE = "public-api:write"
READ_SCOPE = "public-api:read"
KNOWN_VERSIONS = (
    "v1",
    "beta",
    "2025-03",
    "2025-05",
    "2025-07",
    "2025-09",
    "2025-11",
    "2026-01",
    "2026-03",
    "2026-05",
)
WARNED_VERSIONS = ("v1", "beta")


@dataclass(frozen=True, slots=True)
class Token:
    """Permissions of an access token. `expires_at` is a Unix time, None for no expiry."""

    scopes: tuple[str, ...] = (WRITE_SCOPE, READ_SCOPE)
    expires_at: float | None = None


def _demo_tokens() -> Mapping[str, Token]:
    return {"demo-token": Token()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings of the emulator. The defaults are the documented behaviour.

    - `tokens`: the valid access tokens.
    - `versions`: the live API versions. `v1`, `beta` or a `YYYY-MM` before the oldest dated one
      answers 410 if it is not in this list; any other unknown name answers 404.
    - `warned_versions`: the versions whose answers have a `Warning` header.
    - `clock_skew`: seconds by which the server's clock is ahead (negative: behind). It affects
      `Date` headers, the times of entries, and all durations and delays of the server.
    - `body_limit`: the maximum size of a request body in bytes; a larger one answers 413.
    - `strict`: False accepts asynchronous imports without `fileName` or `metadata` or with invalid
      URLs, and requests with any content type.
    - `media_type_required`: images and files without a `mediaType` are refused with 400. The
      vendor's parameter lists describe it as required, but the examples omit it. Without one, the
      entry gets the media type `image` or `file`.
    - `title_shown`: where an entry shows the `fileName` of an asynchronous import. `metadata`: as
      the property `title`, unless the item sets `title` or the project has no such property.
      `asset`: as `asset.filename`, which otherwise is the last part of the URL's path. `nowhere`.
    - `vocabulary`: the state of a created item: `success` as in the vendor's documentation,
      `imported` as on current servers. `status` sends `success` under the key `status` and adds
      `title`, as before 2025-03.
    - `repeat`: the import of an existing pair. `update`: equal content is skipped, different
      content replaces the entry. `skip`: the item is always skipped and the entry unchanged.
    - `job_polls`: the number of status requests answered `started` before a job is finished.
    - `job_seconds`: the minimum number of seconds between POST and finish. Above 0, a job is worked
      after this time even without status requests.
    - `jobs_at_once`: the number of jobs that run at a time, while others wait; 0 for unlimited.
      Requires `job_seconds`.
    - `job_ids`: `random` ids are never repeated; `counted` ids start at 1 again after a restart.
    - `quota`: items per kind in any 24 hours. A batch that would exceed it is refused as a whole.
    - `quota_as_array`: the body of the 429 is an array with one error object.
    - `retry_after`: the `Retry-After` header of that 429 in seconds; None for no header.
    - `project_config`: the answer of `GET projectConfig`. Entries whose media type or metadata do
      not fit it are refused, in imports and PATCH requests. Without it, `GET projectConfig` answers
      404, and all metadata are accepted.
    - `old_metadata_errors`: the media library reports invalid metadata in the format used before
      2024-09.
    - `conflict_names_media`: the refusal of an existing pair includes the `mediaId` of its entry.
    - `record_empty`: the `record` of a created entry is `{}`, as in the vendor's documentation.
    - `default_locale`: the locale whose asset cannot be removed, unless the project's
      configuration has a default language.
    - `show_archived`: False hides archived entries from every GET; their pairs remain in use.
    - `check_types`: an item fails if the suffix of its URL belongs to a type that its kind does not
      allow; unknown suffixes are accepted.
    - `file_types`: the types that the import of files accepts.
    - `fail_url`: part of a URL → the reason with which items with such a URL fail.
    - `webhook`: how often a finished job is notified. `early` works the job during its POST and
      notifies before the POST is answered.
    - `lose_job_after`: seconds after which a finished job is reported as `lost`.
    - `order`: the order of items in a finished job, of results of a POST to the media library, and
      of lists of entries.
    - `read_delay`: seconds until a new entry is visible in the media library.
    - `download`: download every item's URL, from loopback addresses only, and check the file's type
      and size against its kind.
    """

    tokens: Mapping[str, Token] = field(default_factory=_demo_tokens)
    versions: tuple[str, ...] = KNOWN_VERSIONS
    warned_versions: tuple[str, ...] = WARNED_VERSIONS
    clock_skew: float = 0.0
    body_limit: int = 512_000
    strict: bool = True
    media_type_required: bool = False
    title_shown: Literal["metadata", "asset", "nowhere"] = "metadata"
    vocabulary: Literal["success", "imported", "status"] = "success"
    repeat: Literal["update", "skip"] = "update"
    job_polls: int = 1
    job_seconds: float = 0.0
    jobs_at_once: int = 0
    job_ids: Literal["random", "counted"] = "random"
    quota: int | None = None
    quota_as_array: bool = False
    retry_after: int | None = None
    project_config: Mapping[str, Any] | None = None
    old_metadata_errors: bool = False
    conflict_names_media: bool = True
    record_empty: bool = False
    default_locale: str = "de"
    show_archived: bool = True
    check_types: bool = False
    file_types: tuple[str, ...] = ("application/pdf",)
    fail_url: Mapping[str, str] = field(default_factory=dict)
    webhook: Literal["once", "twice", "early", "never"] = "once"
    lose_job_after: float | None = None
    order: Literal["request", "shuffled"] = "request"
    read_delay: float = 0.0
    download: bool = False


def is_from(version: str, since: str) -> bool:
    """Whether a version is `since` or later; `v1` and `beta` equal the oldest version."""
    return version[:1].isdigit() and version >= since
