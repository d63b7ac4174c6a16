"""A person at an interactive shell, who types the start of a line and presses Tab."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
from pathlib import Path

# Without a configuration of the user.
SHELLS = {"bash": ["bash", "--norc", "--noprofile", "-i"], "zsh": ["zsh", "-f", "-i"]}
PREPARE = {
    "bash": "PS1='rea''dy>'; bind 'set enable-bracketed-paste off'; source '{script}'",
    "zsh": "PROMPT='rea''dy>'; unset zle_bracketed_paste; autoload -U compinit; compinit -D -u;"
    " source '{script}'",
}
# Where the line begins, `echo <`; where it ends, `>`.
SHOW = b"\x01echo '<'\x05'>'\r"
TIMEOUT_SECONDS = 20


def environment_of(folder: Path) -> dict[str, str]:
    """Return the environment of a user whose home is this folder, with the program on the path."""
    return {
        "HOME": str(folder),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "TERM": "xterm",
        "LANG": "C.UTF-8",
    }


class Typist:
    """An interactive bash or zsh in a pseudo terminal that has loaded a completion script."""

    def __init__(self, shell: str, folder: Path, script: Path):
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
        self._type(PREPARE[shell].format(script=script).encode() + b"\r")

    def __enter__(self):
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
        while not re.search(rb"\n[^\n]*ready>(?:\x1b\[[\d;?]*\w)*\Z", shown):
            is_ready = select.select([self._terminal], [], [], TIMEOUT_SECONDS)[0]
            assert is_ready, shown
            shown += os.read(self._terminal, 65536)
        return shown.decode(errors="replace").replace("\r\r", "\r")
