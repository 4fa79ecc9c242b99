"""`grade show`: pictures of what a student's own code does.

A course declares them in `pictures/`; this package runs the submission behind the wall and draws.
"""
