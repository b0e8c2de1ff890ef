"""Forms that keep no draft: nobody leaves them by a slip, and nobody is asked without need."""

import re

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.journeys.conftest import make_customer

FORMS = [
    ("/sms-templates/new", "#body", "書きかけの雛形です。"),
    ("/sms-templates/1", "#body", "書きかけの雛形です。"),
    ("/customers/new", "#note", "書きかけの備考です。"),
    ("/settings/company", "#short_names", "書きかけ"),
    ("/settings/sms", "#notification_emails", "a@example.jp"),
    ("/settings/staff/new", "#name", "書きかけ"),
]


def leave(page: Page) -> None:
    """By a link, without waiting for a page that may not come."""
    page.get_by_role("link", name="送信履歴", exact=True).click(no_wait_after=True)


@pytest.mark.parametrize(("path", "field", "text"), FORMS)
def test_what_was_typed_is_not_left_without_a_word(page: Page, path: str, field: str, text: str) -> None:
    page.goto(path)
    page.locator(field).fill(text)
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.once("dialog", stay)
    leave(page)
    expect(page.locator(field)).to_have_value(text)
    assert asked == ["beforeunload"]
    assert page.url.endswith(path)
    page.once("dialog", lambda dialog: dialog.accept())
    leave(page)
    page.wait_for_url(re.compile(r"/messages/$"))


def test_nobody_is_asked_where_nothing_is_lost(page: Page) -> None:
    asked: list[str] = []

    def note(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", note)
    for path, field, text in FORMS:
        page.goto(path)
        page.locator(field).click()
        leave(page)
        page.wait_for_url(re.compile(r"/messages/$"))
        page.goto(path)
        before = page.locator(field).input_value()
        page.locator(field).fill(text)
        page.locator(field).fill(before)
        leave(page)
        page.wait_for_url(re.compile(r"/messages/$"))
    card = make_customer(page, "去る 花子", "090-0111-1101")
    page.goto(f"{card}/edit")
    page.locator("#note").fill("保存します。")
    page.get_by_role("button", name="保存", exact=True).click()
    page.wait_for_url(re.compile(rf"{card}$"))
    leave(page)
    page.wait_for_url(re.compile(r"/messages/$"))
    assert asked == []


def test_refused_form_is_unsaved_although_nothing_was_typed_since(page: Page) -> None:
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.goto("/sms-templates/new")
    page.locator("#body").fill("設定名がありません。")
    page.get_by_role("button", name="登録", exact=True).click()
    expect(page.locator("#error-summary")).to_be_focused()
    assert asked == []
    leave(page)
    page.wait_for_url(re.compile(r"/messages/$"))
    assert asked == ["beforeunload"]


def test_way_back_from_the_templates_to_the_sms(page: Page) -> None:
    card = make_customer(page, "雛形 戻子", "090-0111-1101")
    customer = card.rsplit("/", 1)[1]
    page.goto(f"/sms-templates/?for_customer={customer}")
    back = page.get_by_role("link", name="雛形 戻子 様のSMSに戻る")
    search = page.get_by_label("設定名や本文で検索")
    search.press_sequentially("内見日時")
    expect(page).to_have_url(re.compile(rf"q=.*for_customer={customer}|for_customer={customer}.*q="))
    expect(page.locator("tr[data-template-id]")).to_have_count(1)
    page.get_by_role("link", name="内見日時のご案内").click()
    expect(back).to_have_attribute("href", f"{card}/messages/new")
    page.get_by_role("button", name="コピーを作る").click()
    expect(page.get_by_label("設定名")).to_have_value("内見日時のご案内 のコピー")
    page.get_by_role("button", name="一覧から外す").click()
    page.get_by_role("dialog").get_by_role("button", name="はい").click()
    expect(page.locator(".flashes")).to_contain_text("一覧から外しました。")
    expect(page.get_by_role("link", name="この雛形で書く")).to_have_count(0)
    page.get_by_role("link", name="雛形", exact=True).nth(1).click()
    page.get_by_role("link", name="内見日時のご案内", exact=True).click()
    page.get_by_role("link", name="この雛形で書く").click()
    page.wait_for_url(re.compile(rf"{card}/messages/new\?template_id=\d+$"))
    expect(page.locator("#body")).to_have_value(re.compile("ご内見は"))
