"""Finds the access token. It is never an argument, since `ps` shows arguments."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector

from ld_import.cli.output.sanitize import REDACTOR
from ld_import.clock import Clock, SystemClock
from ld_import.errors import UsageError
from ld_import.importer.server import TOKEN_VARIABLES
from ld_import.redaction import SHORTEST_KNOWN
from ld_import.small_file import read_small

COMMAND_SECONDS = 60.0
# HTTP servers refuse longer headers.
LARGEST_BYTES = 65_536
HINT = (
    "set LD_IMPORT_TOKEN, or name a file with --token-file or a program with --token-command;"
    " tokens are created in the settings of the project, under Api Clients"
)


def find_token(
    *,
    token_file: Path | None,
    token_command: str | None,
    profile_file: Path | None = None,
    profile_command: str | None = None,
    command_seconds: float = COMMAND_SECONDS,
) -> str:
    """Return the token from a flag, else the environment, else the profile.

    The token is redacted in all output from now on. Raises UsageError if there is none, or if it
    cannot be a token.
    """
    if token_file is not None and token_command is not None:
        raise UsageError(
            "--token-file and --token-command cannot be combined", hint="omit one of them"
        )
    from_environment = next(
        (os.environ[name] for name in TOKEN_VARIABLES if os.environ.get(name)), ""
    )
    if token_file is not None:
        return _checked(_from_file(token_file), f"the file {token_file}")
    if token_command is not None:
        return _checked(_from_command(token_command, command_seconds), "--token-command")
    if from_environment:
        return _checked(from_environment, "the environment")
    if profile_file is not None:
        return _checked(_from_file(profile_file), f"the file {profile_file}")
    if profile_command is not None:
        return _checked(_from_command(profile_command, command_seconds), "tokenCommand")
    raise UsageError("there is no access token", hint=HINT)


def _from_file(path: Path) -> str:
    try:
        return read_small(path.expanduser(), limit=LARGEST_BYTES).decode()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise UsageError(f"the token file {path} cannot be read: {reason}", hint=HINT) from None


def _from_command(command: str, seconds: float) -> str:
    try:
        words = shlex.split(command)
    except ValueError:
        raise UsageError(
            "--token-command or `tokenCommand` has a quote that is not closed", hint=HINT
        ) from None
    if not words:
        raise UsageError("the token command is empty", hint=HINT)
    try:
        return _printed_by(words, seconds).decode()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "its output is not UTF-8 text"
        raise UsageError(f"the token command failed: {reason}", hint=HINT) from None


def _printed_by(words: Sequence[str], seconds: float) -> bytes:
    """Run a program and return its output. Raises OSError if it cannot be started."""
    # Without its arguments, which may contain secrets.
    name = Path(words[0]).name
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:  # noqa: S603 - chosen by the user
        try:
            printed = _read_until(process, SystemClock(), seconds)
        except subprocess.TimeoutExpired:
            raise UsageError(
                f"the token command was stopped: `{name}` did not end within {seconds:g} s",
                hint="run it in a terminal: it may wait for input, or for a locked key store",
            ) from None
        finally:
            if process.returncode is None:
                process.kill()
    if process.returncode:
        raise UsageError(f"the token command failed with exit code {process.returncode}", hint=HINT)
    return printed


def _read_until(process: subprocess.Popen[bytes], clock: Clock, seconds: float) -> bytes:
    """Return the output of a process that ends in time. Raises TimeoutExpired or UsageError."""
    ends_at = clock.monotonic() + seconds
    printed = b""
    if process.stdout is None:
        return printed
    with DefaultSelector() as selector:
        selector.register(process.stdout, EVENT_READ)
        while selector.select(max(0.0, ends_at - clock.monotonic())):
            part = os.read(process.stdout.fileno(), LARGEST_BYTES)
            if not part:
                process.wait(max(0.0, ends_at - clock.monotonic()))
                return printed
            printed += part
            if len(printed) > LARGEST_BYTES:
                raise UsageError(
                    f"the token command printed more than {LARGEST_BYTES:,} bytes", hint=HINT
                )
    raise subprocess.TimeoutExpired(process.args, seconds)


def _checked(text: str, where: str) -> str:
    token = text.strip()
    REDACTOR.add(token)
    if not token:
        raise UsageError(f"the access token from {where} is empty", hint=HINT)
    if not token.isascii() or not token.isprintable() or " " in token:
        raise UsageError(
            f"the access token from {where} has characters that no token has (blanks, line breaks"
            " or letters outside ASCII)",
            hint=HINT,
        )
    if len(token) < SHORTEST_KNOWN:
        raise UsageError(
            f"the access token from {where} has fewer than {SHORTEST_KNOWN} characters: it is"
            " incomplete, and too short to be redacted in logs",
            hint=HINT,
        )
    return token
