"""The entry point: what runs before any command, and how errors end the program."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from contextlib import redirect_stdout
from io import StringIO

import pytest

from ld_import import __version__, errors
from ld_import.cli.app import main
from tests.harness.records import videos

# Importing each takes tens of milliseconds, too long for `--help` and completion.
HEAVY = (
    *("httpx", "jinja2", "jsonschema_rs", "yaml", "sqlite3", "asyncio", "starlette", "uvicorn"),
    *("orjson", "rich"),
)
# Planning needs none of these, and importing each takes milliseconds.
NEEDED_BY_RUNS = (
    *("asyncio", "ssl", "httpx", "http", "logging", "rich", "prometheus_client", "filelock"),
    *("html.parser", "importlib.resources", "zipfile"),
    *("ld_import.api", "ld_import.pipeline.run", "ld_import.pipeline.delivery.send"),
    # Those for failures, other formats and other commands:
    *("ld_import.validation", "ld_import.reasons.groups", "ld_import.manifest.formats.csv"),
    *("ld_import.manifest.formats.xlsx", "ld_import.importer.run", "ld_import.ledger.reader"),
    *("ld_import.cli.config.listen", "ld_import.manifest.templating.messages"),
    *("ld_import.kinds.images", "ld_import.kinds.media_library", "ld_import.kinds.patches"),
    *("ld_import.kinds.violations", "ld_import.manifest.templating.urls", "secrets"),
    *("ld_import.cli.config.token", "ld_import.cli.config.proxies", "ld_import.cli.flags.uploads"),
)
# Modules that list the commands and report errors.
LIST = ("cli.lazy", "cli.output.console", "cli.output.sanitize")
# Modules that all packages share.
SHARED = ("errors", "lazy_names", "redaction")
# Small modules that write a help or suggest a command.
WORDS = {
    "cli.themed",
    "cli.examples",
    "cli.flags",
    "cli.flags.themes",
    "cli.suggestions",
    "wording",
}
# Asking for a job needs none of these, and they are a third of what is installed beside httpx.
NEEDED_BY_OTHERS = (
    *("click", "rich", "pygments", "tenacity", "jsonschema_rs", "jinja2", "yaml", "secrets"),
    *("ld_import.importer.result", "ld_import.importer.settings", "ld_import.pipeline"),
    *("ld_import.manifest.manifest", "ld_import.kinds.checker", "ld_import.ledger.sqlite"),
    *("ld_import.kinds.images", "ld_import.cli.flags.imports"),
)


class _BrokenStream(StringIO):
    def write(self, text):
        raise RuntimeError("the printer \x1b[31mburns")


def test_version(place):
    """`--version` prints the version of the package and nothing else."""
    ended = place.run("--version")

    assert (ended.code, ended.out, ended.err) == (0, f"ld-import {__version__}\n", "")


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["videos", "--help"], ["ledger", "-h"]])
def test_help_is_a_result(place, arguments):
    """Requested help goes to standard output, with exit code 0."""
    ended = place.run(*arguments)

    assert ended.code == 0
    assert ended.out.startswith("Usage: ld-import")
    assert ended.err == ""


def test_help_names_every_exit_code(place):
    """`--help` lists every exit code that an error can have."""
    ended = place.run("--help")

    classes = [one for one in vars(errors).values() if isinstance(one, type)]
    codes = {one.exit_code for one in classes if issubclass(one, errors.LdImportError)}
    text = ended.out.partition("Exit codes:")[2]
    assert {5, 10} < codes
    assert all(f" {code} " in " ".join(text.split()) for code in codes)
    assert "129/130/143" in text


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["no-such-command"]])
def test_list_of_commands_is_quick(arguments):
    """The list of commands loads neither their options nor their modules."""
    loaded = modules_after(arguments)

    assert loaded.isdisjoint(HEAVY)
    loaded -= {f"ld_import.{name}" for name in WORDS}
    # It suggests the nearest command.
    loaded -= {"ld_import.wording", "ld_import.cli.usage_hints"}
    assert {name for name in loaded if name.startswith("ld_import.")} == {
        f"ld_import.{name}"
        for name in ("cli", "cli.app", "cli.commands", "cli.output", *LIST, *SHARED)
    }


@pytest.mark.parametrize("command", ["videos", "media-library", "status", "ledger", "doctor"])
def test_help_is_quick(command):
    """The help of a command loads none of the libraries that the command needs."""
    assert modules_after([command, "--help"]).isdisjoint(HEAVY)


def test_dry_run_is_quick(place):
    """A dry run loads no modules for network, event loop or log file."""
    manifest = place.write(*videos(1))

    loaded = modules_after(["videos", str(manifest), "--dry-run", "--server", place.url, "-q"])

    assert "ld_import.pipeline.planning.dry_run" in loaded
    assert loaded.isdisjoint(NEEDED_BY_RUNS)
    # Only the media library has files to upload.
    assert [name for name in loaded if name.startswith("ld_import.assets")] == []


def test_status_is_quick(place):
    """Showing a job loads neither what only a run needs, nor the command line of httpx."""
    place.imported(place.write(*videos(1)))

    loaded = modules_after(["status", place.jobs()[0]["id"], "--server", place.url])

    assert "ld_import.importer.job" in loaded
    assert loaded.isdisjoint(NEEDED_BY_OTHERS), loaded.intersection(NEEDED_BY_OTHERS)


def test_import_of_videos_loads_no_extra(place):
    """The libraries for files to upload are for those who upload files."""
    manifest = place.write(*videos(2))

    loaded = modules_after(["videos", str(manifest), "--server", place.url, "-q"])

    assert "ld_import.pipeline.delivery.send" in loaded
    assert len(place.emulator.entries()) == 2
    assert loaded.isdisjoint(("PIL", "av", "obstore", "filetype", "asyncssh", "distributed"))
    assert loaded.isdisjoint(("click", "pygments", "tornado"))


def modules_after(arguments):
    """Return the modules that are loaded at the end of a process with these arguments."""
    script = (
        "import sys; from ld_import.cli.app import main;"
        f" main({arguments!r}); sys.exit(' '.join(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    return set(done.stderr.splitlines()[-1].split())


def test_no_arguments(place):
    """Without arguments the program prints its help and exits with 2."""
    ended = place.run()

    assert ended.code == 2
    assert "videos" in ended.out + ended.err


def test_unknown_command_is_named_with_the_nearest(place):
    """A mistyped command is a usage error that suggests the nearest command."""
    ended = place.run("vidoes")

    assert ended.code == 2
    assert ended.out == ""
    assert "vidoes" in ended.err
    assert "did you mean `videos`?" in ended.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["videos", "--serer", "x"],
        ["videos", "a.json", "b.json"],
        ["videos", "--parallel", "0"],
        ["videos", "--parallel", "many"],
        ["videos", "--token", "secret"],
        ["status"],
    ],
)
def test_wrong_usage(place, arguments):
    """An invalid command line is exit 2 with one sentence on standard error."""
    ended = place.run(*arguments)

    assert (ended.code, ended.out) == (2, "")
    assert "Error: " in ended.err


@pytest.fixture
def temp(tmp_path, monkeypatch):
    """Let crash files go to the folder of the test."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.mark.usefixtures("temp")
def test_unexpected_exception_is_one_sentence(place):
    """An unexpected error prints one escaped sentence with a hint and exits with 1."""
    with redirect_stdout(_BrokenStream()):
        code = main(["--version"])

    err = place.capfd.readouterr().err
    assert code == 1
    assert err.splitlines()[0] == "error: unexpected RuntimeError: the printer \\x1b[31mburns"
    assert err.splitlines()[1].startswith("hint: this is a bug; report it with the file ")
    assert "Traceback" not in err


@pytest.mark.usefixtures("temp")
def test_traceback_on_request(place, monkeypatch):
    """LD_IMPORT_TRACEBACK shows the traceback of an unexpected error; the exit code is the same."""
    monkeypatch.setenv("LD_IMPORT_TRACEBACK", "1")

    with redirect_stdout(_BrokenStream()):
        code = main(["--version"])

    err = place.capfd.readouterr().err
    assert code == 1
    assert err.startswith("Traceback (most recent call last):\n")
    assert "\nerror: unexpected RuntimeError: the printer" in err


@pytest.mark.parametrize(
    "arguments",
    [("ledger", "items"), ("ledger", "export", "--format", "csv")],
)
def test_reader_that_goes_away(place, arguments):
    """A reader like `head -1` that closes the pipe is not an error."""
    # More than a pipe holds, so that the program notices.
    items = [{**one, "fileName": "x" * 400} for one in videos(300)]
    place.imported(place.write(*items))

    with place.start(*arguments) as process:
        process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()

    assert process.returncode == 0
    assert not any(word in err for word in (b"Traceback", b"ignored", b"rror"))


def test_module_is_the_same_program(place):
    """`python -m ld_import` runs the same program and returns its exit code."""
    with place.start_python("videos", "nowhere.json") as process:
        out, err = process.communicate()

    assert (process.returncode, out) == (4, b"")
    assert err.startswith(b"error: nowhere.json: ")
