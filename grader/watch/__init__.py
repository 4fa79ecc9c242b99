"""`grade watch`: a verdict on every save, from a judge that has everything loaded."""
