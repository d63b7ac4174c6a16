"""The check of metadata by the properties of one media type, compiled once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ld_import.preflight.examples import example_json
from ld_import.preflight.faults import Fault, Rule
from ld_import.preflight.limits import Limit, Surroundings, limits_of
from ld_import.preflight.project import MediaType, Property
from ld_import.preflight.shapes import SHAPES, TEXTS, Mismatch, Shape
from ld_import.wording import did_you_mean, shorten, show

LONGEST_NAME = 60
# Faults are remembered: to find close names takes long, and records repeat the same mistakes.
MOST_REMEMBERED = 1_000
LONGEST_REMEMBERED = 200
NOTHING_GIVEN: tuple[Any, ...] = (None, "", [], {})


class _Compiled(NamedTuple):
    """A property: the shape of its value, its limits, and whether translations may have it."""

    shape: Shape | None
    limits: tuple[Limit, ...]
    is_translatable: bool
    example: str


class PropertyCheck:
    """The properties of a media type; a record costs one look-up for each of its properties."""

    def __init__(self, media_type: MediaType, kind: str, around: Surroundings) -> None:
        """Compile the properties; `kind` is named in advice."""
        self._media_type = media_type
        self._lister = f"(`ld-import fields {kind}` lists the properties)"
        self._compiled = {
            name: _compile(prop, around) for name, prop in media_type.properties.items()
        }
        self._required = tuple(
            name for name, prop in media_type.properties.items() if prop.is_required
        )
        self._unknown: dict[str, Fault] = {}

    def faults(self, metadata: Mapping[str, Any]) -> list[Fault]:
        """Return the faults of an entry's metadata."""
        faults: list[Fault] = []
        compiled = self._compiled
        for name, value in metadata.items():
            prop = compiled.get(name)
            if prop is None:
                faults.append(self._unknown_property(f"metadata.{name}", name))
            elif value is not None:
                _add_faults(faults, prop, f"metadata.{name}", value)
        for name in self._required:
            if metadata.get(name) in NOTHING_GIVEN:
                faults.append(_missing(name))
        return faults

    def faults_of_translation(self, metadata: Mapping[str, Any], path: str) -> list[Fault]:
        """Return the faults of the metadata of a translation; `path` is where they are."""
        faults: list[Fault] = []
        for name, value in metadata.items():
            prop = self._compiled.get(name)
            field = f"{path}.{name}"
            if prop is None:
                faults.append(self._unknown_property(field, name))
            elif value is not None:
                _add_faults(faults, prop, field, value)
                if not prop.is_translatable:
                    faults.append(_not_translatable(field))
        return faults

    def _unknown_property(self, field: str, name: str) -> Fault:
        if len(field) > LONGEST_REMEMBERED:
            return self._new_unknown_property(field, name)
        if field not in self._unknown:
            if len(self._unknown) >= MOST_REMEMBERED:
                self._unknown.clear()
            self._unknown[field] = self._new_unknown_property(field, name)
        return self._unknown[field]

    def _new_unknown_property(self, field: str, name: str) -> Fault:
        handle = self._media_type.handle
        text = f"`{shorten(field, LONGEST_NAME)}` is not a property of the media type `{handle}`"
        advice = f"{did_you_mean(name, self._compiled)} {self._lister}"
        return Fault(Rule.UNKNOWN_PROPERTY, field, text, advice)


def _compile(prop: Property, around: Surroundings) -> _Compiled:
    return _Compiled(
        SHAPES.get(prop.type),
        limits_of(prop, around),
        prop.is_translatable,
        example_json(prop, around.project),
    )


def _add_faults(faults: list[Fault], prop: _Compiled, field: str, value: Any) -> None:
    if prop.shape is not None and (mismatch := prop.shape(value, field)):
        faults.append(_wrong_type(mismatch, prop.example))
        return
    for limit in prop.limits:
        if fault := limit(value, field):
            faults.append(fault)


def _wrong_type(mismatch: Mismatch, example: str) -> Fault:
    field, value, expected = mismatch
    text = f"`{shorten(field, LONGEST_NAME)}` is {show(value)}, it must be {expected}"
    advice = f"write the property like {example}"
    if isinstance(value, str) and expected == TEXTS:
        advice += "; `{{ keywords.split(',') }}` splits the text `keywords` at commas"
    return Fault(Rule.WRONG_TYPE, field, text, advice)


def _missing(name: str) -> Fault:
    field = f"metadata.{name}"
    return Fault(
        Rule.MISSING_REQUIRED,
        field,
        f"`{field}` is missing, which editors have to fill in",
        "give it, or leave it to the editors",
    )


def _not_translatable(field: str) -> Fault:
    return Fault(
        Rule.NOT_TRANSLATABLE,
        field,
        f"`{field}` is not translatable in the project",
        "omit it, or make the property translatable",
    )
