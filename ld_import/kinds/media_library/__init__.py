"""Media library: synchronous import of entries whose assets are in the storage already."""

from __future__ import annotations

from base64 import b32encode
from collections.abc import Mapping, Sequence
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import orjson

from ld_import.compact_json import compact_json
from ld_import.kinds.base import encode
from ld_import.kinds.media_library.files import (
    FILE,
    file_name_of,
    file_problems,
    has_file,
    placeholder_of,
)
from ld_import.kinds.media_library.matching import match_results
from ld_import.kinds.media_library.results import result_from
from ld_import.kinds.single_items import items_one_by_one
from ld_import.model import Entry, Invalid, Item, ItemKey, Job, Problem, Result

# Imported when entries are checked, with a library: `status` only reads answers.
if TYPE_CHECKING:
    from ld_import.kinds.checker import Checker

# NOTE: from version 2026-01 on an answer names its list `results`, before as the request does.
ANSWER_KEYS = ("results", "mediaLibraryEntries")
NO_SYSTEM = Problem("systemName", "`systemName` is missing: an entry with an externalId needs it")
# 20 bytes are 32 characters of base32, the maximum length of an id.
ID_BYTES = 20


class MediaLibraryKind:
    """An import without a job: `POST import/mediaLibrary` returns a result for each entry."""

    name = "media-library"
    path = "import/mediaLibrary"
    list_key = "mediaLibraryEntries"
    has_own_ids = True
    has_quota = False

    def __init__(self, *, has_random_ids: bool = False) -> None:
        """Let the server choose the id of an entry without one, or derive it (the default).

        A derived id is the same in every run: an entry that is sent twice causes a conflict and
        never a second entry.
        """
        self._has_random_ids = has_random_ids

    @cached_property
    def _checker(self) -> Checker:
        from ld_import.kinds.checker import Checker

        return Checker(self.name)

    def item_from(
        self, entry: Entry, system_name: str, record_digest: bytes, *, keeps_fields: bool = False
    ) -> Item | Invalid:
        """Check an entry; its own `systemName` takes precedence over the argument."""
        try:
            content = _content(entry)
            wire = {"systemName": system_name, **content} if system_name else content
            is_unprepared = has_file(wire)
            problems = self._file_problems(wire) if is_unprepared else self.problems_of(wire)
            if problems:
                return Invalid(entry.line, entry.external_id, problems)
            key = ItemKey(wire.get("systemName", ""), entry.external_id)
            if "id" not in wire and not self._has_random_ids:
                wire = {"id": derived_id(key), **wire}
            # Added fields are derived from the key, so the checksum covers the entry alone.
            body, checksum = compact_json(wire), encode(content)[1]
            if is_unprepared:
                # It becomes an entry again when its file is stored.
                body = compact_json(content)
        except (TypeError, ValueError) as error:
            problem = Problem("", f"the entry cannot be written as JSON: {error}")
            return Invalid(entry.line, entry.external_id, (problem,))
        return Item(
            key=key,
            line=entry.line,
            body=body,
            checksum=checksum,
            record_digest=record_digest,
            url=wire[FILE] if is_unprepared else wire["asset"]["url"],
            file_name=file_name_of(wire) if is_unprepared else wire["asset"]["filename"],
            fields=wire if keeps_fields else None,
            file=wire[FILE] if is_unprepared else "",
        )

    def items_from(
        self,
        entries: Sequence[Entry],
        system_name: str,
        record_digests: Sequence[bytes],
        *,
        keeps_fields: bool = False,
        hashes_fields: bool = False,
    ) -> Sequence[Item | Invalid]:
        """Check entries one by one."""

        def item_from(entry: Entry, digest: bytes) -> Item | Invalid:
            return self.item_from(entry, system_name, digest, keeps_fields=keeps_fields)

        return items_one_by_one(item_from, entries, record_digests, hashes_fields=hashes_fields)

    def _file_problems(self, wire: Mapping[str, Any]) -> tuple[Problem, ...]:
        return file_problems(wire) or self.problems_of(placeholder_of(wire))

    def problems_of(self, wire: Mapping[str, Any]) -> tuple[Problem, ...]:
        """Return all problems of the fields of an entry; an empty tuple if it is valid."""
        lacks_system = "externalId" in wire and "systemName" not in wire
        return self._checker.problems(wire) + (NO_SYSTEM,) * lacks_system

    def envelope(
        self, system_name: str, *, webhook: str | None, context: Mapping[str, Any] | None
    ) -> tuple[bytes, bytes]:
        """Return the list alone: each entry has its system, and there is no webhook or context."""
        return b'{"' + self.list_key.encode() + b'":[', b"]}"

    def submitted_from(self, answer: Any, items: Sequence[Item]) -> Job | None:
        """Return a finished job with the results, in the order of `items`.

        Two items of one batch may have the same externalId under different systems; then only
        this order distinguishes their results.
        """
        listed = _listed(answer)
        if listed is None:
            return None
        results = tuple(_result(fields, item) for item, fields in match_results(items, listed))
        return Job(job_id=None, state="success", finished=True, results=results)

    def job_from(self, answer: Any, job_id: str) -> Job | None:
        """Return `None`: this kind has no jobs."""
        return None


def _result(fields: dict[str, Any], item: Item) -> Result:
    result = result_from(fields, item.key.external_id)
    # Only the same pair has the same derived id.
    if result.is_id_taken and orjson.loads(item.body).get("id") == derived_id(item.key):
        return result._replace(is_id_taken=False)
    return result


def derived_id(key: ItemKey) -> str:
    """Return the id for an entry without one: 32 characters, derived from the pair."""
    digest = sha256(f"{key.system_name}\0{key.external_id}".encode()).digest()
    return b32encode(digest[:ID_BYTES]).decode().lower()


def _content(entry: Entry) -> dict[str, Any]:
    """Return the fields of an entry in the form of the API."""
    content = dict(entry.fields)
    if "externalId" in content:
        content["externalId"] = entry.external_id
    if isinstance(content.get("translations"), dict):
        translations = content["translations"].items()
        content["translations"] = [_translation(locale, value) for locale, value in translations]
    return content


def _translation(locale: Any, value: Any) -> dict[str, Any]:
    """Return a translation of a map; its value has `metadata` and `asset`, or is the metadata."""
    is_whole = isinstance(value, dict) and ("metadata" in value or "asset" in value)
    return {"locale": locale, **(value if is_whole else {"metadata": value})}


def _listed(answer: Any) -> list[Any] | None:
    if not isinstance(answer, dict):
        return None
    lists = (answer.get(key) for key in ANSWER_KEYS)
    return next((listed for listed in lists if isinstance(listed, list)), None)


def asset_problems(fields: Mapping[str, Any], media: str) -> tuple[Problem, ...]:
    """Return the problems of a valid entry if its mediaType is of `image`, `video` or `file`.

    Only the project knows the kind of its own media types, such as `posterImage`.
    """
    return MEDIA_LIBRARY.problems_of({**fields, "mediaType": media})


MEDIA_LIBRARY = MediaLibraryKind()
