"""Advice on frequent mistakes at the command line, which Typer's messages do not give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

NEVER_AN_ARGUMENT = (
    "a token is never an argument, since other users can read arguments (`ps`): set"
    " LD_IMPORT_TOKEN, or name a file with --token-file"
)
WORDS_FOR_MANIFEST = ("--manifest", "--file", "--input", "--source", "--path", "-f", "-i")


def usage_hint(error: Exception, words: Sequence[str]) -> str | None:
    """Return advice on a usage error of these arguments, or `None`."""
    context: Any = getattr(error, "ctx", None)
    if context is None:
        return None
    option = getattr(error, "option_name", None)
    if option is not None:
        return _about_option(option, context, words)
    if "unexpected extra argument" in str(error) and _takes_manifest(context):
        return "give one manifest; each further one needs a command of its own"
    return None


def _about_option(option: str, context: Any, words: Sequence[str]) -> str | None:
    if option == "--token":
        return NEVER_AN_ARGUMENT
    if long := _with_one_hyphen(context, words):
        return f"this option begins with two hyphens: {long}"
    if option in WORDS_FOR_MANIFEST and _takes_manifest(context):
        return f"the manifest needs no option before it: {context.command_path} MANIFEST"
    return None


def _with_one_hyphen(context: Any, words: Sequence[str]) -> str | None:
    """Return the long option that one of the arguments has with a single hyphen."""
    known = {name for parameter in context.command.params for name in parameter.opts}
    long = (f"-{word.partition('=')[0]}" for word in words if word.startswith("-") and word[2:])
    return next((name for name in long if name in known), None)


def _takes_manifest(context: Any) -> bool:
    return "[MANIFEST]" in context.get_usage()
