"""Answers that come late, out of order, or not at all: none of them replaces what is newer."""

import re
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import CDPSession, Locator, Page, Route, expect

from tests.journeys.conftest import hold_requests, make_customer, pick_template

ESTIMATE, FILL = "**/messages/estimate", "**/messages/fill"
RENT, VIEWING = "家賃のご確認(賃貸)", "内見日時のご案内"
RENEWED = "X-CSRFToken"


@pytest.fixture
def body(page: Page) -> Locator:
    """The text of a fresh compose page."""
    card = make_customer(page, "遅れ 待つ子", "090-0111-1104")
    page.goto(f"{card}/messages/new?new=1")
    return page.get_by_label("本文", exact=True)


def _choose(page: Page, name: str) -> None:
    picker = page.get_by_role("combobox", name="雛形")
    picker.fill(name)
    page.get_by_role("option", name=name, exact=True).click()


def test_an_older_estimate_does_not_overwrite_a_template_s(page: Page, body: Locator) -> None:
    held = hold_requests(page, ESTIMATE)
    with page.expect_request(ESTIMATE):
        body.fill("あ" * 321)
    pick_template(page, VIEWING)
    expect(body).to_have_value(re.compile("ご内見は"))
    brief = page.locator("#estimate-brief")
    filled = brief.inner_text()
    assert "321" not in filled
    held[0].continue_()
    page.wait_for_timeout(500)
    assert brief.inner_text() == filled
    expect(page.locator("#compose")).to_have_attribute("data-figures", "fresh")


def test_a_text_typed_while_a_template_loads_stays(page: Page, body: Locator) -> None:
    body.fill("前からの文")
    expect(page.locator("#estimate")).to_have_attribute("data-characters", "5")
    held = hold_requests(page, FILL)
    with page.expect_request(FILL):
        _choose(page, VIEWING)
    body.fill("読み込む間に書いた文")
    held[0].continue_()
    page.unroute(FILL)
    expect(page.locator("#trouble")).to_contain_text("入力した文章を残しました")
    expect(body).to_have_value("読み込む間に書いた文")
    expect(page.locator("#estimate")).to_have_attribute("data-characters", "10")
    expect(page.get_by_role("combobox", name="雛形")).to_have_value("")
    pick_template(page, VIEWING)
    expect(body).to_have_value(re.compile("ご内見は"))
    expect(page.locator("#trouble")).to_be_hidden()

    held = hold_requests(page, FILL)
    page.get_by_role("button", name="前の文章に戻す").click()
    body.press_sequentially("追記")
    held[0].continue_()
    page.unroute(FILL)
    expect(page.locator("#trouble")).to_contain_text("入力した文章を残しました")
    expect(body).to_have_value(re.compile("追記"))


def test_yes_waits_for_a_template_on_its_way(page: Page, body: Locator) -> None:
    body.fill("古い文")
    expect(page.locator("#estimate")).to_have_attribute("data-characters", "3")
    held = hold_requests(page, FILL)
    with page.expect_request(FILL):
        _choose(page, RENT)
    page.get_by_role("button", name="送信", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="確認しています…")).to_be_disabled()
    held[0].continue_()
    page.unroute(FILL)
    expect(dialog.locator(".body-text")).to_contain_text("お家賃が")
    expect(dialog.get_by_role("button", name="確認しています…")).to_have_count(0)


def test_a_check_box_ticked_while_a_template_loads_counts(page: Page, body: Locator) -> None:
    held = hold_requests(page, FILL)
    with page.expect_request(FILL):
        _choose(page, RENT)
    page.get_by_label("クリックカウントを取得する").check()
    with page.expect_request(ESTIMATE) as asked:
        held[0].continue_()
        expect(body).not_to_have_value("")
    expect(page.locator("#compose")).to_have_attribute("data-figures", "fresh")
    fields = parse_qs(asked.value.post_data or "")
    assert fields["count_clicks"] == ["y"]
    assert "お家賃が" in fields["body"][0]


def test_a_template_that_did_not_load_can_be_picked_again(page: Page, body: Locator) -> None:
    page.route(FILL, lambda route: route.abort())
    _choose(page, RENT)
    expect(page.locator("#trouble")).to_be_visible()
    expect(page.get_by_role("combobox", name="雛形")).to_have_value("")
    expect(page.locator("#template_id")).to_have_value("")
    page.unroute(FILL)
    pick_template(page, RENT)
    expect(body).to_have_value(re.compile("お家賃が"))


def test_trouble_is_said_until_what_failed_succeeds(page: Page, body: Locator) -> None:
    trouble = page.locator("#trouble")
    page.route(ESTIMATE, lambda route: route.fulfill(status=500))
    body.fill("届かない文")
    expect(trouble).to_be_visible()
    with page.expect_response("**/messages/schedule"):
        page.get_by_label("指定する", exact=True).check()
    page.wait_for_timeout(200)
    expect(trouble).to_be_visible()
    page.unroute(ESTIMATE)
    body.fill("届く文")
    expect(trouble).to_be_hidden()


def test_a_test_send_is_tried_again_with_a_fresh_token(page: Page, body: Locator) -> None:
    """hx-sync drops a second request while the first still holds its lock."""
    body.fill("試しの文")
    tries: list[dict[str, str]] = []

    def answer(route: Route) -> None:
        tries.append(route.request.headers)
        if len(tries) == 1:
            route.fulfill(status=400, headers={RENEWED: "fresh"}, body="")
        else:
            route.fulfill(status=200, body='<section id="test-send">試しに送りました</section>')

    page.route("**/messages/test", answer)
    page.evaluate(
        """() => document.body.setAttribute("hx-headers",
             JSON.stringify({ ...JSON.parse(document.body.getAttribute("hx-headers")), "X-Page-Of": "7" }))"""
    )
    page.locator("#test-send-button").click()
    expect(page.locator("#test-send")).to_have_text("試しに送りました")
    assert [headers.get("x-page-of") for headers in tries] == ["7", "7"]
    assert tries[1]["x-csrftoken"] == "fresh"
    assert page.locator("#compose [name=csrf_token]").input_value() == "fresh"
    expect(page.locator("#trouble")).to_be_hidden()


def test_a_page_of_another_login_says_so(page: Page, body: Locator) -> None:
    page.route(ESTIMATE, lambda route: route.fulfill(status=400, body=""))
    body.fill("人が替わった後の文")
    expect(page.locator("#trouble")).to_contain_text("ほかの人がログインしたか、ログインし直しました")


def test_what_was_folded_stays_folded(page: Page) -> None:
    page.set_viewport_size({"width": 375, "height": 812})
    card = make_customer(page, "折り 畳む子", "090-0111-1104")
    page.goto(f"{card}/messages/new?new=1")
    preview = page.locator("#preview")
    expect(preview).to_have_js_property("open", False)
    pick_template(page, VIEWING)
    expect(page.get_by_label("本文", exact=True)).not_to_have_value("")
    expect(preview).to_have_js_property("open", False)
    preview.locator("summary").click()
    pick_template(page, RENT)
    expect(page.get_by_label("本文", exact=True)).to_have_value(re.compile("お家賃が"))
    expect(preview).to_have_js_property("open", True)


def test_replacing_waits_for_the_end_of_a_composition(page: Page, body: Locator, ime: CDPSession) -> None:
    body.press_sequentially("絵文字😀です")
    mend = page.locator("#estimate").get_by_role("button", name="「(^^)」に置き換える")
    expect(mend).to_be_visible()
    body.press("End")
    ime.send("Input.imeSetComposition", {"text": "ねこ", "selectionStart": 2, "selectionEnd": 2})
    expect(body).to_have_value("絵文字😀ですねこ")
    mend.evaluate("(button) => button.click()")  # as a finger does: the focus is still in the text
    expect(body).to_have_value("絵文字(^^)ですねこ")


def test_a_click_for_a_text_that_is_gone_does_nothing(page: Page, body: Locator) -> None:
    body.fill("絵文字😀です")
    mend = page.locator("#estimate").get_by_role("button", name="「(^^)」に置き換える")
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    mend.evaluate("(button) => { button.dataset.replaceIn = '#nowhere'; button.click(); }")
    page.wait_for_timeout(100)
    assert errors == []
    expect(body).to_have_value("絵文字😀です")
