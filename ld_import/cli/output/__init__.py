"""Output of commands: results, log, progress and metrics."""
