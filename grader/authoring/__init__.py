"""What authors of a course run: the audit, notebooks, the site of statements."""
