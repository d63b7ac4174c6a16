"""A candidate of a completion."""

from __future__ import annotations

from typing import Any


def item(value: str, help_text: str) -> Any:
    """Return a candidate with its explanation, which zsh and fish show."""
    # Typer has no public name for it.
    from typer._click.shell_completion import CompletionItem

    return CompletionItem(value, help=help_text)
