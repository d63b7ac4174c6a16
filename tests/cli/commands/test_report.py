"""`ld-import report`, and `--report` of an import: the page of a run, however it ended."""

from __future__ import annotations

import csv
import os
import signal
import stat
import sys
from contextlib import redirect_stdout
from io import StringIO

import pytest

from ld_import.cli.app import main
from ld_import.emulator import Fault, Settings
from ld_import.ledger import exclusive
from ld_import.report.problems import MOST_ROWS
from tests.harness.records import broken, video, videos
from tests.makers import make_start

POST = "POST import/videos"
REPORT = "report.html"


def read(place, name=REPORT):
    return (place.folder / name).read_text(encoding="utf-8")


def headline(page):
    return page.partition("<h1><bdi>")[2].partition("</bdi></h1>")[0]


def fill(place):
    place.imported(place.write(video(1), video(2), broken(3)), code=3)


@pytest.fixture
def imported(place, begin):
    """Return a place with a run of three videos, one of which is invalid."""
    begin(place, fill)
    return place


def test_report_of_the_latest_run(imported):
    """Without a run, the page is that of the latest; standard output has only its name."""
    run = imported.run("ledger", "runs", "--json").document[0]["run"]
    ended = imported.run("report")

    name = f"report-{run.replace(':', '')}.html"
    assert (ended.code, ended.out) == (0, f"{name}\n")
    assert (
        headline(read(imported, name))
        == "Of 3 records, none had to be sent; 2 unchanged and 1 invalid."
    )
    assert run in read(imported, name)


def test_report_of_a_named_run(imported):
    """A run of the list has a report, too; the file is the one named."""
    first = imported.run("ledger", "runs", "--json").document[1]["run"]
    ended = imported.run("report", first, "-o", REPORT)

    assert (ended.code, ended.out) == (0, f"{REPORT}\n")
    assert first in read(imported)
    assert stat.S_IMODE((imported.folder / REPORT).stat().st_mode) == 0o600


def test_unknown_run(imported):
    """An unknown run is a usage error that names the command with the list."""
    ended = imported.run("report", "2026-01-01T00:00:00Z-0000")

    assert (ended.code, ended.out) == (2, "")
    assert "has no run '2026-01-01T00:00:00Z-0000' of this target" in ended.err
    assert "`ld-import ledger runs` lists the runs" in ended.err


def test_target_without_an_import(imported):
    """A target that the ledger has no import of is a usage error."""
    ended = imported.run("report", "--system-name", "elsewhere")

    assert (ended.code, ended.out) == (2, "")
    assert "has no import of this target" in ended.err


def test_run_of_another_target(make_place):
    """The latest run is that of the chosen target."""
    place = make_place()
    place.imported(place.write(*videos(1)))
    other = place.url.replace("127.0.0.1", "localhost")
    place.imported("--server", other)

    assert place.run("report", "-o", REPORT, "--server", place.url).code == 0
    assert f"<bdi>{place.url}</bdi>" in read(place)
    assert place.run("report", "-o", REPORT, "--server", other).code == 0
    assert f"<bdi>{other}</bdi>" in read(place)


@pytest.mark.parametrize("path", [".ld-import/ledger.sqlite3", ".ld-import/ledger.sqlite3-wal"])
def test_ledger_is_not_replaced(imported, path):
    """The ledger as output file is refused."""
    ended = imported.run("report", "-o", path)

    assert (ended.code, "is the ledger itself" in ended.err) == (2, True)
    assert imported.run("ledger", "items").code == 0


def test_output_that_is_no_file(imported):
    """A link or a missing folder is one sentence."""
    (imported.folder / "link.html").symlink_to("elsewhere.html")

    for path in ("link.html", "missing/report.html"):
        ended = imported.run("report", "-o", path)
        assert (ended.code, ended.out) == (2, "")
        assert f"error: {path}" in ended.err and "--output" in ended.err


def test_missing_library(imported, monkeypatch):
    """Without the extra, one sentence says how to install it; an import sends nothing."""
    monkeypatch.setitem(sys.modules, "pygal", None)

    for arguments in (["report"], ["videos", "manifest.json", "--report", REPORT]):
        ended = imported.run(*arguments)
        assert (ended.code, ended.out) == (2, "")
        assert "error: reports need an optional part of ld-import" in ended.err
        assert "hint: run: pip install 'ld-import[report]'" in ended.err
    assert imported.run("videos", "manifest.json").code == 3
    assert not (imported.folder / REPORT).exists()


def test_all_items_are_in_a_file_beside_the_page(place):
    """If the page cannot list all items, a CSV file has them; no cell of it is a formula."""
    count = MOST_ROWS + 5
    items = [broken(number) for number in range(1, count)]
    items.append(video(count, id="=1+1", url="nowhere"))
    place.run("videos", place.write(*items), "--report", REPORT, "-q")

    with (place.folder / "report.items.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == count
    assert {row["state"] for row in rows} == {"invalid"}
    assert rows[-1]["externalId"] == "'=1+1"
    assert '<a href="./report.items.csv">' in read(place)
    assert read(place).count("<tr data-state=") == MOST_ROWS


def test_import_writes_its_report(place):
    """`--report` writes the page of the run; without -q, the log names it."""
    ended = place.run("videos", place.write(video(1), broken(2)), "--report", REPORT)

    assert ended.code == 3
    assert f"info: the report is {REPORT}" in ended.err
    assert headline(read(place)) == "1 of 2 records was sent: 1 imported; 1 invalid."
    assert "`url` is" in read(place)


def test_report_in_a_folder(place):
    """In a folder each run gets a file of its own; the configuration may name it."""
    (place.folder / "reports").mkdir()
    (place.folder / "ld-import.yaml").write_text("videos:\n  report: reports\n")
    manifest = place.write(video(1))
    for _ in range(2):
        assert place.run("videos", manifest).code == 0

    runs = place.run("ledger", "runs", "--json").document
    names = {f"report-{run['run'].replace(':', '')}.html" for run in runs}
    assert {path.name for path in (place.folder / "reports").iterdir()} == names


def test_permissions_of_a_replaced_report(place):
    """A report that was made readable for a group stays readable."""
    path = place.folder / REPORT
    path.touch()
    path.chmod(0o640)

    assert place.run("videos", place.write(video(1)), "--report", REPORT).code == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert headline(read(place))


def test_error_that_ends_the_run(make_place):
    """The report of a run that ended early begins with the error and its hint."""
    place = make_place(Fault(on=POST, action="status", status=401))
    ended = place.run("videos", place.write(video(1)), "--report", REPORT)

    assert ended.code == 5
    assert headline(read(place)).startswith(f"The run ended early: POST {place.url}")
    assert "Give a valid token" in read(place)


@pytest.mark.parametrize(
    ("content", "code"), [("videos: [", 4), ('systemName: "<b>"\nvideos: [{}]\nmap: 7', 4)]
)
def test_run_that_does_not_begin(place, content, code):
    """An older report does not remain when a run cannot begin: the page has the error."""
    manifest = place.folder / "manifest.yaml"
    manifest.write_text(content)
    (place.folder / REPORT).write_text("old")

    assert place.run("videos", manifest, "--report", REPORT).code == code
    assert headline(read(place)).startswith("The run ended early: ")
    assert headline(read(place)).endswith("Nothing was sent.")


def test_ledger_of_another_run(place):
    """A run that finds its ledger locked says so in its report."""
    manifest = place.write(video(1))
    assert place.run("videos", manifest).code == 0

    with exclusive(place.ledger_path, make_start()):
        assert place.run("videos", manifest, "--report", REPORT).code == 10
    assert "The run ended early: another run" in headline(read(place))


def test_interrupted_run(place):
    """A run that SIGTERM stops writes its report before it ends."""
    place.emulator.settings = Settings(job_seconds=30)
    arguments = (place.write(*videos(3)), "--report", REPORT, "-v")
    ended = place.run_until(b"debug: started job", signal.SIGTERM, "videos", *arguments)

    assert ended.code == 143, ended
    assert headline(read(place)) == (
        "The run ended early: stopped on request; everything in flight is recorded. 3 of 3 records"
        " were sent: 3 still open."
    )
    assert "waits for the result" in read(place)


def test_report_that_cannot_be_written(place):
    """The exit code stays, and a warning says why."""
    ended = place.run("videos", place.write(video(1)), "--report", "missing/report.html")

    assert ended.code == 0
    assert "warning: the report missing/report.html cannot be written: No such file" in ended.err


class BrokenStream(StringIO):
    """Standard output that raises an error no command expects."""

    def write(self, text):
        raise RuntimeError("cannot show")


def test_quota_that_is_used_up(make_place):
    """The page has the items of the day, the limit that the server named, and what to do."""
    place = make_place(quota=3)
    manifest = place.write(*videos(4))
    ended = place.run("videos", manifest, "--batch-size", "2", "--report", REPORT)

    assert ended.code == 7
    page = read(place)
    assert "allowance of 3 in 24 hours is used up. 3 of 4 records were sent" in headline(page)
    assert "3 of 3</meter>" in page and "The server allows 3 items in 24 hours" in page
    assert "run the same command again" in page.partition('class="advice"')[2][:300]


def test_bug_in_the_run(place):
    """A run that ends by an unexpected error has a report that says so, in words of users."""
    with redirect_stdout(BrokenStream()):
        code = main(["videos", str(place.write(video(1))), "--report", REPORT])

    assert code == 1
    assert headline(read(place)).startswith(
        "The run ended early: an unexpected error, which is a bug. 1 of 1 record was sent"
    )
    assert "RuntimeError" not in read(place)


def test_run_with_a_damaged_ledger(imported):
    """A ledger that cannot be read is the error of the page; the code is that of the run."""
    _damage(imported)

    assert imported.run("videos", "manifest.json", "--report", REPORT).code == 9
    assert headline(read(imported)).startswith("The run ended early: ")
    assert "is damaged" in headline(read(imported))


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("elsewhere.html")])
def test_report_onto_a_device(place, make):
    """A pipe, a device or a link is not replaced; the exit code stays."""
    path = place.folder / REPORT
    make(path)
    before = path.lstat()
    ended = place.run("videos", place.write(video(1)), "--report", REPORT)

    assert ended.code == 0
    assert f"warning: the report {REPORT} cannot be written: it is not a regular" in ended.err
    assert path.lstat().st_ino == before.st_ino


def test_bug_in_the_report(place, monkeypatch):
    """An unexpected error while the report is written leaves the exit code, and a crash file."""
    monkeypatch.setitem(sys.modules, "ld_import.report.page", None)
    ended = place.run("videos", place.write(video(1)), "--report", REPORT)

    assert ended.code == 0
    assert f"warning: the report {REPORT} is not written: unexpected" in ended.err
    (crash,) = (place.folder / ".ld-import").glob("crash-*.txt")
    assert str(crash.relative_to(place.folder)) in ended.err


def test_dry_run_writes_none(place):
    """A dry run writes nothing, and says that it writes no report."""
    ended = place.run("videos", place.write(video(1)), "-n", "--report", REPORT)

    assert (ended.code, "warning: a dry run writes no report" in ended.err) == (0, True)
    assert not (place.folder / REPORT).exists()


@pytest.mark.parametrize("name", ["manifest.json", ".ld-import/ledger.sqlite3", "talks.log"])
def test_file_in_other_use(place, name):
    """A report never replaces the manifest, the ledger or another output."""
    manifest = place.write(video(1))
    before = manifest.read_bytes()
    ended = place.run("videos", manifest, "--report", name, "--log-file", "talks.log")

    assert ended.code == 2, ended
    assert f"the report {name} is" in ended.err
    assert manifest.read_bytes() == before


def test_list_of_items_in_other_use(place):
    """The file beside the page never replaces the manifest, either."""
    manifest = place.write(video(1), name="talks.items.csv")
    ended = place.run("videos", manifest, "--format", "json", "--report", "talks.html")

    assert ended.code == 2
    assert "the list of items beside the report talks.items.csv is the manifest" in ended.err


def test_damaged_ledger(imported):
    """A damaged ledger is 9, and an older report remains."""
    (imported.folder / REPORT).write_text("old")
    _damage(imported)

    assert imported.run("report", "-o", REPORT).code == 9
    assert read(imported) == "old"


def test_source_named_in_standard_input(place):
    """A report that would replace the source of a piped manifest is refused, and not written."""
    (place.folder / "talks.jsonl").write_text("{}")
    manifest = 'systemName: a\nsource: talks.jsonl\nexternalId: "{{ id }}"\n'
    with place.start("videos", "-", "--format", "yaml", "--report", "talks.jsonl", stdin=-1) as run:
        _, err = run.communicate(manifest.encode())

    assert run.returncode == 2
    assert b"the report talks.jsonl is the source of the manifest" in err
    assert (place.folder / "talks.jsonl").read_text() == "{}"


def _damage(place):
    data = bytearray(place.ledger_path.read_bytes())
    data[4096:] = b"x" * (len(data) - 4096)
    place.ledger_path.write_bytes(bytes(data))
