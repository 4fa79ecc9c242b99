"""gradschool's engine: it grades chapters of exercises and knows nothing of any chapter."""
