"""Whether a text asks its reader to answer it, which only a two-way contract can receive."""

import re

# Asking, unless what follows says that no answer is wanted or possible. いただけませんか asks all the same.
_ASKS = re.compile(
    r"(?:返信|返事|返答)(?![^。\r\n]{0,12}?"
    r"(?:不要|不可|無用|でき(?:ない|ませ|かね)|いただけ(?:ない|ませ(?!んか|んでしょうか))|届(?:かない|きませ)|ご遠慮|お控え|しないで))"
)


def find_reply_request(text: str) -> str | None:
    """The word that asks for an answer (返信, 返事, 返答), or None."""
    found = _ASKS.search(text)
    return found[0] if found else None
