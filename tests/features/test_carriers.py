"""文字数と通数: the page against a table written out by hand, for every length."""

import re

import pytest
from flask import Flask

from tests.conftest import Browser
from tests.features.markup import Element, having, read
from tests.features.queries import reads, recorded
from webapp.extensions import db
from webapp.models import Office

LABELS = ["docomo", "au", "楽天モバイル", "SoftBank"]
# The last length of one part, of two, and so on.
DOCOMO = (70, 132, 198, 264, 330, 396, 462, 528, 594, 660)
OTHERS = (70, 134, 201, 268, 335, 402, 469, 536, 603, 660)
HALF_WIDTH = (140, 268, 402, 536, 660)
ENDS = dict(zip(LABELS, (DOCOMO, OTHERS, OTHERS, (660,)), strict=True))
# Characters, and parts by carrier in the order of LABELS: design.md, section 3.
VECTORS = {
    70: (1, 1, 1, 1),
    71: (2, 2, 2, 1),
    132: (2, 2, 2, 1),
    133: (3, 2, 2, 1),
    134: (3, 2, 2, 1),
    135: (3, 3, 3, 1),
    198: (3, 3, 3, 1),
    199: (4, 3, 3, 1),
    201: (4, 3, 3, 1),
    202: (4, 4, 4, 1),
    660: (10, 10, 10, 1),
}


def tables(html: str) -> list[dict[str, dict[int, int]]]:
    """For each table and carrier, the parts of each length."""
    return [_read(table) for table in read(html) if table.tag == "table"]


def _read(table: Element) -> dict[str, dict[int, int]]:
    head, *rows = [row for row in table.inside if row.tag == "tr"]
    labels = [cell.text for cell in head.inside if cell.tag == "th"][1:]
    found: dict[str, dict[int, int]] = {label: {} for label in labels}
    for row in rows:
        cells = [cell.text for cell in row.inside if cell.tag in {"th", "td"}]
        parts = int(re.match(r"(\d+)通", cells[0])[1])  # type: ignore[index]
        for label, cell in zip(labels, cells[1:], strict=True):
            if cell != "—":
                start, end = map(int, re.fullmatch(r"(\d+)〜(\d+)文字", cell).groups())  # type: ignore[union-attr]
                assert not found[label].keys() & range(start, end + 1)
                found[label] |= dict.fromkeys(range(start, end + 1), parts)
    return found


def by_hand(ends: tuple[int, ...]) -> dict[int, int]:
    return {
        length: next(parts for parts, end in enumerate(ends, 1) if length <= end) for length in range(1, 661)
    }


def set_contract(app: Flask, **values: object) -> None:
    with app.app_context():
        row = db.session.get_one(Office, 1)
        for name, value in values.items():
            setattr(row, name, value)
        db.session.commit()


def test_every_length_of_every_carrier(browser: Browser) -> None:
    (shown,) = tables(browser.get("/carriers").text)
    assert list(shown) == LABELS
    assert shown == {label: by_hand(ends) for label, ends in ENDS.items()}
    for length, parts in VECTORS.items():
        assert tuple(shown[label][length] for label in LABELS) == parts


def test_with_the_alphanumeric_sender_all_carriers_are_alike(app: Flask, browser: Browser) -> None:
    set_contract(app, has_alphanumeric_sender=True)
    page = browser.get("/carriers").text
    full_width, half_width = tables(page)
    assert full_width == {label: by_hand(OTHERS) for label in LABELS}
    assert half_width == {label: by_hand(HALF_WIDTH) for label in LABELS}
    assert page.index("全角の文字がある場合") < page.index("すべて半角の場合")
    assert "英数字送信元の契約があるため" in page


@pytest.mark.parametrize(
    ("contract", "rules"),
    [
        (
            {},
            [
                (
                    "70文字までは1通。それより長いと、docomoは66文字、auと楽天モバイルは67文字ごとに1通です。"
                    "SoftBankは長くても1通です。"
                )
            ],
        ),
        (
            {"has_alphanumeric_sender": True},
            [
                "70文字までは1通。それより長いと、どの携帯電話会社でも67文字ごとに1通です。",
                "140文字までは1通。それより長いと、どの携帯電話会社でも134文字ごとに1通です。",
            ],
        ),
    ],
)
def test_the_rule_stands_in_a_sentence(
    app: Flask, browser: Browser, contract: dict[str, object], rules: list[str]
) -> None:
    set_contract(app, **contract)
    page = browser.get("/carriers").text
    assert [e.text for e in read(page) if e.tag == "p" and "ごとに1通" in e.text] == rules


def test_it_is_reached_from_the_templates_and_the_settings(browser: Browser) -> None:
    for path in ("/sms-templates/", "/settings/sms"):
        assert having(browser.get(path).text, "href", "/carriers"), path
    (current,) = having(browser.get("/carriers").text, "aria-current", "true")
    assert current["href"] == "/sms-templates/"


@pytest.mark.parametrize(
    ("contract", "words", "absent"),
    [
        (
            {},
            ["2025年7月", "660文字を超えると送れません", "短縮された長さ(25文字の見込み)で数えます"],
            ["料金"],
        ),
        (
            {"shortened_url_length": 31, "shortened_url_is_known": True},
            ["短縮された長さ(31文字)で数えます"],
            ["見込み"],
        ),
        ({"unit_price": 9.5}, ["19円", "95円", "通数・料金"], []),
    ],
)
def test_it_speaks_of_this_office(
    app: Flask, browser: Browser, contract: dict[str, object], words: list[str], absent: list[str]
) -> None:
    set_contract(app, **contract)
    table = browser.get("/carriers").text.split('class="page"')[1]
    for word in words:
        assert word in table
    for word in absent:
        assert word not in table.replace("SMSの料金は", "")


def test_it_costs_two_queries(app: Flask, staff_browser: Browser) -> None:
    with recorded(app) as statements:
        staff_browser.get("/carriers")
    assert len(reads(statements)) <= 2
