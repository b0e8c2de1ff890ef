"""The whole product as `make run` starts it, and a real browser in front of it."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, Route, expect

from tests.run.launching import Launch, choose_ports

PASSWORD = "correct horse battery"
VIOLATIONS = """
window.__violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.__violations.push(`${event.violatedDirective} ${event.blockedURI}`);
});
"""


class Product:
    """The addresses of a running product and of its simulator."""

    def __init__(self, launch: Launch) -> None:
        self.launch = launch
        self.url = _find(r"画面 +(http://\S+)/", launch.text)
        self.simulator = _find(r"模擬環境 +(http://\S+)/", launch.text)


def _find(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found, text
    return found[1]


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """One product for all journeys; each makes the customers it needs."""
    launch = Launch(tmp_path_factory.mktemp("journeys"), choose_ports() | {"ADMIN_PASSWORD": PASSWORD})
    launch.wait_for_notice()
    yield Product(launch)
    launch.close()


@pytest.fixture
def context(chromium: Browser, product: Product) -> Iterator[BrowserContext]:
    """A person's own browser, Japanese, at the width of a desk."""
    made = chromium.new_context(locale="ja-JP", base_url=product.url, viewport={"width": 1280, "height": 800})
    made.set_default_timeout(15_000)
    made.add_init_script(VIOLATIONS)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """Logged in as the administrator, who is asked before sending, whatever another journey chose."""
    page = context.new_page()
    log_in(page)
    page.goto("/account")
    page.get_by_label("SMS送信前に確認メッセージを表示する").check()
    page.get_by_role("button", name="保存", exact=True).click()
    return page


@pytest.fixture
def without_script(chromium: Browser, product: Product) -> Iterator[Page]:
    """Logged in as the administrator, in a browser that runs no script."""
    context: BrowserContext = chromium.new_context(
        locale="ja-JP", base_url=product.url, java_script_enabled=False
    )
    page = context.new_page()
    log_in(page)
    yield page
    context.close()


@pytest.fixture
def ime(page: Page) -> Iterator[CDPSession]:
    """The protocol by which a real composition is made."""
    session = page.context.new_cdp_session(page)
    yield session
    session.detach()


def compose_kana(ime: CDPSession, *texts: str) -> None:
    """The text under conversion, as it grows; every key of it reaches the page as 229."""
    for text in texts:
        ime.send(
            "Input.dispatchKeyEvent", {"type": "rawKeyDown", "key": "Process", "windowsVirtualKeyCode": 229}
        )
        ime.send(
            "Input.imeSetComposition",
            {"text": text, "selectionStart": len(text), "selectionEnd": len(text)},
        )


def confirm_kana(ime: CDPSession, text: str, modifiers: int = 0) -> None:
    """Enter, as the IME takes it; modifiers as the protocol counts them."""
    enter = {"key": "Enter", "modifiers": modifiers}
    ime.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", "windowsVirtualKeyCode": 229, **enter})
    ime.send("Input.insertText", {"text": text})
    ime.send("Input.dispatchKeyEvent", {"type": "keyUp", "windowsVirtualKeyCode": 13, **enter})


def hold_requests(page: Page, address: str) -> list[Route]:
    """The requests to the address, kept until the test lets them go on."""
    held: list[Route] = []
    page.route(address, lambda route: held.append(route))  # noqa: PLW0108 - it must be Python
    return held


def log_in(page: Page) -> None:
    """Through the form."""
    page.goto("/login")
    page.get_by_label("ログインID").fill("admin")
    page.get_by_label("パスワード").fill(PASSWORD)
    page.get_by_role("button", name="ログイン").click()
    page.wait_for_url(re.compile(r"/$"))


def make_customer(page: Page, name: str, number: str) -> str:
    """A new card; its path."""
    page.goto("/customers/new")
    page.get_by_label("氏名").fill(name)
    page.get_by_label("携帯番号", exact=False).first.fill(number)
    page.get_by_role("button", name="登録").click()
    page.wait_for_url(re.compile(r"/customers/\d+$"))
    return page.url.removeprefix(page.url.split("/customers/")[0])


def pick_template(page: Page, name: str) -> None:
    """Through the combobox, by typing the name."""
    picker = page.get_by_role("combobox", name="雛形")
    picker.fill(name)
    page.get_by_role("option", name=name, exact=True).click()
    expect(picker).to_have_value(name)


def check_access(page: Page) -> None:
    """No axe violation, nothing the Content-Security-Policy had to refuse, nothing wider than the screen."""
    assert page.evaluate("window.__violations") == []
    # A button that becomes usable again fades in: its colours are judged where they end.
    page.evaluate("Promise.allSettled(document.getAnimations().map((one) => one.finished))")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
