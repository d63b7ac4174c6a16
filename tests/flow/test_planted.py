"""Planted secrets and control characters: no output of a command contains them.

Each secret contains the same word, and every file and output of a command is searched for it.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from contextlib import closing, redirect_stdout, suppress
from io import StringIO
from pathlib import Path

import orjson
import pytest

from ld_import.cli.app import main
from ld_import.cli.output.log_file import LARGEST_BYTES
from ld_import.pipeline.delivery import poll
from tests.cli.output.test_sanitize import harmless
from tests.flow.echoing import careless_server
from tests.harness.place import CommandResult
from tests.harness.records import video

# Whole programs, whose lines other tests cover.
pytestmark = pytest.mark.no_cover
MARK = b"PLANTED"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.PLANTED-token-of-this-run.a7-Z_"
SIGNED = "https://films.example/{}.mp4?id=7&X-Amz-Signature=PLANTED-signature&X-Amz-Date=2026"
WEBHOOK = "https://u:PLANTED-user@hooks.example/services/T00/B00/PLANTED-hook?code=PLANTED-code"
CONTEXT = '{"import": "nightly", "apiToken": "PLANTED-context"}'
FORMS = [
    ("-v",),
    ("-v", "--log-format", "json"),
    ("-v", "--json", "--log-file", "run.log", "--metrics-file", "run.prom"),
    ("--log-format", "json", "--log-file", "run.log", "--json", "-q"),
]
READING = [
    ("ledger", "runs"),
    ("ledger", "runs", "--json"),
    ("ledger", "jobs"),
    ("ledger", "jobs", "--json"),
    ("ledger", "items"),
    ("ledger", "items", "--json"),
    ("ledger", "show", "v1"),
    ("ledger", "show", "v1", "--json"),
    ("ledger", "export"),
    ("ledger", "export", "--format", "csv"),
    ("ledger", "export", "-o", "export.jsonl"),
]


class BrokenStream(StringIO):
    """Standard output whose writes raise an unexpected error."""

    def __init__(self, message):
        super().__init__()
        self.message = message

    def write(self, text):
        raise RuntimeError(self.message)


@pytest.fixture
def server():
    """Return a server that repeats requests in its answers."""
    with careless_server() as server:
        yield server


@pytest.fixture
def planted(place, server, monkeypatch):
    """Return a place with a token, a careless server, and records with signed URLs."""
    monkeypatch.setenv("LD_IMPORT_SERVER", server.url)
    monkeypatch.setenv("LD_IMPORT_TOKEN", TOKEN)
    # Its jobs are finished at once: the first guess would be half of the time of the tests.
    monkeypatch.setattr(poll, "FIRST_GUESS_SECONDS", 0.01)
    write(place)
    return place


def entry(number, **fields):
    """Return a valid entry of a kind that has URLs."""
    told = {"fileName": "Film", "mediaType": "image", "metadata": {}, **fields}
    return {"id": f"v{number}", "url": SIGNED.format(number), **told}


def asset(number):
    """Return a valid entry of the media library."""
    url = SIGNED.format(number)
    stored = {"key": "a/1.jpg", "url": url, "size": 9, "width": 9, "height": 9}
    stored |= {"filename": "1.jpg", "mimeType": "image/jpeg"}
    return {"externalId": f"v{number}", "mediaType": "image", "asset": stored}


def write(place, name="manifest.json", **header):
    """Write a manifest with valid records and with invalid ones that contain secrets."""
    wrong = entry(3, url="nowhere at all?token=PLANTED-invalid", fileName="")
    return place.write(entry(1), entry(2), wrong, name=name, **header)


def left_behind(place):
    """Return the content of every file that a command created here."""
    given = {"manifest.json", "ld-import.yaml", "token", "ask.py"}
    files = [one for one in place.folder.rglob("*") if one.is_file() and one.name not in given]
    return {one.name: one.read_bytes() for one in files}


def search(place, *ended):
    """Fail if a planted secret is found."""
    found = [one for one in ended if MARK.decode() in one.out + one.err]
    assert found == []
    assert [name for name, content in left_behind(place).items() if MARK in content] == []


def by_environment(place, monkeypatch):
    monkeypatch.setenv("LI_TOKEN", TOKEN)
    return []


def by_file(place, monkeypatch):
    (place.folder / "token").write_text(TOKEN + "\n")
    return ["--token-file", "token"]


def by_command(place, monkeypatch):
    (place.folder / "ask.py").write_text(f"print({TOKEN!r})")
    return ["--token-command", f"{sys.executable} ask.py"]


def by_profile(place, monkeypatch):
    by_file(place, monkeypatch)
    profile = "profiles:\n  live:\n    tokenFile: token\n"
    (place.folder / "ld-import.yaml").write_text(profile)
    return []


def by_profile_command(place, monkeypatch):
    by_command(place, monkeypatch)
    profile = f"profiles:\n  live:\n    tokenCommand: {sys.executable} ask.py\n"
    (place.folder / "ld-import.yaml").write_text(profile)
    return []


@pytest.mark.parametrize(
    "source", [by_environment, by_file, by_command, by_profile, by_profile_command]
)
def test_source_of_the_token(planted, server, monkeypatch, source):
    """A token from any source that the server repeats is masked."""
    monkeypatch.delenv("LD_IMPORT_TOKEN")
    server.status = 401

    ended = planted.run("videos", "--log-file", "run.log", *source(planted, monkeypatch))

    assert ended.code == 5
    assert "401 No way: {'Host'" in ended.err
    search(planted, ended)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 413, 302])
def test_refused_request(planted, server, status, form):
    """A refusal with headers, cookies and URLs is printed and recorded without them."""
    server.status = status

    ended = planted.run("videos", *form, "--webhook", WEBHOOK, "--context", CONTEXT)

    assert ended.code != 1
    search(planted, ended, *(planted.run(*command) for command in READING[:6]))


@pytest.mark.parametrize("form", FORMS)
def test_trouble_that_passes(planted, server, form):
    """Messages of a failing server are shown during retries, with secrets masked."""
    server.troubles = 1

    ended = planted.run("videos", *form)

    assert ended.code == 3
    search(planted, ended)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", ["videos", "images", "files", "media-library"])
def test_failed_items(planted, server, kind, form):
    """Secrets in reasons are masked; the server receives unchanged items."""
    if kind == "media-library":
        planted.write(asset(1), list_key="mediaLibraryEntries")
    else:
        items = entry(1), entry(3, url="nowhere at all?token=PLANTED-invalid")
        planted.write(*items, list_key=kind, webhook=WEBHOOK, context=orjson.loads(CONTEXT))

    ended = planted.run(kind, *form)

    assert ended.code == 3
    assert SIGNED.format(1).encode() in orjson.dumps(server.bodies[-1])
    search(planted, ended, *(planted.run(*command) for command in READING))
    with closing(sqlite3.connect(planted.ledger_path)) as ledger:
        ((reason,),) = ledger.execute("SELECT reason FROM item")
    assert "id=7&X-Amz-Signature=***&X-Amz-Date=2026" in reason


@pytest.mark.parametrize(
    "command",
    [
        ("videos", "-n", "--webhook", WEBHOOK, "--context", CONTEXT),
        ("videos", "-n", "--json", "--webhook", WEBHOOK, "--log-file", "run.log"),
        ("validate", "--kind", "videos"),
        ("validate", "--kind", "videos", "--json"),
        ("status", "job1"),
        ("status", "job1", "--watch", "--json"),
        ("videos", "--server", "https://u:PLANTED-user@x.example/?token=PLANTED-token"),
        ("videos", "--server", "u:PLANTED-user@x.example"),
        ("videos", "--webhook", "hooks.example/T0/PLANTED-hook"),
        ("videos", "--context", '{"token": "PLANTED-context"'),
        ("videos", "--config", "ld-import.yaml"),
    ],
)
def test_other_commands(planted, server, command):
    """Dry runs, queries and usage errors contain no secrets either."""
    if command[-1] == "ld-import.yaml":
        wrong = "profiles: {live: {tokenCommand: [PLANTED-1]}}\nvideos: {webhook: [PLANTED-2]}\n"
        (planted.folder / "ld-import.yaml").write_text(wrong)
    if command[0] == "status":
        planted.run("videos", "--no-wait")

    ended = planted.run(*command)

    assert ended.code in (0, 2, 3)
    search(
        planted, ended, *(planted.run(*each) for each in READING if planted.ledger_path.exists())
    )


def test_question_in_trouble(planted, server):
    """`status` reports its retries with secrets masked."""
    planted.run("videos", "--no-wait")
    server.troubles = 1

    ended = planted.run("status", "job1")

    assert ended.code == 3
    assert ended.err.startswith(f"warning: GET {server.url}/api/2026-05/import/videos/status: 503")
    assert ended.err.endswith("; trying again in 0.0s [attempt 1]\n")
    search(planted, ended)


def test_renewed_log(planted, server):
    """A rotated log contains no secrets either."""
    Path("run.log").touch()
    os.truncate("run.log", LARGEST_BYTES - 2000)

    ended = planted.run("videos", "-v", "--log-file", "run.log")

    assert Path("run.log.1").exists()
    search(planted, ended)


@pytest.mark.parametrize("is_traced", [False, True])
def test_bug(planted, monkeypatch, is_traced):
    """An unexpected error shows no secret, even with LD_IMPORT_TRACEBACK."""
    if is_traced:
        monkeypatch.setenv("LD_IMPORT_TRACEBACK", "1")
    planted.capfd.readouterr()
    message = f"cannot open {SIGNED}, Authorization: Bearer {TOKEN}"

    with redirect_stdout(BrokenStream(message)):
        code = main(["videos", "--log-file", "run.log"])

    told = planted.capfd.readouterr()
    assert code == 1
    assert "X-Amz-Signature=***" in told.err
    assert "error: unexpected RuntimeError: cannot open" in Path("run.log").read_text()
    search(planted, CommandResult(code, told.out, told.err))


def family_of(pid):
    """Return a process and its children."""
    family = [pid]
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parent = stat.read_text().rpartition(")")[2].split()[1]
            family += [int(stat.parent.name)] * (int(parent) == pid)
    return family


def test_process_list(planted, monkeypatch):
    """The process list shows no token, neither of a run nor of its children."""
    (planted.folder / "ask.py").write_text(
        f"import sys, time; sys.stderr.write('asked\\n'); time.sleep(0.5); print({TOKEN!r})"
    )
    command = ["videos", "--token-command", f"{sys.executable} ask.py"]
    monkeypatch.delenv("LD_IMPORT_TOKEN")
    with planted.start(*command) as process:
        first = process.stderr.readline()
        listed = [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in family_of(process.pid)]
        out, err = process.communicate()

    assert first == b"asked\n"
    assert len(listed) == 2
    assert not any(MARK in arguments for arguments in listed)
    search(planted, CommandResult(process.returncode, out.decode(), err.decode()))


def test_what_is_the_user_s_own(planted, server):
    """The ledger keeps externalId and fileName unchanged, since they are data."""
    planted.write(entry("?token=PLANTED-id", url=SIGNED.format(1), fileName="sig=PLANTED-name"))

    planted.run("videos")

    (row,) = map(orjson.loads, planted.run("ledger", "export").out.splitlines())
    assert (row["externalId"], row["fileName"]) == ("v?token=PLANTED-id", "sig=PLANTED-name")
    assert row["url"].endswith(".mp4?id=7&X-Amz-Signature=***&X-Amz-Date=2026")
    assert MARK.decode() not in row["reason"] + row["url"]


# Colours, window titles, text directions, and invisible characters.
ACTING = "\x1b[31m \x9b31m \x07 \x7f \u202e \u2066 \u200b \ufeff \u2060 \u2028 \U000e0041"


@pytest.fixture
def acting(planted, server):
    """Return a place whose manifest and server contain many control characters."""
    server.words = ACTING
    fields = {"fileName": ACTING, "metadata": {"title": ACTING, ACTING: ACTING}}
    wrong = video(3, url=f"nowhere {ACTING}", **fields)
    planted.write(
        *(video(n, **fields) for n in (1, 2)),
        wrong,
        name=f"{ACTING}.json",
        context={"x": ACTING},
    )
    return planted


def search_acting(place, *ended):
    """Fail if a control character is found, or if JSON is invalid."""
    assert [one for one in ended if not harmless(one.out + one.err)] == []
    left = {
        name: content.decode()
        for name, content in left_behind(place).items()
        if name.endswith((".log", ".prom"))
    }
    assert [name for name, text in left.items() if not harmless(text)] == []
    for text in (*(one.err for one in ended), *left.values()):
        assert all(orjson.loads(line) for line in text.splitlines() if line.startswith("{"))


@pytest.mark.parametrize("form", FORMS)
def test_run_with_characters_that_act(acting, server, form):
    """Control characters of records and servers are escaped in every output of a run."""
    server.troubles = 1

    ended = acting.run("videos", f"{ACTING}.json", *form)

    assert ended.code == 3
    search_acting(acting, ended)


def test_answers_that_act(acting, server):
    """Control characters of a refusal are escaped, in text, JSON lines and ledger commands."""
    for status in (401, 400):
        server.status = status
        for form in FORMS[:2]:
            search_acting(acting, acting.run("videos", f"{ACTING}.json", *form))
    server.status = 200
    acting.run("videos", f"{ACTING}.json")

    asked = [one for one in READING if "csv" not in one]
    search_acting(acting, *(acting.run(*command) for command in asked))
    for command in (("videos", "-n"), ("validate",)):
        for form in ((), ("--json",)):
            search_acting(acting, acting.run(*command, f"{ACTING}.json", *form))
    search_acting(acting, acting.run("status", ACTING), acting.run("status", ACTING, "--json"))


OPTIONS = (
    *("format", "server", "token-file", "token-command", "api-version", "system-name", "ledger"),
    *("external-id", "profile", "config", "only", "only-file", "on-existing", "webhook", "context"),
    *("listen", "public-url", "log-format", "log-level", "ca-file", "batch-size"),
)
COMMANDS = (
    (ACTING,),
    ("videos", f"--{ACTING}"),
    ("videos", "a", ACTING),
    ("videos", f"-{ACTING}"),
    ("ledger", ACTING),
    ("ledger", "show", ACTING),
    ("ledger", "items", "--state", ACTING),
    ("ledger", "items", "--server", ACTING),
    ("ledger", "export", "--format", ACTING),
    ("ledger", "export", "-o", f"nowhere/{ACTING}"),
    ("emulator", "--set", ACTING),
    ("emulator", "--faults", ACTING),
    ("emulator", "--store", f"nowhere/{ACTING}"),
    ("emulator", "--host", ACTING),
    ("videos", "--log-file", f"nowhere/{ACTING}"),
    ("videos", "--metrics-file", f"nowhere/{ACTING}"),
    *(("videos", f"{ACTING}.json", f"--{option}", ACTING, "-n") for option in OPTIONS),
)


def test_arguments_that_act(acting):
    """Control characters of arguments are escaped, and cause no unexpected error."""
    ended = [acting.run(*command) for command in COMMANDS]

    assert [one for one in ended if one.code == 1] == []
    search_acting(acting, *ended)


def test_environment_that_acts(acting, monkeypatch):
    """Control characters of environment variables are escaped."""
    for name in ("SERVER", "TOKEN", "API_VERSION", "SYSTEM_NAME", "LEDGER", "PROFILE", "CONFIG"):
        with monkeypatch.context() as patch:
            patch.setenv(f"LD_IMPORT_{name}", ACTING)
            ended = acting.run("videos", f"{ACTING}.json", "--log-format", "json", "--json", "-n")

        assert ended.code != 1, ended
        search_acting(acting, ended)


def test_configuration_that_acts(acting):
    """Control characters of profile names and keys are escaped in errors."""
    texts: tuple[dict[str, object], ...] = (
        {ACTING: {}},
        {"profile": ACTING, "profiles": {ACTING + "x": {}}},
        {"profiles": {ACTING: {"server": ACTING}}},
        {"videos": {"onExisting": ACTING}},
    )
    for text in texts:
        (acting.folder / "ld-import.yaml").write_bytes(orjson.dumps(text))

        search_acting(acting, acting.run("videos", f"{ACTING}.json"))


@pytest.mark.parametrize("is_traced", [False, True])
def test_bug_that_acts(acting, monkeypatch, is_traced):
    """Control characters in the text of an unexpected error are escaped."""
    if is_traced:
        monkeypatch.setenv("LD_IMPORT_TRACEBACK", "1")
    acting.capfd.readouterr()

    with redirect_stdout(BrokenStream(ACTING)):
        code = main(["videos", f"{ACTING}.json", "--log-file", "run.log"])

    told = acting.capfd.readouterr()
    search_acting(acting, CommandResult(code, told.out, told.err))
