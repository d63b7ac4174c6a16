"""The public API: an import from Python, without command line, flags or configuration."""

from __future__ import annotations

import asyncio
import inspect
import os
import re
import signal
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from textwrap import dedent

import pytest

import ld_import
from ld_import import ImportSpec, LedgerLocked, Server, UsageError, open_manifest
from ld_import.cli.options import JobImportFlags
from ld_import.emulator import Emulator
from ld_import.emulator.serve import serving
from ld_import.events import Submitted
from ld_import.importer.setting_names import setting
from ld_import.importer.settings import ImportSettings
from ld_import.ledger import exclusive

IMPORTER = Path(ld_import.__file__).parent / "importer"
SAMPLES = Path(__file__).parents[2] / "sample-manifests"
SCRIPT = """
from pathlib import Path
from ld_import import ImportSpec, Server, open_ledger, open_manifest, run_import

server = Server(url="{url}", token="demo-token")
manifest = open_manifest(Path("{manifest}"))
spec = ImportSpec.for_manifest(manifest, kind="videos", server=server, ledger_path=Path("map.db"))
result = run_import(spec)
print(result.exit_code, result.tally.read, result.summary["outcomes"]["success"])
with open_ledger(spec.ledger_path) as ledger:
    print(*(f"{{row['externalId']}} {{row['mediaId']}}" for row in ledger.items()), sep="\\n")
"""


@pytest.fixture
def url():
    """Return the URL of a running emulator."""
    emulator = Emulator()
    with serving(emulator) as url:
        yield url
    emulator.close()


def run_code(code, folder):
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=folder, check=False
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


def run_forked(starter, code, folder):
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with starter.start([], code=code, cwd=folder, **pipes) as process:
        out, err = process.communicate()
    assert err == b""
    return out.decode().splitlines()


def test_script_of_ten_lines(url, tmp_path, starter):
    """A script imports a sample and prints the map to media; a second run changes nothing."""
    code = SCRIPT.format(url=url, manifest=SAMPLES / "talks.yaml")
    first = run_code(code, tmp_path)
    again = run_forked(starter, code, tmp_path)

    assert len(SCRIPT.strip().splitlines()) <= 11
    code, read, success = first[0].split()
    assert (code, read) == ("0", success)
    assert len(first) == 1 + int(read)
    assert all(re.fullmatch(r"\S+ \S+", row) for row in first[1:])
    assert again == [f"0 {read} 0", *first[1:]]


def test_public_names():
    """Every public name can be imported, and says what it is for."""
    for name in ld_import.__all__:
        value = getattr(ld_import, name)
        assert isinstance(value, str) or inspect.getdoc(value)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = ld_import.nothing


def test_example_of_run_import(url, tmp_path, starter):
    """The example in the docstring of `run_import` works as it is written."""
    documentation = inspect.getdoc(ld_import.run_import) or ""
    example = "".join(re.findall(r"^    .*\n", documentation, re.MULTILINE))
    code = "from pathlib import Path\nfrom ld_import import *\n" + dedent(example)
    code = code.replace("https://server.example", url).replace("…", "demo-token")

    code = code.replace("films.yaml", str(SAMPLES / "talks.yaml"))
    done = run_forked(starter, code, tmp_path)

    assert done[-1].startswith("0 {'success': ")
    assert any(line.startswith("Settled(") for line in done)


def test_keywords_of_a_spec():
    """`help` shows the settings as keywords of `for_manifest`, in their order."""
    names = list(inspect.signature(ImportSpec.for_manifest).parameters)

    assert names == ["manifest", *(field.name for field in fields(ImportSettings))]


@pytest.mark.parametrize("name", [field.name for field in fields(ImportSettings)])
def test_settings_are_documented(name):
    """Each setting is explained in the docstring of `ImportSettings`."""
    assert f"`{name}`" in (inspect.getdoc(ImportSettings) or "")


def test_messages_name_field_and_flag():
    """A setting in a message is a field for Python users, and a flag on the command line."""
    sources = "".join(path.read_text() for path in IMPORTER.glob("*.py"))
    names = set(re.findall(r"""\b(?:setting|check_seconds|check_count)\(['"](\w+)['"]""", sources))
    known = {field.name for field in (*fields(ImportSettings), *fields(Server))}
    flags = {f"--{field.name.replace('_', '-')}" for field in fields(JobImportFlags)}

    assert "max_wait_seconds" in names <= known
    assert {setting(name) for name in names} <= flags


def spec_of(folder, **settled):
    manifest = open_manifest(SAMPLES / "talks.yaml")
    settled = {"kind": "videos", "ledger_path": folder / "map.db", **settled}
    return ImportSpec.for_manifest(manifest, **settled)


@pytest.mark.parametrize(
    ("settled", "message"),
    [
        ({"kind": "films"}, "unknown kind 'films'"),
        ({"kind": "images"}, "lists `videos`, not `images`"),
        ({"system_name": " "}, "no systemName"),
        ({"on_existing": "overwrite"}, "must be one of skip, patch, fail"),
        ({"webhook": "hook.example"}, "must be an http"),
        ({"max_wait_seconds": -1.0}, "--max-wait must"),
    ],
)
def test_impossible_spec(tmp_path, settled, message):
    """A value that cannot be is refused when the spec is made."""
    if settled.get("kind") == "images":
        settled = {**settled, "ledger_path": tmp_path / "map.db"}
        path = tmp_path / "videos.json"
        path.write_text('{"systemName": "archive", "videos": []}')
        with pytest.raises(UsageError, match=message):
            ImportSpec.for_manifest(open_manifest(path), **settled)
        return
    with pytest.raises(UsageError, match=message):
        spec_of(tmp_path, **settled)


def test_token_is_redacted(tmp_path):
    """The token of a server is in no text that the import writes."""
    server = Server(url="https://server.example", token="a-token-of-some-length")
    spec = spec_of(tmp_path, server=server)

    assert "a-token-of-some-length" not in repr(spec)
    assert spec.redactor.redact("Bearer a-token-of-some-length") == "Bearer ***"


def test_errors_before_the_run(url, tmp_path):
    """Without a server, without a token, with a locked ledger: raised before anything is sent."""
    with pytest.raises(UsageError, match="no server"):
        ld_import.run_import(spec_of(tmp_path))
    with pytest.raises(UsageError, match="no access token"):
        ld_import.run_import(spec_of(tmp_path, server=Server(url=url)))
    spec = spec_of(tmp_path, server=Server(url=url, token="demo-token"))
    with exclusive(spec.ledger_path), pytest.raises(LedgerLocked):
        ld_import.run_import(spec)


def test_dry_run(tmp_path):
    """A dry run needs no server, sends nothing, and creates no ledger."""
    result = ld_import.plan_import(spec_of(tmp_path))

    assert result.exit_code == 0
    assert result.summary["wouldSend"]["new"] == result.tally.read > 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("token", ["", "secret-token\n", "secret token", "gehëimnis-token"])
def test_token_that_no_header_can_carry(tmp_path, token):
    """It is refused before the run, in words that do not repeat it."""
    server = Server(url="http://127.0.0.1:9", token=token)
    with pytest.raises(UsageError, match="the access token is empty, or contains") as raised:
        ld_import.run_import(spec_of(tmp_path, server=server))
    assert "secret" not in str(raised.value)
    assert not (tmp_path / "map.db").exists()


@pytest.mark.parametrize("field", ["batch_size", "parallel"])
def test_count_below_one(tmp_path, field):
    """No batch could start: the run would wait for ever."""
    with pytest.raises(UsageError, match=f"--{field.replace('_', '-')} must be at least 1, not 0"):
        spec_of(tmp_path, **{field: 0})


def test_running_event_loop(tmp_path):
    """It is refused before the ledger records the begin of a run."""
    server = Server(url="http://127.0.0.1:9", token="demo-token")

    async def call():
        ld_import.run_import(spec_of(tmp_path, server=server))

    with pytest.raises(UsageError, match="running event loop"):
        asyncio.run(call())
    assert not (tmp_path / "map.db").exists()


def test_ledger_path_can_be_text(url, tmp_path):
    """The path of the ledger is accepted as text, like that of the manifest."""
    server = Server(url=url, token="demo-token")
    spec = spec_of(tmp_path, server=server, ledger_path=str(tmp_path / "text.sqlite3"))

    assert ld_import.run_import(spec).exit_code == 0
    assert (tmp_path / "text.sqlite3").exists()


def test_context_that_is_not_a_mapping(tmp_path):
    """A list as context is refused with the name of the setting."""
    with pytest.raises(UsageError, match="--context must be a mapping"):
        spec_of(tmp_path, context=["nightly"])


def test_cancelled_run_ends_like_ctrl_c(url, tmp_path):
    """A run that is cancelled ends with 130, and the next one finishes it."""
    spec = spec_of(tmp_path, server=Server(url=url, token="demo-token"))

    def interrupt(event):
        if isinstance(event, Submitted):
            os.kill(os.getpid(), signal.SIGINT)

    result = ld_import.run_import(spec, interrupt)

    assert result.exit_code == 130
    again = ld_import.run_import(spec)
    assert again.exit_code == 0
    assert again.tally.open_count == 0
