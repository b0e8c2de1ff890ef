"""The list of customers and their cards."""
