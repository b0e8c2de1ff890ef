"""The engine as a person sees it: what waits, what is held, and who is alive."""
