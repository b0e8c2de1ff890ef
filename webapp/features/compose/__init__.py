"""Writing and sending an SMS: the page is in `views`, the test send to one's own number in `trial`."""

from webapp.features.compose import trial

__all__ = ["trial"]
