"""The proposal as a value: the lines of a manifest, active or commented, with what was measured."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Line:
    """A key of the manifest with its template, and a comment.

    A line that is not active is written as a comment that becomes valid when its `#` is removed.
    Without a template it is only a comment.
    """

    key: str
    template: str | None
    note: str = ""
    is_active: bool = True


Lines: TypeAlias = "list[Line]"


@dataclass(frozen=True, slots=True)
class Source:
    """The export beside the manifest, and the options of its format."""

    name: str
    delimiter: str | None = None
    sheet: str | None = None


@dataclass(slots=True)
class Proposal:
    """A manifest to write. The notes are sentences for comments, without line breaks."""

    kind: str
    system_name: str
    external_id: str
    source: Source
    kind_notes: list[str] = field(default_factory=list)
    id_notes: list[str] = field(default_factory=list)
    fields: Lines = field(default_factory=list)
    asset: Lines = field(default_factory=list)
    metadata: Lines = field(default_factory=list)
    metadata_notes: list[str] = field(default_factory=list)
