"""Makes docs/run.svg from a real run against the emulator: `python -m tests.docs.picture`."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import termios
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from ld_import.emulator import Emulator, Settings
from ld_import.emulator.serve import serving
from tests.docs import DOCS, ROOT
from tests.harness.terminal import read_to_end

PICTURE = DOCS / "run.svg"
COLUMNS = 92
PORT = 9090
COMMAND = ("videos", "talks.yaml", "--batch-size", "10", "--parallel", "3")
# Two lines that are drawn again and again: the one of the items, in bold, and that of the jobs.
FRAME = re.compile(
    r"(\x1b\[1mitems[^\r\n]*)\r?\n(\x1b\[1mjobs[^\r\n\x1b]*(?:\x1b\[[\d;]*m[^\r\n\x1b]*)*)"
)
FONTS = 'ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace'


def lines() -> list[str]:
    """Run the same import twice; return the lines of the picture, with their ANSI styles."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        for sample in ("talks.yaml", "talks.jsonl"):
            shutil.copyfile(ROOT / "sample-manifests" / sample, folder / sample)
        emulator = Emulator(Settings(job_polls=0, job_seconds=1.2, jobs_at_once=3))
        with serving(emulator, port=PORT) as url:
            first = output_of(COMMAND, folder, url)
            second = output_of(COMMAND, folder, url)
        emulator.close()
    frames = [found.groups() for found in FRAME.finditer(first) if "left" in found[1]]
    prompt = f"\x1b[1;32m$\x1b[0m ld-import {' '.join(COMMAND)}"
    return [
        prompt,
        *max(frames[: len(frames) * 2 // 3], key=lambda frame: frame[1].count("started")),
        "\x1b[2m(at the end)\x1b[0m",
        *summary_of(first),
        "",
        prompt,
        *summary_of(second),
    ]


def output_of(arguments: Sequence[str], folder: Path, url: str) -> str:
    """Run the program on a terminal of its own and return everything that it draws."""
    terminal, program_side = pty.openpty()
    fcntl.ioctl(program_side, termios.TIOCSWINSZ, struct.pack("HHHH", 24, COLUMNS, 0, 0))
    environment = {
        **os.environ,
        "TERM": "xterm-256color",
        "COLUMNS": str(COLUMNS),
        "LD_IMPORT_SERVER": url,
        "LD_IMPORT_TOKEN": "demo-token",
    }
    with subprocess.Popen(
        [sys.executable, "-m", "ld_import", *arguments],
        cwd=folder,
        env=environment,
        stdin=program_side,
        stdout=program_side,
        stderr=program_side,
    ) as process:
        os.close(program_side)
        drawn = read_to_end(terminal)
        os.close(terminal)
    assert process.returncode == 0, drawn.decode()
    return drawn.decode()


def summary_of(output: str) -> list[str]:
    """Return the lines of the summary, which follow the last control sequence."""
    return [line.rstrip() for line in output[output.rindex("imported ") :].splitlines()]


def svg_of(shown: Sequence[str]) -> str:
    """Return the lines as a picture of a terminal that needs nothing from the network."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    for line in shown:
        console.print(Text.from_ansi(line), soft_wrap=True, highlight=False)
    template = re.sub(r"\s*@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    template = template.replace("Fira Code, monospace", FONTS)
    return console.export_svg(
        title="ld-import", theme=MONOKAI, code_format=template, unique_id="run"
    )


if __name__ == "__main__":
    PICTURE.write_text(svg_of(lines()), encoding="utf-8")
