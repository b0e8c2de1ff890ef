"""Small things a hand meets on its way: the focus, keys, what shows on a phone."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.journeys.conftest import PASSWORD, check_access, make_customer

PHONE = {"width": 375, "height": 812}


def test_the_login_page_waits_for_the_login(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/login")
    expect(page.get_by_label("ログインID")).to_be_focused()
    page.get_by_role("button", name="ログイン", exact=True).click()
    expect(page.locator("#error-summary")).to_be_focused()


def test_a_password_can_be_read_while_it_is_typed(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/login")
    field = page.get_by_label("パスワード")
    field.fill(PASSWORD)
    button = page.get_by_role("button", name=re.compile("^パスワードを ?表示$"))
    expect(button).to_have_attribute("aria-pressed", "false")
    button.click()
    expect(field).to_have_attribute("type", "text")
    expect(field).to_have_attribute("autocomplete", "current-password")
    expect(button).to_have_attribute("aria-pressed", "true")
    check_access(page)
    button.click()
    expect(field).to_have_attribute("type", "password")
    button.click()
    # It leaves as a password: a browser would keep it as plain text otherwise.
    page.evaluate("document.forms[0].addEventListener('submit', (event) => event.preventDefault())")
    field.press("Enter")
    expect(field).to_have_attribute("type", "password")
    expect(field).to_have_value(PASSWORD)


@pytest.fixture
def phone(page: Page) -> Page:
    """The same person, at a phone's width."""
    page.set_viewport_size(PHONE)
    return page


def test_the_table_of_parts_fits_a_phone(phone: Page) -> None:
    phone.goto("/carriers")
    check_access(phone)
    regions = phone.get_by_role("region", name=re.compile("文字数ごとの通数"))
    assert regions.count()
    for region in regions.all():
        assert region.evaluate("(box) => box.scrollWidth <= box.clientWidth")


def test_a_phone_shows_that_nothing_is_really_sent(phone: Page) -> None:
    phone.goto("/customers/")
    text = phone.locator(".env-banner__text")
    expect(text).to_have_text("実際のSMSは送信されません。", use_inner_text=True)
    assert text.evaluate("(box) => box.scrollWidth <= box.clientWidth")
    phone.mouse.wheel(0, 300)
    expect(text).to_be_in_viewport()
    check_access(phone)


def test_a_key_on_the_card_leads_into_the_text(page: Page) -> None:
    card = make_customer(page, "鍵 押す子", "090-0111-1108")
    page.goto(card)
    page.keyboard.press("n")
    page.wait_for_url(re.compile(r"/messages/new$"))
    expect(page.get_by_label("本文", exact=True)).to_be_focused()
    page.keyboard.type("n")
    expect(page.get_by_label("本文", exact=True)).to_have_value("n")

    # Refused, the focus is where the errors are; a picked template leaves it where it was.
    page.evaluate("document.querySelector('#compose [name=body]').value = ''")
    page.get_by_label("送信前に確認メッセージを表示する").uncheck()
    page.get_by_role("button", name="送信", exact=True).click()
    expect(page.locator("#error-summary")).to_be_focused()


def test_arrows_walk_a_list_from_anywhere(page: Page) -> None:
    page.goto("/customers/")
    rows = page.locator(".row-link")
    assert rows.count() >= 3
    for start in ("ArrowDown", "ArrowUp"):
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press(start)
        expect(rows.nth(0)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(rows.nth(0)).to_be_focused()

    # What has the focus keeps its own arrows.
    search = page.get_by_role("searchbox")
    search.focus()
    page.keyboard.press("ArrowDown")
    expect(search).to_be_focused()
    link = page.get_by_role("link", name="顧客を登録")
    link.focus()
    page.keyboard.press("ArrowDown")
    expect(link).to_be_focused()


def test_a_replaced_request_is_no_error_in_the_console_and_a_failed_one_is(page: Page) -> None:
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    card = make_customer(page, "打鍵 速男", "090-0111-1109")
    page.goto(f"{card}/messages/new")
    page.route("**/messages/estimate", lambda _route: None)  # never answered
    body = page.get_by_label("本文", exact=True)
    for text in ("一", "二", "三"):
        with page.expect_request("**/messages/estimate"):
            body.fill(text)
    assert errors == []
    page.unroute("**/messages/estimate")
    page.route("**/messages/estimate", lambda route: route.abort())
    body.fill("四")
    expect(page.locator("#trouble")).to_be_visible()
    assert any("htmx:sendError" in error for error in errors)


def test_what_changes_is_said_in_a_place_that_stays(page: Page) -> None:
    """A live region that is replaced together with its words is read out by chance only."""
    announcer = page.locator("#announcer")
    page.goto("/customers/")
    stays = announcer.element_handle()
    expect(announcer).to_have_text("")
    page.get_by_role("searchbox").fill("どこにもいない人")
    expect(announcer).to_have_text("該当なし")
    assert stays.evaluate("(place) => place.isConnected && place.role === 'status'")

    card = make_customer(page, "読み 上げ子", "090-0111-1110")
    page.goto(f"{card}/messages/new")
    place = page.locator("[aria-live]").filter(has=page.locator("#schedule"))
    kept = place.element_handle()
    page.get_by_label("指定する", exact=True).check()
    expect(place).to_contain_text("日付と時刻を入れると")
    assert kept.evaluate("(place) => place.isConnected && place.querySelector('#schedule') !== null")

    page.get_by_label("指定しない").check()
    page.get_by_label("本文", exact=True).fill("読み上げの確認")
    page.get_by_label("送信前に確認メッセージを表示する").uncheck()
    page.get_by_role("button", name="送信", exact=True).click()
    page.wait_for_url(re.compile(r"/messages/\d+$"))
    page.evaluate(
        """() => { window.__said = []; new MutationObserver(() => window.__said.push(announcer.textContent))
          .observe(document.getElementById("announcer"), { childList: true }); }"""
    )
    expect(announcer).to_contain_text("配信成功", timeout=20_000)
    page.wait_for_timeout(2_500)
    said = page.evaluate("window.__said")
    assert len(said) == len(set(said))  # each state once, however often it was asked for
