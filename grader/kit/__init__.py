"""The student kit: what an instructor hands out of a course."""
