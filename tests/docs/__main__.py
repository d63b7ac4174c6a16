"""Writes the generated parts of the documents: `python -m tests.docs`."""

from tests.docs.generated import write

write()
