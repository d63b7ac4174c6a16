"""`--log-file`: a rotated log of all runs, whose failures do not affect a run."""

from __future__ import annotations

import os
import re
import signal
import stat
from pathlib import Path

import orjson
import pytest

from ld_import.cli.options import LogFlags
from ld_import.cli.output.log import NOT_LOGGED, Log
from ld_import.cli.output.log_file import KEPT_FILES, LARGEST_BYTES, LogFile
from ld_import.clock import SystemClock
from ld_import.errors import Interrupted, UsageError
from ld_import.ledger import exclusive
from tests.harness.records import broken, video, videos

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ")


def lines_of(path=Path("run.log")):
    """Return the lines of a log without their timestamps, which every line must have."""
    lines = path.read_text(encoding="utf-8").splitlines()
    assert all(MOMENT.match(line) for line in lines), lines
    return [MOMENT.sub("", line) for line in lines]


def test_story_of_a_run(place):
    """A run begins with version, kind, manifest, target and run, and ends with counts and code."""
    manifest = place.write(video(1), broken(2))

    summary = place.summary("--log-file", "run.log", "--no-wait", "--log-level", "info", code=3)

    run = f"[run {summary['run']}]"
    first, warning, counts, hint, last = lines_of()
    assert re.match(r"info: ld-import \d\S* begins an import of videos from ", first)
    assert first.endswith(f" from {manifest} → {place.url} {run}")
    assert warning.startswith("warning: manifest.json:3 (v2): ")
    assert counts.startswith(
        f"info: imported manifest.json → {place.url}: 2 read, 1 open, 1 invalid"
    )
    assert hint.startswith("hint: `ld-import ledger items")
    assert re.fullmatch(r"info: ended with exit code 3 after \d\.\d s \[run .*\]", last)
    assert all(line.endswith(run) for line in (first, warning, counts, hint, last))


def test_json_in_the_file(place):
    """With `--log-format json` each line of the file is one object that names the run."""
    place.write(video(1), broken(2))

    summary = place.summary("--log-file", "run.log", "--log-format", "json", "-v", code=3)

    lines = [orjson.loads(line) for line in Path("run.log").read_bytes().splitlines()]
    assert {line["run"] for line in lines} == {summary["run"]}
    assert [lines[0]["event"], lines[-1]["event"]] == ["begin", "end"]
    assert (lines[0]["kind"], lines[0]["target"]) == ("videos", place.url)
    assert lines[-1]["exitCode"] == 3
    assert "jobs" in NOT_LOGGED
    told = next(line for line in lines if line["event"] == "summary")["summary"]
    assert told == {name: value for name, value in summary.items() if name not in NOT_LOGGED}


@pytest.mark.parametrize(
    ("flags", "levels"),
    [
        (["-q"], {"info", "warning", "hint"}),
        (["-q", "--log-level", "warning"], {"warning", "hint"}),
        (["-v"], {"debug", "info", "warning", "hint"}),
        (["--log-level", "error"], {"hint"}),
    ],
)
def test_level_of_the_file(place, flags, levels):
    """The level of the file is `--log-level`, also with `-q`."""
    place.write(video(1), broken(2))

    ended = place.run("videos", "--no-wait", "--log-file", "run.log", *flags)

    assert {line.split(":")[0] for line in lines_of()} == levels
    assert ended.code == 3
    if "-q" in flags:
        assert (ended.out, ended.err) == ("", "")


def test_error_that_ends_a_run(place):
    """The error that ends a run is logged with its hint, also before the run has started."""
    ended = place.run("videos", "missing.json", "--log-file", "run.log")

    error, hint, last = lines_of()
    assert ended.err.splitlines() == [error, hint]
    assert re.fullmatch(rf"info: ended with exit code {ended.code} after \d+\.\d s", last)


def test_interrupted_before_the_run(tmp_path):
    """A second Ctrl-C before the run is logged with its exit code, not as an unexpected error."""
    flags = LogFlags(log_file=tmp_path / "run.log")
    with pytest.raises(Interrupted), Log(flags, SystemClock()) as log:
        log.open_file(flags.log_file)
        raise Interrupted(signal.SIGINT)

    (last,) = lines_of(tmp_path / "run.log")
    assert re.fullmatch(r"info: ended with exit code 130 after \d+\.\d s", last)


def test_file_of_the_configuration(place):
    """`logFile` in ld-import.yaml is relative to it and applies without the flag."""
    (place.folder / "ld-import.yaml").write_text("videos:\n  logFile: run.log\n")
    place.write(video(1))

    place.run("videos", "--no-wait")

    assert lines_of()[-1].startswith("info: ended with exit code 0")


def test_later_runs_append(place):
    """Later runs append to the log; only its owner can read it."""
    place.write(video(1))

    runs = [place.summary("--no-wait", "--log-file", "run.log")["run"] for _ in range(2)]

    begun = [line for line in lines_of() if " begins " in line]
    assert [line[-len(run) - 1 : -1] for line, run in zip(begun, runs, strict=True)] == runs
    assert stat.S_IMODE(Path("run.log").stat().st_mode) == 0o600


def test_two_runs_into_one_file(place):
    """A second run logs that the ledger is in use, in the same file."""
    place.write(video(1))
    place.run("videos", "--no-wait", "--log-file", "run.log")
    before = lines_of()

    with exclusive(place.ledger_path):
        ended = place.run("videos", "--no-wait", "--log-file", "run.log")

    after = lines_of()
    assert ended.code == 10
    assert after[: len(before)] == before
    assert after[-1].startswith("info: ended with exit code 10")
    assert any(line.startswith("error: another run holds the ledger") for line in after)


@pytest.mark.parametrize("path", ["nowhere/run.log", ".", "loop.log", "manifest.json", "pipe"])
def test_file_that_cannot_be(place, path):
    """An unusable log file is an error before anything is sent, and is not written to."""
    Path("loop.log").symlink_to("loop.log")
    os.mkfifo("pipe")
    manifest = place.write(video(1))
    before = manifest.read_bytes()

    ended = place.run("videos", "manifest.json", "--log-file", path)

    assert ended.code == 2
    assert ended.err.startswith(f"error: the log file {path} ")
    assert ended.err.splitlines()[1].startswith("hint: name a file ")
    assert manifest.read_bytes() == before
    assert place.mine() == []


def test_full_disk(place):
    """A full disk makes one warning, and the run continues."""
    place.write(*videos(3))

    ended = place.run("videos", "--batch-size", "1", "--log-file", "/dev/full", "-v")

    told = [line for line in ended.err.splitlines() if "the log file" in line]
    assert ended.code == 0
    assert len(told) == 1
    assert told[0].startswith(
        "warning: the log file /dev/full cannot be written: No space left on device; the run"
    )


def test_renewal(tmp_path):
    """The log is rotated at 10 MB, readable by its owner only; five old files are kept."""
    path = tmp_path / "run.log"
    troubles: list[str] = []
    log = LogFile(path, troubles.append)
    for number in range(KEPT_FILES + 3):
        os.truncate(path, LARGEST_BYTES)
        log.write(f"line {number}")
    log.close()

    files = {one.name: one for one in tmp_path.iterdir()}
    assert set(files) == {"run.log", *(f"run.log.{n}" for n in range(1, KEPT_FILES + 1))}
    assert path.read_text() == f"line {KEPT_FILES + 2}\n"
    assert files["run.log.1"].read_bytes().startswith(b"line 6\n")
    assert {stat.S_IMODE(one.stat().st_mode) for one in files.values()} == {0o600}
    assert troubles == []


def test_file_put_aside_by_others(tmp_path):
    """After logrotate or another run has renamed the log, lines go to the new file."""
    path = tmp_path / "run.log"
    log = LogFile(path, pytest.fail)
    log.write("first")
    path.rename(tmp_path / "old.log")
    log.write("second")
    log.close()

    assert (tmp_path / "old.log").read_text() == "first\n"
    assert path.read_text() == "second\n"


def test_folder_that_goes_away(tmp_path):
    """If the directory disappears, only the first lost line makes a warning."""
    folder = tmp_path / "logs"
    troubles: list[str] = []
    folder.mkdir()
    log = LogFile(folder / "run.log", troubles.append)
    (folder / "run.log").unlink()
    folder.rmdir()
    for _ in range(3):
        log.write("line")
    log.close()

    assert len(troubles) == 1
    assert "No such file or directory; the run continues" in troubles[0]


def test_link_is_followed(tmp_path):
    """Rotation of a symbolic link rotates its target."""
    link, path = tmp_path / "current.log", tmp_path / "run.log"
    link.symlink_to(path)
    log = LogFile(link, pytest.fail)
    os.truncate(path, LARGEST_BYTES)
    log.write("line")
    log.close()

    assert link.is_symlink()
    assert link.read_text() == "line\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a link to another user")
def test_link_of_another_user(place):
    """In a shared directory a symbolic link of another user is refused, for log and metrics."""
    place.write(video(1))
    Path("victim").write_text("theirs")
    for flag in ("--log-file", "--metrics-file"):
        Path(f"link{flag}").symlink_to("victim")
        os.chown(f"link{flag}", 4711, 4711, follow_symlinks=False)

        ended = place.run("videos", flag, f"link{flag}")

        name = flag.removeprefix("--").replace("-", " ")
        assert ended.code == 2
        assert f"error: the {name} link{flag} is a link owned by another user" in ended.err
    assert Path("victim").read_text() == "theirs"
    assert place.mine() == []


def test_link_that_comes_later(tmp_path):
    """A symbolic link that replaces the log during a run is not followed."""
    path = tmp_path / "run.log"
    (tmp_path / "victim").write_text("theirs")
    troubles: list[str] = []
    log = LogFile(path, troubles.append)
    path.unlink()
    path.symlink_to(tmp_path / "victim")
    log.write("line")
    log.close()

    assert (tmp_path / "victim").read_text() == "theirs"
    assert len(troubles) == 1


def test_refusal_has_a_hint(tmp_path):
    """A directory as log file is refused with a hint."""
    with pytest.raises(UsageError, match="Is a directory") as caught:
        LogFile(tmp_path, pytest.fail)

    assert "name a file" in caught.value.hint
