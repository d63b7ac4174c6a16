"""Checks of the URLs of a manifest by polite requests to their hosts, with stored results."""
