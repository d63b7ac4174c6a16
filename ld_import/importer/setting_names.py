"""Names of settings in messages, for Python and for the command line."""


def setting(field: str) -> str:
    """Return a field of `ImportSettings` or `Server` with its flag: `max_rate (--max-rate)`."""
    return f"{field} (--{field.removesuffix('_seconds').replace('_', '-')})"
