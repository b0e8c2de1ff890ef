"""Stored subjects and texts (雛形)."""
