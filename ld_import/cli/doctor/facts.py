"""The facts that checks find and later checks need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ld_import.cli.config.file import Config
from ld_import.cli.doctor.flags import DoctorFlags
from ld_import.clock import Clock
from ld_import.importer.server import Server


@dataclass(slots=True, kw_only=True)
class Facts:
    """The settings as far as they are known; each check adds its own.

    - `config` and `profile` are empty if they cannot be used; `config_problem` says so.
    - `server` has the token and the proxy once they are known; `None` without a usable URL.
    - `obstacle` is the reason why no request can be sent.
    """

    flags: DoctorFlags
    clock: Clock
    config: Config = field(default_factory=Config)
    profile: Mapping[str, Any] = field(default_factory=dict)
    config_problem: str = ""
    server: Server | None = None
    obstacle: str = ""

    @property
    def kind(self) -> str:
        """The kind of import to check, with a default."""
        return self.flags.kind or "videos"
