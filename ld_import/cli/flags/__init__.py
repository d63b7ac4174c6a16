"""Flags by theme, in classes that commands combine; each flag is declared once."""
