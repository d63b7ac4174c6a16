"""Selects the rows of one target, or of several, in queries over a ledger."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TargetFilter:
    """The server, project, kind and systemName of the rows to return; `None` means any.

    `server` is spelled as in the ledger: without a slash at its end.
    """

    server: str | None = None
    project: str | None = None
    kind: str | None = None
    system_name: str | None = None

    def condition(self, system_name: str) -> tuple[str, list[str]]:
        """Return an SQL condition on `target` and its values.

        `system_name` is the column of the systemName in the query.
        """
        columns = {
            "target.server": self.server,
            "target.project": self.project,
            "target.kind": self.kind,
            system_name: self.system_name,
        }
        given = {column: value for column, value in columns.items() if value is not None}
        return " AND ".join(f"{column} = ?" for column in given) or "1", list(given.values())


EVERY_TARGET = TargetFilter()
