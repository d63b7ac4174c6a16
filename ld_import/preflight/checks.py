"""The check of items against a project: what the server refuses, and what it may refuse."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from ld_import.model import Item, Problem, Remark
from ld_import.preflight.faults import Fault, Rule
from ld_import.preflight.limits import Surroundings
from ld_import.preflight.media_types import MediaTypeCheck
from ld_import.preflight.project import DEFAULT_HANDLES, LIBRARY, MEDIA_TYPES, ProjectConfig
from ld_import.wording import did_you_mean, shorten, show


class Checked(NamedTuple):
    """The result for one item: with `problems` the server refuses it, with `remarks` it may."""

    problems: tuple[Problem, ...] = ()
    remarks: tuple[Remark, ...] = ()


SOUND = Checked()
AssetProblems = Callable[[Mapping[str, Any], str], tuple[Problem, ...]]


class ProjectCheck:
    """Checks items of one kind against a project; it can be sent to another process.

    Media types are compiled when they appear first. `now` decides whether a period of validity is
    over. `asset_problems` is for the media library: it checks the asset of an entry with a media
    type that the API does not know by name.
    """

    def __init__(
        self,
        project: ProjectConfig,
        kind: str,
        now: datetime,
        asset_problems: AssetProblems | None = None,
    ) -> None:
        """Check against this project; nothing is compiled yet."""
        self._project = project
        self._kind = kind
        self._around = Surroundings(project, now)
        self._asset_problems = asset_problems
        self._by_handle: dict[str, MediaTypeCheck] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        """Return the arguments only: compiled checks cannot be pickled."""
        return ProjectCheck, (self._project, self._kind, self._around.now, self._asset_problems)

    def item(self, item: Item) -> Checked:
        """Check an item as it will be sent."""
        fields = orjson.loads(item.body) if item.fields is None else item.fields
        faults = self.faults(fields)
        asset_problems = self.problems_of_asset(fields)
        if not faults and not asset_problems:
            return SOUND
        problems = tuple(_problem(fault) for fault in faults if fault.is_refusal)
        if problems or asset_problems:
            return Checked(problems + asset_problems)
        external_id = item.key.external_id
        return Checked((), tuple(Remark(item.line, external_id, *fault) for fault in faults))

    def media_of(self, handle: str) -> str | None:
        """Return `image`, `video` or `file` for a media type of the project."""
        media_type = self._project.media_types.get(handle)
        return None if media_type is None else DEFAULT_HANDLES.get(media_type.type)

    def faults(self, fields: Mapping[str, Any]) -> list[Fault]:
        """Return the faults of the fields of an entry."""
        handle = fields.get("mediaType")
        # An answer without any usable media type says nothing about them.
        if not self._project.media_types:
            return unconfirmed_type(handle) if self._kind == LIBRARY else []
        if handle is None:
            # The content of a file that is not read yet decides.
            return [] if self._kind == LIBRARY else self._of_default_type(fields)
        media_type = self._project.media_types.get(handle)
        if media_type is None:
            return [self._unknown(handle)]
        if not media_type.is_of(self._kind):
            return [self._of_other_kind(handle, media_type.type)]
        return self._check_of(handle).faults(fields)

    def problems_of_asset(self, fields: Mapping[str, Any]) -> tuple[Problem, ...]:
        """Return the problems of the asset of an entry whose media type has a name of its own."""
        media_type = self._project.media_types.get(fields.get("mediaType", ""))
        if self._asset_problems is None or media_type is None or fields.get("file") is not None:
            return ()
        media = DEFAULT_HANDLES.get(media_type.type)
        if media is None or media == media_type.handle:
            return ()
        found = self._asset_problems(fields, media)
        return tuple(Problem(part.field, part.text, Rule.ASSET.value) for part in found)

    def _of_default_type(self, fields: Mapping[str, Any]) -> list[Fault]:
        handle = MEDIA_TYPES[self._kind][1]
        media_type = self._project.media_types.get(handle)
        if media_type is not None and media_type.is_of(self._kind):
            return self._check_of(handle).faults(fields)
        text = f"the entry has no `mediaType`, and the project has no type `{handle}` for it"
        return [Fault(Rule.NO_DEFAULT_MEDIA_TYPE, "mediaType", text, self._handles())]

    def _check_of(self, handle: str) -> MediaTypeCheck:
        check = self._by_handle.get(handle)
        if check is None:
            media_type = self._project.media_types[handle]
            check = MediaTypeCheck(media_type, self._kind, self._around)
            self._by_handle[handle] = check
        return check

    def _unknown(self, handle: Any) -> Fault:
        text = f"`mediaType` is {show(handle)}, which is not a media type of the project"
        known = [part.handle for part in self._project.types_of(self._kind)]
        advice = did_you_mean(str(handle), known)
        return Fault(Rule.UNKNOWN_MEDIA_TYPE, "mediaType", text, advice)

    def _of_other_kind(self, handle: str, found: str) -> Fault:
        wanted = MEDIA_TYPES[self._kind][0]
        text = (
            f"`mediaType` is {show(handle)}, a type of {shorten(found)}, but {self._kind} need a"
            f" type of {wanted}"
        )
        return Fault(Rule.OTHER_KIND, "mediaType", text, self._handles())

    def _handles(self) -> str:
        handles = [f"`{part.handle}`" for part in self._project.types_of(self._kind)]
        shown = " or ".join(shorten(handle) for handle in handles[:3])
        if not handles:
            return f"add a media type for {self._kind} to the project"
        return f"give {shown} (`ld-import fields {self._kind}` lists the media types)"


class NoProjectCheck:
    """Checks entries of the media library without a project; it can be sent to another process."""

    def item(self, item: Item) -> Checked:
        """Refuse an entry whose media type only the project could confirm."""
        faults = unconfirmed_type(orjson.loads(item.body).get("mediaType"))
        return Checked(tuple(map(_problem, faults))) if faults else SOUND


def unconfirmed_type(handle: Any) -> list[Fault]:
    """Return the fault of a media type of the library that is not one of each project's three.

    The API documents only these three. A request with another one may be refused as a whole.
    """
    if handle is None or handle in DEFAULT_HANDLES.values():
        return []
    text = (
        f"`mediaType` is {show(handle)}, which is none of `image`, `video` and `file`, and the"
        " media types of the project are not known"
    )
    advice = "give a token with the scope public-api:read, or send it unchecked with --no-preflight"
    return [Fault(Rule.UNCONFIRMED_MEDIA_TYPE, "mediaType", text, advice)]


def _problem(fault: Fault) -> Problem:
    return Problem(fault.field, f"{fault.text}; {fault.advice}", fault.rule.value)
