"""Hand-written scripts that do the minimum a work requires, each run as a separate process."""
