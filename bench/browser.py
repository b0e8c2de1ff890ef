"""From a keystroke to the painted estimate in Chromium, beside the same page with a stub's answer."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import quantiles

from playwright.sync_api import Browser, Page, sync_playwright

from bench.app import BARE_HEADER
from bench.figures import Figure, Goal, compare, take_turns
from bench.server import Visit
from bench.texts import JAPANESE

BLOCKS = 8
KEYS_A_BLOCK = 10
WARM_KEYS = 5
# Both wait for the hand to rest (150 ms) and for a frame; only the server's part may differ.
MOST_BESIDE_STUB = 1.25

# Painted: the frame after the swap has been handed over. The clock starts with the key itself.
WATCH = """
window.__painted = () => new Promise((resolve) => {
  let pressed = 0;
  const start = (event) => { pressed = event.timeStamp; };
  document.addEventListener("keydown", start, { once: true, capture: true });
  document.addEventListener("htmx:afterSwap", () => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => resolve(performance.now() - pressed);
    channel.port2.postMessage(0);
  }), { once: true });
});
"""


def measure(visit: Visit) -> list[Figure]:
    """Blocks of keystrokes in turn; p95 of all of each."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ["CHROME_PATH"],
            args=["--no-sandbox", "--disable-quic", "--disable-background-networking"],
        )
        try:
            with _compose(browser, visit, {}) as real, _compose(browser, visit, {BARE_HEADER: "1"}) as stub:
                runs = [lambda: type_keys(stub, KEYS_A_BLOCK), lambda: type_keys(real, KEYS_A_BLOCK)]
                floor, ours = take_turns(runs, BLOCKS)
        finally:
            browser.close()
    figure = compare(
        "keystroke to paint, p95 / stub",
        "ms",
        Goal(MOST_BESIDE_STUB),
        [p95([one for block in ours for one in block])],
        [p95([one for block in floor for one in block])],
    )
    return [figure]


def p95(values: list[float]) -> float:
    """The value that 95 of 100 do not exceed."""
    return quantiles(values, n=20)[-1]


@contextmanager
def _compose(browser: Browser, visit: Visit, headers: dict[str, str]) -> Iterator[Page]:
    """The compose page with the text in it, logged in, after a few keys to warm it."""
    context = browser.new_context(
        locale="ja-JP",
        base_url=visit.url,
        extra_http_headers=headers,
        viewport={"width": 1280, "height": 800},
    )
    context.add_init_script(WATCH)
    page = context.new_page()
    page.goto("/login")
    page.get_by_label("ログインID").fill("admin")
    page.get_by_label("パスワード").fill(visit.password)
    page.get_by_role("button", name="ログイン").click()
    page.wait_for_url(f"{visit.url}/")
    page.goto("/customers/1/messages/new")
    body = page.get_by_label("本文", exact=True)
    body.fill(JAPANESE)
    body.press("End")
    page.wait_for_timeout(1000)
    type_keys(page, WARM_KEYS)
    yield page
    context.close()


def type_keys(page: Page, keys: int) -> list[float]:
    """Milliseconds of each key, the next one pressed when the last is painted."""
    page.bring_to_front()
    taken = []
    for _ in range(keys):
        painted = page.evaluate_handle("window.__next = window.__painted(); 0")
        painted.dispose()
        page.keyboard.press("a")
        taken.append(float(page.evaluate("window.__next")))
    return taken
