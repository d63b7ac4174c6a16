"""Templates of a manifest: sandboxed, bounded Jinja with strict types; used by `mapping` only."""
