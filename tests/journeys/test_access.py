"""Every page in every state a person meets it in: axe, the strict policy, the console, no side-scrolling.

A new state is one line in STATES: a name, and what leads there. Steps act on the page and wait for it.
"""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import VIOLATIONS, Product, check_access, log_in
from webapp.domain.reservation import JST

Step = Callable[[Page], None]
# Not ours to mend: the browser reports a refused form's status, htmx each request that a newer one replaced.
HARMLESS = re.compile(
    r"Failed to load resource: the server responded with a status of 4\d\d|htmx:(afterRequest|sendAbort)\b"
)
# What else is the same in both schemes.
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
# 山田 太郎 of the sample data, whom an SMS reaches, and 吉田 ヨシ, who has a landline only.
CARD, LANDLINE_CARD = "/customers/1", "/customers/8"
COMPOSE = f"{CARD}/messages/new?new=1"  # whatever was begun before
TOMORROW = f"{datetime.now(JST) + timedelta(days=1):%Y-%m-%d}"
LINKS = "地図 https://a.example/bukken/22 と https://b.example/ と https://c.example/ です。{{配信停止URL}}"
WRONG = (
    "[[%名前%]]様 [[%ミーティングID%]] {{insertion_item1}} 𠮷😀 ●月 地図https://a.example/。\u200b"
    + "あ" * 661
)


def at(path: str, *steps: Step) -> tuple[str, tuple[Step, ...]]:
    """A page, and what is done there."""
    return path, steps


def typed(selector: str, text: str) -> Step:
    def act(page: Page) -> None:
        page.locator(selector).fill(text)
        page.locator(selector).dispatch_event("change")

    return act


def chosen(selector: str, value: str) -> Step:
    """As picking it does, whatever stands in front of the list."""
    script = (
        "(list, value) => { list.value = value; list.dispatchEvent(new Event('change', {bubbles: true})); }"
    )
    return lambda page: page.locator(selector).evaluate(script, value)


def checked(selector: str) -> Step:
    return lambda page: page.locator(selector).check()


def pressed(name: str, role: str = "button") -> Step:
    return lambda page: page.get_by_role(role, name=name, exact=True).first.click()  # type: ignore[arg-type]


def clicked(selector: str) -> Step:
    return lambda page: page.locator(selector).first.click()


def submitted(form: str, action: str = "") -> Step:
    """As a browser without JavaScript sends it: no question first."""
    script = (
        "(form, action) => { if (action) form.action = form.action.replace(/new$/, action); form.submit(); }"
    )

    def act(page: Page) -> None:
        with page.expect_navigation():
            page.locator(form).evaluate(script, action)

    return act


def then(path: str) -> Step:
    return lambda page: page.goto(path)  # type: ignore[return-value]


def shown(selector: str, text: str = "") -> Step:
    return lambda page: expect(page.locator(selector).first).to_contain_text(text)


STATES = {
    "compose, empty": at(COMPOSE),
    "compose, good": at(COMPOSE, typed("#body", LINKS), shown("#estimate[data-ok=true] .bubble", "地図")),
    "compose, links counted": at(
        COMPOSE, checked("#count_clicks"), typed("#body", LINKS), shown("#estimate", "計測しない")
    ),
    "compose, problems": at(COMPOSE, typed("#body", WRONG), shown("#estimate-cautions", "😀")),
    "compose, scheduled": at(
        COMPOSE,
        checked("[name=timing][value=later]"),
        typed("#scheduled_on", TOMORROW),
        typed("#scheduled_time", "15:01"),
        shown("#schedule", "15:10"),
    ),
    "compose, time past": at(
        COMPOSE,
        checked("[name=timing][value=later]"),
        typed("#scheduled_on", "2020-01-01"),
        typed("#scheduled_time", "10:00"),
        shown("#schedule[data-ok=false]"),
    ),
    "compose, template": at(COMPOSE, chosen("#template_id", "1"), shown("#estimate-cautions", "●")),
    "compose, template over a text": at(
        COMPOSE,
        typed("#body", "前の文章"),
        chosen("#template_id", "1"),
        shown("#compose-text", "前に書いた文章は取ってあります"),
    ),
    "compose, asked first": at(
        COMPOSE,
        typed("#body", "確認します。"),
        shown("#estimate .bubble", "確認"),
        pressed("送信"),
        shown("dialog[open]"),
    ),
    "compose, asked about problems": at(
        COMPOSE,
        typed("#body", WRONG),
        shown("#estimate-cautions", "😀"),
        pressed("送信"),
        shown("dialog[open]", "😀"),
    ),
    "compose, taken up again": at(
        COMPOSE,
        typed("#body", "書きかけの文章"),
        shown("#draft-state", "下書きを保存しました"),
        then(f"{CARD}/messages/new"),
        shown("p.draft-note", "の下書きを開きました"),
    ),
    "compose, others begun": at(
        COMPOSE,
        typed("#body", "ほかの文章"),
        shown("#draft-state", "下書きを保存しました"),
        then(COMPOSE),
        shown("details.draft-note", "ほかの文章"),
    ),
    "compose, tried in vain": at(
        COMPOSE,
        typed("#body", WRONG),
        clicked("#test-send-button"),
        shown("#test-send .notice", "テスト送信できませんでした"),
    ),
    "compose, tried": at(
        "/account",
        typed("#mobile_number", "090-0111-1103"),
        clicked("form:has(#mobile_number) button"),
        shown(".flashes"),
        then(COMPOSE),
        typed("#body", "試し"),
        clicked("#test-send-button"),
        shown("#test-send [data-announce]", "テスト送信しました"),
    ),
    "account, number removed": at(
        "/account",
        typed("#mobile_number", ""),
        clicked("form:has(#mobile_number) button"),
        shown(".flashes"),
    ),
    "compose, refused": at(COMPOSE, submitted("#compose"), shown("#error-summary")),
    "compose, checked without script": at(
        COMPOSE, typed("#body", LINKS), submitted("#compose", "check"), shown("h1", "送信前の確認")
    ),
    "compose, check refused": at(
        COMPOSE, typed("#body", WRONG), submitted("#compose", "check"), shown("#error-summary", "😀")
    ),
    "compose, no number": at(f"{LANDLINE_CARD}/messages/new", shown("#main .notice", "送れません")),
    "templates": at("/sms-templates/"),
    "templates, none found": at("/sms-templates/?q=どこにもない", shown("#template-rows", "見つかりません")),
    "templates, put away": at("/sms-templates/?archived=1"),
    "template, new": at("/sms-templates/new"),
    "template, good": at(
        "/sms-templates/new", typed("#body", LINKS), shown("#estimate[data-ok=true] .bubble", "地図")
    ),
    "template, problems": at(
        "/sms-templates/new", typed("#body", WRONG), shown("#body-count [data-exceeded]", "超えています")
    ),
    "template, refused": at(
        "/sms-templates/new", typed("#body", WRONG), pressed("登録"), shown("#error-summary", "設定名")
    ),
    "template": at("/sms-templates/1"),
    "template, version opened": at(
        "/sms-templates/1", clicked("#version-1 summary"), shown("#version-1", "本文")
    ),
    "template, older version": at(
        "/sms-templates/1?based_on=1", shown("#main .notice", "まだ保存していません")
    ),
    "template, asked first": at("/sms-templates/1", pressed("一覧から外す"), shown("dialog[open]")),
    "engine": at("/engine", shown("#engine", "見回りの担当")),
    "carriers": at("/carriers", shown("main", "SoftBank")),
    "settings/sms": at("/settings/sms"),
    "settings/sms, refused": at(
        "/settings/sms", typed("#api_domain", "x"), pressed("保存"), shown("#error-summary")
    ),
    "account": at("/account"),
    "account, refused": at("/account", pressed("パスワードを変更"), shown("#error-summary")),
    "today": at("/"),
    "customers": at("/customers/"),
    "customer": at(CARD),
    "customer, landline only": at(LANDLINE_CARD, shown("#main .notice", "SMSを送れません")),
    "customer, menu opened": at(CARD, clicked("#mobile-menu summary"), shown(".menu__list")),
    "customer, new": at("/customers/new"),
    "customer, edit": at(f"{CARD}/edit"),
    "history": at("/messages/"),
    "settings/company": at("/settings/company"),
    "settings/staff": at("/settings/staff"),
    "settings/staff, one": at("/settings/staff/1"),
    "settings/first-steps": at("/settings/first-steps"),
    "keys": at("/", clicked("header .menu summary"), pressed("キー操作"), shown("#keys[open]")),
    "nowhere": at("/nowhere", shown("h1")),
}


class Visitor:
    """One person at one width, logged in once; their console is listened to."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.said: list[str] = []
        page.on("console", lambda line: self.said.append(line.text) if line.type == "error" else None)
        page.on("pageerror", lambda error: self.said.append(str(error)))
        log_in(page)


@pytest.fixture(scope="module", params=[1280, 375])
def visitor(request: pytest.FixtureRequest, chromium: Browser, product: Product) -> Iterator[Visitor]:
    context = chromium.new_context(
        locale="ja-JP",
        base_url=product.url,
        viewport={"width": request.param, "height": 800},
        reduced_motion="reduce",  # axe would see colours on their way from one scheme to the other
    )
    context.set_default_timeout(15_000)
    context.add_init_script(VIOLATIONS)
    yield Visitor(context.new_page())
    context.close()


@pytest.mark.parametrize("name", STATES)
def test_every_state_is_accessible(visitor: Visitor, name: str) -> None:
    path, steps = STATES[name]
    page = visitor.page
    visitor.said.clear()
    page.emulate_media(color_scheme="light")
    page.goto(path)
    for step in steps:
        step(page)
    check_access(page)
    page.emulate_media(color_scheme="dark")
    found = Axe().run(page, options=COLOURS)
    assert found.violations_count == 0, found.generate_report()
    assert [line for line in visitor.said if not HARMLESS.match(line)] == []
