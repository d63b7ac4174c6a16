"""Media library: entries for assets that are in the storage already, taken or refused at once."""

from __future__ import annotations

from base64 import b32encode
from collections.abc import Mapping, Sequence
from functools import cached_property
from hashlib import sha256
from typing import Any

import orjson

from ld_import.compact_json import compact_json
from ld_import.kinds.base import Checker, encode
from ld_import.kinds.media_library.matching import match_results
from ld_import.kinds.media_library.results import result_from
from ld_import.model import Entry, Invalid, Item, ItemKey, Job, Problem, Result

# NOTE: answers name their list `results` from version 2026-01 on, and before as requests do.
ANSWER_KEYS = ("results", "mediaLibraryEntries")
NO_SYSTEM = Problem("systemName", "`systemName` is missing: an entry with an externalId needs it")
# 20 bytes are 32 letters of base32, and 32 is the most an id may have.
ID_BYTES = 20


class MediaLibraryKind:
    """An import without a job: `POST import/mediaLibrary` answers with a result for each entry."""

    name = "media-library"
    path = "import/mediaLibrary"
    list_key = "mediaLibraryEntries"
    has_own_ids = True
    has_quota = False

    def __init__(self, *, has_random_ids: bool = False) -> None:
        """Let the server choose the ids that entries do not give, or derive them (the default).

        A derived id is the same in every run, so that an entry sent twice is a conflict and never
        a second entry.
        """
        self._has_random_ids = has_random_ids

    @cached_property
    def _checker(self) -> Checker:
        return Checker(self.name)

    def item_from(self, entry: Entry, system_name: str, record_digest: bytes) -> Item | Invalid:
        """Check an entry; its own `systemName` counts before the one that is given."""
        try:
            content = _content(entry)
            wire = {"systemName": system_name, **content} if system_name else content
            problems = self._problems(wire)
            if problems:
                return Invalid(entry.line, entry.external_id, problems)
            key = ItemKey(wire.get("systemName", ""), entry.external_id)
            if "id" not in wire and not self._has_random_ids:
                wire = {"id": derived_id(key), **wire}
            # What was added follows from the key: the checksum is of what the entry says.
            body, checksum = compact_json(wire), encode(content)[1]
        except (TypeError, ValueError) as error:
            unsaid = Problem("", f"the entry cannot be written as JSON: {error}")
            return Invalid(entry.line, entry.external_id, (unsaid,))
        return Item(
            key=key,
            line=entry.line,
            body=body,
            checksum=checksum,
            record_digest=record_digest,
            url=wire["asset"]["url"],
            file_name=wire["asset"]["filename"],
        )

    def _problems(self, wire: Mapping[str, Any]) -> tuple[Problem, ...]:
        is_nobodys = "externalId" in wire and "systemName" not in wire
        return self._checker.problems(wire) + (NO_SYSTEM,) * is_nobodys

    def envelope(
        self, system_name: str, *, webhook: str | None, context: Mapping[str, Any] | None
    ) -> tuple[bytes, bytes]:
        """Return the list alone: here the system stands in each entry, and nothing is called."""
        return b'{"' + self.list_key.encode() + b'":[', b"]}"

    def submitted_from(self, answer: Any, items: Sequence[Item]) -> Job | None:
        """Read the results, under either name of their list, into a job that is finished.

        The results stand in the order of `items`. Two items of one batch may share an externalId
        under different systems; then only this order tells their results apart.
        """
        listed = _listed(answer)
        if listed is None:
            return None
        results = tuple(_result(told, item) for item, told in match_results(items, listed))
        return Job(job_id=None, state="success", finished=True, results=results)

    def job_from(self, answer: Any, job_id: str) -> Job | None:
        """Read nothing: there is no job one could ask for."""
        return None


def _result(told: dict[str, Any], item: Item) -> Result:
    result = result_from(told, item.key.external_id)
    # Only the same pair has the same derived id.
    if result.is_id_taken and orjson.loads(item.body).get("id") == derived_id(item.key):
        return result._replace(is_id_taken=False)
    return result


def derived_id(key: ItemKey) -> str:
    """Return the id of an entry that gives none: 32 letters, the same for the same pair."""
    digest = sha256(f"{key.system_name}\0{key.external_id}".encode()).digest()
    return b32encode(digest[:ID_BYTES]).decode().lower()


def _content(entry: Entry) -> dict[str, Any]:
    """Return what an entry says, as it is said on the wire."""
    content = dict(entry.fields)
    if "externalId" in content:
        content["externalId"] = entry.external_id
    if isinstance(content.get("translations"), dict):
        told = content["translations"].items()
        content["translations"] = [_translation(locale, value) for locale, value in told]
    return content


def _translation(locale: Any, value: Any) -> dict[str, Any]:
    """Return a translation of a map: the value tells `metadata` and `asset`, or is metadata."""
    is_whole = isinstance(value, dict) and ("metadata" in value or "asset" in value)
    return {"locale": locale, **(value if is_whole else {"metadata": value})}


def _listed(answer: Any) -> list[Any] | None:
    if not isinstance(answer, dict):
        return None
    lists = (answer.get(key) for key in ANSWER_KEYS)
    return next((listed for listed in lists if isinstance(listed, list)), None)


MEDIA_LIBRARY = MediaLibraryKind()
