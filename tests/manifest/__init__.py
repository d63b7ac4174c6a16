"""Tests of manifests: files, records and templates."""
