"""Construction of values from YAML events; values that JSON cannot represent are errors.

Memory use does not depend on the file: `yaml_anchors` limits aliases.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from yaml import events as yaml_events

from ld_import.errors import ManifestError
from ld_import.manifest.base import MAX_DEPTH
from ld_import.manifest.files import ByteFile
from ld_import.manifest.formats.yaml_anchors import AliasError, AnchoredValue, Anchors
from ld_import.manifest.formats.yaml_scalars import CORE, scalar_value, tag_name, tagged_value
from ld_import.wording import shorten

ID_KEYS = frozenset({"id", "externalId"})
COLLECTION_TAGS = frozenset({None, "!", f"{CORE}map", f"{CORE}seq"})

Scalar = yaml_events.ScalarEvent
Alias = yaml_events.AliasEvent
SequenceStart, SequenceEnd = yaml_events.SequenceStartEvent, yaml_events.SequenceEndEvent
MappingStart, MappingEnd = yaml_events.MappingStartEvent, yaml_events.MappingEndEvent


class YamlBuilder:
    """Builds values from a stream of events; the caller passes the first event of each value."""

    def __init__(self, file: ByteFile, next_event: Callable[[], Any]) -> None:
        """`file` is for messages only; `next_event` may be replaced between two records."""
        self._file = file
        self.next_event = next_event
        # End of the last mapping.
        self.end_mark: Any = None
        self._anchors = Anchors()

    def value(self, event: Any) -> Any:
        """Build a value of the header."""
        self._anchors.start_count()
        return self._node(event, 1)

    def record(self, event: Any) -> Any:
        """Build a record; the values of its keys `id` and `externalId` keep their source text."""
        self._anchors.start_count()
        return self._node(event, 1, ID_KEYS)

    def key(self, event: Any) -> str:
        """Return the source text of a key, quoted or not."""
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
            "a key must be a text",
            'put a template in quotes: "{{ title }}"',
        )

    def error(self, event: Any, text: str, hint: str | None = None) -> ManifestError:
        """Return an error with the line and column of an event."""
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
        # Its name is undefined until its end: an alias inside its own anchor would recurse.
        self._anchors.forget(event.anchor)
        value = self._mapping(depth, ids) if kind is MappingStart else self._sequence(depth)
        if event.anchor is not None:
            self._anchors.remember(event.anchor, value, None)
        return value

    def _sequence(self, depth: int) -> list[Any]:
        next_event, items = self.next_event, []
        while type(event := next_event()) is not SequenceEnd:
            if type(event) is Scalar and event.tag is None and event.anchor is None:
                items.append(scalar_value(event.value) if event.implicit[0] else event.value)
            else:
                items.append(self._node(event, depth + 1))
        return items

    def _mapping(self, depth: int, ids: frozenset[str]) -> dict[str, Any]:
        next_event = self.next_event
        values: dict[str, Any] = {}
        merged: dict[str, Any] | None = None
        while type(event := next_event()) is not MappingEnd:
            if type(event) is Scalar and event.tag is None and event.anchor is None:
                key = event.value
                if key == "<<" and event.implicit[0]:
                    merged = self._merged(event, depth, merged)
                    continue
            else:
                key = self.key(event)
            if key in values:
                raise self.error(event, f"the key `{shorten(key)}` is repeated")
            event = next_event()
            if type(event) is Scalar and event.tag is None and event.anchor is None:
                text = event.value
                value = scalar_value(text) if event.implicit[0] else text
                values[key] = text if key in ids and value is not None else value
            else:
                values[key] = (
                    self._source_text(event, depth) if key in ids else self._node(event, depth + 1)
                )
        self.end_mark = event.end_mark
        return values if merged is None else {**merged, **values}

    def _source_text(self, event: Any, depth: int) -> Any:
        """Build the value of an id: the source text of a scalar, also with a tag or an alias."""
        if type(event) is Alias:
            anchored = self._alias(event)
            return anchored.value if anchored.value is None else anchored.text or anchored.value
        value = self._node(event, depth + 1)
        return event.value if type(event) is Scalar and value is not None else value

    def _merged(self, event: Any, depth: int, merged: dict[str, Any] | None) -> dict[str, Any]:
        if merged is not None:
            raise self.error(event, "the key `<<` is repeated")
        value = self._node(self.next_event(), depth + 1)
        sources = value if isinstance(value, list) else [value]
        if not all(isinstance(source, dict) for source in sources):
            raise self.error(event, "`<<` must be a mapping or a list of mappings")
        # The first source has precedence: https://yaml.org/type/merge.html
        return {key: item for source in reversed(sources) for key, item in source.items()}

    def _scalar(self, event: Any) -> Any:
        if event.tag is None:
            return scalar_value(event.value) if event.implicit[0] else event.value
        is_plain = event.style in ("", None)
        is_allowed, value = tagged_value(event.tag, event.value, is_plain=is_plain)
        if not is_allowed:
            raise self._tag_error(event)
        return value

    def _tag_error(self, event: Any) -> ManifestError:
        hint = "remove the tag, or write the value as in JSON"
        return self.error(event, f"the tag `{tag_name(event.tag)}` does not match this value", hint)

    def _alias(self, event: Any) -> AnchoredValue:
        try:
            return self._anchors.resolve(event.anchor)
        except AliasError as error:
            raise self.error(event, str(error)) from error
