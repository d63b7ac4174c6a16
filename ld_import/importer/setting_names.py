"""Names of settings in messages: those of the command line, which documents and logs use, too."""


def setting(field: str) -> str:
    """Return the flag for a field of `ImportSettings` or `Server`: `--max-wait`."""
    return f"--{field.removesuffix('_seconds').replace('_', '-')}"
