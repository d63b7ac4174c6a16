"""Settings of the emulated server, for behaviour that differs between versions or installations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, NamedTuple

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


class Switch(NamedTuple):
    """Explanation of a setting for its user. `unit` is the unit of a number."""

    meaning: str
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings of the emulator. The defaults are the documented behaviour.

    The annotation of a setting explains it, here and in `ld-import emulator --switches`.

    - `tokens`: the valid access tokens.
    - `project_config`: the answer of `GET projectConfig`. Entries whose media type or metadata do
      not fit it are refused, in imports and PATCH requests. Without it, `GET projectConfig` answers
      404, and all metadata are accepted.
    """

    tokens: Mapping[str, Token] = field(default_factory=_demo_tokens)
    project_config: Mapping[str, Any] | None = None
    versions: Annotated[
        tuple[str, ...],
        Switch(
            "the API versions that exist; a version before the oldest one, or a missing `v1` or"
            " `beta`, answers 410, an unknown one 404"
        ),
    ] = KNOWN_VERSIONS
    warned_versions: Annotated[
        tuple[str, ...], Switch("the versions whose answers have a `Warning` header")
    ] = WARNED_VERSIONS
    clock_skew: Annotated[
        float,
        Switch(
            "how far the server's clock is ahead, in `Date` headers, times of entries and delays;"
            " negative: behind",
            "seconds",
        ),
    ] = 0.0
    body_limit: Annotated[
        int, Switch("the size of the largest request body; a larger one answers 413", "bytes")
    ] = 512_000
    strict: Annotated[
        bool,
        Switch(
            "`no` accepts imports without `fileName` or `metadata`, invalid URLs and every content"
            " type"
        ),
    ] = True
    media_type_required: Annotated[
        bool,
        Switch(
            "`yes` refuses images and files without `mediaType`; otherwise they get the media type"
            " `image` or `file`"
        ),
    ] = False
    own_media_types: Annotated[
        bool,
        Switch(
            "whether the media library accepts each media type of the project configuration; `no`"
            " refuses a request with another one than `image`, `video` or `file`"
        ),
    ] = True
    title_shown: Annotated[
        Literal["metadata", "asset", "nowhere"],
        Switch(
            "where an entry shows the `fileName` of its import: `metadata`: as `title`, unless the"
            " item sets it or the project has no such property; `asset`: as `asset.filename`"
        ),
    ] = "metadata"
    vocabulary: Annotated[
        Literal["success", "imported", "status"],
        Switch(
            "the state of a created item: `success`, `imported` as on current servers, or"
            " `success` under the key `status` as before 2025-03"
        ),
    ] = "success"
    repeat: Annotated[
        Literal["update", "skip"],
        Switch(
            "an item that exists: `update` replaces different content and skips equal content,"
            " `skip` skips both"
        ),
    ] = "update"
    job_polls: Annotated[
        int, Switch("how many status requests are answered `started` before a job is finished")
    ] = 1
    job_seconds: Annotated[
        float,
        Switch(
            "time until a job is finished; above 0, it finishes without status requests, too",
            "seconds",
        ),
    ] = 0.0
    jobs_at_once: Annotated[
        int,
        Switch(
            "how many jobs run at a time, while the others wait; 0: no limit. Requires"
            " `job_seconds`"
        ),
    ] = 0
    job_ids: Annotated[
        Literal["random", "counted"],
        Switch("`random` ids are never repeated; `counted` ids start at 1 again after a restart"),
    ] = "random"
    ids_at_once: Annotated[
        int | None,
        Switch("most ids in one `GET mediaLibrary`; more of them are answered 400", "ids"),
    ] = None
    serves_images: Annotated[
        bool, Switch("`no` answers 404 to `GET mediaLibrary/serve-image/{key}`")
    ] = True
    quota: Annotated[
        int | None,
        Switch("items of a kind in 24 hours; a batch beyond it is refused as a whole", "items"),
    ] = None
    quota_as_array: Annotated[
        bool, Switch("`yes` answers the 429 of the quota with an array of errors")
    ] = False
    retry_after: Annotated[
        int | None, Switch("the `Retry-After` header of that 429", "seconds")
    ] = None
    old_metadata_errors: Annotated[
        bool, Switch("`yes` reports refused metadata in the form and words of before 2024-09")
    ] = False
    conflict_names_media: Annotated[
        bool, Switch("whether a conflict names the `mediaId` of the existing entry")
    ] = True
    record_empty: Annotated[
        bool, Switch("`yes` answers `{}` as the `record` of a created entry, as in the examples")
    ] = False
    default_locale: Annotated[
        str,
        Switch(
            "the locale whose asset cannot be removed, unless the project configuration has a"
            " default language"
        ),
    ] = "de"
    show_archived: Annotated[
        bool, Switch("`no` hides archived entries from every GET; their pairs remain in use")
    ] = True
    check_types: Annotated[
        bool,
        Switch(
            "`yes` fails items whose URL ends in a file type that the kind does not accept;"
            " unknown endings are accepted"
        ),
    ] = False
    file_types: Annotated[
        tuple[str, ...], Switch("the MIME types that the import of files accepts")
    ] = ("application/pdf",)
    fail_url: Annotated[
        Mapping[str, str],
        Switch("parts of URLs, and the reason with which items with such a URL fail"),
    ] = field(default_factory=dict)
    webhook: Annotated[
        Literal["once", "twice", "early", "never"],
        Switch(
            "notifications of a finished job; `early` finishes the job and notifies before the POST"
            " is answered"
        ),
    ] = "once"
    lose_job_after: Annotated[
        float | None, Switch("time until a finished job is forgotten and answers `lost`", "seconds")
    ] = None
    order: Annotated[
        Literal["request", "shuffled"],
        Switch("the order of the items of a finished job, of results, and of listed entries"),
    ] = "request"
    read_delay: Annotated[
        float, Switch("time until the media library shows a new entry", "seconds")
    ] = 0.0
    download: Annotated[
        bool,
        Switch(
            "`yes` downloads the URL of every item, from loopback addresses only, and checks type"
            " and size"
        ),
    ] = False


def is_from(version: str, since: str) -> bool:
    """Whether a version is `since` or later; `v1` and `beta` equal the oldest version."""
    return version[:1].isdigit() and version >= since
