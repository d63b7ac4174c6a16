"""Flags, environment, configuration file and defaults, resolved to one `ImportSpec`."""
