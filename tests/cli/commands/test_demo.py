"""`ld-import demo`: import, interrupt, resume and re-run against a local server."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from types import SimpleNamespace

import pytest

from ld_import.cli.commands import demo
from ld_import.cli.demo import assets, pictures, shell
from ld_import.cli.demo.storage import FolderStorage, own_environment, storage_in
from ld_import.ledger import LedgerReader

FILES = 61


@pytest.fixture
def quick_commands(starter, monkeypatch):
    """Start the commands of a story as forked processes, and look often when to interrupt one."""

    def start(command, *, env, cwd):
        assert command[:3] == [sys.executable, "-m", "ld_import"]
        return starter.start(command[3:], env=env, cwd=cwd)

    started = SimpleNamespace(Popen=start, TimeoutExpired=subprocess.TimeoutExpired)
    monkeypatch.setattr(shell, "subprocess", started)
    monkeypatch.setattr(shell, "LOOK_SECONDS", 0.02)


@pytest.mark.usefixtures("quick_commands")
def test_story_of_the_samples(place, monkeypatch):
    """The demo needs no configuration; it is interrupted, resumes, and has nothing left to send."""
    monkeypatch.setattr(demo, "JOB_SECONDS", 0.3)
    for name in ("LD_IMPORT_SERVER", "LD_IMPORT_TOKEN"):
        monkeypatch.delenv(name)
    keep = place.folder / "keep"

    ended = place.run("demo", "--keep", keep)

    assert ended.code == 0
    assert [line for line in ended.out.splitlines() if line.startswith("(exit code")] == [
        "(exit code 130)",
        "(exit code 0)",
        "(exit code 0)",
        "(exit code 0)",
        "(exit code 0)",
    ]
    assert "120  unchanged" in ended.out
    assert ended.out.endswith("the server holds 120 videos\n")
    with LedgerReader(keep / "ledger.sqlite3") as reader:
        assert reader.counts() == {"success": 120}


@pytest.mark.usefixtures("quick_commands")
def test_story_of_uploads(place, monkeypatch):
    """Each file is stored once, although the run is interrupted; a third run has nothing to do."""
    monkeypatch.setattr(pictures, "SIZE", (360, 240))
    monkeypatch.setattr(assets, "COMMAND", (*assets.COMMAND[:-1], "400K"))
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of-the-user")
    monkeypatch.setenv("LD_IMPORT_CONFIG", "of-the-user.yaml")
    keep = place.folder / "keep"

    ended = place.run("demo", "--assets", "--keep", keep)

    assert ended.code == 0, ended
    assert ended.out.count("(exit code 130)") == 1
    assert f"{FILES}  unchanged" in ended.out
    assert ended.out.endswith(f"the storage holds {FILES} files, the server {FILES} entries\n")
    with closing(sqlite3.connect(keep / "ledger.sqlite3")) as db:
        runs = dict(db.execute("SELECT run_number, count(*) FROM upload GROUP BY run_number"))
        mime_types = {name for (name,) in db.execute("SELECT DISTINCT mime_type FROM upload")}
    assert (sum(runs.values()), [*runs]) == (FILES, [1, 2])
    assert mime_types == {"image/jpeg", "image/png", "image/webp", "video/mp4"}
    assert os.environ["AWS_SESSION_TOKEN"] == "of-the-user"


def test_interrupted_demo_leaves_nothing(place, tmp_path, monkeypatch):
    """Ctrl-C ends the command in progress, and removes the folder."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("PATH", "")

    with place.start("demo", stdout=subprocess.PIPE, start_new_session=True) as started:
        while b"$ ld-import" not in started.stdout.readline():
            pass
        os.killpg(started.pid, signal.SIGINT)
        started.communicate()

    assert started.returncode == 130
    assert [*tmp_path.glob("ld-import-demo-*")] == []


@pytest.mark.parametrize("script", [None, "#!/bin/sh\nexit 1\n", "not a program"])
def test_folder_in_place_of_a_server(tmp_path, monkeypatch, capfd, script):
    """Without an S3 server that starts, the storage is a folder."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sysconfig.get_path", lambda name: str(tmp_path / "scripts"))
    if script is not None:
        (tmp_path / "weed").write_text(script)
        (tmp_path / "weed").chmod(0o700)

    with storage_in(tmp_path) as storage:
        assert isinstance(storage, FolderStorage)
        assert storage.count() == 0

    said = capfd.readouterr()
    assert ("did not start" in said.err) == (script is not None)


def test_settings_of_the_user_return(monkeypatch):
    """The demo changes the environment for its own time only."""
    monkeypatch.setenv("AWS_REGION", "eu-central-2")
    before = dict(os.environ)

    with own_environment():
        assert "AWS_REGION" not in os.environ

    assert dict(os.environ) == before
