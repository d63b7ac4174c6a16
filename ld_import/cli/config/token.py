"""Finds the access token. It is never an argument, since `ps` shows arguments."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
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


# A line of a .env file or of a shell script.
ASSIGNMENT = re.compile(r"(?:export\s+)?[A-Za-z_][A-Za-z0-9_]*=")
# The text before the token in a request.
SCHEME = re.compile(r"(?:authorization:\s*)?bearer[\s:]+", re.IGNORECASE)
QUOTES = "\"'`“”„‘’"


@dataclass(frozen=True, slots=True)
class FoundToken:
    """An access token, and its source for messages, such as `the file token.txt`."""

    text: str = field(repr=False)
    source: str


def find_token(
    *,
    token_file: Path | None,
    token_command: str | None,
    profile_file: Path | None = None,
    profile_command: str | None = None,
    command_seconds: float = COMMAND_SECONDS,
) -> FoundToken:
    """Return the token from a flag, else the environment, else the profile.

    The token is redacted in all output from now on. Raises UsageError if there is none, or if it
    cannot be a token.
    """
    if token_file is not None and token_command is not None:
        raise UsageError(
            "--token-file and --token-command cannot be combined", hint="omit one of them"
        )
    variable = next((name for name in TOKEN_VARIABLES if os.environ.get(name)), "")
    if token_file is not None:
        return _checked(_from_file(token_file), f"the file {token_file}")
    if token_command is not None:
        return _checked(_from_command(token_command, command_seconds), "--token-command")
    if variable:
        return _checked(os.environ[variable], f"the environment variable {variable}")
    if profile_file is not None:
        return _checked(_from_file(profile_file), f"the file {profile_file}")
    if profile_command is not None:
        return _checked(_from_command(profile_command, command_seconds), "tokenCommand")
    raise UsageError("there is no access token", hint=HINT)


def _from_file(path: Path) -> str:
    try:
        # Editors on Windows write a byte order mark.
        return read_small(path.expanduser(), limit=LARGEST_BYTES).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise UsageError(
            f"the token file {path} cannot be read: {reason}",
            hint="check the path: a relative one begins at the working directory, or in a profile"
            " at the folder of the configuration",
        ) from None


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


def _checked(text: str, where: str) -> FoundToken:
    token = text.strip()
    for secret in _possible_tokens(token):
        REDACTOR.add(secret)
    if not token:
        raise UsageError(f"the access token from {where} is empty", hint=HINT)
    _check_wrapping(token, where)
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
    return FoundToken(token, where)


def _possible_tokens(text: str) -> list[str]:
    """Return a text and the token in it, if something was copied together with the token."""
    inner = ASSIGNMENT.sub("", text, count=1).strip(QUOTES)
    return [text, inner, SCHEME.sub("", inner, count=1).strip(QUOTES)]


def _check_wrapping(token: str, where: str) -> None:
    """Raise UsageError if something was copied together with the token."""
    if ASSIGNMENT.match(token) and not token.endswith("="):
        problem, remedy = "begins with the name of a variable", "keep only the text after the `=`"
    elif token[0] in QUOTES or token[-1] in QUOTES:
        problem, remedy = "is in quotation marks", "remove the quotation marks around it"
    elif SCHEME.match(token):
        problem, remedy = (
            "begins with `Bearer`, which ld-import adds",
            "keep only the text after it",
        )
    elif token.startswith("{"):
        problem, remedy = "is JSON", "keep only the token itself"
    else:
        return
    raise UsageError(f"the access token from {where} {problem}", hint=remedy)
