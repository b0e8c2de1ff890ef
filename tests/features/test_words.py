"""Every reason, state and code has its sentence, and no sentence is a code."""

import re

import pytest

from webapp.domain.message_status import MessageStatus
from webapp.domain.refusals import Reason, Refusal
from webapp.domain.segments import CARRIERS
from webapp.models.customer import CustomerKind, CustomerState
from webapp.models.staff import Role
from webapp.services import smslink_account
from webapp.smslink import errors
from webapp.ui import words

# What a refusal can be asked for; domain/refusals.py names the keys of each reason.
DETAIL: dict[str, str | int] = {
    "limit": 660,
    "characters": 700,
    "charged": 700,
    "registered": 690,
    "excess": 40,
    "character": "𠮷",
    "shown": "𠮷",
    "code_point": "U+20BB7",
    "name": "CJK",
    "count": 1,
    "line": 2,
    "column": 3,
    "positions": "2:3",
    "position": 3,
    "suggestion": "吉",
    "placeholder": "氏名",
    "mark": "[[%名前%]]",
    "url": "https://example.jp/",
    "before": "は",
    "after": "で",
    "number": "0312345678",
    "digits": 10,
    "expected": "11,14",
    "prefix": "0800",
    "message_id": 1,
    "word": "返信",
    "person": "佐藤 健一",
    "saved_at": "2026-11-24T15:10+09:00",
    "earliest": "2026-11-24T15:10+09:00",
    "latest": "2027-11-24T15:10+09:00",
}
# The tables of the provider's reference, but for the two that say that all is well.
RESULT_CODES = [f"RST2000{number:02}" for number in (2, 3, 4, 5, 6, 7, 8, 11)]
DETAIL_CODES = [f"DTL0000{number:02}" for number in (2, 3, 4, 5, 6, 7, 11, 12, 13, 14, 17, 18, 19, 20, 25)]
ERROR_CODES = [
    "ERR400001",
    "ERR400002",
    "ERR400004",
    "ERR400005",
    "ERR400006",
    "ERR401002",
    "ERR403001",
    "ERR403003",
    "ERR404002",
    "ERR404004",
    "ERR405001",
    "ERR406003",
    "ERR415001",
    "ERR429001",
    "ERR500001",
    "ERR000000",
]
PARAMETER_CODES = [
    f"ERR400001_{number:03}"
    for number in (1, 2, 3, 4, 7, 8, 9, 10, 23, 24, 25, 27, 41, 42, 43, 73, 94, 127, 128)
]
OWN_CODES = [
    *errors.Reason,
    smslink_account.NOT_CONFIGURED,
    smslink_account.TOKEN_UNREADABLE,
    smslink_account.SETTING_INVALID,
    "worker_lost",
    "absent",
    "reservation_missed",
    "opted_out",
    "number_changed",
    "customer_archived",
    "not_writable",
    "waited_long",
    "token_used",
]
INTERNAL = re.compile(r"[A-Z]{3}\d{6}|[a-z]+_[a-z_]+|\bNone\b|Reason\.|\{'")


def is_sentence(text: str) -> bool:
    """Japanese, ended, and without anything that only programs say."""
    return (
        bool(re.search("[ぁ-んァ-ヶ一-龠]", text))
        and text.endswith(("。", "?"))
        and not INTERNAL.search(text)
    )


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_its_sentence(reason: Reason) -> None:
    assert is_sentence(words.sentence(Refusal(reason, "body", DETAIL)))
    # Whatever need not be known is left out.
    optional = ("suggestion", "line", "placeholder") if reason not in WITH_PLACEHOLDER else ("suggestion",)
    if reason != Reason.PHONE_LEADING_ZERO:
        less = {name: value for name, value in DETAIL.items() if name not in optional}
        assert is_sentence(words.sentence(Refusal(reason, "body", less)))


WITH_PLACEHOLDER = {Reason.PLACEHOLDER_EMPTY, Reason.PLACEHOLDER_UNKNOWN, Reason.PLACEHOLDER_IN_VALUE}


@pytest.mark.parametrize("code", [*RESULT_CODES, *DETAIL_CODES, *ERROR_CODES, *PARAMETER_CODES, *OWN_CODES])
def test_every_code_has_its_sentence(code: str) -> None:
    explained = words.explain(str(code))
    assert explained
    assert is_sentence(explained)


def test_there_is_no_sentence_for_a_code_nobody_gives() -> None:
    known = {*RESULT_CODES, *DETAIL_CODES, *ERROR_CODES, *PARAMETER_CODES, *map(str, OWN_CODES)}
    assert set(words.REASONS) == known


def test_unknown_codes_are_no_crash() -> None:
    assert words.explain("ERR999999") is None
    assert words.explain("") is None
    assert words.explain(None) is None
    assert words.carrier_label(None) == ""
    assert "99" in words.carrier_label(99)


@pytest.mark.parametrize("status", list(MessageStatus))
def test_every_state_has_its_words(status: MessageStatus) -> None:
    found = words.STATUS_WORDS[status]
    assert found.label
    assert not INTERNAL.search(found.label)
    assert is_sentence(found.explanation)


def test_no_two_states_have_the_same_name() -> None:
    assert len({found.label for found in words.STATUS_WORDS.values()}) == len(MessageStatus)


def test_choices_are_those_of_the_models() -> None:
    assert set(words.CUSTOMER_KINDS) == set(CustomerKind)
    assert set(words.CUSTOMER_STATES) == set(CustomerState)
    assert set(words.ROLES) == set(Role)
    assert set(words.CARRIER_LABELS) == set(CARRIERS)
    assert [words.carrier_label(code) for code in (10, 20, 30, 40, 50)] == [
        "docomo",
        "au",
        "SoftBank",
        "不明",
        "楽天モバイル",
    ]
