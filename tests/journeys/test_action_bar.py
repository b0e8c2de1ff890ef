"""The bar at the bottom of compose, and what stands beside the text: steady while one types."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import check_access, make_customer

WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 375, "height": 812}
WRONG = "[[%名前%]]様 [[%ミーティングID%]] {{insertion_item1}} 𠮷😀 ●月 \u200b" + "あ" * 661


@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_its_height_stays_whatever_is_typed(page: Page, size: dict[str, int]) -> None:
    page.set_viewport_size(size)  # type: ignore[arg-type]
    page.goto(f"{make_customer(page, '帯 見る子', '090-0111-1104')}/messages/new?new=1")
    bar, body = page.locator(".action-bar"), page.get_by_label("本文", exact=True)

    def height() -> float:
        box = bar.bounding_box()
        assert box
        return box["height"]

    empty = height()
    assert empty <= 64
    body.fill("明日の10時に伺います。")
    expect(page.locator("#draft-state")).to_contain_text("保存しました")
    expect(page.locator("#estimate-brief")).to_contain_text("12文字・1通")
    assert height() == empty
    body.fill(WRONG)
    problems = bar.get_by_role("link", name=re.compile(r"^直すところ\d件$"))
    expect(problems).to_be_visible()
    assert height() == empty
    check_access(page)
    problems.click()
    expect(page.locator("#estimate-cautions .notice").first).to_be_in_viewport(ratio=0.9)


def test_the_caret_stays_above_the_bar(page: Page) -> None:
    page.set_viewport_size({"width": 375, "height": 480})  # as with a keyboard on the screen
    page.goto(f"{make_customer(page, '行 足す子', '090-0111-1104')}/messages/new?new=1")
    body = page.get_by_label("本文", exact=True)
    body.fill("\n".join("一二三四五六"))
    page.evaluate("scrollTo(0, 0)")
    body.press("End")
    body.press_sequentially("七")
    page.wait_for_timeout(200)
    bar, text = page.locator(".action-bar").bounding_box(), body.bounding_box()
    assert bar
    assert text
    assert text["y"] + 6.5 * 27 <= bar["y"]  # the sixth line of seven


def test_many_problems_leave_the_preview_in_reach(page: Page) -> None:
    page.goto(f"{make_customer(page, '直す 多い子', '090-0111-1104')}/messages/new?new=1")
    page.get_by_label("本文", exact=True).fill(WRONG)
    cautions = page.locator("#estimate-cautions")
    expect(cautions.get_by_role("heading")).to_have_text(re.compile(r"^直すところ \d件$"))
    expect(cautions.locator("> .notice")).to_have_count(3)
    more = cautions.locator("#more-cautions")
    expect(more.locator("summary")).to_have_text(re.compile(r"^ほか\d件$"))
    expect(more.locator(".notice").first).to_be_hidden()
    more.locator("summary").click()
    expect(more.locator(".notice").first).to_be_visible()
    check_access(page)
    # Opened, it stays open while one goes on typing.
    page.get_by_label("本文", exact=True).press_sequentially("い")
    expect(page.locator("#compose")).to_have_attribute("data-figures", "fresh")
    expect(more).to_have_js_property("open", True)
