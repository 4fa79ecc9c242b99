"""The report of one submission, and the formats drawn from it."""
