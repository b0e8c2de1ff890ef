"""How names are folded, so that whoever looks for one finds it however it was typed.

Both sides of a search go through `fold`: half and full width, upper and lower case, hiragana and
katakana, spaces, and the variant kanji that family names are written with.
"""

import re
import unicodedata

# Each group by its usual form first. These are the variants of common family names and places;
# compatibility ideographs (神 as U+FA19) are already unified by NFKC.
_VARIANTS = [
    "高髙",
    "崎﨑嵜碕",
    "浜濱濵",
    "辺邊邉",
    "斎齋斉齊",
    "沢澤",
    "島嶋嶌",
    "瀬瀨",
    "広廣",
    "徳德",
    "桜櫻",
    "国國",
    "真眞",
    "恵惠",
    "寿壽",
    "竜龍",
    "富冨",
    "吉𠮷",
    "鶴靏",
    "槙槇",
    "薮藪籔",
    "桧檜",
    "静靜",
    "栄榮",
    "礼禮",
    "万萬",
    "与與",
    "蔵藏",
    "豊豐",
    "円圓",
    "団團",
    "弥彌",
    "学學",
    "実實",
    "寛寬",
    "緒緖",
    "衛衞",
    "浅淺",
    "滝瀧",
    "村邨",
    "館舘",
    "船舩",
    "峰峯",
    "柳栁",
    "桑桒",
    "淵渕渊",
    "穂穗",
    "荘莊",
    "縄繩",
    "県縣",
    "塩鹽",
    "晃晄",
    "渋澁澀",
    "条條",
    "関關",
    "亀龜",
    "巌巖",
    "剣劍劔",
    "黒黑",
    "青靑",
    "清淸",
    "来來",
    "楽樂",
    "鉄鐵",
    "銭錢",
    "鎌鐮",
    "単單",
    "会會",
    "仏佛",
    "伝傳",
    "壱壹",
    "宝寶",
    "将將",
    "尽盡",
    "当當",
    "応應",
    "戸戶",
    "教敎",
    "曽曾",
    "横橫",
    "歩步",
    "気氣",
    "温溫",
    "満滿",
    "点點",
    "独獨",
    "画畫",
    "総總",
    "縁緣",
    "聡聰",
    "芸藝",
    "茎莖",
    "蛍螢",
    "覚覺",
    "読讀",
    "賛贊",
    "転轉",
    "郎郞",
    "郷鄕",
    "鈎鉤",
    "間閒",
    "麦麥",
    "黄黃",
]
_TO_USUAL = {ord(other): group[0] for group in _VARIANTS for other in group[1:]}
_TO_HIRAGANA = {code: code - 0x60 for code in range(ord("ァ"), ord("ヶ") + 1)}
_TABLE = _TO_HIRAGANA | _TO_USUAL
_HYPHENS_BETWEEN_DIGITS = re.compile(r"(?<=\d)[-‐‑–—−ー](?=\d)")
_SPACES = re.compile(r"\s+")


def fold(text: str) -> str:
    """The text as it is compared: no spaces, no width, case, kana or variant differences."""
    plain = unicodedata.normalize("NFKC", text).casefold().translate(_TABLE)
    return _SPACES.sub("", _HYPHENS_BETWEEN_DIGITS.sub("", plain))


def fold_query(query: str) -> tuple[str, ...]:
    """The folded words of a query; all of them must be found."""
    return tuple(filter(None, (fold(word) for word in unicodedata.normalize("NFKC", query).split())))
