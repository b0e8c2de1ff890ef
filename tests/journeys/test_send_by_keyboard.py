"""One SMS from the card to the message's page: by the keyboard alone, by fingers alone, and with an IME."""

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
  const isClear = /, 0\\)$|transparent/.test(outlineColor);
  const isDrawn = outlineStyle !== "none" && parseFloat(outlineWidth) > 0 && !isClear;
  const outline = isDrawn ? `${outlineStyle} ${outlineWidth} ${outlineColor}` : "";
  return [outline, boxShadow === "none" ? "" : boxShadow];
}"""
IS_ON_TOP = """(control) => {
  const { x, y, width, height } = control.getBoundingClientRect();
  const hit = document.elementFromPoint(x + width / 2, y + height / 2);
  return hit !== null && [control, ...(control.labels ?? [])].some((part) => part.contains(hit));
}"""
# How far the focused field reaches below the top of the bar: a text area with the line of its caret, which a
# mirror of it finds, since it does not tell itself.
REACHES_BELOW = """(bar) => {
  const field = document.activeElement;
  if (bar.contains(field)) return 0;
  const box = field.getBoundingClientRect();
  let end = box.bottom;
  if (field.matches("textarea")) {
    const mirror = document.createElement("div");
    const style = getComputedStyle(field);
    for (const name of style) mirror.style.setProperty(name, style.getPropertyValue(name));
    mirror.style.blockSize = "auto";
    mirror.style.position = "absolute";
    const caret = document.createElement("span");
    caret.textContent = "|";
    mirror.append(field.value.slice(0, field.selectionEnd), caret);
    document.body.append(mirror);
    end = box.top - field.scrollTop + caret.offsetTop + caret.offsetHeight;
    mirror.remove();
  }
  return Math.max(0, end - bar.getBoundingClientRect().top);
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
    """The digits of a day in the order of this browser's date field; the page's language is no guide."""
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


def _open_compose(page: Page, card: str) -> None:
    page.goto(card)
    tab_to(page, page.get_by_text("携帯", exact=True))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("link", name="SMS送信", exact=True))
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/messages/new$"))
    expect(_body(page)).to_be_focused()


def _pick_template(page: Page) -> None:
    picker = page.get_by_role("combobox", name="雛形")
    tab_to(page, picker, "Shift+Tab")
    page.keyboard.type(PART_OF_ITS_NAME)
    expect(page.get_by_role("option")).to_have_text([TEMPLATE])
    page.keyboard.press("Enter")
    expect(picker).to_have_value(TEMPLATE)
    expect(_body(page)).to_have_value(re.compile(THANKS))
    expect(picker).to_be_focused()


def _insert_key(page: Page) -> None:
    """In the middle of a line, where one goes on writing after it."""
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


def _set_time(page: Page, day: date, date_keys: str) -> None:
    tab_to(page, page.get_by_role("radio", name=re.compile("^指定しない")))
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="指定する", exact=True)).to_be_checked()
    tab_to(page, page.get_by_label("送信する日"))
    page.keyboard.type(date_keys)
    expect(page.get_by_label("送信する日")).to_have_value(day.isoformat())
    tab_to(page, page.get_by_label("送信する時刻"))
    page.keyboard.type("1501")
    expect(page.get_by_label("送信する時刻")).to_have_value("15:01")


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_keyboard_alone_reserves(page: Page, posts: list[str], size: ViewportSize) -> None:
    page.set_viewport_size(size)
    tomorrow = datetime.now(JST).date() + timedelta(days=1)
    rounded = re.compile(rf"{tomorrow.year}年{tomorrow.month}月{tomorrow.day}日\(.\) 15:10")
    date_keys = _keys_of(page, tomorrow)
    _open_compose(page, make_customer(page, "鍵盤 打つ子", "090-0111-1104"))
    _pick_template(page)
    _insert_key(page)
    _set_time(page, tomorrow, date_keys)
    expect(page.locator("#schedule")).to_contain_text(rounded)
    check_access(page)

    dialog, send = page.get_by_role("dialog"), _button(page, "送信")
    no, yes = (dialog.get_by_role("button", name=name) for name in ("いいえ", "はい"))
    written = _body(page).input_value()
    tab_to(page, send)
    page.keyboard.press("Enter")
    expect(yes).to_be_focused()
    expect(dialog).to_contain_text(rounded)
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


def test_a_year_takes_four_digits(page: Page) -> None:
    """Where it comes first, as in Japan, a field without a last day would take the month for more of it."""
    page.goto(f"{make_customer(page, '年号 打つ子', '090-0111-1104')}/messages/new?new=1")
    day = datetime.now(JST).date() + timedelta(days=1)
    date_keys = _keys_of(page, day)
    tab_to(page, page.get_by_role("radio", name=re.compile("^指定しない")))
    page.keyboard.press("ArrowDown")
    tab_to(page, page.get_by_label("送信する日"))
    page.keyboard.type(date_keys.replace(str(day.year), f"1{day.year}"))
    assert len(page.get_by_label("送信する日").input_value()) == len("2026-11-24")


def _check_room(page: Page) -> None:
    """Nothing wider than the screen, and where one writes is above the bar."""
    page.evaluate("() => new Promise(requestAnimationFrame)")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.evaluate("document.activeElement !== document.body")
    assert page.locator(".action-bar").evaluate(REACHES_BELOW) == 0


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
    # Right of the first line: its end, in the middle of the text.
    _body(page).tap(position={"x": 300, "y": 24})
    _check_room(page)
    before = _body(page).input_value()
    caret = before.index("\n")
    _button(page, "担当者").tap()
    expect(_body(page)).to_be_focused()
    expect(_body(page)).to_have_value(before[:caret] + KEY + before[caret:])
    _check_room(page)
    page.keyboard.type("より")
    expect(_body(page)).to_have_value(f"{before[:caret]}{KEY}より{before[caret:]}")
    _check_room(page)

    dialog, send = page.get_by_role("dialog"), _button(page, "送信")
    written = _body(page).input_value()
    send.tap()
    expect(dialog.get_by_role("button", name="はい")).to_be_enabled()
    check_access(page)
    dialog.get_by_role("button", name="いいえ").tap()
    expect(dialog).to_have_count(0)
    expect(_body(page)).to_have_value(written)
    _check_room(page)
    send.tap()
    dialog.get_by_role("button", name="はい").tap()
    _wait_for_page_of_message(page, "delivered")
    check_access(page)


def test_a_finger_at_the_end_of_a_long_text_stays_above_the_bar(finger: Page) -> None:
    page = finger
    page.goto(f"{make_customer(page, '長文 書く子', '090-0111-1104')}/messages/new?new=1")
    _body(page).tap()
    for line in "一二三四五六七八九十":
        page.keyboard.type(f"{line}行目です。")
        _check_room(page)
        page.keyboard.press("Enter")
        _check_room(page)


@pytest.fixture
def written(page: Page) -> Locator:
    """A text ready to be sent, on a page that asks first."""
    page.goto(f"{make_customer(page, '変換 する子', '090-0111-1104')}/messages/new?new=1")
    page.keyboard.type("明日伺います。")
    expect(page.locator("#compose")).to_have_attribute("data-figures", "fresh")
    return _body(page)


def _press_as_safari(ime: CDPSession) -> None:
    """The Enter that Safari sends after the composition: unless it is stopped, it does what an Enter does."""
    enter = {"key": "Enter", "windowsVirtualKeyCode": 229}
    ime.send("Input.dispatchKeyEvent", {"type": "keyDown", "text": "\r", **enter})
    ime.send("Input.dispatchKeyEvent", {"type": "keyUp", **enter})


@pytest.mark.parametrize("label", ["件名", "本文"])
@pytest.mark.parametrize("modifiers", [0, CTRL], ids=["Enter", "Control+Enter"])
def test_the_enter_of_a_conversion_sends_and_asks_nothing(
    page: Page, written: Locator, ime: CDPSession, posts: list[str], label: str, modifiers: int
) -> None:
    address = page.url
    field = page.get_by_label(label, exact=label == "本文")
    before = field.input_value()
    if label == "件名":
        tab_to(page, field, "Shift+Tab")
    compose_kana(ime, "か", "かぎ", "鍵")
    confirm_kana(ime, "鍵", modifiers)
    expect(field).to_have_value(f"{before}鍵")
    _press_as_safari(ime)
    page.wait_for_timeout(300)
    expect(field).to_have_value(f"{before}鍵")  # no new line either
    expect(field).to_be_focused()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert posts == []
    assert page.url.split("?")[0] == address.split("?")[0]

    # The same key without a conversion does what it is there for.
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("dialog")).to_be_visible()


@pytest.mark.parametrize("name", ["はい", "いいえ"])
def test_the_enter_of_a_conversion_answers_no_question(
    page: Page, written: Locator, ime: CDPSession, posts: list[str], name: str
) -> None:
    compose_kana(ime, "ま", "待")
    # As a finger does: the focus is still in the text, which is still being converted.
    _button(page, "送信").evaluate("(send) => send.click()")
    dialog = page.get_by_role("dialog")
    yes = dialog.get_by_role("button", name="はい")
    expect(yes).to_be_focused()
    if name == "いいえ":
        tab_to(page, dialog.get_by_role("button", name=name), "Shift+Tab")
    for press in (lambda: confirm_kana(ime, ""), lambda: _press_as_safari(ime)):
        press()
        page.wait_for_timeout(300)
        expect(dialog).to_be_visible()
        expect(dialog.get_by_role("button", name=name)).to_be_focused()
        assert posts == []
    expect(written).to_have_value("明日伺います。待")
    expect(dialog.locator(".body-text")).to_have_text("明日伺います。待")

    page.keyboard.press("Enter")
    if name == "はい":
        _wait_for_page_of_message(page, "delivered")
        assert len(posts) == 1
    else:
        expect(dialog).to_have_count(0)
        assert posts == []
