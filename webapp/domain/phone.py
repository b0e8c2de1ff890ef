"""Japanese mobile numbers: how people write them, how we store them, which can receive an SMS."""

from types import MappingProxyType

from webapp.domain.body import character_name, shown
from webapp.domain.refusals import Reason, Refusal

FIELD = "mobile_number"

# Prefix and the lengths SMSLINK accepts; UNDELIVERABLE_PREFIXES wins over it (0800 is toll-free).
DELIVERABLE_PREFIXES = MappingProxyType({"070": (11,), "080": (11,), "090": (11,), "020": (11, 14)})
UNDELIVERABLE_PREFIXES = MappingProxyType(
    {
        "0800": Reason.PHONE_TOLL_FREE,
        "0120": Reason.PHONE_TOLL_FREE,
        "0570": Reason.PHONE_SERVICE,
        "0990": Reason.PHONE_SERVICE,
        "050": Reason.PHONE_IP,
        "060": Reason.PHONE_060,
    },
)
_LENGTHS = frozenset({11, 14})
_USUAL_LENGTHS = (11,)
_LANDLINE_DIGITS = 10

# Whatever separates digits: hyphens, dashes, minus signs, prolonged sound marks, box lines and dots as input
# methods produce them, spaces, brackets, and the invisible marks that come with a paste.
_SEPARATORS = (
    "-\u00ad\u02d7\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u207b\u208b\u2212\u2500\u2501\u2796\u30fc\ufe58\ufe63"
    "\uff0d\uff70.\uff0e\u00b7\u30fb\uff65"
    " \t\r\n\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
    "()[]\uff08\uff09\uff3b\uff3d"
    "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
)
_TO_DIGITS: dict[int, str | None] = {
    **dict.fromkeys(map(ord, _SEPARATORS)),
    **{0xFF10 + digit: str(digit) for digit in range(10)},
    0xFF0B: "+",
}


class PhoneRefused(Exception):
    """The number cannot be stored as one that receives an SMS; `refusal` says why."""

    def __init__(self, refusal: Refusal) -> None:
        """Keep the refusal; the exception's own text is its code, never the number."""
        super().__init__(refusal.reason.value)
        self.refusal = refusal


def normalise(raw: str) -> str:
    """Return the 11 (or 14) digits of `raw`; raise PhoneRefused for what cannot receive an SMS."""
    number = raw.translate(_TO_DIGITS)
    if number.startswith("+81"):
        # +81 (0)90 … is written too.
        number = "0" + number[3:].removeprefix("0")
    refusal = _refusal_of(number, raw)
    if refusal is not None:
        raise PhoneRefused(refusal)
    return number


def is_deliverable(number: str) -> bool:
    """Whether stored digits are a number SMSLINK delivers to."""
    return (
        number.isascii()
        and number.isdigit()
        and not number.startswith(tuple(UNDELIVERABLE_PREFIXES))
        and len(number) in DELIVERABLE_PREFIXES.get(number[:3], ())
    )


def format_number(number: str) -> str:
    """Return 090-1234-5678, for 14 digits 020-1234-5678-901; anything else as it is."""
    if len(number) not in _LENGTHS:
        return number
    return "-".join(filter(None, (number[:3], number[3:7], number[7:11], number[11:])))


def _refusal_of(number: str, raw: str) -> Refusal | None:
    if is_deliverable(number):
        return None
    if not number.lstrip("+"):
        return Refusal(Reason.PHONE_EMPTY, FIELD)
    if not (number.isascii() and number.isdigit()):
        return _refuse_character(raw)
    for prefix, reason in UNDELIVERABLE_PREFIXES.items():
        if number.startswith(prefix):
            return Refusal(reason, FIELD, {"number": number, "prefix": prefix})
    return _refuse_digits(number)


def _refuse_character(raw: str) -> Refusal:
    before = ""
    for position, character in enumerate(raw, 1):
        digit = character.translate(_TO_DIGITS)
        if not (digit.isascii() and (digit + "0").isdigit()) and (digit != "+" or before):
            return Refusal(
                Reason.PHONE_CHARACTER,
                FIELD,
                {
                    "character": shown(character),
                    "code_point": f"U+{ord(character):04X}",
                    "name": character_name(character),
                    "position": position,
                },
            )
        before += digit
    return Refusal(Reason.PHONE_FOREIGN, FIELD, {"number": before})


def _refuse_digits(number: str) -> Refusal:
    # Spreadsheets drop the first zero, or the plus before 81.
    for lost, begins in (("", number), ("81", number[2:])):
        if number.startswith(lost) and is_deliverable("0" + begins):
            return Refusal(Reason.PHONE_LEADING_ZERO, FIELD, {"number": number, "suggestion": "0" + begins})
    lengths = DELIVERABLE_PREFIXES.get(number[:3])
    if lengths is None and len(number) == _LANDLINE_DIGITS and number.startswith("0"):
        return Refusal(Reason.PHONE_LANDLINE, FIELD, {"number": number})
    if lengths is None and len(number) in _LENGTHS:
        return Refusal(Reason.PHONE_PREFIX, FIELD, {"number": number, "prefix": number[:3]})
    return Refusal(
        Reason.PHONE_LENGTH,
        FIELD,
        {
            "number": number,
            "digits": len(number),
            "expected": ",".join(map(str, lengths or _USUAL_LENGTHS)),
        },
    )
