"""The main job, as a person does it: from the login to 配信成功, a counted click and an opt-out."""

import re
import time

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.journeys.conftest import Product, check_access, make_customer

CLICK_SHOWN_WITHIN_MS = 75_000
"""Clicks are asked for at most 60 s apart soon after the delivery."""


def _open_compose(page: Page, card: str) -> None:
    """From the card, through its menu."""
    page.goto(card)
    page.get_by_text("携帯", exact=True).click()
    page.get_by_role("link", name="SMS送信", exact=True).click()
    page.wait_for_url(re.compile(r"/messages/new$"))


def test_send_one_sms_and_count_a_click(page: Page, product: Product) -> None:
    card = make_customer(page, "高橋 花子", "090-0111-1103")
    check_access(page)
    _open_compose(page, card)
    check_access(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text("高橋 花子")

    page.get_by_label("件名").fill("内見のご案内")
    body = page.get_by_label("本文", exact=True)
    # A page of the product itself stands behind the link, so that it can really be opened.
    body.press_sequentially(f"[[%氏名%]]様\n内見は明日14時です。\n地図 {product.url}/healthz ")
    page.get_by_label("クリックカウントを取得する").check()
    estimate = page.locator("#estimate")
    # 6 + 2 + 11 + 2 + 3 + 25 + 1, the counted link at its shortened length
    expect(estimate).to_have_attribute("data-characters", "50")
    expect(estimate).to_have_attribute("data-ok", "true")
    expect(page.locator("#estimate .bubble")).to_contain_text("高橋 花子様")
    check_access(page)

    page.get_by_role("button", name="送信", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("090-0111-1103")
    expect(dialog).to_contain_text("50文字")
    check_access(page)
    pressed = time.monotonic()
    dialog.get_by_role("button", name="はい").click()
    page.wait_for_url(re.compile(r"/messages/\d+$"))

    result = page.locator("#message-result")
    expect(result).to_have_attribute("data-status", "delivered", timeout=20_000)
    print(f"送信 → 配信成功: {time.monotonic() - pressed:.1f} s")  # noqa: T201 - a figure for the note
    expect(result).to_have_attribute("data-segments", "1")
    expect(result).not_to_have_attribute("hx-get", re.compile("."))
    check_access(page)

    opened = _tap_link(page.context, product, "090-0111-1103", "/s/")
    assert opened.url == f"{product.url}/healthz"
    _wait_for_clicks(page, "1")

    page.goto("/messages/")
    row = page.locator("tr[data-message-id]").first
    expect(row).to_have_attribute("data-status", "delivered")
    expect(row).to_contain_text("内見のご案内")
    page.goto(card)
    expect(page.get_by_role("row", name=re.compile("内見のご案内"))).to_contain_text("配信成功")


def test_an_opt_out_on_the_phone_stops_further_sms(page: Page, product: Product) -> None:
    card = make_customer(page, "渡邊 一郎", "09001111101")
    _open_compose(page, card)
    page.get_by_label("本文", exact=True).fill(
        "新しい物件のお知らせです。不要な方は {{配信停止URL}} からお手続きください。"
    )
    page.get_by_label("送信前に確認メッセージを表示する").uncheck()
    page.get_by_role("button", name="送信", exact=True).click()
    page.wait_for_url(re.compile(r"/messages/\d+$"))
    expect(page.locator("#message-result")).to_have_attribute("data-status", "delivered", timeout=20_000)

    phone = _tap_link(page.context, product, "090-0111-1101", "/o/")
    phone.get_by_role("button").first.click()

    page.goto(card)
    for _attempt in range(40):
        if page.locator("[data-opted-out]").get_attribute("data-opted-out") == "true":
            break
        page.wait_for_timeout(2000)
        page.reload()
    expect(page.locator("[data-opted-out]")).to_have_attribute("data-opted-out", "true")
    page.get_by_text("携帯", exact=True).click()
    expect(page.get_by_role("link", name="SMS送信", exact=True)).to_have_count(0)


def test_the_keyboard_alone_is_enough(page: Page) -> None:
    card = make_customer(page, "伊藤 さくら", "09001111104")
    page.goto(card)
    page.keyboard.press("n")
    page.wait_for_url(re.compile(r"/messages/new$"))
    page.get_by_label("本文", exact=True).focus()
    page.keyboard.type("鍵のお渡しは明日です。")
    expect(page.locator("#estimate")).to_have_attribute("data-characters", "11")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("Control+Enter")
    page.get_by_role("dialog").get_by_role("button", name="はい").press("Enter")
    page.wait_for_url(re.compile(r"/messages/\d+$"))
    expect(page.locator("#message-result")).to_have_attribute("data-status", "delivered", timeout=20_000)


def test_a_double_click_sends_once(page: Page) -> None:
    card = make_customer(page, "小川 実", "09001111102")
    _open_compose(page, card)
    page.get_by_label("本文", exact=True).fill("二度押しの確認です。")
    page.get_by_label("送信前に確認メッセージを表示する").uncheck()
    page.get_by_role("button", name="送信", exact=True).dblclick()
    page.wait_for_url(re.compile(r"/messages/\d+$"))
    page.goto(f"/messages/?customer_id={card.rsplit('/', 1)[1]}")
    expect(page.locator("tr[data-message-id]")).to_have_count(1)


def test_the_list_answers_as_one_types(page: Page) -> None:
    make_customer(page, "髙﨑 正樹", "08012345678")
    page.goto("/customers/")
    page.keyboard.press("/")
    page.keyboard.type("高崎")
    expect(page.locator("#customer-rows tbody tr")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"q="))
    check_access(page)


def test_it_works_without_javascript(without_script: Page) -> None:
    page = without_script
    card = make_customer(page, "加藤 健", "09001111102")
    page.goto(f"{card}/messages/new")
    page.get_by_label("本文", exact=True).fill("スクリプトなしの送信です。")
    page.get_by_role("button", name="確認", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("送信前の確認")
    expect(page.locator(".bubble")).to_have_text("スクリプトなしの送信です。")
    page.get_by_role("button", name="戻って直す").click()
    expect(page.get_by_label("本文", exact=True)).to_have_value("スクリプトなしの送信です。")
    page.get_by_role("button", name="確認", exact=True).click()
    page.get_by_role("button", name="送信", exact=True).click()
    page.wait_for_url(re.compile(r"/messages/\d+$"))
    # The page itself asks again through its <noscript> refresh.
    expect(page.locator("#message-result")).to_have_attribute("data-status", "delivered", timeout=30_000)


PAGES = (
    "/",
    "/customers/",
    "/customers/1",
    "/customers/8",
    "/customers/1/edit",
    "/customers/new",
    "/customers/1/messages/new",
    "/messages/",
    "/settings/sms",
    "/settings/company",
    "/settings/staff",
    "/settings/staff/1",
    "/settings/first-steps",
    "/account",
    "/carriers",
    "/sms-templates/",
    "/sms-templates/1",
    "/sms-templates/new",
    "/nowhere",
)


@pytest.mark.parametrize("width", [1280, 375])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_accessible(page: Page, width: int, scheme: str) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for path in PAGES:
        page.goto(path)
        check_access(page)


def _tap_link(context: BrowserContext, product: Product, number: str, kind: str) -> Page:
    """Open the simulator's phones, find the newest SMS of the number, and follow its link."""
    phones = context.new_page()
    phones.goto(product.simulator)
    link = phones.get_by_label(f"{number}の電話").locator(f'a[href*="{kind}"]').first
    address = link.get_attribute("href")
    assert address
    phones.goto(address)
    return phones


def _wait_for_clicks(page: Page, count: str) -> None:
    deadline = time.monotonic() + CLICK_SHOWN_WITHIN_MS / 1000
    while page.locator("#message-result").get_attribute("data-clicks") != count:
        assert time.monotonic() < deadline, "the click was not shown"
        page.wait_for_timeout(1000)
        page.reload()
