"""Runs a job: items become entries of the media library, at most one per pair."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from ld_import.emulator.faults import Fault, JobAction
from ld_import.emulator.kinds import ImportKind, file_name_of, suffix_of, type_by_suffix
from ld_import.emulator.metadata_validation import FAILURE
from ld_import.emulator.progress import fault_of
from ld_import.emulator.project import Project
from ld_import.emulator.records import Entry, ItemResult, Job
from ld_import.emulator.settings import Settings
from ld_import.emulator.store import Store


@dataclass(frozen=True, slots=True)
class Download:
    """Result of downloading a URL: the type of the file, or the reason of the failure."""

    mime_type: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRunner:
    """Runs one job at the time `now`."""

    store: Store
    settings: Settings
    project: Project
    kind: ImportKind
    job: Job
    now: float
    new_media_id: Callable[[], str]
    downloads: Mapping[str, Download] = field(default_factory=dict)

    def run(self) -> tuple[str, tuple[ItemResult, ...] | None]:
        """Import the items in order; return the state of the job and the results."""
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
        failure = self._fault_for(item, "fail_item")
        if failure:
            return replace(result, state="failed", reason=failure.reason or self.kind.failure)
        known = self.store.entry_of_pair(self.job.system_name, item["id"])
        conflict = known and self._conflict_with(known)
        if conflict:
            return replace(result, state="failed", reason=conflict)
        wanted = self._entry_from(item)
        if known and (self.settings.repeat == "skip" or _has_equal_content(known, wanted)):
            self.store.put_entry(replace(known, repeated=known.repeated + 1))
            return _with_media(replace(result, state="skipped", reason="already exists"), known)
        reason = self._rejection_reason(item)
        if reason:
            return replace(result, state="failed", reason=reason)
        entry = _replacing(known, wanted) if known else wanted
        self.store.keep_version(entry, "import")
        unknown = self._fault_for(item, "unknown_item_state")
        state = (unknown.state or "postponed") if unknown else "imported"
        return _with_media(replace(result, state=state), entry)

    def _entry_from(self, item: dict[str, Any]) -> Entry:
        media_id = self.new_media_id()
        download = self.downloads.get(item["url"], Download())
        mime_type = download.mime_type or self.kind.mime_type_of(item["url"])
        title = item.get("fileName", "")
        day = datetime.fromtimestamp(self.now, UTC).strftime("%Y/%m/%d")
        key = f"{day}/{media_id}{suffix_of(item['url'])}"
        return Entry(
            media_id=media_id,
            system_name=self.job.system_name,
            external_id=item["id"],
            kind=self.kind.name,
            media_type=self._media_type_of(item),
            url=item["url"],
            file_name=title,
            metadata=self._metadata_of(item, title),
            mime_type=mime_type,
            asset={
                "key": key,
                # A reserved domain, where no server answers.
                "url": f"https://livingdocs-{self.kind.name}.example/{key}",
                "mimeType": mime_type,
                **self.kind.asset_extra,
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
        if not title or self.settings.title_shown != "metadata":
            return metadata
        shown = {"title": title}
        problems = self.project.problems_of(self._media_type_of(item), shown)
        return metadata if problems else shown | metadata

    def _media_type_of(self, item: dict[str, Any]) -> str:
        media_type: str = item.get("mediaType", self.kind.default_media_type)
        return media_type

    def _conflict_with(self, known: Entry) -> str | None:
        if self.project.word_of_entry(known) != self.kind.word:
            return pair_taken(known)
        return pair_archived(known) if known.is_archived else None

    def _rejection_reason(self, item: dict[str, Any]) -> str | None:
        rules = self.settings.fail_url.items()
        scripted = next((reason for part, reason in rules if part in item["url"]), None)
        return (
            scripted
            or self._refused_metadata(item)
            or self.downloads.get(item["url"], Download()).reason
            or self._wrong_type(item)
        )

    def _refused_metadata(self, item: dict[str, Any]) -> str | None:
        media_type = self._media_type_of(item)
        problem = self.project.problem_of_type(media_type, self.kind.name)
        if problem:
            # The default media type of a kind need not exist.
            return problem if "mediaType" in item else None
        problems = self.project.problems_of(media_type, item.get("metadata", {}))
        return f"{FAILURE} {problems[0]['message']}" if problems else None

    def _wrong_type(self, item: dict[str, Any]) -> str | None:
        # A download has checked the type of the file itself.
        if not self.settings.check_types or item["url"] in self.downloads:
            return None
        mime_type = type_by_suffix(item["url"])
        is_allowed = mime_type is None or self.kind.allows(mime_type)
        return None if is_allowed else self.kind.failure

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


def _with_media(result: ItemResult, entry: Entry) -> ItemResult:
    return replace(
        result,
        media_id=entry.media_id,
        asset_url=entry.asset["url"],
        mime_type=entry.mime_type,
    )


def pair_taken(known: Entry) -> str:
    """Return the vendor's message for a pair that an entry already has."""
    return f"externalId is not unique: '{known.external_id}'"


def pair_archived(known: Entry) -> str:
    """Return the vendor's message for the pair of an archived entry, which keeps it."""
    return (
        f'Media with externalId "{known.external_id}" from system "{known.system_name}"'
        " has been archived."
    )
