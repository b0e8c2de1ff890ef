"""What people may write instead of a character that cannot be sent."""

import unicodedata
from types import MappingProxyType

# Name kanji of the supplementary planes and the everyday form of each, and pictures with an old sister
# in the BMP. Offered to the writer, never applied: whose name it is decides.
REPLACEMENTS = MappingProxyType(
    {
        "\U0002000b": "丈",
        "\U00020a64": "原",
        "\U00020b9f": "叱",
        "\U00020bb7": "吉",
        "\U0002123d": "土",
        "\U0002363a": "橋",
        "\U0002550e": "碕",
        "\U00025874": "稽",
        "\U000266b0": "脇",
        "\U00028ef6": "隙",
        "\U0002b746": "今",
        "\U0001f31f": "★",
        "\U0001f338": "✿",
        "\U0001f33c": "✿",
        "\U0001f446": "↑",
        "\U0001f447": "↓",
        "\U0001f448": "←",
        "\U0001f449": "→",
        "\U0001f493": "♥",
        "\U0001f495": "♥",
        "\U0001f496": "♥",
        "\U0001f497": "♥",
        "\U0001f499": "♥",
        "\U0001f49a": "♥",
        "\U0001f49b": "♥",
        "\U0001f49c": "♥",
        "\U0001f4a4": "zzz",
        "\U0001f4af": "100点",
        "\U0001f4de": "☎",
        "\U0001f4e7": "✉",
        "\U0001f4e8": "✉",
        "\U0001f4e9": "✉",
        "\U0001f4f1": "携帯",
        "\U0001f4f2": "携帯",
        "\U0001f534": "●",
        "\U0001f535": "●",
        "\U0001f536": "◆",
        "\U0001f537": "◆",
        "\U0001f53a": "▲",
        "\U0001f53b": "▼",
        "\U0001f3b5": "♪",
        "\U0001f3b6": "♪",
    },
)
_FACES = range(0x1F600, 0x1F645)
_FACE = "(^^)"
_BREAKS = frozenset("\x0b\x0c\x85\u2028\u2029")
_BMP_END = 0xFFFF


def suggest(character: str) -> str:
    """Return what could stand in place of `character`; empty: leave it out.

    Line separators become a line feed, decorated letters and compatibility kanji what they decorate, and a
    picture or kanji of several code points is replaced as its first one is.
    """
    if len(character) > 1:
        character = character[0]
        if ord(character) <= _BMP_END:
            return character
    if character in _BREAKS:
        return "\n"
    if character in REPLACEMENTS:
        return REPLACEMENTS[character]
    if ord(character) in _FACES:
        return _FACE
    if ord(character) <= _BMP_END:
        return ""
    plain = unicodedata.normalize("NFKC", character)
    return "" if any(ord(part) > _BMP_END for part in plain) else plain
