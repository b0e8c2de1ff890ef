"""The estimate fragment: what the text costs, live as one types."""

import gzip
from decimal import Decimal

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.conftest import Browser, make_customer
from tests.features.markup import by_id, having, read
from tests.features.queries import reads, recorded
from tests.features.rows import everything, make_message
from webapp.extensions import db
from webapp.models import Customer, Office

VECTORS = {
    0: (0, 0, 0, 0),
    1: (1, 1, 1, 1),
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
CARRIERS = ["docomo", "au", "rakuten", "softbank"]


def estimate(browser: Browser, customer_id: object = 1, **fields: str) -> TestResponse:
    """The fragment, which answers 200 whatever is typed."""
    answer = browser.fragment("/messages/estimate", customer_id=str(customer_id), **fields)
    assert answer.status_code == 200
    return answer


def figures(answer: TestResponse) -> tuple[int, bool, tuple[int, ...]]:
    """Characters as charged, whether it could be sent, parts by carrier."""
    (root,) = having(answer.text, "data-characters")
    rows = having(answer.text, "data-carrier")
    assert [row["data-carrier"] for row in rows] == CARRIERS
    assert root["data-ok"] in {"true", "false"}
    return (
        int(root["data-characters"]),
        root["data-ok"] == "true",
        tuple(int(row["data-segments"]) for row in rows),
    )


def test_vectors(browser: Browser, customer: Customer) -> None:
    for length, segments in VECTORS.items():
        answer = estimate(browser, customer.id, body="あ" * length)
        assert figures(answer) == (length, length > 0, segments)
        assert f"{length}文字・" in answer.text


def test_661_characters_are_refused(browser: Browser, customer: Customer) -> None:
    answer = estimate(browser, customer.id, body="あ" * 661)
    characters, is_ok, _ = figures(answer)
    assert (characters, is_ok) == (661, False)
    assert "本文は660文字以内で入力してください(現在661文字。あと1文字減らしてください)。" in answer.text


def test_what_is_too_long_has_no_price_and_no_part_to_save(
    app: Flask, browser: Browser, customer: Customer
) -> None:
    with app.app_context():
        db.session.get_one(Office, 1).unit_price = 10
        db.session.commit()
    for length in (660, 661, 670):
        answer = estimate(browser, customer.id, body="あ" * length)
        assert figures(answer)[2][0] == -(-length // 66)
        is_too_long = length > 660
        assert ("円" in answer.text) != is_too_long
        assert ("減らすと9通" in answer.text) != is_too_long
        brief = having(answer.text, "hx-swap-oob")[0].text.strip()
        assert brief == (
            f"{length}文字({length - 660}文字超過) 直すところ1件"
            if is_too_long
            else "660文字・1〜10通(最大100円)"
        )
    # Shortened links are charged less than they are registered with.
    url = "https://example.jp/" + "x" * 640
    assert "(1文字超過)" in estimate(browser, customer.id, body=f"{url} あ", count_clicks="y").text


@pytest.mark.parametrize(
    ("body", "characters"),
    [
        ("a\r\nb", 4),
        ("a\nb", 4),
        ("a\rb", 4),
        ("\r\n\u3000\r\na\r\n \t\r\n", 1),
        ("\u3000字下げ", 4),
        ("か\u3099", 1),
        ("ｶﾞ", 2),
        ("[[%氏名%]]様", 6),
        ("[[%会社名%]]", 6),
        ("[[%担当者%]]", 5),
        ("{{配信停止URL}}", 25),
        ("神塚", 2),
    ],
)
def test_characters_are_counted_as_charged(app: Flask, browser: Browser, body: str, characters: int) -> None:
    with app.app_context():
        customer = make_customer(staff_id=1)
    assert figures(estimate(browser, customer.id, body=body))[:2] == (characters, True)


def test_counted_links_are_charged_at_their_shortened_length(browser: Browser, customer: Customer) -> None:
    url = "https://example.jp/" + "x" * 60
    body = f"{url} {url}\r\n{url}"
    plain = estimate(browser, customer.id, body=body)
    counted = estimate(browser, customer.id, body=body, count_clicks="y")
    assert figures(plain)[0] == 3 * len(url) + 3
    assert figures(counted)[0] == 25 + 25 + len(url) + 3
    assert "概算" in counted.text
    assert "概算" not in plain.text
    assert "計測しない" in counted.text


def test_estimate_follows_the_settings(app: Flask, browser: Browser, customer: Customer) -> None:
    with app.app_context():
        current = db.session.get_one(Office, 1)
        current.shortened_url_length = 30
        current.has_alphanumeric_sender = True
        current.unit_price = 9.5
        db.session.commit()
    answer = estimate(browser, customer.id, body="https://example.jp/", count_clicks="y")
    assert figures(answer)[0] == 30
    assert figures(estimate(browser, customer.id, body="a" * 140))[2] == (1, 1, 1, 1)
    assert figures(estimate(browser, customer.id, body="あ" * 71))[2] == (2, 2, 2, 2)
    assert "19円" in estimate(browser, customer.id, body="あ" * 71).text


@pytest.mark.parametrize(
    ("price", "sums"),
    [("9.5", {"19円", "9.5円"}), ("10", {"20円", "10円"}), ("", set()), ("9.50", {"19円", "9.5円"})],
)
def test_the_same_length_at_another_price_costs_another_sum(
    app: Flask, browser: Browser, customer: Customer, price: str, sums: set[str]
) -> None:
    # Whatever was shown for this length before: figures are kept (ui/estimates.py).
    for current, shown in (("8", {"16円", "8円"}), (price, sums)):
        with app.app_context():
            db.session.get_one(Office, 1).unit_price = Decimal(current) if current else None
            db.session.commit()
        answer = estimate(browser, customer.id, body="あ" * 71)
        texts = [element.text.strip() for element in read(answer.text) if element.tag == "span"]
        assert {text for text in texts if text.endswith("円")} == shown
        most = max(shown, key=lambda yen: float(yen[:-1]), default="")
        brief = having(answer.text, "hx-swap-oob")[0].text.strip()
        assert brief == "71文字・1〜2通" + (f"(最大{most})" if most else "")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("[[%オンライン接客URL%]]", "[[%オンライン接客URL%]] に入る内容がまだありません。"),
        ("[[%担当者%]]", "カルテで担当者を選んでください。"),
        ("[[%氏名]]", ""),
        ("[[%名前%]]", "[[%名前%]] という固定キーはありません。"),
        ("{{insertion_url1}}", "{{insertion_url1}} は使えません。"),
        ("{{配信停止URL}}{{配信停止URL}}", "1つだけ入れられます。"),
        ("改行\r\nと𠮷", "「𠮷」(2行目の2文字目)。「吉」に置き換える"),
        ("😀", "SMSで送れない文字があります:「😀」(1行目の1文字目)"),
        ("a\0b", "SMSで送れない文字があります"),
        ("a\x1bb", "SMSで送れない文字があります"),
    ],
)
def test_what_cannot_be_sent_is_named(browser: Browser, customer: Customer, body: str, words: str) -> None:
    answer = estimate(browser, customer.id, body=body)
    assert words in answer.text
    assert figures(answer)[1] == (not words)


def test_character_in_a_name_is_named_too(app: Flask, browser: Browser) -> None:
    with app.app_context():
        customer = make_customer(name="𠮷田 太郎")
    answer = estimate(browser, customer.id, body="[[%氏名%]]様")
    assert not figures(answer)[1]
    assert "「𠮷」([[%氏名%]] の内容)" in answer.text


def test_touching_link_is_warned_of(browser: Browser, customer: Customer) -> None:
    answer = estimate(browser, customer.id, body="詳細はhttps://example.jp/です")
    assert figures(answer)[1]
    assert "前後に半角スペースか改行" in answer.text


@pytest.mark.parametrize("body", ["", " ", "\u3000\r\n\t"])
def test_nothing_typed_yet_is_no_mistake_to_point_at(browser: Browser, customer: Customer, body: str) -> None:
    answer = estimate(browser, customer.id, body=body)
    assert figures(answer) == (0, False, (0, 0, 0, 0))
    assert 'data-kind="error"' not in answer.text


def test_a_blank_is_marked_for_the_question_and_refused_nothing(browser: Browser, customer: Customer) -> None:
    blank = estimate(browser, customer.id, body="●日です").text
    assert len(having(blank, "data-asks")) == 1
    assert by_id(blank, "estimate")["data-ok"] == "true"
    assert not having(estimate(browser, customer.id, body="24日です").text, "data-asks")


def test_many_problems_are_counted_and_three_shown(browser: Browser, customer: Customer) -> None:
    body = "".join(f"[[%違う{number}%]]" for number in range(25))
    part = estimate(browser, customer.id, body=body).text
    assert by_id(part, "estimate-brief").text.rstrip().endswith("直すところ25件")
    before, more = part.split('id="more-cautions"')
    assert before.count('class="notice"') == 3
    assert "ほか" in more


def test_unknown_customer_is_no_fault(browser: Browser, customer: Customer) -> None:
    for customer_id in ("", "0", "999", "-1", "x", "1.5", str(10**30), "9" * 5000, "１", "\0"):
        answer = estimate(browser, customer_id, body="あ" * 71)
        assert figures(answer) == (71, False, (2, 2, 2, 1))
        assert "顧客が見つかりません。" in answer.text


def test_missing_fields_are_no_fault(browser: Browser, customer: Customer) -> None:
    answer = browser.client.post("/messages/estimate", headers={"X-CSRFToken": browser.token})
    assert answer.status_code == 200
    assert figures(answer) == (0, False, (0, 0, 0, 0))


def test_invalid_utf8_is_no_fault(browser: Browser, customer: Customer) -> None:
    answer = browser.client.post(
        "/messages/estimate",
        data=b"customer_id=1&body=%FF%FE%E3%81&submission_key=%C3",
        content_type="application/x-www-form-urlencoded",
        headers={"X-CSRFToken": browser.token},
    )
    assert answer.status_code == 200
    assert figures(answer)[0] > 0


@pytest.mark.parametrize(
    "piece", ["あ", "😀", "[[%", "[[%x%]]", "{{", "{{x}}", "https://a.jp ", "\n", "a\0", "か\u3099"]
)
def test_large_bodies_are_answered(browser: Browser, customer: Customer, piece: str) -> None:
    encoded = max(1, len(piece.encode()) * 3)
    answer = estimate(browser, customer.id, body=piece * (900_000 // encoded), count_clicks="y")
    assert not figures(answer)[1]
    assert len(answer.data) < 3_000_000
    assert len(having(answer.text, "data-kind", "error")) <= 20


def test_who_gets_no_sms_cannot_be_sent_to(app: Flask, browser: Browser, customer: Customer) -> None:
    with app.app_context():
        numberless = make_customer(mobile_number="", landline_number="03-1234-5678")
        make_message(customer, opted_out=True)
    assert not figures(estimate(browser, customer.id, body="a"))[1]
    assert "配信停止" in estimate(browser, customer.id, body="a").text
    assert not figures(estimate(browser, numberless.id, body="a"))[1]


def test_estimate_costs_two_queries_and_writes_nothing(app: Flask, browser: Browser) -> None:
    with app.app_context():
        customer = make_customer(staff_id=1)
        before = everything()
    for body in ("", "[[%氏名%]] [[%担当者%]] [[%会社名%]] https://example.jp/ 𠮷"):
        with recorded(app) as statements:
            estimate(browser, customer.id, body=body, count_clicks="y")
        assert len(reads(statements)) <= 2
    with app.app_context():
        assert everything() == before


def test_the_answer_stays_small_on_the_wire(browser: Browser, customer: Customer) -> None:
    # Every character a different one: what compresses least. Level 1 is nginx's default.
    body = "".join(map(chr, range(0x4E00, 0x4E00 + 200)))
    for count_clicks in ("", "y"):
        answer = estimate(browser, customer.id, body=body, count_clicks=count_clicks)
        assert len(gzip.compress(answer.data, 1)) <= 2048


def test_fragment_refreshes_the_bar_as_well(browser: Browser, customer: Customer) -> None:
    answer = estimate(browser, customer.id, body="あ" * 133)
    (brief,) = having(answer.text, "hx-swap-oob")
    assert brief["id"] == "estimate-brief"
    assert brief.text.strip() == "133文字・1〜3通"


@pytest.mark.parametrize("body", ["", "あ" * 133, "😀 <b>", "[[%氏名%]]\r\nhttps://example.jp/ "])
def test_page_holds_the_same_fragment(browser: Browser, customer: Customer, body: str) -> None:
    part = estimate(browser, customer.id, body=body, count_clicks="y").text
    part = part[: part.index('<span id="estimate-brief"')].rstrip()
    page = browser.post(f"/customers/{customer.id}/messages/edit", 200, body=body, count_clicks="y").text
    assert part in page
