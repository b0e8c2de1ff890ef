"""Numbers: which can be delivered to, and what becomes of an SMS to each.

The provider's simulator numbers answer as its page says. Ours beside them (safe delivery, which the page
gives no numbers for): 09003333001 changed hands 180 days ago (DTL000019 when acquired before that),
09003333002 cannot be judged (DTL000020); by plain delivery both are reached. Every other deliverable
number is reached, and its carrier follows from the number alone, evenly over the four.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta

DOCOMO, AU, SOFTBANK, UNKNOWN, RAKUTEN = 10, 20, 30, 40, 50
CARRIER_NAMES = {DOCOMO: "docomo", AU: "au", SOFTBANK: "SoftBank", UNKNOWN: "不明", RAKUTEN: "楽天モバイル"}
DELIVERED, FAILED = 200, 900
ANSWERING_NUMBER = "09007010001"
CHANGED_HANDS = {"09003333001": 180}
UNJUDGED = frozenset({"09003333002"})
_FULL_WIDTH = {0xFF10 + digit: str(digit) for digit in range(10)} | {0xFF0B: "+"}
_HYPHENS = dict.fromkeys(map(ord, "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fc\uff0d\uff70"))


@dataclass(frozen=True, slots=True)
class Fate:
    """What the carriers will answer: a status, its detail code and the carrier."""

    status: int
    detail: str
    carrier: int


def _simulator_fates() -> dict[str, Fate]:
    fates: dict[str, Fate] = {}
    for position, carrier in enumerate((SOFTBANK, DOCOMO, AU, RAKUTEN), start=1):
        fates[f"0900111110{position}"] = Fate(DELIVERED, "DTL000001", carrier)
        fates[f"0900111120{position}"] = Fate(FAILED, "DTL000007", carrier)
        if carrier != RAKUTEN:
            for tens in (1, 2, 3):
                fates[f"090011112{tens}{position}"] = Fate(FAILED, "DTL000007", carrier)
    fates["09002222001"] = Fate(FAILED, "DTL000011", UNKNOWN)
    fates[ANSWERING_NUMBER] = Fate(DELIVERED, "DTL000001", DOCOMO)
    return fates


SIMULATOR_FATES = _simulator_fates()


def normalise(raw: str) -> str:
    """Half-width, without hyphens, a leading +81 as 0. What is left may still be no number."""
    text = raw.translate(_FULL_WIDTH).translate(_HYPHENS).strip()
    return "0" + text[3:] if text.startswith("+81") else text


def judge_number(number: str) -> str | None:
    """The suffix of RST200… / DTL000… (the first three agree) that refuses a normalised number, or None."""
    if not number:
        return "002"
    if not (number.isascii() and number.isdigit() and len(number) in {11, 14}):
        return "003"
    if number.startswith("020"):
        return None
    is_mobile = len(number) == 11 and number[:3] in {"070", "080", "090"} and not number.startswith("0800")
    return None if is_mobile else "005"


def carrier_of(number: str) -> int:
    """A carrier that depends on the number alone."""
    if number in SIMULATOR_FATES:
        return SIMULATOR_FATES[number].carrier
    return (DOCOMO, AU, SOFTBANK, RAKUTEN)[hashlib.sha256(number.encode()).digest()[0] % 4]


def fate_of(number: str, acquired_on: date | None, due_on: date) -> Fate:
    """The outcome at `due_on`; `acquired_on` is None for a delivery without wrong-recipient protection."""
    carrier = carrier_of(number)
    if acquired_on is not None:
        if number in UNJUDGED:
            return Fate(FAILED, "DTL000020", carrier)
        changed = CHANGED_HANDS.get(number)
        if changed is not None and acquired_on < due_on - timedelta(days=changed):
            return Fate(FAILED, "DTL000019", carrier)
    return SIMULATOR_FATES.get(number) or Fate(DELIVERED, "DTL000001", carrier)
