"""Clicks that mend a text, in a real browser: whole pictures, all at once, undone in one step."""

from playwright.sync_api import Page, expect

from tests.journeys.conftest import check_access

BOW = "🙇\u200d♂\ufe0f"


def test_all_characters_are_mended_at_once_and_undone_at_once(page: Page) -> None:
    page.goto("/sms-templates/new")
    body = page.locator("#body")
    typed = f"👍🏽𠮷田様😀\n(a.b*){BOW}🙇👍お待ちしています"
    body.fill(typed)
    everything = page.get_by_role("button", name="送れない文字をまとめて直す")
    expect(page.locator("#estimate-cautions .notice")).to_have_count(6)
    check_access(page)
    everything.click()
    expect(body).to_have_value("吉田様(^^)\n(a.b*)お待ちしています")
    expect(everything).to_have_count(0)
    expect(page.locator("#estimate")).to_have_attribute("data-ok", "true")
    body.press("Control+z")
    expect(body).to_have_value(typed)
    expect(everything).to_be_visible()


def test_a_picture_is_not_taken_out_of_a_longer_one(page: Page) -> None:
    page.goto("/sms-templates/new")
    body = page.locator("#body")
    body.fill(f"あ🙇い{BOW}う\u200bえ")
    cautions = page.locator("#estimate-cautions")
    cautions.locator(".notice", has_text="「🙇」").get_by_role("button", name="削除する").click()
    expect(body).to_have_value(f"あい{BOW}う\u200bえ")
    cautions.locator(".notice", has_text=f"「{BOW}」").get_by_role("button", name="削除する").click()
    expect(body).to_have_value("あいう\u200bえ")
    cautions.locator(".notice", has_text="目に見えない文字").get_by_role("button", name="削除する").click()
    expect(body).to_have_value("あいうえ")
    expect(cautions.locator(".notice")).to_have_count(0)


def test_the_opt_out_link_is_put_apart_from_the_text(page: Page) -> None:
    page.goto("/sms-templates/new")
    body = page.locator("#body")
    button = page.get_by_role("button", name="配信停止URL", exact=True)
    button.click()
    expect(body).to_have_value("{{配信停止URL}}")
    expect(page.locator(".bubble")).to_contain_text("配信停止のURL")
    expect(page.locator(".bubble")).not_to_contain_text("{{")
    body.fill("停止はこちら")
    button.click()
    expect(body).to_have_value("停止はこちら\n{{配信停止URL}}")
    body.fill("前後")
    body.press("ArrowLeft")
    button.click()
    expect(body).to_have_value("前\n{{配信停止URL}}\n後")
    expect(page.locator("#estimate-cautions .notice")).to_have_count(0)
    body.fill("前{{配信停止URL}}後")
    page.get_by_role("button", name="前後にスペースを入れる").click()
    expect(body).to_have_value("前 {{配信停止URL}} 後")
    expect(page.locator("#estimate-cautions .notice")).to_have_count(0)
