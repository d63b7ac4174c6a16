"""Second run over records with files that are all stored and unchanged, compared with `os.stat`.

No request is sent and no file is opened: before the measured runs, all bytes of the files are
replaced, which a run that reads them would notice. A dry run of many new records with files shows
the memory.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from benchmarks.bench import PROGRAM, PYTHON, Bench, Check, summary_holds
from benchmarks.contest import Contestant, Series, alternate, run_once
from benchmarks.folders import Folder, manifest_of, media_folder
from benchmarks.media import write_records
from benchmarks.outcome import Aim, Outcome, memory
from benchmarks.served import served
from benchmarks.storage import PUBLIC_URL

DRY_NAME = "dry run, new records with files"
# Many records share these files; their states are asked for each record.
DRY_FOLDER_FILES = 100
MOST_MICROSECONDS = 100


def run(bench: Bench) -> Outcome:
    """Measure nights of different sizes, and a dry run."""
    counts = bench.sizes.nights
    series: dict[str, Series] = {}
    for count in counts:
        series |= _night(bench, count)
    dry = _dry_run(bench, bench.sizes.dry_files)
    series[DRY_NAME] = Series(DRY_NAME, dry.items, [run_once(dry, bench.env)])
    return Outcome(
        name="night",
        title="files that are stored and unchanged: no request, no file opened",
        series=list(series.values()),
        base=_stat_name(counts[-1]),
        aims=[*_aims(series, counts), memory(series[DRY_NAME], 120)],
        notes=["a run that opens a file would notice: its bytes were replaced after the upload"],
    )


def _aims(series: dict[str, Series], counts: tuple[int, ...]) -> Iterator[Aim]:
    least, most = counts[0], counts[-1]
    more = most - least
    # CPU time, since the difference of two times is dominated by other work of the machine.
    ours = (series[_name(most)].cpu_seconds - series[_name(least)].cpu_seconds) / more
    yield Aim("CPU for each further file", ours * 1e6, MOST_MICROSECONDS, "µs")
    yield memory(series[_name(most)], 120)


def _night(bench: Bench, count: int) -> dict[str, Series]:
    folder = media_folder(bench, "small", count, is_own=True)
    store = bench.fresh(f"night-store-{count}")
    ledger = bench.fresh(f"night-{count}") / "ledger.sqlite3"
    manifest = folder.manifest({"url": f"file:{store}", "publicUrl": PUBLIC_URL})
    with served("library") as server:
        command = _command(manifest, folder.config, ledger, server.url)
        is_sent = summary_holds(lambda summary: summary["outcomes"]["success"] == count)
        run_once(_contestant(f"upload of {count:,} files", command, count, is_sent), bench.env)
    _replace_quietly(folder)
    is_unchanged = summary_holds(
        lambda summary: summary["unchanged"] == count and not any(summary["requests"].values())
    )
    night = _contestant(_name(count), command, count, is_unchanged)
    # The first night looks up every record, later ones only blocks.
    first = Series(f"{night.name}, the first", count, [run_once(night, bench.env)])
    stat = (PYTHON, "-m", "benchmarks.limits.stat_files", str(folder.records))
    limit = Contestant(name=_stat_name(count), command=stat, items=count)
    measured = alternate([night, limit], bench.sizes.repeat, bench.env)
    return {first.name: first, **measured}


def _dry_run(bench: Bench, count: int) -> Contestant:
    folder = media_folder(bench, "small", DRY_FOLDER_FILES)
    names = [path.name for path in sorted(folder.path.iterdir())]
    records = folder.path.with_name(f"dry-{count}.jsonl")
    write_records(records, folder.path.name, [names[at % len(names)] for at in range(count)])
    config = records.with_suffix(".config.yaml")
    storage = {"url": f"file:{bench.fresh('night-dry')}", "publicUrl": PUBLIC_URL}
    manifest = manifest_of(records, config, storage)
    ledger = bench.fresh("night-no-ledger") / "ledger.sqlite3"
    command = (*_command(manifest, config, ledger, "http://127.0.0.1:9"), "--dry-run")
    is_planned = summary_holds(lambda summary: summary["wouldSend"]["new"] == count)
    return _contestant(DRY_NAME, command, count, is_planned)


def _command(manifest: Path, config: Path, ledger: Path, url: str) -> tuple[str, ...]:
    place = ("--config", str(config), "--ledger", str(ledger), "--server", url)
    # A night without new items asks the server nothing but for a spot check.
    quiet = ("--no-preflight", "--no-spot-check", "--json", "-q")
    return (PROGRAM, "media-library", str(manifest), *place, *quiet)


def _contestant(name: str, command: tuple[str, ...], count: int, check: Check) -> Contestant:
    return Contestant(name=name, command=command, items=count, check=check)


def _name(count: int) -> str:
    return f"ld-import, {count:,} files"


def _stat_name(count: int) -> str:
    return f"limit: os.stat of {count:,} files"


def _replace_quietly(folder: Folder) -> None:
    """Replace the bytes of all files, and keep their sizes and times."""
    for path in folder.path.iterdir():
        before = path.stat()
        path.write_bytes(bytes(before.st_size))
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
