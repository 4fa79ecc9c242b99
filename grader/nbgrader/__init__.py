"""The course inside nbgrader: its preprocessors, and judging a class beforehand."""
