"""Parts of `ld-import demo`: the steps of both stories, their files and their storage."""
