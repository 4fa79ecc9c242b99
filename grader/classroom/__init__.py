"""Grading a whole class: many submissions, one journal, results to act on."""
