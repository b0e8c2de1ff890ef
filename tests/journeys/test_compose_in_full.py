"""Compose in a real browser: templates, reservations, the question before sending, a new login."""

import re
from datetime import datetime, timedelta

from playwright.sync_api import BrowserContext, Page, expect

from tests.journeys.conftest import check_access, hold_requests, log_in, make_customer, pick_template
from webapp.domain.reservation import JST


def _compose(page: Page, name: str) -> str:
    card = make_customer(page, name, "090-0111-1104")
    page.goto(f"{card}/messages/new")
    return card


def test_a_template_a_time_and_a_cancelled_reservation(page: Page) -> None:
    _compose(page, "予約 する子")
    pick_template(page, "内見日時のご案内")
    expect(page.get_by_label("本文", exact=True)).not_to_have_value("")
    expect(page.locator("#estimate")).to_have_attribute("data-ok", re.compile("true|false"))
    page.get_by_label("本文", exact=True).fill("内見は明日です。")
    tomorrow = datetime.now(JST) + timedelta(days=1)
    page.get_by_label("指定する", exact=True).check()
    page.get_by_label("送信する日").fill(f"{tomorrow:%Y-%m-%d}")
    page.get_by_label("送信する時刻").fill("15:01")
    page.get_by_label("送信する時刻").press("Tab")
    expect(page.locator("#schedule")).to_contain_text("15:10")
    check_access(page)

    page.get_by_role("button", name="送信", exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text("15:10")
    page.get_by_role("dialog").get_by_role("button", name="はい").click()
    page.wait_for_url(re.compile(r"/messages/\d+$"))
    result = page.locator("#message-result")
    expect(result).to_have_attribute("data-status", "reserved", timeout=20_000)
    page.reload()
    page.get_by_role("button", name="配信予約をキャンセル").click()
    page.get_by_role("dialog").get_by_role("button", name="はい").click()
    expect(result).to_have_attribute("data-status", "cancelled", timeout=20_000)
    expect(result).to_contain_text("配信取消")


def test_the_question_shows_the_very_text_that_goes_out(page: Page) -> None:
    _compose(page, "確認 する男")
    body = page.get_by_label("本文", exact=True)
    body.fill("古い文")
    expect(page.locator("#estimate")).to_have_attribute("data-characters", "3")
    held = hold_requests(page, "**/messages/estimate")
    body.fill("一行目\n二行目")
    page.get_by_role("button", name="送信", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="確認しています…")).to_be_disabled()
    page.wait_for_timeout(300)
    for route in held:
        route.continue_()
    page.unroute("**/messages/estimate")
    expect(dialog.get_by_role("button", name="はい")).to_be_enabled()
    expect(dialog.locator(".body-text")).to_have_text("一行目\n二行目", use_inner_text=True)
    check_access(page)


def test_without_an_answer_the_question_shows_what_was_typed(page: Page) -> None:
    _compose(page, "通信 切れ子")
    page.route("**/messages/estimate", lambda route: route.abort())
    page.get_by_label("本文", exact=True).fill("届かない間の文")
    page.get_by_role("button", name="送信", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="はい")).to_be_enabled()
    expect(dialog.locator(".body-text")).to_have_text("届かない間の文")


def test_a_key_held_down_does_not_answer_the_question(page: Page) -> None:
    _compose(page, "押し 続け男")
    page.get_by_label("本文", exact=True).fill("長押しの確認")
    page.get_by_role("button", name="送信", exact=True).focus()
    page.keyboard.down("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    for _repeat in range(5):
        page.keyboard.down("Enter")  # without an up between: auto-repeat
        page.wait_for_timeout(50)
    page.keyboard.up("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert page.url.endswith("/messages/new")


def test_a_login_that_ended_loses_no_text(page: Page, context: BrowserContext) -> None:
    _compose(page, "再 ログイン子")
    page.get_by_label("本文", exact=True).fill("消えては困る文章")
    page.get_by_label("送信前に確認メッセージを表示する").uncheck()
    # Nothing is on its way any more: a save after the new login would bring the page its fresh token.
    expect(page.locator("#draft-state")).to_contain_text("下書きを保存しました")
    other = context.new_page()
    other.goto("/account")
    other.get_by_text("管理者").first.click()
    other.get_by_role("button", name="ログアウト").click()
    other.wait_for_url(re.compile("/login"))
    log_in(other)
    page.get_by_role("button", name="送信", exact=True).click()
    expect(page.get_by_label("本文", exact=True)).to_have_value("消えては困る文章")
    expect(page.locator("#error-summary")).to_contain_text("まだ送信していません")
    page.get_by_label("送信前に確認メッセージを表示する").check()
    page.get_by_role("button", name="送信", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="はい").click()
    page.wait_for_url(re.compile(r"/messages/\d+$"))


def test_enter_answers_the_question_that_ctrl_enter_opened(page: Page) -> None:
    _compose(page, "鍵盤 だけ子")
    page.get_by_label("本文", exact=True).focus()
    page.keyboard.type("鍵盤だけで送ります。")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("dialog").get_by_role("button", name="はい")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/messages/\d+$"))


def test_what_cannot_be_sent_is_not_asked_about(page: Page) -> None:
    _compose(page, "空 本文子")
    send = page.get_by_role("button", name="送信", exact=True)
    dialog = page.get_by_role("dialog")
    send.click()
    expect(dialog.get_by_role("heading", name="このままでは送信できません")).to_be_visible()
    expect(dialog.get_by_role("listitem")).to_have_text("本文がありません。")
    expect(dialog.get_by_text("送信先")).to_be_hidden()
    expect(dialog.get_by_role("button")).to_have_count(1)
    expect(dialog.get_by_role("button", name="直す")).to_be_focused()
    check_access(page)
    page.keyboard.press("Enter")
    expect(page.get_by_label("本文", exact=True)).to_be_focused()
    page.get_by_label("本文", exact=True).fill("絵文字😀と●日")
    send.click()
    expect(dialog).to_contain_text("SMSで送れない文字があります")
    expect(dialog).to_contain_text("「●」が1か所残っています")
    expect(dialog.get_by_role("button", name="はい")).to_have_count(0)
    check_access(page)
    # The click that mends works here too, and leads back to the text.
    dialog.get_by_role("button", name="「(^^)」に置き換える").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_label("本文", exact=True)).to_have_value("絵文字(^^)と●日")
    expect(page.get_by_label("本文", exact=True)).to_be_focused()


def test_a_template_leaves_one_line_of_figures(page: Page) -> None:
    _compose(page, "雛形 一行子")
    pick_template(page, "内見日時のご案内")
    expect(page.locator("#estimate-brief")).to_have_count(1)
    expect(page.locator("#estimate-cautions")).to_contain_text("「●」が")
    expect(page.locator("#estimate-brief")).to_contain_text("通")
    expect(page.locator("#estimate-brief")).not_to_contain_text("0文字・0通")
