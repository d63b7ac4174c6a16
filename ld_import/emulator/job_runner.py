"""The work of a job: items become entries of the media library, each pair once and for ever."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from ld_import.emulator.faults import Fault, JobAction
from ld_import.emulator.kinds import ImportKind, ending_of, file_name_of, type_by_ending, word_of
from ld_import.emulator.progress import fault_of
from ld_import.emulator.records import Entry, ItemResult, Job
from ld_import.emulator.request_checks import FAILURE, problems_of
from ld_import.emulator.settings import Settings
from ld_import.emulator.store import Store


@dataclass(frozen=True, slots=True)
class Download:
    """What the download of a URL gave: the type of the file, or the reason why there is none."""

    mime_type: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRunner:
    """Everything the work of one job needs, at one moment."""

    store: Store
    settings: Settings
    kind: ImportKind
    job: Job
    now: float
    new_media_id: Callable[[], str]
    downloads: Mapping[str, Download] = field(default_factory=dict)

    def work(self) -> tuple[str, tuple[ItemResult, ...] | None]:
        """Import the items in order and return the state of the job with their results."""
        if fault_of(self.job, "fail_job"):
            return "failed", None
        lost = fault_of(self.job, "lose_job")
        if lost and not lost.imported_before_loss:
            return "lost", None
        return "success", tuple(self._import(item) for item in self.job.items)

    def _import(self, item: dict[str, Any]) -> ItemResult:
        result = ItemResult(
            external_id=item["id"], title=item.get("fileName", ""), state="imported"
        )
        failing = self._fault_for(item, "fail_item")
        if failing:
            return replace(result, state="failed", reason=failing.reason or self.kind.failure)
        known = self.store.entry_of_pair(self.job.system_name, item["id"])
        taken = known and self._reason_to_spare(known)
        if taken:
            return replace(result, state="failed", reason=taken)
        wanted = self._entry_from(item)
        if known and (self.settings.repeat == "skip" or _has_equal_content(known, wanted)):
            self.store.put_entry(replace(known, repeated=known.repeated + 1))
            return _referring(replace(result, state="skipped", reason="already exists"), known)
        reason = self._reason_against(item)
        if reason:
            return replace(result, state="failed", reason=reason)
        entry = _replacing(known, wanted) if known else wanted
        self.store.keep_version(entry, "import")
        odd = self._fault_for(item, "unknown_item_state")
        word = (odd.state or "postponed") if odd else "imported"
        return _referring(replace(result, state=word), entry)

    def _entry_from(self, item: dict[str, Any]) -> Entry:
        media_id = self.new_media_id()
        download = self.downloads.get(item["url"], Download())
        mime_type = download.mime_type or self.kind.mime_type_of(item["url"])
        title = item.get("fileName", "")
        day = datetime.fromtimestamp(self.now, UTC).strftime("%Y/%m/%d")
        key = f"{day}/{media_id}{ending_of(item['url'])}"
        return Entry(
            media_id=media_id,
            system_name=self.job.system_name,
            external_id=item["id"],
            kind=self.kind.name,
            media_type=item.get("mediaType", self.kind.default_media_type),
            url=item["url"],
            file_name=title,
            metadata=self._metadata_of(item, title),
            mime_type=mime_type,
            asset={
                "key": key,
                # A reserved name: nobody answers there.
                "url": f"https://livingdocs-{self.kind.name}.example/{key}",
                "mimeType": mime_type,
                "filename": title
                if self.settings.title_shown == "asset"
                else file_name_of(item["url"]),
            },
            content=item,
            created_at=self.now,
            updated_at=self.now,
        )

    def _metadata_of(self, item: dict[str, Any], title: str) -> dict[str, Any]:
        metadata: dict[str, Any] = item.get("metadata", {})
        types = self.settings.metadata_types
        is_shown = self.settings.title_shown == "metadata" and (not types or "title" in types)
        return {"title": title, **metadata} if title and is_shown else metadata

    def _reason_to_spare(self, known: Entry) -> str | None:
        if word_of(known.kind, known.media_type) != self.kind.word:
            return pair_taken(known)
        return pair_archived(known) if known.is_archived else None

    def _reason_against(self, item: dict[str, Any]) -> str | None:
        rules = self.settings.fail_url.items()
        scripted = next((reason for part, reason in rules if part in item["url"]), None)
        problems = problems_of(item.get("metadata", {}), self.settings)
        if problems and scripted is None:
            return f"{FAILURE} {problems[0]['message']}"
        return (
            scripted or self.downloads.get(item["url"], Download()).reason or self._wrong_type(item)
        )

    def _wrong_type(self, item: dict[str, Any]) -> str | None:
        # A download has seen the file itself.
        if not self.settings.check_types or item["url"] in self.downloads:
            return None
        mime_type = type_by_ending(item["url"])
        is_fit = mime_type is None or self.kind.allows(mime_type)
        return None if is_fit else self.kind.failure

    def _fault_for(self, item: dict[str, Any], action: JobAction) -> Fault | None:
        for members in self.job.faults:
            if members["action"] == action and members["external_id"] in (None, item["id"]):
                return Fault.from_dict(members)
        return None


def _has_equal_content(known: Entry, wanted: Entry) -> bool:
    return (known.url, known.file_name, known.metadata, known.media_type) == (
        wanted.url,
        wanted.file_name,
        wanted.metadata,
        wanted.media_type,
    )


def _replacing(known: Entry, wanted: Entry) -> Entry:
    return replace(
        wanted,
        media_id=known.media_id,
        version=known.version + 1,
        translations=known.translations,
        patched=known.patched,
        is_revoked=known.is_revoked,
        revoke_note=known.revoke_note,
        created=known.created,
        updated=known.updated + 1,
        repeated=known.repeated,
        created_at=known.created_at,
    )


def _referring(result: ItemResult, entry: Entry) -> ItemResult:
    return replace(
        result,
        media_id=entry.media_id,
        asset_url=entry.asset["url"],
        mime_type=entry.mime_type,
    )


def pair_taken(known: Entry) -> str:
    """Return the vendor's words for a pair that somebody has."""
    return f"externalId is not unique: '{known.external_id}'"


def pair_archived(known: Entry) -> str:
    """Return the vendor's words for a pair that somebody had: an archived entry keeps it."""
    return (
        f'Media with externalId "{known.external_id}" from system "{known.system_name}"'
        " has been archived."
    )
