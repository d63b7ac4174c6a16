"""Parts of `ld-import init`: its files, its questions, the project, and the check at the end."""
