"""The table of characters and parts (文字数と通数)."""
