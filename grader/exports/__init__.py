"""What other systems run: an autograder for Gradescope, a workflow for GitHub."""
