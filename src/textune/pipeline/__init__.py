"""What the stages and commands call: paths, tracking, search."""
