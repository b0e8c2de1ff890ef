"""Fast typing against a slow answer: requests are replaced, not queued, and the newest text wins."""

from collections.abc import Callable
from urllib.parse import parse_qs

from playwright.sync_api import Page, Request, expect

from tests.journeys.conftest import hold_requests, make_customer

ESTIMATE = "**/messages/estimate"
# Longer than the hand rests before it asks (150 ms), shorter than an answer is held back.
BETWEEN_KEYS_MS = 250


def _compose(page: Page, name: str) -> None:
    page.goto(f"{make_customer(page, name, '090-0111-1104')}/messages/new")
    page.get_by_label("本文", exact=True).focus()


def _text(request: Request) -> str:
    return parse_qs(request.post_data or "")["body"][0]


def _ended(page: Page) -> list[str]:
    """The texts of the requests that the page gave up."""
    texts: list[str] = []
    is_estimate: Callable[[Request], bool] = lambda request: request.url.endswith("/messages/estimate")  # noqa: E731
    page.on("requestfailed", lambda request: is_estimate(request) and texts.append(_text(request)))
    return texts


def test_a_new_request_replaces_the_one_under_way(page: Page) -> None:
    _compose(page, "速打 ち子")
    held, given_up = hold_requests(page, ESTIMATE), _ended(page)
    for key in "abcd":
        page.keyboard.press(key)
        page.wait_for_timeout(BETWEEN_KEYS_MS)
    # Each pause asked at once instead of waiting for the answer before, and ended what it replaced.
    assert [_text(route.request) for route in held] == ["a", "ab", "abc", "abcd"]
    assert given_up == ["a", "ab", "abc"]
    held[-1].continue_()
    expect(page.locator("#estimate")).to_have_attribute("data-characters", "4")
    page.wait_for_timeout(BETWEEN_KEYS_MS)
    # Nothing was queued behind it.
    assert len(held) == 4


def test_typing_without_a_pause_asks_once(page: Page) -> None:
    _compose(page, "一気 打男")
    held = hold_requests(page, ESTIMATE)
    page.keyboard.type("abcdefghijklmnopqrst", delay=20)
    page.wait_for_timeout(BETWEEN_KEYS_MS)
    assert [_text(route.request) for route in held] == ["abcdefghijklmnopqrst"]
    held[0].continue_()
    expect(page.locator("#estimate")).to_have_attribute("data-characters", "20")


def test_an_older_answer_never_overwrites_a_newer_one(page: Page) -> None:
    _compose(page, "遅い 返事子")
    held = hold_requests(page, ESTIMATE)
    page.keyboard.press("a")
    page.wait_for_timeout(BETWEEN_KEYS_MS)
    older = held[0]
    answer = older.fetch()
    page.keyboard.press("b")
    page.wait_for_timeout(BETWEEN_KEYS_MS)
    held[1].continue_()
    expect(page.locator("#estimate")).to_have_attribute("data-characters", "2")
    # The answer to "a" arrives now, long after the one to "ab".
    older.fulfill(response=answer)
    page.wait_for_timeout(BETWEEN_KEYS_MS)
    expect(page.locator("#estimate")).to_have_attribute("data-characters", "2")
    expect(page.locator("#estimate-brief")).to_contain_text("2文字・1通")


def test_the_estimate_is_asked_with_no_more_than_it_needs(page: Page) -> None:
    _compose(page, "少し だけ子")
    held = hold_requests(page, ESTIMATE)
    page.keyboard.press("a")
    page.wait_for_timeout(BETWEEN_KEYS_MS)
    assert set(parse_qs(held[0].request.post_data or "")) == {"body", "customer_id"}
