"""Generates records of conference videos: any number, identical for the same seed.

`python -m benchmarks.generate 1000 talks.jsonl` writes a .jsonl, .yaml or .csv file.
"""

from __future__ import annotations

import csv
import random
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson

Record = dict[str, Any]

SEED = 20261121
POOL = 4096
SUBJECTS = (
    "asyncio", "Bienenzucht", "café culture", "databases", "Überwachung", "fonts", "garbage"
    " collection", "Größenwahn", "type hints", "łódź maps", "naïve Bayes", "packaging",
    "Städtebau", "señales", "東京の地図", "testing", "Unicode", "wikis", "Žižka", "zero downtime",
)  # fmt: skip
FRAMES = (
    "A short history of {}", "{}: what we learned", "Why {} matters", "{} à la carte",
    "Introducing {}", "Keynote – {}", "{} in production", "Wie {} wirklich funktioniert",
    "The “{}” question", "{} for the rest of us",
)  # fmt: skip
GIVEN = (
    "Élodie", "Björn", "Chiara", "Gustavo", "Ada", "Søren", "Zoë", "Mikołaj", "Nguyễn", "Yuki",
    "Fatma", "Jürgen", "Inês", "Oğuz", "Priya", "Sam",
)  # fmt: skip
FAMILY = (
    "Martin", "Åkesson", "Conti", "Peña", "Brunner", "Møller", "Çelik", "Dvořák", "Tran", "Itō",
    "Okafor", "Weiß", "Gonçalves", "Smith", "Raman", "O’Neill",
)  # fmt: skip
TAGS = ("python", "web", "data", "kultur", "history", "open source", "größe", "talk", "keynote")
SENTENCE = (
    "the talk shows how a small team moved its archive and what broke on the way with code and"
    " pictures für alle die es genauer wissen wollen über Nacht café déjà vu questions welcome"
)
WORDS = SENTENCE.split()
EVENTS = ("pycon-ch", "euro-archive", "medientage", "datafest", "conf-é")


def records(count: int, seed: int = SEED) -> Iterator[Record]:
    """Yield `count` records; a longer sequence starts with the shorter one."""
    rng = random.Random(seed)
    titles = [_title(rng) for _ in range(POOL)]
    people = [[_name(rng) for _ in range(rng.choice((1, 1, 1, 2, 3)))] for _ in range(POOL)]
    tags = [rng.sample(TAGS, rng.randrange(5)) for _ in range(POOL)]
    texts = [_text(rng) for _ in range(POOL)]
    pick = rng.random
    for number in range(1, count + 1):
        event = EVENTS[number % len(EVENTS)]
        year, month, day = 1998 + number % 28, 1 + number % 12, 1 + number % 28
        slug = f"{event.replace('é', 'e')}-{number:07d}"
        yield {
            "slug": slug,
            "title": titles[int(pick() * POOL)],
            "speakers": people[int(pick() * POOL)],
            "tags": tags[int(pick() * POOL)],
            "recorded": f"{year}-{month:02d}-{day:02d}",
            "description": texts[int(pick() * POOL)],
            "url": f"https://media.archive.example/{event.replace('é', 'e')}/{year}/{slug}.mp4",
            "duration": 300 + int(pick() * 5400),
        }


def write(path: Path, count: int) -> None:
    """Write `count` records in the format of the file's suffix; a crash leaves no file."""
    partial = path.with_name(f"{path.name}.part")
    WRITERS[path.suffix](partial, records(count))
    partial.replace(path)


def _title(rng: random.Random) -> str:
    return rng.choice(FRAMES).format(rng.choice(SUBJECTS))


def _name(rng: random.Random) -> str:
    return f"{rng.choice(GIVEN)} {rng.choice(FAMILY)}"


def _text(rng: random.Random) -> str:
    # Mostly short, now and then long.
    length = min(60, 2 + int(rng.expovariate(1 / 12)))
    return " ".join(rng.choices(WORDS, k=length)).capitalize() + "."


def _write_jsonl(path: Path, made: Iterable[Record]) -> None:
    with path.open("wb") as file:
        for record in made:
            file.write(orjson.dumps(record) + b"\n")


def _write_yaml(path: Path, made: Iterable[Record]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for record in made:
            file.writelines(_yaml_lines(record))


def _yaml_lines(record: Record) -> Iterator[str]:
    bullet = "-"
    for name, value in record.items():
        if isinstance(value, list):
            yield f"{bullet} {name}:{'' if value else ' []'}\n"
            yield from (f"    - {item}\n" for item in value)
        elif name in ("title", "description"):
            # These may contain `: `; a JSON string is also a YAML string.
            yield f"{bullet} {name}: {orjson.dumps(value).decode()}\n"
        else:
            yield f"{bullet} {name}: {value}\n"
        bullet = " "


def _write_csv(path: Path, made: Iterable[Record]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer: csv.DictWriter[str] | None = None
        for record in made:
            flat = {
                name: "|".join(value) if isinstance(value, list) else value
                for name, value in record.items()
            }
            if writer is None:
                writer = csv.DictWriter(file, list(flat))
                writer.writeheader()
            writer.writerow(flat)


WRITERS: dict[str, Callable[[Path, Iterable[Record]], None]] = {
    ".jsonl": _write_jsonl,
    ".yaml": _write_yaml,
    ".csv": _write_csv,
}

if __name__ == "__main__":
    write(Path(sys.argv[2]), int(sys.argv[1]))
