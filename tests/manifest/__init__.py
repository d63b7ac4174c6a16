"""The reading room: what a file, a record and a template may be."""
