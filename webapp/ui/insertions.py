"""What can be put into a text by a button: the keys that are filled, and the link to stop the SMS."""

from webapp.domain.placeholders import OPT_OUT_MARK, PLACEHOLDERS, placeholder_mark

# The button's word, and what it inserts.
INSERTIONS = (*((name, placeholder_mark(name)) for name in PLACEHOLDERS), ("配信停止URL", OPT_OUT_MARK))
