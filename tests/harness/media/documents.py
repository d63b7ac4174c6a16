"""Documents and drawings."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator

from PIL import Image

from tests.harness.media import stamps
from tests.harness.media.sample import Sample

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
NAMESPACE = 'xmlns="http://www.w3.org/2000/svg"'
# Title: attributes of the root, and the size in pixels that follows from them.
DRAWINGS = {
    "svg in pixels": ('width="120" height="80"', (120, 80)),
    "svg in px": ('width="120px" height="80px" viewBox="0 0 12 8"', (120, 80)),
    "svg by viewBox": ('viewBox="0 0 640 480"', (640, 480)),
}


def documents() -> Iterator[Sample]:
    """Yield PDF and Word documents and texts."""
    for pages in (1, 3):
        yield Sample(
            title=f"pdf of {pages}",
            body=_pdf(pages),
            stamp=stamps.pdf,
            name=".pdf",
            mime="application/pdf",
            suffix=".pdf",
        )
    yield Sample(
        title="docx",
        body=_docx(),
        stamp=stamps.archive,
        name=".docx",
        mime=DOCX,
        suffix=".docx",
    )
    yield Sample(
        title="text",
        body="Züge nach Bülach\n".encode(),
        stamp=stamps.text,
        name=".txt",
        mime="text/plain",
        suffix=".txt",
    )


def drawings() -> Iterator[Sample]:
    """Yield SVG drawings, which state their sizes in several ways."""
    for title, (attributes, (width, height)) in DRAWINGS.items():
        text = (
            '<?xml version="1.0" encoding="UTF-8"?>\n<!-- <svg width="1"> -->\n'
            f'<svg {NAMESPACE} {attributes}><rect width="5" height="5"/></svg>\n'
        )
        yield Sample(
            title=title,
            body=text.encode(),
            stamp=stamps.markup,
            name=".svg",
            mime="image/svg+xml",
            suffix=".svg",
            width=width,
            height=height,
        )


def _pdf(pages: int) -> bytes:
    made = io.BytesIO()
    images = [Image.new("RGB", (60, 80), (number * 50, 90, 90)) for number in range(pages)]
    images[0].save(made, "PDF", save_all=True, append_images=images[1:])
    return made.getvalue()


def _docx() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("[Content_Types].xml", "_rels/.rels", "word/document.xml"):
            # A fixed time, so that the same samples have the same bytes.
            archive.writestr(zipfile.ZipInfo(name), f"<?xml version='1.0'?><x>{name}</x>")
    return made.getvalue()
