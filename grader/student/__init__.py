"""A student's own folder: workspace, progress, and the commands that act on them."""
