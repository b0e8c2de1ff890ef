"""概算と実際の通数: on a message's page, and what an administrator concludes from it."""

import pytest
from flask import Flask

from tests.conftest import Browser
from tests.features.markup import by_id, error_at, form_with, having, read
from tests.features.queries import reads, recorded
from tests.features.rows import everything, make_message
from tests.services.test_charges import FITTING, LONGER, ROW
from webapp.domain.charge import POSSIBLE_LENGTHS
from webapp.domain.message_status import FINAL, MessageStatus
from webapp.extensions import db, writing
from webapp.models import Customer, Office
from webapp.ui import words

PATH = "/settings/sms"
ACCEPT = f"{PATH}/shortened-length"


def charge_shown(html: str) -> str:
    """What stands beside 通数."""
    (row,) = [
        element
        for element in read(html)
        if element.tag == "div" and [inner.text for inner in element.inside if inner.tag == "dt"] == ["通数"]
    ]
    return row.inside[1].text


def card(browser: Browser) -> str:
    return " ".join(by_id(browser.get(PATH).text, "charges").text.split())


def flashed(browser: Browser) -> str:
    (flashes,) = [e for e in read(browser.get(PATH).text) if e.attributes.get("class") == "flashes"]
    return " ".join(flashes.text.split())


def setting(app: Flask) -> tuple[int, bool]:
    with app.app_context():
        office = db.session.get_one(Office, 1)
        return office.shortened_url_length, office.shortened_url_is_known


def send(app: Flask, customer: Customer, *rows: dict[str, object]) -> list[int]:
    with app.app_context():
        return [make_message(customer, **row).id for row in rows]


@pytest.mark.parametrize(
    ("values", "price", "shown"),
    [
        (ROW, None, "1通(概算どおり)"),
        (ROW, 10, "1通 10円(概算どおり)"),
        (LONGER, None, "2通(概算は1通でした)短縮されたリンクの長さが、見込みの25文字とは違ったようです。"),
        (
            ROW | {"segments": 9},
            10,
            (
                "9通 90円(概算は1通 10円でした)SMSLINKの数え方と違いがありました。"
                "続くようなら、管理者に知らせてください。"
            ),
        ),
        (ROW | {"carrier": 40}, None, "1通携帯電話会社が分からないため、概算とは比べられません。"),
        (ROW | {"carrier": None, "segments": None, "status": "sending"}, 10, "まだ分かりません"),
        (ROW | {"segments": 0, "status": "failed"}, None, "0通"),
        (ROW | {"segments": 1, "status": "failed"}, None, "1通(概算どおり)"),
    ],
)
def test_message_shows_both(
    app: Flask,
    staff_browser: Browser,
    customer: Customer,
    values: dict[str, object],
    price: int | None,
    shown: str,
) -> None:
    (message_id,) = send(app, customer, values)
    with app.app_context(), writing():
        db.session.get_one(Office, 1).unit_price = price
    page = staff_browser.get(f"/messages/{message_id}").text
    assert charge_shown(page) == shown
    assert charge_shown(staff_browser.fragment(f"/messages/{message_id}").text) == shown
    segments = values["segments"]
    assert having(page, "data-status")[0]["data-segments"] == ("" if segments is None else str(segments))


def test_only_administrators_are_led_to_the_settings(
    app: Flask, browser: Browser, staff_browser: Browser, customer: Customer
) -> None:
    by_length, other = send(app, customer, LONGER, ROW | {"segments": 9})
    link = f"{PATH}#charges"
    assert having(browser.get(f"/messages/{by_length}").text, "href", link)
    assert not having(browser.get(f"/messages/{other}").text, "href", link)
    assert not having(staff_browser.get(f"/messages/{by_length}").text, "href", link)


@pytest.mark.parametrize("status", list(MessageStatus))
def test_what_is_final_is_not_awaited(
    app: Flask, browser: Browser, customer: Customer, status: MessageStatus
) -> None:
    (message_id,) = send(app, customer, {"status": status, "segments": None})
    shown = charge_shown(browser.get(f"/messages/{message_id}").text)
    assert (shown == "まだ分かりません") is (status not in FINAL)
    assert (shown == "なし(送られていません)") is (status in {"cancelled", "rejected", "error"})


def test_card_of_a_new_office(browser: Browser) -> None:
    shown = card(browser)
    assert "まだ比べられる結果がありません。" in shown
    assert "いまの設定は25文字です(見込み)。" in shown
    assert "課金からはまだ分かりません。" in shown
    assert not having(browser.get(PATH).text, "action", ACCEPT)


def test_card_shows_rate_misses_and_proposal(app: Flask, browser: Browser, customer: Customer) -> None:
    ids = send(app, customer, FITTING, *[LONGER] * 6, ROW | {"carrier": 30})
    page = browser.get(PATH).text
    shown = card(browser)
    assert "直近の8件のうち2件が概算どおりでした(25%)。" in shown
    assert "短縮されたリンクを含むものは、8件のうち2件です(25%)。" in shown
    links = [e["href"] for e in by_id(page, "charges").inside if e.tag == "a"]
    assert links == [f"/messages/{number}" for number in reversed(ids[2:7])]
    assert "docomo 概算1通 → 課金2通" in shown
    assert "短縮されたリンクを含むSMS7件の課金から、27文字と分かります。" in shown
    assert "変えると、「概算」と表示しなくなります。" in shown
    (form,) = having(page, "action", ACCEPT)
    assert [e.text for e in form.inside if e.tag == "button"] == ["短縮URLの長さを27文字にする"]
    with recorded(app) as statements:
        browser.get(PATH)
    assert len(reads(statements)) <= 3


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (
            [LONGER],
            (
                "27〜90文字と分かります。 いまの設定の25文字とは合わない課金があります。"
                "合う長さの幅がまだ広いため、その中でいちばん短い27文字を提案します。"
                "まだ幅があるため、変えた後も「概算」と表示します。実際より少なく出ることがあります。"
            ),
        ),
        ([FITTING], "27文字以下と分かります。"),
        (
            [LONGER, LONGER | {"characters": 67}, ROW | {"characters": 62}],
            (
                "通数を少なく見積もらないように、合う中でいちばん長い33文字を提案します。"
                "まだ幅があるため、変えた後も「概算」と表示します。 短縮URLの長さを33文字にする"
            ),
        ),
        ([LONGER, FITTING], "合うのは27文字だけです。変えると、「概算」と表示しなくなります。"),
        ([LONGER, ROW], "新しい課金だけで判断しています。"),
        (
            [ROW, LONGER | {"text": "あ" * 43 + " {{配信停止URL}}"}],
            "クリックを数えるURLと配信停止URLで長さが違うようです。",
        ),
    ],
)
def test_card_says_what_charges_tell(
    app: Flask, browser: Browser, customer: Customer, rows: list[dict[str, object]], expected: str
) -> None:
    send(app, customer, *rows)
    assert expected in card(browser)


def test_lengths_in_words_are_open_at_the_ends() -> None:
    ends = POSSIBLE_LENGTHS[0], POSSIBLE_LENGTHS[-1]
    assert words.link_lengths(range(26, 31)) == "26〜30文字"
    assert words.link_lengths(range(26, 27)) == "26文字"
    assert words.link_lengths(range(ends[0], 27)) == "26文字以下"
    assert words.link_lengths(range(26, ends[1] + 1)) == "26文字以上"
    assert words.link_lengths(range(ends[1], ends[1] + 1)) == f"{ends[1]}文字以上"


def test_one_click_takes_the_length(app: Flask, browser: Browser, customer: Customer) -> None:
    send(app, customer, LONGER, FITTING)
    fields = form_with(browser.get(PATH).text, "length")
    assert fields == {"length": "27"}
    with app.app_context():
        before = everything()
    assert browser.post(ACCEPT, **fields).location == f"{PATH}#charges"
    assert "短縮URLの長さを27文字にしました。" in flashed(browser)
    assert setting(app) == (27, True)
    shown = card(browser)
    assert "いまの設定は27文字です(SMSLINKの課金から分かった長さ)。" in shown
    assert not having(browser.get(PATH).text, "action", ACCEPT)
    assert form_with(browser.get(PATH).text, "api_domain")["shortened_url_length"] == "27"
    assert "27文字)で数えます" in browser.get("/carriers").text
    with app.app_context(), writing():
        office = db.session.get_one(Office, 1)
        office.shortened_url_length, office.shortened_url_is_known = 25, False
    with app.app_context():
        assert everything() == before


def test_a_right_setting_is_confirmed(app: Flask, browser: Browser, customer: Customer) -> None:
    send(app, customer, LONGER, FITTING)
    with app.app_context(), writing():
        db.session.get_one(Office, 1).shortened_url_length = 27
    assert "課金と合う長さは、いまの設定の27文字だけです。確定すると、" in card(browser)
    (form,) = having(browser.get(PATH).text, "action", ACCEPT)
    assert [e.text for e in form.inside if e.tag == "button"] == ["短縮URLの長さを27文字で確定する"]
    browser.post(ACCEPT, length="27")
    assert setting(app) == (27, True)


@pytest.mark.parametrize("length", ["25", "28", "", "x", "-27", "27.0", "9" * 5000])
def test_a_stale_proposal_is_refused_in_words(
    app: Flask, browser: Browser, customer: Customer, length: str
) -> None:
    send(app, customer, LONGER, FITTING)
    browser.get(PATH)
    with app.app_context():
        before = everything()
    browser.post(ACCEPT, length=length)
    assert "設定か送信結果が変わりました。" in flashed(browser)
    with app.app_context():
        assert everything() == before


def test_a_proposal_overtaken_by_new_results_is_refused(
    app: Flask, browser: Browser, customer: Customer
) -> None:
    send(app, customer, LONGER)
    fields = form_with(browser.get(PATH).text, "length")
    # 42 + 29 is more than one part, 37 + 33 is not: now 29 to 33 explain all charges.
    send(app, customer, {**LONGER, "characters": 67}, {**ROW, "characters": 62})
    browser.post(ACCEPT, **fields)
    assert "設定か送信結果が変わりました。" in flashed(browser)
    assert setting(app) == (25, False)
    browser.post(ACCEPT, **form_with(browser.get(PATH).text, "length"))
    assert setting(app) == (33, False)


def test_accepting_needs_an_administrator_and_a_token(
    app: Flask, browser: Browser, staff_browser: Browser, anonymous: Browser, customer: Customer
) -> None:
    send(app, customer, LONGER)
    anonymous.get("/login")
    with app.app_context():
        before = everything()
    staff_browser.post(ACCEPT, 403, length="27")
    anonymous.post(ACCEPT, 401, length="27")
    browser.get(PATH)
    assert browser.client.post(ACCEPT, data={"length": "27"}).status_code == 400
    with app.app_context():
        assert everything() == before


def test_a_length_typed_by_hand_is_no_longer_known(app: Flask, browser: Browser) -> None:
    with app.app_context(), writing():
        db.session.get_one(Office, 1).shortened_url_is_known = True
    fields = form_with(browser.get(PATH).text, "api_domain")
    browser.post(PATH, **fields | {"unit_price": "10"})
    assert setting(app) == (25, True)
    page = browser.post(PATH, 422, **fields | {"shortened_url_length": "9"}).text
    assert error_at(page, "shortened_url_length").split()[-1] == "10文字から100文字の間で入力してください。"
    assert setting(app) == (25, True)
    browser.post(PATH, **fields | {"shortened_url_length": "26"})
    assert setting(app) == (26, False)


def test_estimates_with_a_known_length_are_none_any_more(
    app: Flask, browser: Browser, customer: Customer
) -> None:
    text = {"body": "地図 https://example.jp/a", "customer_id": str(customer.id), "count_clicks": "y"}
    browser.get(f"/customers/{customer.id}/messages/new")
    assert "概算" in browser.fragment("/messages/estimate", **text).text
    with app.app_context(), writing():
        db.session.get_one(Office, 1).shortened_url_is_known = True
    assert "概算" not in browser.fragment("/messages/estimate", **text).text
