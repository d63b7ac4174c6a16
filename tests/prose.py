"""Turns of phrase that plain technical English does without, and a search for them.

`python -m tests.prose [PATH …]` lists them with file and line, and counts them per 1,000 words.
Docstrings, comments and other strings of Python files are read, and the whole of Markdown files.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.syntax import comments, strings

ROOT = Path(__file__).resolve().parents[1]
WHERE = ("ld_import", "tests", "benchmarks", "docs", "README.md", "CHANGELOG.md", "CONTRIBUTING.md")
# Quoted sentences of servers, and the list itself.
NOT_READ = ("tests/prose.py", "tests/test_prose.py", "tests/vendor-examples")

# What is banned, and what to write instead (STYLE: plain technical English).
BANNED = {
    r"\b(?:tells?|told|telling)\b": "report, return, show, say",
    r"(?:(?<=[.:;] )|^)(?-i:What(?:ever)?) (?!is the |if )[^?]*?(?:[.;:](?: |$)|$)": (
        "subject first"
    ),
    r"^(?-i:Where (?!.*, )|How |Who(?:ever)? )[^?]*$": "a docstring says what the thing is",
    r"\b(?:stands?|stood|standing)\b(?! alone| for\b| out\b|-in)": "be, appear, remain",
    r"\b(?:no|some|any)body\b": "the caller, a process, no one, nothing",
    r"\b(?:take|takes|taken|took|taking) in\b": "accept",
    r"\bwho(?:m)?ever\b": "the caller, the reader, a process",
    r"(?<![Tt]here )\b(?:is|are|was|were) no (?!longer|more|less|fewer|other|such|need|way)\w+": (
        "is not a"
    ),
    r"\b(?:leave|leaves|leaving|left) (?:\w+ ){0,2}away\b": "omit, remove",
    r"\bmend(?:s|ed|ing)?\b": "fix",
    r"\bhow-manieth\b": "number, which",
    r"\bis there none of\b|\bthere is none of\b": "unknown",
}
PATTERNS = {
    re.compile(pattern, re.MULTILINE | re.IGNORECASE): better for pattern, better in BANNED.items()
}
WORD = re.compile(r"[A-Za-z][A-Za-z'-]*")


@dataclass(frozen=True)
class Text:
    """A piece of prose and where it begins."""

    path: Path
    line: int
    text: str


@dataclass(frozen=True)
class Finding:
    """A banned turn of phrase."""

    path: Path
    line: int
    words: str
    better: str


def files(paths: list[Path]) -> Iterator[Path]:
    """Yield the files with prose below these paths."""
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            name = file.relative_to(ROOT).as_posix() if file.is_relative_to(ROOT) else file.name
            if file.suffix in (".py", ".md") and not name.startswith(NOT_READ):
                yield file


def texts(paths: list[Path]) -> Iterator[Text]:
    """Yield all prose below these paths."""
    for file in files(paths):
        yield from _of_python(file) if file.suffix == ".py" else _of_markdown(file)


def _of_python(path: Path) -> Iterator[Text]:
    source = path.read_text(encoding="utf-8")
    for line, text in strings(source):
        if " " in text:
            yield Text(path, line, _flowing(text))
    begun, line, words = -1, 0, ""
    for number, comment in comments(source):
        if number != line + 1 or not words:
            if words:
                yield Text(path, begun, words)
            begun, words = number, ""
        line = number
        words = f"{words} {comment.lstrip('#: ')}".strip()
    if words:
        yield Text(path, begun, words)


def _flowing(text: str) -> str:
    """Join the lines of a paragraph; paragraphs and list items stay apart."""
    return re.sub(r"(?<=\S)\n[ \t]*(?=[^\s*-])", " ", text.strip())


def _of_markdown(path: Path) -> Iterator[Text]:
    source = re.sub(
        r"^```.*?^```$",
        lambda block: "\n" * block[0].count("\n"),
        path.read_text(encoding="utf-8"),
        flags=re.MULTILINE | re.DOTALL,
    )
    for number, line in enumerate(source.split("\n"), 1):
        yield Text(path, number, line.lstrip("-#>| "))


def findings(text: Text) -> Iterator[Finding]:
    """Yield the banned turns of phrase in a text."""
    for pattern, better in PATTERNS.items():
        for match in pattern.finditer(text.text):
            yield Finding(text.path, text.line, match[0][:60], better)


def main(arguments: list[str]) -> None:
    """List what is found below these paths, and count it."""
    paths = [Path(one).resolve() for one in arguments] or [ROOT / one for one in WHERE]
    word_count, counts = 0, Counter[str]()
    for text in texts([path for path in paths if path.exists()]):
        word_count += len(WORD.findall(text.text))
        for one in findings(text):
            counts[one.better] += 1
            sys.stdout.write(f"{one.path}:{one.line}: {one.words!r} → {one.better}\n")
    total = sum(counts.values())
    rate = 1000 * total / max(word_count, 1)
    sys.stdout.write(f"{total} in {word_count:,} words: {rate:.1f} per 1,000\n")
    for better, count in counts.most_common():
        sys.stdout.write(f"  {count} {better}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
