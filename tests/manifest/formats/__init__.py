"""Tests of the manifest formats."""
