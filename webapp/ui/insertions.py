"""What can be put into a text by a button: the keys that are filled, and the link to stop the SMS."""

from typing import NamedTuple

from webapp.domain.placeholders import OPT_OUT_MARK, PLACEHOLDERS, placeholder_mark


class Insertion(NamedTuple):
    """The button's word, what it inserts, and whether that must not touch other text."""

    label: str
    mark: str
    is_apart: bool = False


INSERTIONS = (
    *(Insertion(name, placeholder_mark(name)) for name in PLACEHOLDERS),
    Insertion("配信停止URL", OPT_OUT_MARK, is_apart=True),
)
