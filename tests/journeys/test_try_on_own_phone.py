"""A test send in a real browser: to one's own number, while the text goes on being written."""

import re

from playwright.sync_api import Page, expect

from tests.journeys.conftest import check_access, make_customer

OWN = "090-0111-1108"


def test_the_text_is_tried_on_the_own_phone_and_then_sent(page: Page) -> None:
    card = make_customer(page, "試し 読む子", "090-0111-1104")
    page.goto(f"{card}/messages/new")
    body = page.get_by_label("本文", exact=True)
    key = page.locator("[name=submission_key]").input_value()
    region = page.locator("#test-send")
    button = page.get_by_role("button", name="自分の携帯へテスト送信")
    body.fill("[[%氏名%]]様\n明日の10時5分です。")

    # Not registered yet: asked for on the spot, and a refusal is in view.
    own = region.get_by_label("自分の携帯番号")
    own.fill("03-1234-5678")
    page.evaluate("scrollTo(0, 0)")
    button.click()
    refusal = region.get_by_role("alert")
    expect(refusal).to_contain_text("固定電話にはSMSを送れません。")
    expect(refusal).to_be_focused()
    expect(refusal).to_be_in_viewport()
    check_access(page)
    own.fill("０９０ー０１１１ー１１０８")
    button.click()
    expect(own).to_have_count(0)
    button.dblclick()
    expect(region).to_contain_text(f"{OWN} へテスト送信しました")
    expect(button).to_be_focused()
    # Another text than the one that was tried.
    stale = region.get_by_text("文章を変えた後は、まだテスト送信していません。")
    expect(stale).to_be_hidden()
    body.press("End")
    body.press_sequentially("続き")
    expect(stale).to_be_visible()
    state = page.locator("#message-state")
    expect(state).to_have_attribute("data-status", "delivered", timeout=20_000)
    expect(state).not_to_have_attribute("hx-get", re.compile("."))
    expect(state).to_contain_text("通数は1通でした。")
    expect(page.locator("#announcer")).to_contain_text(re.compile(rf"{OWN} へテスト送信しました.*配信成功"))
    expect(region.locator("[role=status], [aria-live]")).to_have_count(0)
    expect(body).to_have_value("[[%氏名%]]様\n明日の10時5分です。続き")
    assert page.locator("[name=submission_key]").input_value() == key
    check_access(page)
    for _ in "続き":
        body.press("Backspace")
    expect(stale).to_be_hidden()

    page.get_by_role("button", name="送信", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="はい").click()
    page.wait_for_url(re.compile(r"/messages/\d+$"))
    # Other journeys share the office, and try texts of their own.
    page.goto("/messages/?q=明日の10時5分")
    rows = page.locator("tr[data-message-id]")
    expect(rows).to_have_count(2)
    expect(rows.filter(has_text="テスト送信")).to_have_count(1)
    page.goto(card)
    expect(page.locator("main")).not_to_contain_text("テスト送信")
    # As the other journeys found it.
    change_own_number(page, "")


def test_enter_in_the_own_number_presses_the_button_of_its_box(page: Page) -> None:
    card = make_customer(page, "試し 入力子", "090-0111-1104")
    page.goto(f"{card}/messages/new?new=y")
    page.get_by_label("本文", exact=True).fill("明日の12時です。")
    region = page.locator("#test-send")
    own = region.get_by_label("自分の携帯番号")
    own.fill("03-1234-5678")
    # The Enter that ends a conversion presses nothing.
    composed = "new KeyboardEvent('keydown', {key: 'Enter', keyCode: 229, bubbles: true, cancelable: true})"
    own.evaluate(f"element => element.dispatchEvent({composed})")
    page.wait_for_timeout(300)
    expect(region.get_by_role("alert")).to_have_count(0)
    own.press("Enter")
    expect(region.get_by_role("alert")).to_contain_text("携帯電話の番号を入力してください。")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_result_stands_for_no_other_try_and_no_other_number(page: Page) -> None:
    card = make_customer(page, "試し 失敗子", "090-0111-1106")
    change_own_number(page, OWN)
    page.goto(f"{card}/messages/new")
    body = page.get_by_label("本文", exact=True)
    region = page.locator("#test-send")
    button = page.get_by_role("button", name="自分の携帯へテスト送信")
    state = page.locator("#message-state")
    refusal = region.get_by_role("alert")
    body.fill("明日の11時です。")
    button.click()
    expect(region).to_contain_text(f"{OWN} へテスト送信しました")

    # A try that fails leaves nothing of the one before.
    page.route("**/messages/test", lambda route: route.fulfill(status=500, body="x"))
    body.press_sequentially("続き")
    button.click()
    expect(page.locator("#trouble")).to_be_visible()
    expect(region).not_to_contain_text("テスト送信しました")
    expect(state).to_have_count(0)
    page.unroute("**/messages/test")

    # The number is changed in another tab: asked once more before anything goes there.
    change_own_number(page, "090-0111-1109")
    button.click()
    expect(refusal).to_contain_text("自分の携帯番号が090-0111-1109に変わりました。")
    expect(refusal).to_be_focused()
    expect(region).to_contain_text("自分の携帯 090-0111-1109 に")
    expect(state).to_have_count(0)
    change_own_number(page, "")


def change_own_number(page: Page, number: str) -> None:
    """In another tab."""
    account = page.context.new_page()
    account.goto("/account")
    account.get_by_label("自分の携帯番号").fill(number)
    account.get_by_role("button", name="携帯番号を保存").click()
    expect(account.get_by_label("自分の携帯番号")).to_have_value(number)
    check_access(account)
    account.close()
