"""What administrators set."""
