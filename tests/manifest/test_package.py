"""Imports inside the package: templates are used by the mapping only."""

from __future__ import annotations

from pathlib import Path

import ld_import.manifest

PACKAGE = Path(ld_import.manifest.__file__).parent


def test_only_the_mapping_imports_the_templates():
    """Formats read files without Jinja; the templates can be replaced in one place."""
    users = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if "ld_import.manifest.templating" in path.read_text(encoding="utf-8")
    }

    assert {name for name in users if not name.startswith("templating/")} == {"mapping.py"}
