"""Picking a template by typing: with an IME, by keyboard, by touch, with 200 of them, without JavaScript."""

import re

import pytest
from playwright.sync_api import Browser, CDPSession, Locator, Page, expect

from tests.journeys.conftest import (
    Product,
    check_access,
    compose_kana,
    confirm_kana,
    log_in,
    make_customer,
    pick_template,
)

RENT = "家賃のご確認(賃貸)"
VIEWING = "内見日時のご案内"


@pytest.fixture
def card(chromium: Browser, product: Product) -> str:
    """A customer for each: what another journey left half written would be taken up."""
    with chromium.new_context(locale="ja-JP", base_url=product.url) as context:
        page = context.new_page()
        log_in(page)
        return make_customer(page, "雛形 選ぶ子", "090-0111-1107")


@pytest.fixture
def picker(page: Page, card: str) -> Locator:
    """The combobox of a fresh compose page."""
    page.goto(f"{card}/messages/new?new=1")
    return page.get_by_role("combobox", name="雛形")


def _options(page: Page) -> Locator:
    return page.get_by_role("option")


def _body(page: Page) -> Locator:
    return page.get_by_label("本文", exact=True)


def test_a_name_typed_with_an_ime(page: Page, picker: Locator, ime: CDPSession) -> None:
    posts: list[str] = []
    page.on("request", lambda request: posts.append(request.url) if "/fill" in request.url else None)
    picker.focus()
    compose_kana(ime, "や", "やち", "やちん", "家賃")
    expect(picker).to_have_value("家賃")
    expect(picker).to_have_attribute("aria-expanded", "false")  # nothing happens before it is confirmed
    confirm_kana(ime, "家賃")
    expect(_options(page)).to_have_text([RENT])
    page.wait_for_timeout(300)
    assert posts == []  # the Enter that confirmed the conversion picked nothing,
    expect(picker).to_have_attribute("aria-expanded", "true")  # closed nothing
    assert page.url.endswith("/messages/new?new=1")  # and sent nothing

    # A second conversion while the list is open and its first entry is the one that Enter would take.
    compose_kana(ime, "の", "之")
    expect(_options(page)).to_have_text([RENT])
    confirm_kana(ime, "の")
    expect(picker).to_have_value("家賃の")
    assert posts == []

    page.keyboard.press("Enter")
    expect(_body(page)).to_have_value(re.compile("お家賃が"))
    expect(page.get_by_label("件名")).to_have_value("お家賃のご確認")
    expect(picker).to_have_value(RENT)
    expect(picker).to_be_focused()
    expect(_options(page)).to_have_count(0)
    assert len(posts) == 1
    check_access(page)


def test_the_enter_that_safari_sends_after_a_composition(page: Page, picker: Locator) -> None:
    picker.focus()
    page.keyboard.type("内見日時")
    expect(_options(page)).to_have_text([VIEWING])
    was_stopped = picker.evaluate(
        """(input) => !input.dispatchEvent(new KeyboardEvent("keydown",
             { key: "Enter", keyCode: 229, bubbles: true, cancelable: true }))"""
    )
    assert was_stopped
    expect(_options(page)).to_have_count(1)
    expect(_body(page)).to_have_value("")


def test_the_keyboard_alone(page: Page, picker: Locator) -> None:
    check_access(page)
    picker.focus()
    expect(_options(page)).to_have_count(0)
    page.keyboard.press("ArrowDown")
    expect(picker).to_have_attribute("aria-expanded", "true")
    everything = _options(page).count()
    assert everything > 10
    expect(page.locator(".combobox [role=status]")).to_have_text(
        re.compile(f"^{everything}件の候補があります。")
    )
    check_access(page)
    page.keyboard.press("ArrowDown")
    chosen = page.locator("#" + str(picker.get_attribute("aria-activedescendant")))
    expect(chosen).to_have_attribute("aria-selected", "true")
    name = chosen.inner_text()
    page.keyboard.press("Escape")
    expect(picker).to_have_attribute("aria-expanded", "false")
    expect(picker).to_be_focused()
    expect(picker).to_have_value("")

    # Enter in the closed field, and among candidates of which none is chosen, does nothing.
    page.keyboard.press("Enter")
    picker.press("Alt+ArrowDown")
    page.keyboard.press("Enter")
    assert page.url.endswith("/messages/new?new=1")
    expect(_body(page)).to_have_value("")

    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(picker).to_have_value(name)
    expect(_body(page)).not_to_have_value("")
    page.keyboard.press("Tab")
    expect(page.get_by_label("件名")).to_be_focused()
    expect(_options(page)).to_have_count(0)
    assert page.locator("[id]").evaluate_all("(all) => all.length === new Set(all.map(({ id }) => id)).size")


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("ご確認", [RENT]),  # anywhere in the name
        ("オンライン zoom", ["オンライン接客のご案内(Zoom)"]),
        ("おんらいん ZOOM", ["オンライン接客のご案内(Zoom)"]),
        ("オンライン Zoom", ["オンライン接客のご案内(Zoom)"]),
        ("(売買)", ["契約日のご案内(売買)", "査定結果のご案内(売買)"]),
    ],
)
def test_width_kana_and_case_make_no_difference(
    page: Page, picker: Locator, typed: str, found: list[str]
) -> None:
    picker.fill(typed)
    expect(_options(page)).to_have_text(found)


def test_what_no_name_holds_is_said_and_forgotten(page: Page, picker: Locator) -> None:
    picker.fill("どこにもない")
    status = page.locator(".combobox [role=status]")
    expect(status).to_have_text("「どこにもない」を含む雛形はありません。")
    expect(status).to_be_in_viewport()
    expect(picker).to_have_attribute("aria-expanded", "false")
    check_access(page)
    picker.press("Enter")
    page.keyboard.press("Tab")
    expect(picker).to_have_value("")
    expect(page.locator("#template_id")).to_have_value("")


def test_emptied_it_uses_no_template_and_leaves_the_text(page: Page, picker: Locator) -> None:
    pick_template(page, VIEWING)
    expect(_body(page)).not_to_have_value("")
    filled = _body(page).input_value()
    expect(page.locator("#template_id")).not_to_have_value("")
    picker.fill("")
    page.keyboard.press("Tab")
    expect(page.locator("#template_id")).to_have_value("")
    page.wait_for_timeout(300)
    expect(_body(page)).to_have_value(filled)


def test_the_text_before_a_pick_comes_back(page: Page, picker: Locator) -> None:
    _body(page).fill("手で書いた文章")
    pick_template(page, VIEWING)
    expect(_body(page)).to_have_value(re.compile("ご内見は"))
    page.get_by_role("button", name="前の文章に戻す").click()
    expect(_body(page)).to_have_value("手で書いた文章")
    expect(picker).to_have_value("")
    pick_template(page, VIEWING)  # in the combobox of the third region
    expect(_body(page)).to_have_value(re.compile("ご内見は"))


def test_ctrl_enter_sends_and_never_picks(page: Page, picker: Locator) -> None:
    # On a Mac and an iPad combobox-nav takes Ctrl as its own.
    page.add_init_script("Object.defineProperty(navigator, 'userAgent', { value: 'Macintosh' })")
    page.reload()
    _body(page).fill("鍵盤で送ります。")
    picker.fill("家賃")
    expect(_options(page)).to_have_count(1)
    picker.press("Control+Enter")
    expect(page.get_by_role("dialog")).to_contain_text("鍵盤で送ります。")
    expect(_options(page)).to_have_count(0)
    expect(page.locator("#template_id")).to_have_value("")


def test_by_touch_on_a_phone(chromium: Browser, product: Product, card: str) -> None:
    with chromium.new_context(
        locale="ja-JP",
        base_url=product.url,
        viewport={"width": 375, "height": 812},
        has_touch=True,
        is_mobile=True,
    ) as context:
        page = context.new_page()
        log_in(page)
        page.goto(f"{card}/messages/new")
        picker = page.get_by_role("combobox", name="雛形")
        picker.tap()
        assert _options(page).count() > 10
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert min(box["height"] for box in map(Locator.bounding_box, _options(page).all()) if box) >= 32
        _options(page).filter(has_text=RENT).tap()
        expect(picker).to_have_value(RENT)
        expect(_body(page)).to_have_value(re.compile("お家賃が"))
        expect(_options(page)).to_have_count(0)


def test_two_hundred_templates(page: Page, picker: Locator) -> None:
    """As many as an office may gather: put into the page's own select, and the region enhanced again."""
    page.evaluate(
        """() => {
          const region = document.querySelector("#compose-text");
          const select = region.querySelector("select");
          const names = [...Array(200).keys()].map((n) => new Option(`雛形の見本 ${n + 1}`, 9000 + n));
          select.replaceChildren(new Option("使わない", ""), ...names);
          region.querySelector(".combobox").remove();
          select.hidden = false;
          region.querySelector("label[for=template_id-pick]").htmlFor = select.id;
          htmx.trigger(region, "htmx:afterSwap");
        }"""
    )
    picker.press("ArrowUp")
    expect(_options(page)).to_have_count(200)
    expect(_options(page).last).to_be_in_viewport()
    expect(_options(page).last).to_have_attribute("aria-selected", "true")
    check_access(page)
    took = picker.evaluate(
        """(input) => { const start = performance.now();
          input.value = "見本 19"; input.dispatchEvent(new InputEvent("input", { bubbles: true }));
          document.body.offsetHeight; return performance.now() - start; }"""
    )
    print(f"200 templates, one key: {took:.1f} ms")  # noqa: T201 - a figure for the note
    expect(_options(page)).to_have_count(12)  # 19, 119 and 190 to 199
    assert took < 100


def test_without_javascript_it_is_a_select(chromium: Browser, product: Product, card: str) -> None:
    with chromium.new_context(locale="ja-JP", base_url=product.url, java_script_enabled=False) as context:
        page = context.new_page()
        log_in(page)
        page.goto(f"{card}/messages/new")
        page.get_by_label("雛形").select_option(label=RENT)
        page.get_by_role("button", name="読み込む").click()
        expect(_body(page)).to_have_value(re.compile("お家賃が"))
        expect(page.get_by_label("雛形").locator("option:checked")).to_have_text(RENT)
