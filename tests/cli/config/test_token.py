"""The access token: its sources, and that it is never printed."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest

from ld_import.cli.config.command_line import redacted_command
from ld_import.cli.config.token import find_token
from ld_import.emulator import Fault, Token
from ld_import.errors import UsageError
from tests.harness.records import video, videos

SECRET = "tr-0123456789-secret"


def take(**given):
    """Resolve the token from the given sources only."""
    return find_token(**{"token_file": None, "token_command": None, **given}).text


def test_order_of_sources(place, monkeypatch):
    """The token comes from the flag, else LD_IMPORT_TOKEN, LI_TOKEN or the profile."""
    path = place.folder / "token.txt"
    path.write_text("from-file\n")
    other = place.folder / "other.txt"
    other.write_text("from-profile")
    profile = {"profile_file": other, "profile_command": "false"}
    monkeypatch.setenv("LD_IMPORT_TOKEN", "new-name")
    monkeypatch.setenv("LI_TOKEN", "old-name")

    assert take(token_file=path, **profile) == "from-file"
    assert take(token_command=f"cat {path}", **profile) == "from-file"
    assert take(**profile) == "new-name"
    monkeypatch.setenv("LD_IMPORT_TOKEN", "")
    assert take(**profile) == "old-name"
    monkeypatch.delenv("LI_TOKEN")
    assert take(**profile) == "from-profile"
    assert take(profile_command="echo from-command") == "from-command"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "cannot be read: No such file"),
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"one\ntwo\n", "has characters that no token has"),
        (b"one two", "has characters that no token has"),
        ("schlüssel".encode(), "has characters that no token has"),
        (b"bell\x07", "has characters that no token has"),
        (b"\xff\xfe", "it is not text"),
        (b"1234567\n", "has fewer than 8 characters"),
    ],
)
def test_file_without_a_token(place, content, told):
    """A file without a token is exit 2; its content is not printed."""
    if content is not None:
        (place.folder / "token.txt").write_bytes(content)
    place.write(*videos(1))

    ended = place.run("videos", "--token-file", "token.txt")

    assert (ended.code, ended.out) == (2, "")
    assert told in ended.err
    assert "token.txt" in ended.err
    assert "two" not in ended.err.splitlines()[0]


def test_file_as_editors_leave_it(place):
    """White space around the token is ignored, carriage returns included."""
    path = place.folder / "token.txt"
    path.write_bytes(b"\n  demo-token\r\n")

    assert take(token_file=path) == "demo-token"


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("nowhere-to-be-found", "the token command failed: No such file"),
        ("false", "the token command failed with exit code 1"),
        ("true", "the access token from --token-command is empty"),
        ("echo 'unbalanced", "has a quote that is not closed"),
        ("", "the token command is empty"),
        ("cat /dev/zero", "the token command printed more than 65,536 bytes"),
        ("yes y", "the token command printed more than 65,536 bytes"),
        ("echo 1234567", "has fewer than 8 characters"),
        (f"{sys.executable} -c \"print('{SECRET}'); exit(3)\"", "failed with exit code 3"),
        (
            f"{sys.executable} -c \"print('{SECRET}\\n{SECRET}')\"",
            "has characters that no token has",
        ),
        (
            f"{sys.executable} -c \"import sys; sys.stdout.buffer.write(b'\\xff')\"",
            "failed: its output is not UTF-8",
        ),
    ],
)
def test_command_without_a_token(place, command, told):
    """A command without a token is exit 2; its output is not printed."""
    place.write(*videos(1))

    ended = place.run("videos", "--token-command", command)

    assert (ended.code, ended.out) == (2, "")
    assert told in ended.err
    assert SECRET not in ended.err


@pytest.mark.parametrize("command", ["sleep 900", "sh -c 'echo token-token; exec >&-; sleep 9'"])
def test_command_that_hangs(place, command):
    """A command that hangs is exit 2; the error names program and timeout, not its arguments."""
    with pytest.raises(UsageError) as caught:
        take(token_command=command, command_seconds=0.1)

    name = command.split()[0]
    assert str(caught.value) == f"the token command was stopped: `{name}` did not end within 0.1 s"
    assert "run it in a terminal" in caught.value.hint


def test_command_with_a_child_that_stays():
    """A child of the command that keeps its output open does not block the run."""
    command = "sh -c 'sleep 5 & echo token-token'"
    with pytest.raises(UsageError, match="did not end within 0.2 s"):
        take(token_command=command, command_seconds=0.2)


@pytest.mark.parametrize("length", [7, 8])
def test_short_token(place, monkeypatch, length):
    """A token too short to be masked in texts is refused before anything is sent."""
    monkeypatch.setenv("LD_IMPORT_TOKEN", "x" * length)
    place.write(*videos(1))

    ended = place.run("videos")

    assert ended.code == (2 if length == 7 else 5)
    assert ("LD_IMPORT_TOKEN has fewer than 8 characters" in ended.err) == (length == 7)


def test_two_sources(place):
    """A file and a command at once are a usage error."""
    place.write(*videos(1))

    ended = place.run("videos", "--token-file", "a", "--token-command", "b")

    assert ended.code == 2
    assert "--token-file and --token-command cannot be combined" in ended.err


def test_no_source(place, monkeypatch):
    """Without a token the hint lists all sources."""
    monkeypatch.delenv("LD_IMPORT_TOKEN")
    place.write(*videos(1))

    ended = place.run("videos")

    assert ended.code == 2
    assert "error: there is no access token" in ended.err
    assert all(name in ended.err for name in ("LD_IMPORT_TOKEN", "--token-file", "--token-command"))


def test_source_is_checked_before_anything_is_sent(place):
    """An invalid token is refused before anything is sent and not printed."""
    with pytest.raises(UsageError) as caught:
        take(token_command=f"echo {SECRET} {SECRET}")

    assert SECRET not in str(caught.value) + caught.value.hint


def test_token_never_shows(make_place, monkeypatch):
    """The token is in no output, log, error or file."""
    secret = SECRET
    faults = [
        Fault(on="POST import/videos", action="status", status=400, body={"error": secret[:3]}),
        Fault(on="GET import/videos/status", action="not_json"),
    ]
    place = make_place(*faults, tokens={secret: Token()})
    monkeypatch.setenv("LD_IMPORT_TOKEN", secret)
    manifest = place.write(*videos(2), video(3, url="nowhere"))
    shown = []
    for arguments in (
        ["videos", "--dry-run"],
        ["videos", "--dry-run", "--json"],
        ["videos", "-v"],
        ["videos", "-v", "--log-format", "json", "--no-wait", "--json"],
        ["videos", "-v"],
        ["videos", "-v"],
        ["videos", "--server", "http://films.example"],
        ["status", "nobody"],
        ["ledger", "runs", "--json"],
        ["ledger", "jobs", "--json"],
        ["ledger", "export"],
    ):
        ended = place.run(*arguments)
        shown += [ended.out, ended.err]
    place.emulator.settings = replace(place.emulator.settings, tokens={"other": Token()})
    refused = place.run("videos", "-v", "--force")

    assert refused.code == 5
    assert place.mine()
    assert secret not in "".join([*shown, refused.out, refused.err])
    files = [path for path in place.folder.rglob("*") if path.is_file()]
    assert {manifest, place.ledger_path} <= set(files)
    assert not [path for path in files if secret.encode() in path.read_bytes()]


def test_secrets_of_the_command_line_stay_out_of_the_ledger():
    """The ledger records the command of a run without its secrets."""
    words = ["videos", "--webhook", "https://hook.example/?key=1", f"--token-command=echo {SECRET}"]
    words += ['--context={"key": 1}', "--batch-size", "7"]

    assert redacted_command(words) == (
        "ld-import videos --webhook … --token-command=… --context=… --batch-size 7"
    )
