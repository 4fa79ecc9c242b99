"""Practice checks in the student's own process: REPL, notebook, decorator."""
