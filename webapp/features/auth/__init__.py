"""Login, logout, and a person's own settings."""
