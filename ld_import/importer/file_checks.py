"""A check of the files that records name, before an import uploads them; no host is asked."""

from __future__ import annotations

from collections.abc import Iterable

from ld_import.assets.base import FileProblem, SourceRules
from ld_import.assets.source import check_source, state_of
from ld_import.model import Item
from ld_import.validation.finding import SEPARATOR, Finding, Level


class FileInspection:
    """Reports files beside the manifest that are missing, and addresses that cannot be read."""

    def __init__(self, rules: SourceRules) -> None:
        """Read files by these rules."""
        self._rules = rules

    def inspect(self, item: Item) -> Iterable[Finding]:
        """Report the file of an item, if it has one that an import could not read."""
        if not item.file:
            return ()
        is_local = "://" not in item.file
        try:
            if is_local:
                state_of(item.file, self._rules)
            else:
                check_source(item.file, self._rules)
        except FileProblem as problem:
            level = Level.ERROR if is_local else Level.WARNING
            text, _, advice = str(problem).partition(SEPARATOR)
            return (Finding(level, item.line, item.key.external_id, "file", text, advice),)
        return ()

    def finish(self) -> Iterable[Finding]:
        """Report nothing more."""
        return ()

    def close(self) -> None:
        """Release nothing."""
