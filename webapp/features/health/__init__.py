"""Whether the process is up, and whether the whole product is."""
