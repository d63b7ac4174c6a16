"""A person at an interactive shell, who types the start of a line and presses Tab."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
from pathlib import Path

SHELLS = {"bash": ["bash", "--rcfile", "home/.bashrc", "-i"], "zsh": ["zsh", "-i"]}
PREPARE = {
    "bash": b"PS1='rea''dy>'; bind 'set enable-bracketed-paste off'\r",
    "zsh": b"PROMPT='rea''dy>'; unset zle_bracketed_paste\r",
}
# Where the line begins, `echo <`; where it ends, `>`.
SHOW = b"\x01echo '<'\x05'>'\r"
TIMEOUT_SECONDS = 20


def environment_of(folder: Path) -> dict[str, str]:
    """Return the environment of a user with a home in this folder, and the program on the path."""
    return {
        "HOME": str(folder / "home"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "TERM": "xterm",
        "LANG": "C.UTF-8",
    }


class Typist:
    """An interactive bash or zsh in a pseudo terminal, with the configuration of its user."""

    def __init__(self, shell: str, folder: Path):
        self._terminal, other_end = pty.openpty()
        self._process = subprocess.Popen(
            SHELLS[shell],
            stdin=other_end,
            stdout=other_end,
            stderr=other_end,
            env=environment_of(folder),
            cwd=folder,
            start_new_session=True,
        )
        os.close(other_end)
        self._prepare = PREPARE[shell]

    def __enter__(self):
        try:
            self._type(self._prepare)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *raised):
        self._process.kill()
        self._process.wait()
        os.close(self._terminal)

    def complete(self, start: str) -> str:
        """Type the start of a line, press Tab, and return the line as it is then."""
        shown = self._type(start.encode() + b"\t" + SHOW)
        lines: list[str] = re.findall(r"^<(.*)>\r?$", shown, re.MULTILINE)
        return lines[-1].rstrip()

    def _type(self, keys: bytes) -> str:
        """Type keys, and return what the terminal shows until the next prompt."""
        os.write(self._terminal, keys)
        shown = b""
        while not re.search(rb"\n[^\n]*ready>(?:\x1b(?:\[[\d;?]*\w|=))*\Z", shown):
            is_ready = select.select([self._terminal], [], [], TIMEOUT_SECONDS)[0]
            assert is_ready, shown
            shown += os.read(self._terminal, 65536)
        return shown.decode(errors="replace").replace("\r\r", "\r")
