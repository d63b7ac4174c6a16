"""The command line as the ledger records it."""

from __future__ import annotations

from ld_import.cli.output.sanitize import REDACTOR

# Their values may be secrets, which must not be in the ledger.
SECRET_OPTIONS = ("--token-command", "--webhook", "--context")


def redacted_command(arguments: list[str]) -> str:
    """Return the command line without values that may be secret."""
    words = ["ld-import"]
    is_secret = False
    for argument in arguments:
        name = argument.split("=")[0]
        if is_secret:
            words.append("…")
        elif name in SECRET_OPTIONS and "=" in argument:
            words.append(f"{name}=…")
        else:
            words.append(argument)
        is_secret = argument in SECRET_OPTIONS
    return REDACTOR.redact(" ".join(words))
