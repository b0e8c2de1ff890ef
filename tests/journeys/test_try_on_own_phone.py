"""A test send in a real browser: to one's own number, while the text goes on being written."""

import re

from playwright.sync_api import Page, expect

from tests.journeys.conftest import check_access, make_customer

OWN = "090-0111-1103"


def test_the_text_is_tried_on_the_own_phone_and_then_sent(page: Page) -> None:
    card = make_customer(page, "試し 読む子", "090-0111-1104")
    page.goto(f"{card}/messages/new")
    body = page.get_by_label("本文", exact=True)
    key = page.locator("[name=submission_key]").input_value()
    region = page.locator("#test-send")
    button = page.get_by_role("button", name="自分の携帯に試しに送る")
    body.fill("[[%氏名%]]様\n明日の10時です。")

    # Not registered yet: done in another tab, and the same page works.
    button.click()
    expect(region).to_contain_text("自分の携帯番号がまだ登録されていません。")
    check_access(page)
    with page.context.expect_page() as opened:
        region.get_by_role("link", name=re.compile("自分の携帯番号を登録する")).click()
    account = opened.value
    account.get_by_label("自分の携帯番号").fill("０９０ー０１１１ー１１０３")
    account.get_by_role("button", name="携帯番号を保存").click()
    expect(account.get_by_label("自分の携帯番号")).to_have_value(OWN)
    check_access(account)
    account.close()

    button.dblclick()
    expect(region).to_contain_text(f"{OWN} へ試しに送りました")
    expect(button).to_be_focused()
    expect(page.locator("dialog[open]")).to_have_count(0)
    body.press("End")
    body.press_sequentially("続き")
    state = page.locator("#message-state")
    expect(state).to_have_attribute("data-status", "delivered", timeout=20_000)
    expect(state).not_to_have_attribute("hx-get", re.compile("."))
    expect(state).to_contain_text("通数は1通でした。")
    expect(body).to_have_value("[[%氏名%]]様\n明日の10時です。続き")
    assert page.locator("[name=submission_key]").input_value() == key
    check_access(page)
    page.set_viewport_size({"width": 375, "height": 812})
    check_access(page)
    page.set_viewport_size({"width": 1280, "height": 800})

    page.get_by_role("button", name="送信", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="はい").click()
    page.wait_for_url(re.compile(r"/messages/\d+$"))
    page.goto("/messages/?q=明日の10時")
    expect(page.locator("tr[data-message-id]")).to_have_count(2)
    page.goto("/messages/?q=テスト送信")
    expect(page.locator("tr[data-message-id]")).to_have_count(1)
    page.goto(card)
    expect(page.locator("main")).not_to_contain_text("テスト送信")
    # As the other journeys found it.
    page.goto("/account")
    page.get_by_label("自分の携帯番号").fill("")
    page.get_by_role("button", name="携帯番号を保存").click()
