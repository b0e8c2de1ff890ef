"""Mobile numbers as people write them, and every reason to refuse one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.phone import (
    DELIVERABLE_PREFIXES,
    PhoneRefused,
    format_number,
    is_deliverable,
    normalise,
)
from webapp.domain.refusals import Reason

HYPHENS = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fc\uff0d\uff70\ufe63\u2500"


def refusal_of(raw):
    with pytest.raises(PhoneRefused) as caught:
        normalise(raw)
    assert raw == "" or raw not in str(caught.value)
    assert caught.value.refusal.field == "mobile_number"
    return caught.value.refusal


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        ("09012345678", "09012345678"),
        ("090-1234-5678", "09012345678"),
        ("０９０－１２３４－５６７８", "09012345678"),
        ("０９０ー１２３４ー５６７８", "09012345678"),
        (" 080 1234\u30005678\t", "08012345678"),
        ("(070)1234-5678", "07012345678"),
        ("（070）1234-5678", "07012345678"),
        ("090.1234.5678", "09012345678"),
        ("+819012345678", "09012345678"),
        ("+81 90-1234-5678", "09012345678"),
        ("+81 (0)90-1234-5678", "09012345678"),
        ("＋８１９０１２３４５６７８", "09012345678"),
        ("+8109012345678", "09012345678"),
        ("\u202a090-1234-5678\u202c", "09012345678"),
        ("02012345678", "02012345678"),
        ("020 1234 5678 901", "02012345678901"),
        ("080-1000-0000", "08010000000"),
    ],
)
def test_it_accepts(raw, number):
    assert normalise(raw) == number
    assert is_deliverable(number)


@pytest.mark.parametrize("hyphen", HYPHENS)
def test_every_hyphen_is_one(hyphen):
    assert normalise(f"090{hyphen}1234{hyphen}5678") == "09012345678"


@pytest.mark.parametrize(
    ("raw", "reason", "detail"),
    [
        ("", Reason.PHONE_EMPTY, {}),
        (" - ", Reason.PHONE_EMPTY, {}),
        ("+", Reason.PHONE_EMPTY, {}),
        ("0800-123-4567", Reason.PHONE_TOLL_FREE, {"number": "08001234567", "prefix": "0800"}),
        ("0120-123-456", Reason.PHONE_TOLL_FREE, {"number": "0120123456", "prefix": "0120"}),
        ("0570-012-345", Reason.PHONE_SERVICE, {"number": "0570012345", "prefix": "0570"}),
        ("060-1234-5678", Reason.PHONE_060, {"number": "06012345678", "prefix": "060"}),
        ("050-1234-5678", Reason.PHONE_IP, {"number": "05012345678", "prefix": "050"}),
        ("03-1234-5678", Reason.PHONE_LANDLINE, {"number": "0312345678"}),
        ("+81 3 1234 5678", Reason.PHONE_LANDLINE, {"number": "0312345678"}),
        ("+1 212 555 0100", Reason.PHONE_FOREIGN, {"number": "+12125550100"}),
        ("9012345678", Reason.PHONE_LEADING_ZERO, {"number": "9012345678", "suggestion": "09012345678"}),
        ("819012345678", Reason.PHONE_LEADING_ZERO, {"number": "819012345678", "suggestion": "09012345678"}),
        ("090-1234-567", Reason.PHONE_LENGTH, {"number": "0901234567", "digits": 10, "expected": "11"}),
        ("090123456789", Reason.PHONE_LENGTH, {"number": "090123456789", "digits": 12, "expected": "11"}),
        ("09012345678901", Reason.PHONE_LENGTH, {"number": "09012345678901", "digits": 14, "expected": "11"}),
        ("020123456789", Reason.PHONE_LENGTH, {"number": "020123456789", "digits": 12, "expected": "11,14"}),
        ("123", Reason.PHONE_LENGTH, {"number": "123", "digits": 3, "expected": "11"}),
        ("04012345678", Reason.PHONE_PREFIX, {"number": "04012345678", "prefix": "040"}),
        ("11012345678", Reason.PHONE_PREFIX, {"number": "11012345678", "prefix": "110"}),
        (
            "O90-1234-5678",
            Reason.PHONE_CHARACTER,
            {"character": "O", "code_point": "U+004F", "name": "LATIN CAPITAL LETTER O", "position": 1},
        ),
        (
            "+81 90-1234-五678",
            Reason.PHONE_CHARACTER,
            {"character": "五", "code_point": "U+4E94", "name": "CJK UNIFIED IDEOGRAPH-4E94", "position": 13},
        ),
        (
            "090+12345678",
            Reason.PHONE_CHARACTER,
            {"character": "+", "code_point": "U+002B", "name": "PLUS SIGN", "position": 4},
        ),
        (
            "\x0009012345678",
            Reason.PHONE_CHARACTER,
            {"character": "␀", "code_point": "U+0000", "name": "CONTROL CHARACTER", "position": 1},
        ),
        (
            "\u0660\u0669\u0660",
            Reason.PHONE_CHARACTER,
            {"character": "\u0660", "code_point": "U+0660", "name": "ARABIC-INDIC DIGIT ZERO", "position": 1},
        ),
    ],
)
def test_it_refuses_with_the_reason(raw, reason, detail):
    refusal = refusal_of(raw)
    assert refusal.reason == reason
    assert refusal.detail == detail


def test_a_deliverable_number_is_digits_only():
    assert not is_deliverable("")
    assert not is_deliverable("０９０12345678")
    assert not is_deliverable("090-1234-567")
    assert not is_deliverable("08001234567")


@pytest.mark.parametrize(
    ("number", "formatted"),
    [
        ("09012345678", "090-1234-5678"),
        ("02012345678901", "020-1234-5678-901"),
        ("0312345678", "0312345678"),
        ("", ""),
    ],
)
def test_it_formats(number, formatted):
    assert format_number(number) == formatted


digits = st.text("0123456789", min_size=8, max_size=11)


@given(st.sampled_from(sorted(DELIVERABLE_PREFIXES)), digits, st.randoms(use_true_random=False))
def test_however_it_is_written_the_number_is_the_same(prefix, rest, random):
    number = prefix + rest
    if not is_deliverable(number):
        return
    full_width = str.maketrans({str(digit): chr(0xFF10 + digit) for digit in range(10)})
    separators = [*HYPHENS, " ", "\u3000", "", "", ""]
    written = "".join(
        (digit.translate(full_width) if random.random() < 0.5 else digit) + random.choice(separators)
        for digit in number
    )
    assert normalise(written) == number
    assert normalise("+81" + written.translate(full_width)) == number
    assert normalise(format_number(number)) == number


@given(st.text())
def test_any_text_is_a_deliverable_number_or_refused(raw):
    try:
        number = normalise(raw)
    except PhoneRefused as refused:
        number = None
        reason = refused.refusal.reason
    if number is None:
        assert reason.value.startswith("phone_")
    else:
        assert is_deliverable(number)
        assert normalise(number) == number
