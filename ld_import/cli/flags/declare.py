"""Flags, each declared once: a dataclass field with its `Annotated` metadata.

A command has a dataclass of flags, from which `command_of` generates the signature that Typer
reads. A flag that is not given is `None` or False, so that header, profile and default can apply.
The class attribute `theme` is the theme of the flags that a class declares.
"""

import inspect
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from typing import Any, TypeVar, cast, dataclass_transform, get_type_hints

import typer

F = TypeVar("F")


# Immutable for type checkers only, and with one `__init__` for all: to create 17 frozen dataclasses
# with `repr`, `==` and an `__init__` of up to 50 arguments takes 8 ms longer, at the start of every
# command.
@dataclass_transform(kw_only_default=True, frozen_default=True)
def command_flags(cls: type[F]) -> type[F]:
    """Declare the flags of a command: a dataclass, whose fields are keyword arguments."""
    declared = dataclass(kw_only=True, repr=False, eq=False, init=False)(cls)
    cast(Any, declared).__init__ = _set_given
    return declared


@dataclass_transform(kw_only_default=True, frozen_default=True)
def flag_group(cls: type[F]) -> type[F]:
    """Declare flags that several commands share; a base class for `command_flags`."""
    return dataclass(kw_only=True, repr=False, eq=False, init=False)(cls)


def _set_given(flags: Any, **values: Any) -> None:
    """Set the flags that are given; the others have their default from the class."""
    vars(flags).update(values)


def command_of(flags: type[F], run: Callable[[F], int]) -> Callable[..., None]:
    """Return a function for Typer that has these flags and exits with the code returned by `run`.

    A field without Typer metadata is not a flag and keeps its default.
    """

    def command(**values: Any) -> None:
        raise typer.Exit(run(flags(**values)))

    command.__signature__ = inspect.Signature(_parameters(flags))  # type: ignore[attr-defined]
    return command


def _parameters(flags: Any) -> list[inspect.Parameter]:
    hints = get_type_hints(flags, include_extras=True)
    themes = _themes_of(flags)
    parameters = []
    for field in fields(flags):
        hint = hints[field.name]
        if not hasattr(hint, "__metadata__"):
            continue
        hint.__metadata__[0].rich_help_panel = themes[field.name]
        default = inspect.Parameter.empty if field.default is MISSING else field.default
        parameters.append(
            inspect.Parameter(
                field.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hint
            )
        )
    return parameters


def _themes_of(flags: type[Any]) -> dict[str, str | None]:
    """Return the theme of each field: that of the class that declares it, if it has one."""
    themes: dict[str, str | None] = {}
    for owner in reversed(flags.__mro__):
        theme = vars(owner).get("theme")
        themes.update(dict.fromkeys(inspect.get_annotations(owner), theme))
    return themes


def copy_flags(flags: Any, into: type[F]) -> F:
    """Return the flags of another command, with the values of the flags that both have."""
    names = {field.name for field in fields(into)}  # type: ignore[arg-type]
    common = [field.name for field in fields(flags) if field.name in names]
    return into(**{name: getattr(flags, name) for name in common})
