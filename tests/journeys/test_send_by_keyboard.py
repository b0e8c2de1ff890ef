"""One SMS by the keyboard alone, by fingers alone, and with an IME: from the customer's card to the message's page."""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from playwright.sync_api import Browser, CDPSession, Locator, Page, Request, ViewportSize, expect

from tests.journeys.conftest import (
    VIOLATIONS,
    Product,
    check_access,
    compose_kana,
    confirm_kana,
    log_in,
    make_customer,
)
from webapp.domain.reservation import JST

DESK: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 375, "height": 812}
TEMPLATE, PART_OF_ITS_NAME = "来店のお礼", "来店の"
THANKS = "ありがとうございました。"
KEY = "[[%担当者%]]"
CTRL = 2  # as the protocol counts modifiers
MOST_TABS = 40
RING = """(control) => {
  const { outlineStyle, outlineWidth, outlineColor, boxShadow } = getComputedStyle(control);
  const isDrawn = outlineStyle !== "none" && parseFloat(outlineWidth) > 0 && !/, 0\\)$|transparent/.test(outlineColor);
  return [isDrawn ? `${outlineStyle} ${outlineWidth} ${outlineColor}` : "", boxShadow === "none" ? "" : boxShadow];
}"""
IS_ON_TOP = """(control) => {
  const { x, y, width, height } = control.getBoundingClientRect();
  const hit = document.elementFromPoint(x + width / 2, y + height / 2);
  return hit !== null && [control, ...(control.labels ?? [])].some((part) => part.contains(hit));
}"""
COVERED_BY = """(bar) => {
  const field = document.activeElement;
  const { top, bottom } = field.getBoundingClientRect();
  return bar.contains(field) ? 0 : Math.max(0, Math.min(bottom, innerHeight) - Math.max(top, bar.getBoundingClientRect().top));
}"""


@pytest.fixture
def posts(page: Page) -> list[str]:
    """The forms that went out to be sent."""
    seen: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST" and request.url.endswith("/messages/new"):
            seen.append(request.url)

    page.on("request", note)
    return seen


@pytest.fixture
def finger(chromium: Browser, product: Product) -> Iterator[Page]:
    """Logged in on a telephone."""
    with chromium.new_context(
        locale="ja-JP", base_url=product.url, viewport=PHONE, has_touch=True, is_mobile=True
    ) as context:
        context.add_init_script(VIOLATIONS)
        page = context.new_page()
        log_in(page)
        yield page


def tab_to(page: Page, wanted: Locator, key: str = "Tab") -> None:
    """Press the key until the control has the focus: it is seen to have it, and nothing lies over it."""
    without = wanted.evaluate(RING)
    for _press in range(MOST_TABS):
        page.keyboard.press(key)
        if wanted.evaluate("(control) => control === document.activeElement"):
            break
    else:
        pytest.fail(f"{key} did not lead to {wanted}")
    ring = wanted.evaluate(RING)
    assert any(ring), f"no focus is seen on {wanted}"
    assert ring != without, f"{wanted} looks the same with and without focus"
    assert wanted.evaluate(IS_ON_TOP), f"something covers {wanted}"


def _button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def _body(page: Page) -> Locator:
    return page.get_by_label("本文", exact=True)


def _keys_of(page: Page, day: date) -> str:
    """The digits of a day in the order of this browser's own date field: not the page's language decides it."""
    with page.context.new_page() as probe:
        for order in ("%Y%m%d", "%m%d%Y", "%d%m%Y"):
            probe.set_content('<input type="date" max="9999-12-31">')
            probe.locator("input").focus()
            probe.keyboard.type(f"{day:{order}}")
            if probe.locator("input").input_value() == day.isoformat():
                return f"{day:{order}}"
    pytest.fail("a date field that no order of digits fills")


def _wait_for_page_of_message(page: Page, status: str) -> Locator:
    page.wait_for_url(re.compile(r"/messages/\d+$"))
    result = page.locator("#message-result")
    expect(result).to_have_attribute("data-status", status, timeout=20_000)
    return result


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_keyboard_alone_reserves(page: Page, posts: list[str], size: ViewportSize) -> None:
    page.set_viewport_size(size)
    tomorrow = datetime.now(JST).date() + timedelta(days=1)
    date_keys = _keys_of(page, tomorrow)
    page.goto(make_customer(page, "鍵盤 打つ子", "090-0111-1104"))

    tab_to(page, page.get_by_text("携帯", exact=True))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("link", name="SMS送信", exact=True))
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/messages/new$"))

    expect(_body(page)).to_be_focused()
    picker = page.get_by_role("combobox", name="雛形")
    tab_to(page, picker, "Shift+Tab")
    page.keyboard.type(PART_OF_ITS_NAME)
    expect(page.get_by_role("option")).to_have_text([TEMPLATE])
    page.keyboard.press("Enter")
    expect(picker).to_have_value(TEMPLATE)
    expect(_body(page)).to_have_value(re.compile(THANKS))
    expect(picker).to_be_focused()

    tab_to(page, _body(page))
    page.keyboard.press("Control+End")
    page.keyboard.type("\n担当はです。")
    for _letter in "です。":
        page.keyboard.press("ArrowLeft")
    tab_to(page, _button(page, "担当者"))
    page.keyboard.press("Space")
    expect(_body(page)).to_be_focused()
    page.keyboard.type("のまま")
    expect(_body(page)).to_have_value(re.compile(re.escape(f"\n担当は{KEY}のままです。") + "$"))

    tab_to(page, page.get_by_role("radio", name=re.compile("^指定しない")))
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="指定する", exact=True)).to_be_checked()
    tab_to(page, page.get_by_label("送信する日"))
    page.keyboard.type(date_keys)
    expect(page.get_by_label("送信する日")).to_have_value(tomorrow.isoformat())
    tab_to(page, page.get_by_label("送信する時刻"))
    page.keyboard.type("1501")
    expect(page.get_by_label("送信する時刻")).to_have_value("15:01")
    rounded = re.compile(rf"{tomorrow.year}年{tomorrow.month}月{tomorrow.day}日\(.\) 15:10")
    expect(page.locator("#schedule")).to_contain_text(rounded)
    check_access(page)

    dialog, send = page.get_by_role("dialog"), _button(page, "送信")
    no, yes = (dialog.get_by_role("button", name=name) for name in ("いいえ", "はい"))
    written = _body(page).input_value()
    tab_to(page, send)
    page.keyboard.press("Enter")
    expect(yes).to_be_focused()
    expect(dialog).to_contain_text(rounded)
    check_access(page)
    tab_to(page, no, "Shift+Tab")
    tab_to(page, yes)
    tab_to(page, no, "Shift+Tab")
    page.keyboard.press("Space")
    expect(dialog).to_have_count(0)
    expect(send).to_be_focused()
    page.keyboard.press("Space")
    expect(yes).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(send).to_be_focused()
    expect(_body(page)).to_have_value(written)
    assert posts == []

    page.keyboard.press("Enter")
    expect(yes).to_be_focused()
    page.keyboard.press("Enter")
    expect(_wait_for_page_of_message(page, "reserved")).to_contain_text(rounded)
    assert len(posts) == 1
    check_access(page)


def test_a_year_takes_four_digits(page: Page) -> None:
    """Where the year comes first, as in Japan, a field without a last day takes the month for more of the year."""
    page.goto(f"{make_customer(page, '年号 打つ子', '090-0111-1104')}/messages/new?new=1")
    day = datetime.now(JST).date() + timedelta(days=1)
    date_keys = _keys_of(page, day)
    tab_to(page, page.get_by_role("radio", name=re.compile("^指定しない")))
    page.keyboard.press("ArrowDown")
    tab_to(page, page.get_by_label("送信する日"))
    page.keyboard.type(date_keys.replace(str(day.year), f"1{day.year}"))
    assert len(page.get_by_label("送信する日").input_value()) == len("2026-11-24")


def _check_room(page: Page) -> None:
    """Nothing wider than the screen, and the whole of the focused field is above the bar."""
    page.evaluate("() => new Promise(requestAnimationFrame)")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.evaluate("document.activeElement !== document.body")
    assert page.locator(".action-bar").evaluate(COVERED_BY) == 0


def test_fingers_alone_send(finger: Page) -> None:
    page = finger
    page.goto(make_customer(page, "指先 触る子", "090-0111-1104"))
    page.get_by_text("携帯", exact=True).tap()
    page.get_by_role("link", name="SMS送信", exact=True).tap()
    page.wait_for_url(re.compile(r"/messages/new$"))
    _check_room(page)

    picker = page.get_by_role("combobox", name="雛形")
    picker.tap()
    _check_room(page)
    page.keyboard.type(PART_OF_ITS_NAME)
    page.get_by_role("option", name=TEMPLATE, exact=True).tap()
    expect(picker).to_have_value(TEMPLATE)
    expect(_body(page)).to_have_value(re.compile(THANKS))
    _check_room(page)

    page.get_by_label("件名").tap()
    page.keyboard.type("(指先)")
    expect(page.get_by_label("件名")).to_have_value(re.compile(r"\(指先\)"))
    _check_room(page)
    # In the middle of the first line: 「…]]様」.
    _body(page).tap(position={"x": 60, "y": 20})
    _check_room(page)
    caret = _body(page).evaluate("(text) => text.selectionStart")
    before = _body(page).input_value()
    assert 0 < caret < len(before)
    _button(page, "担当者").tap()
    expect(_body(page)).to_be_focused()
    expect(_body(page)).to_have_value(before[:caret] + KEY + before[caret:])
    _check_room(page)
    page.keyboard.type("、")
    _check_room(page)
