"""Sample files, made by Pillow and PyAV, with the facts that they were made with."""
