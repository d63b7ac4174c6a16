"""Asynchronous imports (videos, images, files): a POST returns a job whose status is polled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any

import orjson

from ld_import.ids import is_id, usable_id
from ld_import.kinds.base import as_text, encode
from ld_import.kinds.created_results import created_results
from ld_import.kinds.job_items import fields_of_all, items_of_all
from ld_import.kinds.media_facts import facts_from_reference
from ld_import.kinds.single_items import items_one_by_one
from ld_import.model import (
    Entry,
    Invalid,
    Item,
    Job,
    Problem,
    Result,
    State,
    new_item,
    new_key,
)

# Imported when entries are checked, with a library: `status` only reads answers.
if TYPE_CHECKING:
    from ld_import.kinds.checker import Checker

# NOTE: servers send `imported`; the documentation named it `success` until August 2026.
STATES = {
    "imported": State.SUCCESS,
    "success": State.SUCCESS,
    "skipped": State.SKIPPED,
    "failed": State.FAILED,
}
# Longer texts of a server are cut, since they are stored in the ledger and the log.
STATE_LENGTH = 80
REASON_LENGTH = 2000


class JobKind:
    """An import that the server processes as a job: `POST import/<name>`, then `…/status`."""

    has_own_ids = False
    has_quota = True

    def __init__(self, name: str, *, media_id_at: Sequence[str]) -> None:
        """Create a kind; `name` also names its schema, URL path and list of items.

        `media_id_at` is the path of the mediaId in a result.
        """
        self.name = name
        self.path = f"import/{name}"
        self.list_key = name
        self._media_id_at = media_id_at
        *self._reference_at, self._id_name = media_id_at

    @cached_property
    def _checker(self) -> Checker:
        from ld_import.kinds.checker import Checker

        return Checker(self.name)

    def item_from(
        self, entry: Entry, system_name: str, record_digest: bytes, *, keeps_fields: bool = False
    ) -> Item | Invalid:
        """Check an entry; its externalId is sent as `id`."""
        line, external_id, mapped = entry
        fields = {"id": external_id, **mapped}
        fields["id"] = external_id
        try:
            if not self._checker.is_valid(fields):
                return Invalid(line, external_id, self._checker.problems(fields))
            body, checksum = encode(fields)
        except (TypeError, ValueError) as error:
            problem = Problem("", f"the entry cannot be written as JSON: {error}")
            return Invalid(line, external_id, (problem,))
        key, parsed = new_key((system_name, external_id)), fields if keeps_fields else None
        url, name = fields["url"], fields["fileName"]
        return new_item(
            (key, line, body, checksum, record_digest, url, name, b"", parsed, "", None)
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
        """Check entries; all at once if none of them has a problem."""
        fields = fields_of_all(entries)
        with suppress(TypeError, ValueError):
            if entries and self._checker.are_valid(fields):
                return items_of_all(
                    entries,
                    fields,
                    system_name,
                    record_digests,
                    keeps_fields=keeps_fields,
                    hashes_fields=hashes_fields,
                )

        def item_from(entry: Entry, digest: bytes) -> Item | Invalid:
            return self.item_from(entry, system_name, digest, keeps_fields=keeps_fields)

        return items_one_by_one(item_from, entries, record_digests, hashes_fields=hashes_fields)

    def envelope(
        self, system_name: str, *, webhook: str | None, context: Mapping[str, Any] | None
    ) -> tuple[bytes, bytes]:
        """Return the text of a request before and after the item bodies."""
        head: dict[str, Any] = {"systemName": system_name}
        if webhook is not None:
            head["webhook"] = webhook
        if context is not None:
            head["context"] = dict(context)
        return orjson.dumps(head)[:-1] + b',"' + self.list_key.encode() + b'":[', b"]}"

    def submitted_from(self, answer: Any, items: Sequence[Item]) -> Job | None:
        """Return the job of an answer `{"id": …}`.

        A job whose id is not of the documented form is lost: its status cannot be requested.
        """
        job_id = answer.get("id") if isinstance(answer, dict) else None
        if not job_id or not isinstance(job_id, str):
            return None
        if not is_id(job_id):
            return Job(job_id=None, state="lost", finished=False)
        return Job(job_id=job_id, state="started", finished=False)

    def job_from(self, answer: Any, job_id: str) -> Job | None:
        """Return the job of a status answer; its `id` is ignored, since it may be a message."""
        if not isinstance(answer, dict) or not isinstance(answer.get("finished"), bool):
            return None
        listed = answer.get(self.list_key)
        return Job(
            job_id=job_id,
            state=as_text(answer.get("state"))[:STATE_LENGTH],
            finished=answer["finished"],
            results=self._results(listed) if isinstance(listed, list) else None,
        )

    def _results(self, listed: list[Any]) -> Sequence[Result]:
        return created_results(listed, self._media_id_at, STATES) or tuple(
            [
                self._result(result)
                for result in listed
                if isinstance(result, dict) and isinstance(result.get("externalId"), str)
            ]
        )

    def _result(self, result: dict[str, Any]) -> Result:
        # NOTE: older servers name the key `status`; both names are read.
        word = result["state"] if "state" in result else result.get("status")
        reason, system_name = result.get("reason"), result.get("systemName")
        reference = self._reference(result)
        media_id = reference.get(self._id_name) if isinstance(reference, dict) else None
        if type(word) is not str or len(word) > STATE_LENGTH:
            word = as_text(word)[:STATE_LENGTH]
        if reason is not None or not is_id(media_id):
            media_id, reason = usable_id(
                media_id if isinstance(media_id, str) else None,
                None if reason is None else as_text(reason)[:REASON_LENGTH],
            )
        # By position, which takes half the time: this runs for each item.
        return Result(
            result["externalId"],
            STATES.get(word),
            word,
            reason,
            media_id,
            word == "skipped",
            False,
            system_name if isinstance(system_name, str) else None,
            facts_from_reference(reference),
        )

    def _reference(self, result: Any) -> Any:
        value = result
        for name in self._reference_at:
            value = value.get(name) if isinstance(value, dict) else None
        return value
