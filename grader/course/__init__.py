"""A course on disk: its chapters, statements, stubs and versions."""
