"""Reading a YAML list, compared with PyYAML's own loader; CSV is shown for reference."""

from __future__ import annotations

from pathlib import Path

from benchmarks.bench import PROGRAM, PYTHON, Bench
from benchmarks.contest import Contestant, alternate
from benchmarks.outcome import Aim, Outcome, ratio

READER_NAME, VALIDATE_NAME = "reader alone (two passes)", "ld-import validate"
LOADER_NAME = "yaml.load, CSafeLoader"
CSV_READER_NAME, CSV_NAME = "CSV: reader alone (two passes)", "CSV: csv.DictReader, orjson.dumps"
HEADER = """\
systemName: archive
externalId: "talk-{{ slug }}"
map: {url: "{{ url }}", fileName: "{{ title }}", metadata: {title: "{{ title }}"}}
source: %s
"""
MOST_TO_THE_LOADER = 1 / 3
MOST_GROWTH = 1.2


def run(bench: Bench) -> Outcome:
    """Measure lists of two lengths, so that memory can be compared."""
    small, large = bench.sizes.yaml
    source = bench.records(large, ".yaml")
    table = bench.records(bench.sizes.csv, ".csv")
    manifest = bench.folder / f"videos-{large}.yaml"
    manifest.write_text(HEADER % source.name, encoding="utf-8")
    small_name = f"reader alone, {small:,}"
    rows = bench.sizes.csv
    contestants = [
        Contestant(name=READER_NAME, command=_reader(source), items=large),
        Contestant(
            name=VALIDATE_NAME,
            command=(PROGRAM, "validate", "--kind", "videos", str(manifest), "--json"),
            items=large,
        ),
        Contestant(name=LOADER_NAME, command=_limit("safe_load", source), items=large),
        Contestant(name=small_name, command=_reader(bench.records(small, ".yaml")), items=small),
        Contestant(name=CSV_READER_NAME, command=_reader(table), items=rows),
        Contestant(name=CSV_NAME, command=_limit("read_csv", table), items=rows),
    ]
    series = alternate(contestants, bench.sizes.heavy_repeat, bench.env)
    reader, loader = series[READER_NAME], series[LOADER_NAME]
    return Outcome(
        name="yaml",
        title=f"YAML: a list of {large:,} records (and CSV: {rows:,})",
        series=list(series.values()),
        base=LOADER_NAME,
        aims=[
            ratio("the reader's time to the loader's", reader, loader, MOST_TO_THE_LOADER),
            Aim(
                f"memory at {large:,} to that at {small:,}",
                reader.peak_bytes / series[small_name].peak_bytes,
                MOST_GROWTH,
                "x",
            ),
        ],
        notes=[
            "`validate` reads the same list as its `source:`, renders three templates, and checks"
        ],
    )


def _reader(path: Path) -> tuple[str, ...]:
    return (PYTHON, "-m", "benchmarks.read_manifest", str(path))


def _limit(name: str, path: Path) -> tuple[str, ...]:
    return (PYTHON, "-m", f"benchmarks.limits.{name}", str(path))
