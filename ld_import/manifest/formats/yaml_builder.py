"""YAML events become values, one record at a time; whatever JSON cannot say is refused by line.

Memory stays flat whatever the file says: see `anchors` for what aliases may do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from yaml import events as yaml_events

from ld_import.errors import ManifestError
from ld_import.manifest.files import ByteFile
from ld_import.manifest.formats.csv_columns import MAX_DEPTH
from ld_import.manifest.formats.yaml_anchors import Anchored, Anchors
from ld_import.manifest.formats.yaml_scalars import CORE, spelled, tagged, typed
from ld_import.manifest.templating.unfit import Unfit
from ld_import.wording import shorten

ID_KEYS = frozenset({"id", "externalId"})
COLLECTION_TAGS = frozenset({None, "!", f"{CORE}map", f"{CORE}seq"})

Scalar = yaml_events.ScalarEvent
Alias = yaml_events.AliasEvent
SequenceStart, SequenceEnd = yaml_events.SequenceStartEvent, yaml_events.SequenceEndEvent
MappingStart, MappingEnd = yaml_events.MappingStartEvent, yaml_events.MappingEndEvent


class Builder:
    """Builds values from the events that follow; the caller hands in the first event of each."""

    def __init__(self, file: ByteFile, next_event: Callable[[], Any]) -> None:
        """Take the file for messages only; `next_event` may be replaced between two records."""
        self._file = file
        self.next_event = next_event
        # Where the last mapping ended.
        self.end_mark: Any = None
        self._anchors = Anchors()

    def value(self, event: Any) -> Any:
        """Build a value of the header."""
        self._anchors.start_count()
        return self._node(event, 1)

    def record(self, event: Any) -> Any:
        """Build a record: its own `id` and `externalId` come out as the text that stands there."""
        self._anchors.start_count()
        return self._node(event, 1, ID_KEYS)

    def key(self, event: Any) -> str:
        """Give a key as the text that stands there, quoted or not."""
        if type(event) is Scalar:
            if event.tag is not None:
                self._scalar(event)
            if event.anchor is not None:
                self._anchors.remember(event.anchor, event.value, event.value)
            return str(event.value)
        if type(event) is Alias and (text := self._alias(event).text) is not None:
            return text
        raise self.error(
            event,
            "a key must be one text",
            'a template must stand in quotes: "{{ title }}"',
        )

    def error(self, event: Any, text: str, hint: str | None = None) -> ManifestError:
        """Make the error that names the place of an event."""
        mark = event.start_mark
        return self._file.error(text, mark.line + 1, mark.column + 1, hint)

    def _node(self, event: Any, depth: int, ids: frozenset[str] = frozenset()) -> Any:
        kind = type(event)
        if kind is Alias:
            return self._alias(event).value
        if kind is Scalar:
            value = self._scalar(event)
            if event.anchor is not None:
                self._anchors.remember(event.anchor, value, event.value)
            return value
        if depth > MAX_DEPTH:
            raise self.error(event, f"nested deeper than {MAX_DEPTH} levels")
        if event.tag not in COLLECTION_TAGS:
            raise self._tag_error(event)
        # An alias inside its own anchor would have no end: the name is unknown until it is built.
        self._anchors.forget(event.anchor)
        value = self._mapping(depth, ids) if kind is MappingStart else self._sequence(depth)
        if event.anchor is not None:
            self._anchors.remember(event.anchor, value, None)
        return value

    def _sequence(self, depth: int) -> list[Any]:
        next_event, found = self.next_event, []
        while type(event := next_event()) is not SequenceEnd:
            if type(event) is Scalar and event.tag is None and event.anchor is None:
                found.append(typed(event.value) if event.implicit[0] else event.value)
            else:
                found.append(self._node(event, depth + 1))
        return found

    def _mapping(self, depth: int, ids: frozenset[str]) -> dict[str, Any]:
        next_event = self.next_event
        found: dict[str, Any] = {}
        merged: dict[str, Any] | None = None
        while type(event := next_event()) is not MappingEnd:
            if type(event) is Scalar and event.tag is None and event.anchor is None:
                key = event.value
                if key == "<<" and event.implicit[0]:
                    merged = self._merged(event, depth, merged)
                    continue
            else:
                key = self.key(event)
            if key in found:
                raise self.error(event, f"the key `{shorten(key)}` stands here a second time")
            event = next_event()
            if type(event) is Scalar and event.tag is None and event.anchor is None:
                text = event.value
                value = typed(text) if event.implicit[0] else text
                found[key] = text if key in ids and value is not None else value
            else:
                found[key] = (
                    self._spelled(event, depth) if key in ids else self._node(event, depth + 1)
                )
        self.end_mark = event.end_mark
        return found if merged is None else {**merged, **found}

    def _spelled(self, event: Any, depth: int) -> Any:
        """Build the value of an id: a scalar keeps its spelling, also behind a tag or an alias."""
        if type(event) is Alias:
            anchored = self._alias(event)
            return anchored.value if anchored.value is None else anchored.text or anchored.value
        value = self._node(event, depth + 1)
        return event.value if type(event) is Scalar and value is not None else value

    def _merged(self, event: Any, depth: int, merged: dict[str, Any] | None) -> dict[str, Any]:
        if merged is not None:
            raise self.error(event, "the key `<<` stands here a second time")
        value = self._node(self.next_event(), depth + 1)
        sources = value if isinstance(value, list) else [value]
        if not all(isinstance(source, dict) for source in sources):
            raise self.error(event, "`<<` takes a mapping or a list of mappings")
        # The first source wins, as the merge key is defined.
        return {key: each for source in reversed(sources) for key, each in source.items()}

    def _scalar(self, event: Any) -> Any:
        if event.tag is None:
            return typed(event.value) if event.implicit[0] else event.value
        is_plain = event.style in ("", None)
        is_allowed, value = tagged(event.tag, event.value, is_plain=is_plain)
        if not is_allowed:
            raise self._tag_error(event)
        return value

    def _tag_error(self, event: Any) -> ManifestError:
        hint = "take the tag away, or write the value as JSON would"
        return self.error(event, f"the tag `{spelled(event.tag)}` does not fit this value", hint)

    def _alias(self, event: Any) -> Anchored:
        try:
            return self._anchors.named(event.anchor)
        except Unfit as error:
            raise self.error(event, str(error)) from error
