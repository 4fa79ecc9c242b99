"""A student's side of a class's server: logging in, handing in, following, listing."""
