"""The Jinja environment of a mapping: sandboxed, strict, and never guessing a type.

Jinja's `nativetypes` are not used: they evaluate text, and a title "2012" would become a number.
"""

from __future__ import annotations

from typing import Any

from jinja2 import StrictUndefined, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing

from ld_import.manifest.cells import DEFAULTS, Cells, EmptyCell, passing_empty
from ld_import.manifest.columns import Shape
from ld_import.manifest.filters import FILTERS
from ld_import.manifest.omit import OMIT, Omit, passing_omit
from ld_import.manifest.sentences import nearest, shorten, show
from ld_import.manifest.unfit import Unfit

ID_FILTER = "ld_import_id_text"
NEEDED_FILTER = "ld_import_needed"
OMIT_FILTER = "ld_import_omitted"
NOT_IN_RECORD = "is not in the record"


class MissingValue(StrictUndefined):
    """A value that is not there; using it raises a sentence that names it."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        if self._undefined_hint:
            return self._undefined_hint
        name, owner = shorten(str(self._undefined_name)), self._undefined_obj
        if owner is missing:
            return f"`{name}` {NOT_IN_RECORD}"
        if isinstance(owner, dict):
            return f"`{name}` is not in this mapping; {nearest(name, map(str, owner))}"
        if isinstance(owner, list) and isinstance(self._undefined_name, int):
            return f"item {name} is not in this list of {len(owner)}"
        return f"{show(owner)} has no `{name}`"


class EmptyNeeded(MissingValue):
    """An empty cell where a value is needed; using it raises a sentence that names it."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        return f"`{shorten(str(self._undefined_name))}` is empty in this row"

    def __bool__(self) -> bool:  # type: ignore[override]
        """Be false, so that `if` and `or` can ask."""
        return False


class Sandbox(ImmutableSandboxedEnvironment):
    """Reads `x.items` of a record as its field `items`, where Jinja would find Python's method."""

    cells: Cells | None = None

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Prefer the key of a mapping over the attribute of the same name."""
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Look up a mapping by key only: `x['items']` never is a method."""
        if isinstance(obj, dict):
            try:
                return obj[argument]
            except (KeyError, TypeError):
                return self.undefined(obj=obj, name=argument)
        return super().getitem(obj, argument)


def make_environment(columns: Shape | None = None) -> Sandbox:
    """Make the environment of one mapping; nothing in it outlives the mapping or is shared.

    With `columns` an empty cell of one of them is no unknown field: see `cells`.
    """
    environment = Sandbox(
        undefined=MissingValue, autoescape=False, keep_trailing_newline=True, finalize=_printed
    )
    # The other globals of Jinja would answer for a missing field: `{{ dict }}` is Python's class.
    environment.globals = {"range": environment.globals["range"]}
    environment.filters |= {name: passing_omit(one) for name, one in FILTERS.items()}
    if columns is not None:
        _allow_empty_cells(environment, columns)
    environment.filters[ID_FILTER] = _id_text
    environment.filters[NEEDED_FILTER] = _needed
    environment.filters[OMIT_FILTER] = _omitted
    return environment


def _allow_empty_cells(environment: Sandbox, columns: Shape) -> None:
    environment.cells = environment.undefined = Cells(columns, MissingValue)  # type: ignore[assignment]
    environment.filters |= {
        name: passing_empty(one)
        for name, one in environment.filters.items()
        if name not in DEFAULTS
    }


def _needed(value: Any) -> Any:
    """Let an empty cell be an error where it is used, as an unknown field is."""
    return EmptyNeeded(name=value._undefined_name) if type(value) is EmptyCell else value


def _omitted(value: Any) -> Any:
    """Leave the property of an empty cell out."""
    return OMIT if type(value) is EmptyCell else value


def _printed(value: Any) -> Any:
    """Let a value into a text: `null` as nothing, and no list or mapping in Python's notation."""
    if value is None:
        return ""
    if isinstance(value, str | int | float | Undefined):
        return value
    if isinstance(value, Omit):
        return str(value)
    raise Unfit(f"{show(value)} inside a text; pick one value, or join a list: `| join(', ')`")


def _id_text(value: Any) -> str:
    """Let a value into an externalId: text as it stands, an integer as its digits."""
    if isinstance(value, Undefined | str):
        return str(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise Unfit(f"an externalId is made of texts and integers, not of {show(value)}")
