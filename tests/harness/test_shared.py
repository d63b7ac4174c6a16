"""One server serves all processes of a test run, and none outlives the run."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.harness.shared import Shared, free_ports, made_once

USER = """
import sys
from pathlib import Path
from tests.harness.shared import Shared
from tests.harness.test_shared import launch

user = Shared(Path(sys.argv[1]), launch)
print(user.facts()["pid"], flush=True)
sys.stdin.read()
user.close()
"""
PATIENCE_SECONDS = 10


def launch(launched):
    process = launched.run(["sleep", "100"])
    launched.facts = {"pid": process.pid}


def launch_badly(launched):
    launch(launched)
    (launched.folder.parent / "pid").write_text(str(launched.facts["pid"]))
    raise RuntimeError("cannot start")


@pytest.fixture
def start_user(tmp_path):
    """Return a function that starts a process which uses the server of this test."""
    started = []

    def start():
        root = Path(__file__).parents[2]
        command = [sys.executable, "-c", USER, str(tmp_path / "it")]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root)
        started.append(process)
        assert process.stdout
        return process, int(process.stdout.readline())

    yield start
    for process in started:
        process.kill()
        process.communicate()


def is_alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    # A killed process is listed until its parent has noticed.
    return state.rpartition(")")[2].split()[0] != "Z"


def assert_ends(pid):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while is_alive(pid):
        assert time.monotonic() < deadline
        time.sleep(0.01)  # noqa: TID251 (a process ends in real time)


def test_last_user_ends_it(tmp_path, start_user):
    """All users share one server, which ends with the last of them and starts again on demand."""
    user = Shared(tmp_path / "it", launch)
    pid = user.facts()["pid"]

    first, seen = start_user()
    user.close()

    assert seen == pid
    assert is_alive(pid)
    first.communicate(b"")
    assert_ends(pid)
    assert not (tmp_path / "it" / "files").exists()
    again = user.facts()["pid"]
    assert again != pid
    user.close()
    user.close()
    assert not is_alive(again)


def test_killed_user(start_user):
    """A server whose users were killed ends, too."""
    process, pid = start_user()

    process.kill()

    assert_ends(pid)


def test_failed_start(tmp_path):
    """A start that fails leaves no process and no file, and the next one begins anew."""
    folder = tmp_path / "it"
    bad, good = Shared(folder, launch_badly), Shared(folder, launch)

    with pytest.raises(RuntimeError, match="cannot start"):
        bad.facts()

    assert not is_alive((folder / "pid").read_text())
    assert not (folder / "files").exists()
    pid = good.facts()["pid"]
    bad.close()
    assert is_alive(pid)
    good.close()
    assert not is_alive(pid)


def test_output_of_a_process_that_ended(tmp_path):
    """A server that ends while it starts is reported with its output."""

    def fail(launched):
        launched.run(["sh", "-c", "echo no disk; exit 3"]).wait()
        launched.check()

    user = Shared(tmp_path / "it", fail)

    with pytest.raises(RuntimeError, match="ended with 3: no disk"):
        user.facts()
    user.close()


def test_free_ports():
    """Ports are distinct, and so are those at an offset."""
    ports = free_ports(20, 10_000)

    assert len({*ports, *(port + 10_000 for port in ports)}) == 40


def test_made_once(tmp_path):
    """A value is made for the first who asks, and again only if that failed."""
    calls = []

    def make():
        calls.append(1)
        return {"calls": len(calls)}

    with pytest.raises(ZeroDivisionError):
        made_once(tmp_path / "it", lambda: 1 / 0)
    assert [made_once(tmp_path / "it", make) for _ in range(2)] == [{"calls": 1}] * 2
