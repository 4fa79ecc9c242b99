"""What was handed in, as text: read, cut into blocks, searched for shortcuts. Never run."""
