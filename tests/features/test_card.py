"""The card: the 携帯 menu, consent and opt-out, the log of contacts."""

from flask import Flask

from tests.conftest import Browser, make_customer
from tests.features.markup import having, read
from tests.features.queries import reads, recorded
from tests.features.rows import make_message
from webapp.models import Customer


def menu(html: str) -> dict[str, tuple[str | None, str]]:
    """The entries of the 携帯 menu: address, or None with the reason."""
    (opened,) = [element for element in read(html) if element.attributes.get("id") == "mobile-menu"]
    entries = {}
    for item in (inner for inner in opened.inside if inner.tag == "li"):
        entry = item.inside[0]
        reason = "".join(inner.text for inner in item.inside if inner.tag == "small")
        if entry.tag == "span":
            assert entry["aria-disabled"] == "true"
        entries[entry.text.removesuffix(reason).strip()] = (entry.attributes.get("href"), reason)
    return entries


def test_menu_of_a_card(browser: Browser, customer: Customer) -> None:
    assert menu(browser.get(f"/customers/{customer.id}").text) == {
        "SMS送信": (f"/customers/{customer.id}/messages/new", ""),
        "SMS送信履歴": (f"/messages/?customer_id={customer.id}", ""),
        "SMS送信設定": ("/settings/sms", ""),
    }


def test_settings_are_not_for_staff(staff_browser: Browser, customer: Customer) -> None:
    entries = menu(staff_browser.get(f"/customers/{customer.id}").text)
    assert entries["SMS送信設定"] == (None, "管理者だけが変更できます。")
    assert entries["SMS送信"][0]


def test_without_a_number_the_menu_says_why(app: Flask, browser: Browser, staff_browser: Browser) -> None:
    with app.app_context():
        customer = make_customer(mobile_number="", landline_number="03-1234-5678")
    for someone in (browser, staff_browser):
        entries = menu(someone.get(f"/customers/{customer.id}").text)
        for label in ("SMS送信", "SMS送信設定"):
            address, reason = entries[label]
            assert address is None
            assert "携帯番号が登録されていない" in reason
        assert entries["SMS送信履歴"] == (f"/messages/?customer_id={customer.id}", "")


def test_nobody_is_told_to_write_where_nothing_can_be_sent(app: Flask, browser: Browser) -> None:
    words = "「携帯」から「SMS送信」を選ぶと書き始められます。"
    with app.app_context():
        with_number = make_customer()
        without = make_customer(mobile_number="", landline_number="03-1234-5678")
    assert words in browser.get(f"/customers/{with_number.id}").text
    page = browser.get(f"/customers/{without.id}").text
    assert words not in page
    assert "まだSMSを送っていません。" in page


def test_number_of_older_rules_is_not_deliverable(app: Flask, browser: Browser) -> None:
    """Stored before the rules, or by an import: the card says so as well."""
    with app.app_context():
        customer = make_customer(mobile_number="06012345678")
    entries = menu(browser.get(f"/customers/{customer.id}").text)
    assert entries["SMS送信"][0] is entries["SMS送信設定"][0] is None
    assert "SMSを受け取れません" in entries["SMS送信"][1]


def test_card_shows_consent_and_opt_out(app: Flask, browser: Browser, customer: Customer) -> None:
    path = f"/customers/{customer.id}"

    def shown() -> tuple[str, str]:
        (root,) = having(browser.get(path).text, "data-opted-out")
        return root["data-consent"], root["data-opted-out"]

    assert shown() == ("false", "false")
    with app.app_context():
        make_message(customer, opted_out=False)
    assert shown() == ("false", "false")
    with app.app_context():
        make_message(customer, opted_out=True)
    assert shown() == ("false", "true")
    entries = menu(browser.get(path).text)
    assert entries["SMS送信"][0] is None
    assert "配信停止" in entries["SMS送信"][1]
    assert entries["SMS送信設定"][0] == "/settings/sms", "the number is deliverable all the same"
    assert entries["SMS送信履歴"][0]


def test_opt_out_is_the_numbers(app: Flask, browser: Browser, customer: Customer) -> None:
    with app.app_context():
        other = make_customer(name="山田 花子")
        stranger = make_customer(name="別人", mobile_number="09001111103")
        make_message(customer, status="failed", detail="DTL000017")
    for one, expected in ((customer, "true"), (other, "true"), (stranger, "false")):
        page = browser.get(f"/customers/{one.id}").text
        assert having(page, "data-opted-out")[0]["data-opted-out"] == expected


def test_log_of_contacts_is_newest_first_in_few_queries(
    app: Flask, browser: Browser, customer: Customer
) -> None:
    path = f"/customers/{customer.id}"
    assert "まだSMSを送っていません。" in browser.get(path).text
    with app.app_context():
        make_message(customer, subject="一通目")
    with recorded(app) as one:
        browser.get(path)
    with app.app_context():
        for number in range(19):
            make_message(customer, subject=f"続き{number}")
    with recorded(app) as twenty:
        page = browser.get(path).text
    subjects = [element.text for element in having(page, "class", "row-link")]
    assert subjects == [*(f"続き{number}" for number in reversed(range(19))), "一通目"]
    assert len(reads(one)) == len(reads(twenty)) <= 8
