"""Secrets and control characters are planted wherever they can come in; none of them goes out.

Each secret has the same word in it, for which everything is searched that a command leaves behind.
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

from .echoing import careless_server
from .place import Ended, video
from .test_text import harmless

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


class Broken(StringIO):
    """Standard output with a bug in it."""

    def __init__(self, message):
        super().__init__()
        self.message = message

    def write(self, text):
        raise RuntimeError(self.message)


@pytest.fixture
def server():
    """Return a server that repeats what it is sent."""
    with careless_server() as server:
        yield server


@pytest.fixture
def planted(place, server, monkeypatch):
    """Return a place with a token, a careless server, and records with signed URLs."""
    monkeypatch.setenv("LD_IMPORT_SERVER", server.url)
    monkeypatch.setenv("LD_IMPORT_TOKEN", TOKEN)
    write(place)
    return place


def entry(number, **fields):
    """Return a valid entry of each kind that has a URL."""
    told = {"fileName": "Film", "mediaType": "image", "metadata": {}, **fields}
    return {"id": f"v{number}", "url": SIGNED.format(number), **told}


def asset(number):
    """Return a valid entry of the media library."""
    url = SIGNED.format(number)
    stored = {"key": "a/1.jpg", "url": url, "size": 9, "width": 9, "height": 9}
    stored |= {"filename": "1.jpg", "mimeType": "image/jpeg"}
    return {"externalId": f"v{number}", "mediaType": "image", "asset": stored}


def write(place, name="manifest.json", **header):
    """Write a manifest with valid records and with invalid ones that show what they hold."""
    wrong = entry(3, url="nowhere at all?token=PLANTED-invalid", fileName="")
    return place.write(entry(1), entry(2), wrong, name=name, **header)


def left_behind(place):
    """Return the content of every file a command made in this place."""
    given = {"manifest.json", "ld-import.yaml", "token", "ask.py"}
    files = [one for one in place.folder.rglob("*") if one.is_file() and one.name not in given]
    return {one.name: one.read_bytes() for one in files}


def search(place, *ended):
    """Fail where a planted secret is found."""
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
    """Wherever the token comes from, a server that repeats it is not repeated."""
    monkeypatch.delenv("LD_IMPORT_TOKEN")
    server.status = 401

    ended = planted.run("videos", "--log-file", "run.log", *source(planted, monkeypatch))

    assert ended.code == 5
    assert "401 No way: {'Host'" in ended.err
    search(planted, ended)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 413, 302])
def test_refused_request(planted, server, status, form):
    """A refusal that holds headers, cookies and URLs is told without them, and so recorded."""
    server.status = status

    ended = planted.run("videos", *form, "--webhook", WEBHOOK, "--context", CONTEXT)

    assert ended.code != 1
    search(planted, ended, *(planted.run(*command) for command in READING[:6]))


@pytest.mark.parametrize("form", FORMS)
def test_trouble_that_passes(planted, server, form):
    """What a server in trouble says is told while the run waits, without the secrets in it."""
    server.troubles = 1

    ended = planted.run("videos", *form)

    assert ended.code == 3
    search(planted, ended)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", ["videos", "images", "files", "media-library"])
def test_failed_items(planted, server, kind, form):
    """Reasons with URL, token and cookie are told without; what the server gets is whole."""
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
    """Rehearsals, questions and errors at the door hold no more than an import does."""
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
    """`status` tells that it asks again, and why, without the secrets in it."""
    planted.run("videos", "--no-wait")
    server.troubles = 1

    ended = planted.run("status", "job1")

    assert ended.code == 3
    assert ended.err.startswith(f"warning: GET {server.url}/api/2026-05/import/videos/status: 503")
    assert ended.err.endswith("; trying again in 0.0s [attempt 1]\n")
    search(planted, ended)


def test_renewed_log(planted, server):
    """A log that is renewed in the middle has no secret in its old file either."""
    Path("run.log").touch()
    os.truncate("run.log", LARGEST_BYTES - 2000)

    ended = planted.run("videos", "-v", "--log-file", "run.log")

    assert Path("run.log.1").exists()
    search(planted, ended)


@pytest.mark.parametrize("is_traced", [False, True])
def test_bug(planted, monkeypatch, is_traced):
    """Even a bug tells no secret, with LD_IMPORT_TRACEBACK neither."""
    if is_traced:
        monkeypatch.setenv("LD_IMPORT_TRACEBACK", "1")
    planted.capfd.readouterr()
    message = f"cannot open {SIGNED}, Authorization: Bearer {TOKEN}"

    with redirect_stdout(Broken(message)):
        code = main(["videos", "--log-file", "run.log"])

    told = planted.capfd.readouterr()
    assert code == 1
    assert "X-Amz-Signature=***" in told.err
    assert "error: unexpected RuntimeError: cannot open" in Path("run.log").read_text()
    search(planted, Ended(code, told.out, told.err))


def family_of(pid):
    """Return a process and its children."""
    family = [pid]
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parent = stat.read_text().rpartition(")")[2].split()[1]
            family += [int(stat.parent.name)] * (int(parent) == pid)
    return family


def test_process_list(planted, monkeypatch):
    """While a run works, neither its arguments nor those of its children hold the token."""
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
    search(planted, Ended(process.returncode, out.decode(), err.decode()))


def test_what_is_the_user_s_own(planted, server):
    """An externalId and a fileName are data: the ledger keeps them to the letter."""
    planted.write(entry("?token=PLANTED-id", url=SIGNED.format(1), fileName="sig=PLANTED-name"))

    planted.run("videos")

    (row,) = map(orjson.loads, planted.run("ledger", "export").out.splitlines())
    assert (row["externalId"], row["fileName"]) == ("v?token=PLANTED-id", "sig=PLANTED-name")
    assert row["url"].endswith(".mp4?id=7&X-Amz-Signature=***&X-Amz-Date=2026")
    assert MARK.decode() not in row["reason"] + row["url"]


# Colours, titles, directions, and what is not seen at all.
ACTING = "\x1b[31m \x9b31m \x07 \x7f \u202e \u2066 \u200b \ufeff \u2060 \u2028 \U000e0041"


@pytest.fixture
def acting(planted, server):
    """Return a place whose manifest and server are full of characters that act."""
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
    """Fail where something can act; JSON must be JSON all the same."""
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
    """Neither a record nor a server acts in a log, a summary, metrics or what the ledger tells."""
    server.troubles = 1

    ended = acting.run("videos", f"{ACTING}.json", *form)

    assert ended.code == 3
    search_acting(acting, ended)


def test_answers_that_act(acting, server):
    """Nor does a refusal, or what the ledger tells of it; JSON lines are as safe as text."""
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
    """Whatever is repeated of a command line is shown, does nothing, and is no bug."""
    ended = [acting.run(*command) for command in COMMANDS]

    assert [one for one in ended if one.code == 1] == []
    search_acting(acting, *ended)


def test_environment_that_acts(acting, monkeypatch):
    """Nor does the value of a variable."""
    for name in ("SERVER", "TOKEN", "API_VERSION", "SYSTEM_NAME", "LEDGER", "PROFILE", "CONFIG"):
        with monkeypatch.context() as patch:
            patch.setenv(f"LD_IMPORT_{name}", ACTING)
            ended = acting.run("videos", f"{ACTING}.json", "--log-format", "json", "--json", "-n")

        assert ended.code != 1, ended
        search_acting(acting, ended)


def test_configuration_that_acts(acting):
    """Names of profiles and keys are repeated in errors."""
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
    """The text of an unexpected error is no exception."""
    if is_traced:
        monkeypatch.setenv("LD_IMPORT_TRACEBACK", "1")
    acting.capfd.readouterr()

    with redirect_stdout(Broken(ACTING)):
        code = main(["videos", f"{ACTING}.json", "--log-file", "run.log"])

    told = acting.capfd.readouterr()
    search_acting(acting, Ended(code, told.out, told.err))
