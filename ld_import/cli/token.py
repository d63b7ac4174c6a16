"""Where the access token comes from; it never is an argument, since arguments show in `ps`."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

from ld_import.cli.text import SECRETS
from ld_import.errors import UsageError

ENVIRONMENT = ("LD_IMPORT_TOKEN", "LI_TOKEN")
COMMAND_SECONDS = 60
HINT = (
    "set LD_IMPORT_TOKEN, or name a file with --token-file or a program with --token-command; the"
    " token is made in the project's settings under Api Clients"
)


def find_token(
    *,
    token_file: Path | None,
    token_command: str | None,
    profile_file: Path | None = None,
    profile_command: str | None = None,
) -> str:
    """Return the token: from a flag, else the environment, else the profile.

    Raises UsageError where there is none or it cannot be one. Whoever tells anything from now on
    knows what not to tell.
    """
    if token_file is not None and token_command is not None:
        raise UsageError("--token-file and --token-command are both given", hint="give one of them")
    from_environment = next((os.environ[name] for name in ENVIRONMENT if os.environ.get(name)), "")
    if token_file is not None:
        return _checked(_from_file(token_file), f"the file {token_file}")
    if token_command is not None:
        return _checked(_from_command(token_command), "--token-command")
    if from_environment:
        return _checked(from_environment, "the environment")
    if profile_file is not None:
        return _checked(_from_file(profile_file), f"the file {profile_file}")
    if profile_command is not None:
        return _checked(_from_command(profile_command), "tokenCommand")
    raise UsageError("there is no access token", hint=HINT)


def _from_file(path: Path) -> str:
    try:
        return path.expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise UsageError(f"the token file {path} cannot be read: {reason}", hint=HINT) from None


def _from_command(command: str) -> str:
    try:
        words = shlex.split(command)
        if not words:
            raise UsageError("the token command is empty", hint=HINT)
        done = subprocess.run(  # noqa: S603 - the user's own command
            words, stdout=subprocess.PIPE, text=True, timeout=COMMAND_SECONDS, check=False
        )
    except (OSError, ValueError, subprocess.TimeoutExpired, UnicodeDecodeError) as error:
        reason = type(error).__name__ if not isinstance(error, OSError) else error.strerror
        raise UsageError(f"the token command failed: {reason}", hint=HINT) from None
    if done.returncode:
        raise UsageError(f"the token command failed with exit code {done.returncode}", hint=HINT)
    return done.stdout


def _checked(text: str, where: str) -> str:
    token = text.strip()
    SECRETS.keep(token)
    if not token:
        raise UsageError(f"the access token from {where} is empty", hint=HINT)
    if not token.isascii() or not token.isprintable() or " " in token:
        raise UsageError(
            f"the access token from {where} has characters no token has (blanks, line breaks or"
            " letters beyond ASCII)",
            hint=HINT,
        )
    return token
