"""Python's text: the statements at a file's margin, those that do not parse, and who uses whom.

Both sides of the wall read files with it, so that they mean the same by a statement.  Nothing is
run, and nothing but the standard library is imported.
"""
