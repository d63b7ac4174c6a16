"""The preflight of a run: it asks for the project before the first item is sent.

A run in which nothing is to be sent needs no request.
"""

from __future__ import annotations

from typing import Any

from ld_import.api import LivingdocsClient
from ld_import.clock import Clock
from ld_import.errors import ApiError, ServerUnavailable
from ld_import.events import Listener, Note, ProjectRead
from ld_import.importer.project import (
    check_of,
    is_token_refused,
    read_project,
    unread_sentence,
)
from ld_import.kinds.media_library import MEDIA_LIBRARY
from ld_import.pipeline.tally import Tally
from ld_import.preflight import NoProjectCheck, ProjectCheck, ProjectConfig

ADVICE = "if only `GET projectConfig` fails, --no-preflight sends without it"


class Preflight:
    """Reads the project of a run once, and reports it; the run goes on without one."""

    def __init__(self, kind: str, client: LivingdocsClient, clock: Clock, listen: Listener) -> None:
        """Create the preflight of an import of this kind; nothing is requested yet."""
        self._kind = kind
        self._client = client
        self._clock = clock
        self._listen = listen
        self._project: ProjectConfig | None = None
        self._problem: str | None = None

    async def ask_check(self) -> ProjectCheck | NoProjectCheck | None:
        """Return the check of the items to send; `None` if nothing can be checked.

        Raises ServerUnavailable, as the first import request would.
        """
        try:
            self._project = await read_project(self._client)
        except ServerUnavailable as error:
            hint = f"{error.hint}; {ADVICE}"
            raise ServerUnavailable(str(error), is_declined=True, hint=hint) from None
        except ApiError as error:
            self._problem = unread_sentence(error)
            # The first import request meets the same refusal, which ends the run.
            if not is_token_refused(error):
                self._listen(Note(f"metadata are not checked before sending: {self._problem}"))
            return NoProjectCheck() if self._kind == MEDIA_LIBRARY.name else None
        self._listen(ProjectRead(self._project.handle, self._project.revision))
        return check_of(self._project, self._kind, self._clock.now())

    def summary(self, tally: Tally) -> dict[str, Any] | None:
        """Return the part of the run's summary; `None` if no project was needed."""
        if self._project is None and self._problem is None:
            return None
        project = self._project
        return {
            "project": project.handle if project else None,
            "revision": project.revision if project else None,
            "problem": self._problem,
            "refused": tally.refused,
            "warnings": tally.remarks.documents(),
        }
