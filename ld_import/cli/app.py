"""The program: its name and version, and how errors become messages and exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.main import get_command

from ld_import import __version__
from ld_import.cli.commands import COMMANDS, THEMES
from ld_import.cli.lazy import lazy_app
from ld_import.cli.output.console import error_lines, is_reader_gone, print_err, print_out
from ld_import.cli.output.sanitize import REDACTOR, sanitize
from ld_import.errors import LdImportError, UsageError

EXIT_CODES = (
    "Exit codes: 0 done, 1 a bug, 2 usage, 3 some lines failed or invalid, 4 manifest unreadable,"
    " 5 access refused, 6 request refused, 7 quota reached, 8 server unavailable, 9 ledger"
    " unusable, 10 ledger held by another run, 129/130/143 interrupted. After 7, 8, 129, 130 and"
    " 143 the same command continues."
)
# Typer's words for a number, and the user's.
PLAIN_WORDS = {
    "is not a valid int range.": "is not a whole number.",
    "is not a valid float range.": "is not a number.",
    "is not a valid int.": "is not a whole number.",
    "is not a valid float.": "is not a number.",
}
# Set by the scripts of shells that ask for a completion.
COMPLETION = "_LD_IMPORT_COMPLETE"
SCRIPT_OPTIONS = frozenset(("--install-completion", "--show-completion"))

NEVER_AN_ARGUMENT = (
    "hint: a token is never an argument, since other users can read arguments (`ps`): set"
    " LD_IMPORT_TOKEN, or name a file with --token-file"
)

app = lazy_app(
    COMMANDS,
    THEMES,
    name="ld-import",
    help="Move legacy media into the Livingdocs CMS; run it again and it finishes the work.",
    epilog=EXIT_CODES,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code; no traceback reaches the user."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    REDACTOR.clear()
    if os.environ.get(COMPLETION, "").startswith("complete_"):
        from ld_import.cli.completion.shells import respond

        return _flushed(respond(COMMAND, print_out))
    try:
        _check_text(words)
        if SCRIPT_OPTIONS.intersection(words):
            from ld_import.cli.completion.scripts import use_own_scripts

            use_own_scripts()
        code = COMMAND(args=words, prog_name="ld-import", standalone_mode=False)
    except typer.TyperException as error:
        _show_usage(error)
        return _flushed(error.exit_code)
    except SystemExit as leaving:
        # Typer exits with 1 when the reader is gone (`| head`), which would mean a bug here.
        if isinstance(leaving.__context__, BrokenPipeError):
            return _flushed(0)
        return _flushed(leaving.code if isinstance(leaving.code, int) else 0)
    except LdImportError as error:
        error_lines(str(error), error.hint)
        return _flushed(error.exit_code)
    except BrokenPipeError:
        return _flushed(0)
    except Exception as error:  # a traceback is for developers
        from ld_import.cli.output.crash_file import reported

        report = reported(error)
        error_lines(str(report), report.hint)
        return _flushed(report.exit_code)
    return _flushed(code if isinstance(code, int) else 0)


def _show_usage(error: typer.TyperException) -> None:
    """Print a usage error in Typer's layout; the arguments it quotes are escaped."""
    message = error.format_message()
    if message.startswith("Usage: "):
        # Without arguments the message is the help itself.
        print_err(message)
        return
    context: Any = getattr(error, "ctx", None)
    if context is not None:
        print_err(f"{context.get_usage()}\nTry '{context.command_path} -h' for help.\n")
    option = getattr(error, "option_name", None)
    if option is not None and hasattr(error, "possibilities"):
        message = _unknown_option(option, context)
    for word, better in PLAIN_WORDS.items():
        message = message.replace(word, better)
    print_err(f"Error: {sanitize(message)}")
    if option == "--token":
        print_err(NEVER_AN_ARGUMENT)


def _unknown_option(name: str, context: Any) -> str:
    from ld_import.cli.suggestions import misplaced_option, unknown_option

    if context is None:
        return f"there is no option {name}"
    own = [option for param in context.command.get_params(context) for option in param.opts]
    registry = getattr(context.command, "registry", None)
    if registry is not None:
        return misplaced_option(name, context.command_path, own, list(registry))
    return unknown_option(name, context.command_path, own)


def _check_text(words: Sequence[str]) -> None:
    for word in words:
        if not word.isprintable() and any("\ud800" <= character <= "\udfff" for character in word):
            raise UsageError(
                f"the argument {word!r} is not UTF-8 text", hint="check how it is typed"
            )


def _flushed(code: int) -> int:
    """Flush the output; a reader that is gone (`| head`) is not an error, a full disk is."""
    try:
        sys.stdout.flush()
    except OSError as error:
        is_harmless = is_reader_gone(error, sys.stdout)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not is_harmless:
            error_lines(f"standard output cannot be written: {error.strerror}", "")
            return code or UsageError.exit_code
    return code


def _show_version(is_wanted: bool) -> None:
    if is_wanted:
        print_out(f"ld-import {__version__}")
        raise typer.Exit


@app.callback()
def _program(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Declare the options before a command."""


# Created once: tests and scripts call `main` several times in one process.
COMMAND = get_command(app)
