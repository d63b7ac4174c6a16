"""The answers to bash, zsh and fish, whose scripts come from Typer (`--install-completion`).

Typer's own answers load Rich, offer a word as its own completion where a file is expected, and fail
in bash for values with a colon, such as the ids of runs.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextlib import redirect_stderr
from io import StringIO
from typing import Any

PROGRAM = "ld-import"
VARIABLE = "_LD_IMPORT_COMPLETE"
INSTRUCTION = "complete_"
# Texts that no shell interprets.
PLAIN = re.compile(r"[\w.:@%+,/=-]+")
JOINT = re.compile(r"[:=]+")
NOT_PLAIN = re.compile(r"[^\w .,:;()/+@-]")

# Value and explanation.
Candidate = tuple[str, str]


def respond(command: Any, write: Callable[[str], object]) -> int:
    """Write the answer for the shell; return its exit code. Errors are answered with nothing."""
    shell = os.environ[VARIABLE].removeprefix(INSTRUCTION)
    answer = {"bash": _for_bash, "zsh": _for_zsh, "fish": _for_fish}.get(shell)
    if answer is None:
        return 1
    try:
        with redirect_stderr(StringIO()):
            text, code = answer(command)
    except (Exception, SystemExit):
        # A message would appear in the middle of the line that the user types.
        return 1
    write(text)
    return code


def _for_bash(command: Any) -> tuple[str, int]:
    typed = os.environ["COMP_WORDS"].split("\n")[1 : int(os.environ["COMP_CWORD"]) + 1]
    before, current = _joined(typed)
    word = _unquoted(current)
    found = _candidates(command, before, word)
    # Bash replaces only the part of the word after its last division.
    last = _unquoted(typed[-1])
    kept = len(word) - (0 if JOINT.fullmatch(last) else len(last))
    return "\n".join(value[kept:] for value, _ in _with_option(word, found)), 0


def _for_zsh(command: Any) -> tuple[str, int]:
    before, word = _split(os.environ["_TYPER_COMPLETE_ARGS"])
    found = _with_option(word, _candidates(command, before, word))
    if not found:
        return "_files", 0
    arguments = "\n".join(
        f'"{_zsh(value)}"' + f':"{_zsh(text)}"' * bool(text) for value, text in found
    )
    return f"_arguments '*: :(({arguments}))'", 0


def _zsh(text: str) -> str:
    # Elsewhere a colon divides value and explanation.
    return text.replace(":", "\\\\:")


def _for_fish(command: Any) -> tuple[str, int]:
    before, word = _split(os.environ["_TYPER_COMPLETE_ARGS"])
    found = _with_option(word, _candidates(command, before, word))
    if os.environ.get("_TYPER_COMPLETE_FISH_ACTION") == "is-args":
        # With 1, fish completes names of files.
        return "", 0 if found else 1
    lines = [f"{value}\t{' '.join(text.split())}" if text else value for value, text in found]
    return "\n".join(lines), 0


def _with_option(word: str, found: list[Candidate]) -> list[Candidate]:
    """Return the candidates for a whole word: with its option if it is `--option=value`."""
    option, sign, _ = word.partition("=")
    start = option + sign if sign and option.startswith("--") else ""
    return [(start + value, text) for value, text in found]


def _candidates(command: Any, before: list[str], word: str) -> list[Candidate]:
    """Return what may follow the words `before` and begins with `word`; empty for files.

    Values may come from a ledger, and bash and zsh evaluate an answer: others are omitted.
    """
    from typer._click.core import Parameter
    from typer._click.shell_completion import _resolve_context, _resolve_incomplete

    from ld_import.cli.completion.values import candidates_of

    context = _resolve_context(command, {}, PROGRAM, before)
    target, incomplete = _resolve_incomplete(context, before, word)
    if target is context.command and context._protected_args:
        # The name of its command is unknown.
        return []
    if isinstance(target, Parameter):
        found = candidates_of(target, context) or []
    else:
        items = target.shell_complete(context, incomplete)
        found = [(one.value, one.help or "") for one in items if one.type == "plain"]
    return [
        (value, NOT_PLAIN.sub("", text))
        for value, text in found
        if value.startswith(incomplete) and PLAIN.fullmatch(value)
    ]


def _joined(words: list[str]) -> tuple[list[str], str]:
    """Return the words before the last one, and the last one.

    Bash divides words at colons and equals signs: `--run`, `=`, `2026-11-21T01`, `:`, `00`.
    """
    whole: list[str] = []
    is_continued = False
    for word in words:
        is_joint = JOINT.fullmatch(word) is not None
        if whole and (is_continued or is_joint) and word:
            whole[-1] += word
        else:
            whole.append(word)
        is_continued = is_joint
    return [_unquoted(word) for word in whole[:-1]], whole[-1] if whole else ""


def _split(line: str) -> tuple[list[str], str]:
    from typer._click.shell_completion import split_arg_string

    words = split_arg_string(line)[1:]
    if words and not line.endswith(" "):
        return words[:-1], words[-1]
    return words, ""


def _unquoted(word: str) -> str:
    from typer._click.shell_completion import split_arg_string

    parts = split_arg_string(word)
    return parts[0] if parts else ""
