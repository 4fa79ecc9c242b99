"""A class's own server: hidden verdicts on demand, as much of them as the instructor discloses."""
