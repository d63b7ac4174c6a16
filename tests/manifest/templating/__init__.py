"""Tests of the templates and their filters."""
