"""An unexpected error leaves a file with its traceback, so that it need not be repeated."""

from __future__ import annotations

import stat
import tempfile
from contextlib import redirect_stdout
from io import StringIO

import pytest

from ld_import import __version__
from ld_import.cli.app import main
from tests.harness.records import videos

SECRET = "https://films.example/a.mp4?X-Amz-Signature=0123456789abcdef0123"


class BrokenStream(StringIO):
    """Standard output that raises an error no command expects."""

    def write(self, text):
        raise RuntimeError(f"cannot show {SECRET} \x1b[31m")


def crash(place, *arguments):
    place.capfd.readouterr()
    with redirect_stdout(BrokenStream()):
        code = main([*map(str, arguments)])
    *_, error, hint = place.capfd.readouterr().err.splitlines()
    assert code == 1
    assert error.startswith("error: unexpected RuntimeError: cannot show https://films.example/")
    return hint


def crash_file_in(folder):
    (path,) = folder.glob("crash-*.txt")
    return path


@pytest.fixture(autouse=True)
def temp(tmp_path_factory, monkeypatch):
    """Return the folder for temporary files."""
    folder = tmp_path_factory.mktemp("temp")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_import_writes_it_beside_the_ledger(place):
    """The file has versions, command and traceback; it is the owner's, and the hint names it."""
    hint = crash(place, "videos", place.write(*videos(2)), "--log-file", "run.log", "--json")

    path = crash_file_in(place.ledger_path.parent)
    text = path.read_text()
    assert hint.startswith(f"hint: this is a bug; report it with the file {path}")
    assert text.startswith(f"ld-import {__version__} ended by an unexpected error at ")
    assert "\ncommand: ld-import" in text
    assert "\nlibraries: typer 0." in text
    assert "in write\n" in text and "RuntimeError: cannot show" in text
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "unexpected RuntimeError" in (place.folder / "run.log").read_text()


def test_it_has_no_secret_and_does_not_act(place):
    """Signatures are redacted and control characters escaped, as in every other output."""
    crash(place, "videos", place.write(*videos(1)))

    text = crash_file_in(place.ledger_path.parent).read_text()
    assert "X-Amz-Signature=***" in text
    assert "0123456789abcdef" not in text
    assert "\x1b" not in text


def test_other_commands(place, temp):
    """Beside the ledger of the working directory where there is one, else with temporary files."""
    crash(place, "--version")
    assert crash_file_in(temp).is_file()

    place.imported(place.write(*videos(1)))
    crash(place, "ledger", "items")
    assert crash_file_in(place.ledger_path.parent).is_file()


def test_it_cannot_be_written(place):
    """Then the error says how to see the traceback."""
    # A folder in which not even root can make a file.
    (place.folder / ".ld-import").symlink_to("/proc")

    assert "set LD_IMPORT_TRACEBACK=1 to see where" in crash(place, "--version")
