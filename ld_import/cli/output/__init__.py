"""Everything that is printed or written about a command: results, log, progress, metrics."""
