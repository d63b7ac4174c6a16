"""`ld-import doctor`: checks of everything that an import needs, without changing anything."""
