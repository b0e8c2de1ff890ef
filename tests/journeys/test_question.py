"""The question before sending: what it waits for, what it says without an answer, when it is asked."""

import re

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from tests.journeys.conftest import check_access, hold_requests, log_in, make_customer

ESTIMATE, SCHEDULE, FILL = "**/messages/estimate", "**/messages/schedule", "**/messages/fill"
UNKNOWN = "通数と費用を確認できませんでした。"


@pytest.fixture
def body(page: Page) -> Locator:
    """The text of a fresh compose page."""
    card = make_customer(page, "問い 読む子", "090-0111-1104")
    page.goto(f"{card}/messages/new?new=1")
    return page.get_by_label("本文", exact=True)


def _let_go(page: Page, address: str, held: list[Route]) -> None:
    for route in held:
        route.continue_()
    page.unroute(address)


def _ask(page: Page) -> Locator:
    page.get_by_role("button", name="送信", exact=True).click()
    return page.get_by_role("dialog")


def _log_out(context: BrowserContext) -> Page:
    other = context.new_page()
    other.goto("/account")
    other.get_by_text("管理者").first.click()
    other.get_by_role("button", name="ログアウト").click()
    other.wait_for_url(re.compile("/login"))
    return other


def test_yes_waits_for_the_time_and_for_the_check_box(page: Page, body: Locator) -> None:
    body.fill("地図 https://a.example/bukken/22/very/long/path/to/it です。")
    expect(page.locator("#compose")).to_have_attribute("data-figures", "fresh")
    yes, waits = (
        page.get_by_role("dialog").get_by_role("button", name=name) for name in ("はい", "確認しています…")
    )

    held = hold_requests(page, ESTIMATE)
    page.get_by_label("クリックカウントを取得する").check()
    dialog = _ask(page)
    expect(waits).to_be_disabled()
    _let_go(page, ESTIMATE, held)
    expect(yes).to_be_enabled()
    expect(dialog.get_by_text("取得する", exact=True)).to_be_visible()
    expect(dialog).to_contain_text(page.locator("#estimate-brief").inner_text())
    page.keyboard.press("Escape")

    held = hold_requests(page, SCHEDULE)
    page.get_by_label("指定する", exact=True).check()
    page.get_by_label("送信する日").fill("2027-01-01")
    page.get_by_label("送信する時刻").fill("15:01")
    dialog = _ask(page)
    expect(waits).to_be_disabled()
    page.wait_for_timeout(300)
    _let_go(page, SCHEDULE, held)
    expect(yes).to_be_enabled()
    expect(dialog.get_by_role("heading")).to_have_text("この内容で予約しますか?")
    for words in ("2027年1月1日(金) 15:10", "元日", "2027年1月1日(金) 15:00 まで取り消せます", "(送信日時)"):
        expect(dialog).to_contain_text(words)
    check_access(page)


@pytest.mark.parametrize("trouble", ["500", "dropped"])
def test_without_an_answer_no_old_figures_are_shown(page: Page, body: Locator, trouble: str) -> None:
    body.fill("あ" * 300)
    expect(page.locator("#estimate")).to_have_attribute("data-characters", "300")
    page.route(ESTIMATE, lambda route: route.abort() if trouble == "dropped" else route.fulfill(status=500))
    body.fill("短い文")
    dialog = _ask(page)
    expect(dialog).to_contain_text(UNKNOWN)
    expect(dialog).not_to_contain_text("300文字")
    expect(dialog.locator(".body-text")).to_have_text("短い文")
    expect(dialog.get_by_role("button", name="はい")).to_be_enabled()
    check_access(page)
    page.keyboard.press("Escape")
    page.unroute(ESTIMATE)
    # Asked again, it asks again.
    expect(_ask(page)).to_contain_text("3文字")


def test_without_an_answer_about_the_time_no_old_time_is_shown(page: Page, body: Locator) -> None:
    body.fill("時刻の確認")
    page.route(SCHEDULE, lambda route: route.abort())
    page.get_by_label("指定する", exact=True).check()
    dialog = _ask(page)
    expect(dialog).to_contain_text("送信日時を確認できませんでした。")
    expect(dialog).not_to_contain_text("すぐに送信")
    expect(dialog).to_contain_text("5文字")


def test_trouble_elsewhere_frees_no_refused_text(page: Page, body: Locator) -> None:
    body.fill("絵文字😀")
    dialog = _ask(page)
    expect(dialog.get_by_role("button", name="直す")).to_be_focused()
    page.evaluate("htmx.trigger(document.body, 'htmx:timeout', {})")
    page.evaluate("htmx.trigger(document.querySelector('#confirm_first'), 'htmx:timeout', {})")
    expect(dialog.get_by_role("button", name="はい")).to_have_count(0)
    expect(dialog.get_by_role("button", name="直す")).to_be_visible()


@pytest.mark.parametrize("way", ["button", "Control+Enter"])
def test_a_login_that_ended_is_said_in_the_question(
    page: Page, context: BrowserContext, body: Locator, way: str
) -> None:
    body.fill("切れる前の文")
    expect(page.locator("#compose")).to_have_attribute("data-figures", "fresh")
    other = _log_out(context)
    body.fill("切れた後の文です")
    if way == "button":
        _ask(page)
    else:
        body.press("Control+Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("ログインの有効期限が切れました。")
    expect(dialog.get_by_role("link", name="新しいタブでログインする")).to_be_visible()
    expect(dialog).to_contain_text(UNKNOWN)
    expect(dialog).to_be_focused()
    check_access(page)
    # Back with the new login, the question has its figures, and Enter answers it.
    log_in(other)
    page.bring_to_front()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(dialog).to_contain_text("8文字")
    expect(dialog).not_to_contain_text("ログインの有効期限が切れました。")
    expect(dialog.get_by_role("button", name="はい")).to_be_focused()


@pytest.mark.parametrize("answers_late", [False, True])
def test_a_blank_to_fill_in_is_always_asked_about(page: Page, body: Locator, answers_late: bool) -> None:
    page.get_by_label("送信前に確認メッセージを表示する").uncheck()
    body.fill("書き終えた文")
    expect(page.locator("#estimate")).to_have_attribute("data-characters", "6")
    held = hold_requests(page, ESTIMATE) if answers_late else []
    body.fill("●月●日に伺います。")
    if not answers_late:
        expect(page.locator("#estimate [data-asks]")).to_be_visible()
    body.press("Control+Enter")
    if answers_late:
        page.wait_for_timeout(200)
        _let_go(page, ESTIMATE, held)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("「●」が2か所残っています")
    expect(dialog.get_by_role("button", name="いいえ")).to_be_focused()
    check_access(page)
    page.keyboard.down("Enter")
    page.keyboard.down("Enter")
    page.keyboard.up("Enter")
    expect(dialog).to_have_count(0)
    page.wait_for_timeout(200)
    assert re.search(r"/messages/new\?", page.url)

    # It is not refused: who says はい sends it.
    _ask(page).get_by_role("button", name="はい").click()
    page.wait_for_url(re.compile(r"/messages/\d+$"))


def test_without_the_question_a_text_waits_for_its_figures_and_goes_once(page: Page, body: Locator) -> None:
    page.get_by_label("送信前に確認メッセージを表示する").uncheck()
    posts: list[str] = []
    page.on(
        "request", lambda r: posts.append(r.url) if r.method == "POST" and r.url.endswith("/new") else None
    )
    held = hold_requests(page, ESTIMATE)
    body.fill("すぐに送る文")
    page.get_by_role("button", name="送信", exact=True).dblclick()
    page.wait_for_timeout(200)
    assert posts == []
    _let_go(page, ESTIMATE, held)
    page.wait_for_url(re.compile(r"/messages/\d+$"))
    assert len(posts) == 1


def test_a_refused_time_leads_to_the_time(page: Page, body: Locator) -> None:
    body.fill("日時のない予約")
    page.get_by_label("指定する", exact=True).check()
    dialog = _ask(page)
    expect(dialog.get_by_role("listitem")).to_have_text("送信する日と時刻を入力してください。")
    dialog.get_by_role("button", name="直す").click()
    expect(page.get_by_label("送信する日")).to_be_focused()


def test_ctrl_enter_sends_where_drafts_are_listed(page: Page, context: BrowserContext, body: Locator) -> None:
    """Their buttons stand in the form, and belong to others."""
    body.fill("前に書いた文")
    expect(page.locator("#draft-state")).to_contain_text("保存しました")
    other = context.new_page()
    other.goto(page.url.split("?")[0] + "?new=1")
    expect(other.get_by_role("button", name="捨てる")).to_have_count(1)
    text = other.get_by_label("本文", exact=True)
    text.fill("後に書いた文")
    text.press("Control+Enter")
    dialog = other.get_by_role("dialog")
    expect(dialog.get_by_role("heading")).to_have_text("このSMSを送信しますか?")
    dialog.get_by_role("button", name="はい").click()
    other.wait_for_url(re.compile(r"/messages/\d+$"))
    expect(other.locator(".body-text")).to_have_text("後に書いた文")
