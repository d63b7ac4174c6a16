"""The report of the doctor on terminals and elsewhere."""

from __future__ import annotations

import sys
from io import StringIO

import pytest

from ld_import.cli.doctor.check import exit_code_of, failed, passed, remark, skipped
from ld_import.cli.doctor.environment import missing_by_extra
from ld_import.cli.doctor.report import document, print_check
from ld_import.errors import LedgerError, ServerUnavailable, Unauthorized, UsageError

CHECKS = [
    passed("server", "https://cms.example"),
    remark("clock", "two minutes ahead", "synchronize it"),
    failed("token", UsageError("there is none", hint="set it")),
    skipped("API", "there is no token"),
]


class Output(StringIO):
    """Standard output: a terminal or not, with an encoding."""

    def __init__(self, is_terminal, encoding):
        super().__init__()
        self.is_terminal = is_terminal
        self.name_of_encoding = encoding

    def isatty(self):
        return self.is_terminal

    @property
    def encoding(self):  # type: ignore[override]
        return self.name_of_encoding


@pytest.fixture
def shown(monkeypatch):
    """Return a function that prints checks to such an output, and returns the lines."""

    def show(*checks, is_terminal=True, encoding="utf-8", **environment):
        monkeypatch.delenv("NO_COLOR", raising=False)
        monkeypatch.setenv("TERM", "xterm")
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        output = Output(is_terminal, encoding)
        monkeypatch.setattr(sys, "stdout", output)
        for check in checks:
            print_check(check)
        return output.getvalue().splitlines()

    return show


def test_signs_on_a_terminal(shown):
    """A terminal shows a sign for each check; the hint is an indented line."""
    assert shown(*CHECKS) == [
        "✓ server          https://cms.example",
        "! clock           two minutes ahead",
        "    hint: synchronize it",
        "✗ token           there is none",
        "    hint: set it",
        "- API             skipped: there is no token",
    ]


def test_long_lines_on_a_narrow_terminal(shown):
    """Lines are wrapped between words on a terminal, and never in a pipe."""
    error = UsageError("there is no access token", hint="set LD_IMPORT_TOKEN first")
    check = failed("token", error)

    assert shown(check, COLUMNS="38") == [
        "✗ token           there is no access",
        "                  token",
        "    hint: set LD_IMPORT_TOKEN first",
    ]
    assert len(shown(check, COLUMNS="38", is_terminal=False)) == 2


@pytest.mark.parametrize(
    "settings",
    [
        {"is_terminal": False},
        {"encoding": "ascii"},
        {"encoding": "latin-1"},
        {"NO_COLOR": "1"},
        {"TERM": "dumb"},
    ],
)
def test_words_elsewhere(shown, settings):
    """Words replace the signs where they cannot be shown, or are not wanted."""
    lines = shown(*CHECKS, **settings)

    assert [line.split()[0] for line in lines if not line.startswith(" ")] == [
        "ok",
        "warn",
        "fail",
        "-",
    ]
    assert all(line.isascii() for line in lines)


def test_text_of_a_server_does_not_act(shown):
    """Control characters in a text are escaped."""
    (line,) = shown(passed("project", "mag\x1b[31mazine\u202e"))

    assert line == "✓ project         mag\\x1b[31mazine\\u202e"


def test_document():
    """The JSON document has every check with its state, hints and exit code."""
    found = document(CHECKS, 2)

    assert found["exitCode"] == 2
    assert [check["state"] for check in found["checks"]] == ["ok", "warning", "failed", "skipped"]
    assert found["checks"][2] == {
        "name": "token",
        "state": "failed",
        "text": "there is none",
        "hints": ["set it"],
        "exitCode": 2,
    }


def test_exit_code():
    """The first problem that a run meets decides; remarks do not count."""
    usage, ledger = failed("a", UsageError("no")), failed("b", LedgerError("no"))
    server = failed("c", ServerUnavailable("no", is_declined=True))
    access = failed("d", Unauthorized("no", status=401))

    assert exit_code_of([access, server, ledger, usage]) == 2
    assert exit_code_of([access, server, ledger]) == 9
    assert exit_code_of([access, server]) == 8
    assert exit_code_of([access]) == 5
    assert exit_code_of([passed("e", "yes"), remark("f", "well"), skipped("g", "no")]) == 0


def test_extras():
    """An extra is missing if one of its libraries is not installed; versions do not matter here."""
    requirements = [
        "httpx>=0.28",
        "starlette>=0.45; extra == 'emulator'",
        "no-such-library>=1; extra == 'excel'",
        'uvicorn[standard]>=0.34 ; python_version > "3.10" and extra == "listen"',
    ]

    assert missing_by_extra(requirements) == {
        "emulator": [],
        "excel": ["no-such-library"],
        "listen": [],
    }
