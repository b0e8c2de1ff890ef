"""A hold as people meet it, the page of the engine, cancelling while a page is renewed, and sending again."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Product, check_access, make_customer

HELD = "すべての送信を保留しています"


def execute(product: Product, statement: str, *values: object) -> None:
    """As the engine would leave a row that takes it long to come to."""
    with closing(sqlite3.connect(product.launch.data_dir / "sms.sqlite3", timeout=15)) as connection:
        connection.execute(statement, values)
        connection.commit()


@contextmanager
def held(product: Product) -> Iterator[None]:
    """As after a 401 to the office's token; the token itself stays good."""
    execute(product, "UPDATE office SET hold_reason = 'ERR401002', held_since = CURRENT_TIMESTAMP")
    try:
        yield
    finally:
        execute(product, "UPDATE office SET hold_reason = NULL, held_since = NULL")


def check_widths(page: Page) -> None:
    """On a desk and on a phone."""
    for width in (375, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        check_access(page)


def send(page: Page, card: str, body: str) -> str:
    """Write to a customer; the message's address."""
    page.goto(f"{card}/messages/new?new=1")
    page.get_by_label("本文", exact=True).fill(body)
    page.get_by_role("button", name="送信", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="はい").click()
    page.wait_for_url(re.compile(r"/messages/\d+$"))
    return page.url


def await_refreshes(page: Page, address: str) -> None:
    """Until the page has renewed itself twice."""
    for _ in range(2):
        with page.expect_response(re.compile(address)):
            pass
    page.wait_for_timeout(200)  # until the second answer stands there


def test_hold_is_mended_and_nothing_is_lost(page: Page, product: Product) -> None:
    card = make_customer(page, "保留 一郎", "090-0111-1104")
    with held(product):
        address = send(page, card, "保留の間に書いた文章です。")
        expect(page.get_by_text(HELD, exact=True).first).to_be_visible()
        check_widths(page)
        for path in ("/", f"{card}/messages/new", "/settings/sms"):
            page.goto(path)
            expect(page.get_by_text(HELD, exact=True)).to_be_visible()
            check_widths(page)
        page.goto("/")
        page.get_by_role("link", name="送信の状況を見る").click()
        engine = page.locator("#engine")
        expect(engine.locator("[data-line=queued]")).to_contain_text("保留が解けると")
        expect(engine.locator("[data-line=smslink]")).to_contain_text("要確認")
        check_widths(page)
        # By keyboard, and a question that stays open while the page behind it is renewed twice.
        page.get_by_role("button", name="送信を再開する").focus()
        page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("原因を直しましたか")
        await_refreshes(page, r"/engine$")
        dialog.get_by_role("button", name="再開する").focus()
        page.keyboard.press("Enter")
        expect(page.locator(".flashes")).to_contain_text("送信を再開しました")
        expect(engine).to_have_attribute("data-ok", "true", timeout=20_000)
    page.goto(address)
    expect(page.locator("#message-result")).to_have_attribute("data-status", "delivered", timeout=20_000)


def test_what_was_cancelled_is_sent_again_once(page: Page, product: Product) -> None:
    card = make_customer(page, "再送 花子", "090-0111-1105")
    with held(product):
        address = send(page, card, "取り消して、また送ります。")
        page.get_by_role("button", name="送信をキャンセル").click()
        # The question belongs to a form that the page behind it must not take away.
        await_refreshes(page, r"/messages/\d+$")
        page.get_by_role("dialog").get_by_role("button", name="はい").click()
        expect(page.locator("#message-result")).to_have_attribute("data-status", "cancelled")
    page.goto(address)
    page.get_by_role("button", name="再送").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("再送 花子 様(090-0111-1105)に、このSMSをもう一度送りますか")
    check_widths(page)
    dialog.get_by_role("button", name="再送する").dblclick()
    page.wait_for_url(lambda url: re.search(r"/messages/\d+$", url) is not None and url != address)
    again = page.url
    expect(page.locator("#message-result")).to_have_attribute("data-status", "delivered", timeout=20_000)
    page.goto(address)
    page.get_by_role("link", name="送り直したSMSを見る").click()
    page.wait_for_url(again)
    page.goto(f"/messages/?customer_id={card.rpartition('/')[2]}")
    expect(page.locator("tr[data-message-id]")).to_have_count(2)


def test_without_script_it_is_shown_before_it_is_sent_again(
    page: Page, without_script: Page, product: Product
) -> None:
    card = make_customer(page, "無効 太郎", "090-0111-1106")
    address = send(page, card, "[[%氏名%]]様、届かなかった文章です。")
    expect(page.locator("#message-result")).to_have_attribute("data-status", "delivered", timeout=20_000)
    number = int(address.rpartition("/")[2])
    execute(product, "UPDATE message SET status = 'failed', detail = 'DTL000007' WHERE id = ?", number)
    page.goto(f"{address}/resend")
    check_widths(page)
    without_script.goto(address)
    expect(without_script.get_by_role("button", name="再送")).to_be_hidden()
    without_script.get_by_role("link", name="確認して再送").click()
    expect(without_script.locator("main")).to_contain_text("無効 太郎様、届かなかった文章です。")
    without_script.get_by_role("button", name="送信", exact=True).click()
    without_script.wait_for_url(lambda url: re.search(r"/messages/\d+$", url) is not None and url != address)
    with held(product):
        without_script.goto("/engine")
        without_script.get_by_role("button", name="送信を再開する").click()
        expect(without_script.locator(".flashes")).to_contain_text("送信を再開しました")
