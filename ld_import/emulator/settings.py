"""How the emulated server behaves where the vendor leaves a choice or an installation decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

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
    """What an access token allows; `expires_at` is a Unix time, `None` never comes."""

    scopes: tuple[str, ...] = (WRITE_SCOPE, READ_SCOPE)
    expires_at: float | None = None


def _demo_tokens() -> Mapping[str, Token]:
    return {"demo-token": Token()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every switch of the emulator; the defaults are the documented behaviour.

    - `tokens`: the access tokens the server knows.
    - `versions`: the live API versions. `v1`, `beta` or a `YYYY-MM` before the oldest dated one
      answers 410 when it is not among them, any other unknown name 404.
    - `warned_versions`: the versions whose answers carry a `Warning` header.
    - `clock_skew`: seconds that the server's clock is ahead of the real one, or behind (negative):
      in `Date` headers, in the times of entries, and in everything that the server times.
    - `body_limit`: the largest request body in bytes; above it 413.
    - `strict`: False takes asynchronous imports that lack `fileName` or `metadata` or have odd
      URLs, and any request with another content type.
    - `media_type_required`: images and files without a `mediaType` are refused with 400. The
      vendor's parameter lists call it required, the vendor's examples omit it; without one the
      entry gets the media type `image` or `file`.
    - `title_shown`: where an entry shows the `fileName` of an asynchronous import. `metadata`: as
      the property `title`, unless the item has one of its own or the project has no such property;
      `asset`: as `asset.filename`, which otherwise is the last part of the URL's path; `nowhere`.
    - `vocabulary`: the word for a created item: `success` as in the vendor's pages, `imported` as
      on current servers; `status` writes the word `success` under the key `status` and adds
      `title`, as before 2025-03.
    - `repeat`: what becomes of a pair that exists. `update`: equal content is skipped, other
      content replaces the entry. `skip`: every repeat is skipped and the entry stays.
    - `job_polls`: so many status questions are answered `started` before a job is finished.
    - `job_seconds`: and it is not finished before so many seconds after its POST. Above 0 the work
      is done when that time has passed, asked or not.
    - `jobs_at_once`: so many jobs are worked at a time, the others wait; 0 is no limit. Takes
      effect with `job_seconds`.
    - `job_ids`: `random` ids never come twice; `counted` ones begin at 1 again after a restart.
    - `quota`: items per kind in any 24 hours; a batch that would pass it is refused whole.
    - `quota_as_array`: the 429 body is an array holding one error object.
    - `retry_after`: seconds in a `Retry-After` header of that 429; `None` sends no header.
    - `metadata_types`: metadata property → JSON type (`string`, `number`, `integer`, `boolean`,
      `object`, `array`; any other word takes everything). When there are any, an entry with
      another property or a value of another type is refused, in every import and every PATCH.
    - `old_metadata_errors`: the media library tells refused metadata as before 2024-09.
    - `conflict_names_media`: a taken pair is told with the `mediaId` of the entry that has it.
    - `record_empty`: the `record` of a created entry is `{}`, as in the vendor's pages.
    - `default_locale`: the locale whose asset cannot be removed.
    - `show_archived`: False keeps archived entries out of every GET; their pairs stay taken.
    - `check_types`: an item whose URL ends like a type its kind does not take fails; an ending
      that says nothing is taken.
    - `file_types`: the types that the import of files takes.
    - `fail_url`: part of an item's URL → the reason with which such an item fails.
    - `webhook`: how often the end of a job is notified; `early` works the job inside its POST and
      notifies before answering it.
    - `lose_job_after`: seconds after which a finished job is forgotten and answers `lost`.
    - `order`: of the items in a finished job, of the results of a POST to the media library, and
      of a list of entries.
    - `read_delay`: seconds before the media library shows a new entry.
    - `download`: fetch every item's URL, from loopback addresses only, and hold it to the types
      and sizes of its kind.
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
    metadata_types: Mapping[str, str] = field(default_factory=dict)
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
    """Say whether a version is `since` or later; `v1` and `beta` are as old as the oldest."""
    return version[:1].isdigit() and version >= since
