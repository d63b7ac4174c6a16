"""WordPress exports (WXR, `.xml`): each attachment is a record; posts and pages are skipped.

The format is RSS with elements of WordPress, in a namespace that ends in the version:
https://github.com/WordPress/WordPress/blob/master/wp-admin/includes/export.php
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator

from ld_import.errors import ManifestError
from ld_import.manifest.base import Format, Survey
from ld_import.manifest.files import READ_ERRORS, ByteFile, check_start
from ld_import.manifest.spool import RecordCache
from ld_import.model import Record
from ld_import.wording import amount, shorten

SHOWN_TYPES = 5
ADVICE = "in WordPress, choose Tools > Export > Media (or All content), and name the file it saves"


def survey(file: ByteFile) -> Survey:
    """Read the export once and cache its attachments. Raises ManifestError if it has none."""
    walk = _Walk(file)
    cache = RecordCache(file, walk.records())
    walk.check_found()
    return Survey(columns=walk.items.columns(), cache=cache)


def records(file: ByteFile) -> Generator[Record]:
    """Yield a record for each attachment, with the line of its item."""
    return _Walk(file).records()


class _Walk:
    """One pass over an export."""

    def __init__(self, file: ByteFile) -> None:
        # Only this format needs the parser.
        from ld_import.manifest.formats.wxr_items import Items

        self._file = file
        self.items = Items()

    def records(self) -> Generator[Record]:
        from ld_import.manifest.formats.xml_stream import XmlProblem

        items = self.items
        ready: deque[Record] = items.ready
        try:
            with self._file.open() as stream:
                check_start(self._file, stream.peek(4)[:4])
                for _ in items.read(stream):
                    while ready:
                        yield ready.popleft()
        except XmlProblem as problem:
            hint = problem.hint or ADVICE
            raise self._file.error(
                str(problem), problem.line, problem.column or None, hint
            ) from problem
        except READ_ERRORS as error:
            raise self._file.read_error(error, items.last_line) from error

    def check_found(self) -> None:
        """Raise ManifestError if the file is another XML, or has no attachment."""
        items = self.items
        if not items.is_wordpress:
            raise self._error("this is an RSS feed, not an export of WordPress")
        if not items.attachment_count:
            most = items.type_counts.most_common(SHOWN_TYPES)
            found = ", ".join(f"{count:,} × `{shorten(name)}`" for name, count in most)
            has = f"it has {amount(items.type_counts.total(), 'item')} ({found})" if found else ""
            what = f"; {has}, and none is an attachment" if has else ""
            raise self._error(f"the export has no media{what}")

    def _error(self, text: str) -> ManifestError:
        return self._file.error(text, hint=ADVICE)


WXR = Format(survey, records)
