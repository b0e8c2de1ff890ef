"""Writing and sending an SMS."""
