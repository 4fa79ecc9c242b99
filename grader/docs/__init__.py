"""`grade docs`: the statements of all chapters as one static site."""
