"""What is raised where nothing can be graded."""


class UnreadableSubmission(Exception):
    """Nothing can be graded; the message says what to do."""
