"""What runs the product; the product itself imports nothing from here."""
