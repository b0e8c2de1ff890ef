"""Whether a text asks its reader to answer it, which only a two-way contract can receive."""

import re

# An answer that is asked for: the word, and within its sentence a request that no refusal comes before.
_REQUEST = (
    r"(?:くださ|下さ|願います|願えま|お願い|待ち(?:して|申し)"
    r"|(?:いただけ|頂け)(?:ますか|ますでしょうか|ますと|ますよう|ませんか|ませんでしょうか|ないでしょうか|れば|ましたら|ると)"
    r"|(?:いただき|頂き)(?:た[いく]|ますよう|ましたら))"
)
# None is wanted or possible; or the request is for something else (ご了承ください), or by other means.
_NO = (
    r"(?:不要|不可|無用|結構|遠慮|控え|専用|かね|ない(?!でしょうか)|ないで|ませ(?!んか|んでしょうか)"
    r"|届[かき]|ありがと|有難|有り難|申し訳|遅[くれ]|待ち(?:くださ|下さ|いただ|頂|願)"
    r"|了承|容赦|注意|理解|承知|(?:電話|メール|LINE|窓口)(?:で|に|へ|まで))"
)
_ASKS = re.compile(rf"(返信|返事|返答)(?!用)(?:(?!{_NO})[^。!?！？\r\n]){{0,60}}?(?!{_NO}){_REQUEST}")


def find_reply_request(text: str) -> str | None:
    """The word that asks for an answer (返信, 返事, 返答), or None."""
    found = _ASKS.search(text)
    return found[1] if found else None
