"""Headers of every answer, assets, the banner, and text of people that is never markup."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from flask import Flask

from tests.conftest import PASSWORD, Browser, make_customer, make_staff
from tests.features.markup import having, read
from tests.features.rows import make_message
from webapp.extensions import csrf, db
from webapp.models import Customer, Message, Office
from webapp.models.staff import Role
from webapp.services import office
from webapp.smslink.wire import PRODUCTION_DOMAIN, SANDBOX_DOMAIN
from webapp.ui.sessions import RENEW_AFTER

ATTACK = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}${7*7}"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/login", 303),
        ("/messages/?q=x", 200),
        ("/nothing", 404),
        ("/logout", 405),
        ("/healthz", 200),
        ("/static/css/app.css", 200),
        ("/static/nothing.css", 404),
        ("/customers", 308),
    ],
)
def test_every_answer_carries_the_headers(browser: Browser, path: str, status: int) -> None:
    with browser.client.get(path) as answer:
        assert answer.status_code == status
        headers = answer.headers
        policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
        for directive in ("default-src", "script-src", "style-src", "form-action"):
            assert policy[directive] == "'self'"
        for directive in ("object-src", "base-uri", "frame-ancestors"):
            assert policy[directive] == "'none'"
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert "*" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "same-origin"
        if not path.startswith("/static/"):
            assert headers["Cache-Control"] == "no-store"


def test_a_fragment_carries_what_it_needs_and_a_form_without_htmx_all(
    browser: Browser, customer: Customer
) -> None:
    fields = {"body": "こんにちは", "customer_id": str(customer.id)}
    fragment = browser.fragment("/messages/estimate", **fields).headers
    assert fragment["X-Content-Type-Options"] == "nosniff"
    assert fragment["Cache-Control"] == "no-store"
    assert "Content-Security-Policy" not in fragment
    page = browser.post("/messages/estimate", 200, **fields).headers
    assert "Content-Security-Policy" in page
    assert page["X-Frame-Options"] == "DENY"


def test_a_token_is_worth_nothing_in_another_session(
    app: Flask, browser: Browser, customer: Customer
) -> None:
    other = Browser(app.test_client()).log_in()
    for mine, theirs in ((browser, other), (other, browser)):
        mine.post("/messages/estimate", 200, body="a")
        for headers in ({"X-CSRFToken": theirs.token}, {"X-CSRFToken": mine.token + "A"}, {}):
            answer = mine.client.post("/messages/estimate", data={"body": "a"}, headers=headers)
            assert answer.status_code == 400
        mine.post("/messages/estimate", 200, body="a")


def test_a_known_token_does_not_excuse_another_site_behind_tls(browser_of: Callable[..., Browser]) -> None:
    browser = browser_of(trusted_proxies=1).log_in()
    for referer, status in (
        ("https://localhost/login", 200),
        ("https://elsewhere.example/", 400),
        ("http://localhost/login", 400),
        ("https://[bad/", 400),
        ("", 400),
        ("https://localhost/login", 200),
    ):
        headers = {"X-CSRFToken": browser.token, "X-Forwarded-Proto": "https", "Referer": referer}
        answer = browser.client.post(
            "/messages/estimate", data={"body": "a"}, headers={k: v for k, v in headers.items() if v}
        )
        assert answer.status_code == status, referer


def test_a_padded_token_is_accepted_and_not_kept(browser: Browser) -> None:
    browser.post("/messages/estimate", 200, body="a")
    known = len(csrf._accepted)
    # A signature holds however much nonsense stands in it: nobody's memory is filled with that.
    for padding in range(3):
        answer = browser.client.post(
            "/messages/estimate", data={"body": "a", "csrf_token": browser.token + "!" * (500 + padding)}
        )
        assert answer.status_code in {200, 400}
    assert len(csrf._accepted) == known
    for number in range(csrf._MOST_KNOWN + 10):
        csrf._accepted.add((str(number), ""))
    browser.fragment("/account/own-number", mobile_number="")
    Browser(browser.client.application.test_client()).log_in()
    assert len(csrf._accepted) < csrf._MOST_KNOWN


@pytest.mark.parametrize("body", ["[1]", "5", "null", '"a"', "{", '{"login_id": "a"}'])
def test_json_is_no_form(anonymous: Browser, body: str) -> None:
    anonymous.get("/login")
    headers = {"X-CSRFToken": anonymous.token, "Content-Type": "application/json"}
    answer = anonymous.client.post("/login", data=body, headers=headers)
    assert answer.status_code == 422
    assert "ログインIDを入力してください。" in answer.text


def test_refusals_and_faults_carry_them_too(app: Flask, browser: Browser, anonymous: Browser) -> None:
    def view() -> str:
        raise RuntimeError

    app.view_functions["carriers.table"] = view
    for answer in (
        browser.get("/carriers", 500),
        browser.client.post("/customers/new"),
        anonymous.client.post("/customers/new"),
        browser.post("/customers/new", 422),
    ):
        assert "Content-Security-Policy" in answer.headers
        assert answer.headers["Cache-Control"] == "no-store"


def test_assets_may_be_kept_forever(browser: Browser) -> None:
    with time_machine.travel(datetime.now(UTC) + 2 * RENEW_AFTER):  # a session that an answer would renew
        assert_assets_are_kept(browser)


def assert_assets_are_kept(browser: Browser) -> None:
    assets = [
        element.attributes.get("href") or element.attributes.get("src") or ""
        for element in read(browser.get("/").text)
        if element.tag in {"link", "script"}
    ]
    assert len(assets) >= 4
    for address in assets:
        assert address.startswith("/static/")
        assert "?v=" in address, "a fingerprint"
        with browser.client.get(address) as answer:
            assert answer.status_code == 200
            assert "immutable" in answer.headers["Cache-Control"]
            # What everybody's cache may keep must not carry a person's session.
            assert "Set-Cookie" not in answer.headers
    for address in (assets[0].partition("?")[0], "/static/nothing.css?v=1"):
        with browser.client.get(address) as answer:
            assert "immutable" not in answer.headers.get("Cache-Control", "")


def banner(html: str) -> list[tuple[str, str]]:
    return [(element["data-environment"], element.text) for element in having(html, "data-environment")]


@pytest.mark.parametrize(
    ("changes", "kind", "words"),
    [
        (
            {"smslink_api_domain": "http://127.0.0.1:9/", "simulator_url": "http://127.0.0.1:9/"},
            "simulator",
            "模擬環境",
        ),
        ({"smslink_api_domain": SANDBOX_DOMAIN}, "sandbox", "検証環境"),
        ({"smslink_api_domain": "https://sms.example/"}, "other", "sms.example"),
        ({"smslink_api_domain": "http://127.0.0.1:9/"}, "other", "127.0.0.1:9"),
        # Only the one that is ours may say that nothing is sent.
        ({"smslink_api_domain": PRODUCTION_DOMAIN, "simulator_url": "http://127.0.0.1:9/"}, None, ""),
        ({"smslink_api_domain": PRODUCTION_DOMAIN}, None, ""),
        ({}, "unset", "SMSLINK未設定"),
    ],
)
def test_banner_says_where_messages_go(
    browser_of: Callable[..., Browser], changes: dict[str, Any], kind: str | None, words: str
) -> None:
    browser = browser_of(**changes)
    pages = [browser.get("/login").text]
    browser.log_in()
    pages += [browser.get(path).text for path in ("/", "/settings/sms")] + [browser.get("/nothing", 404).text]
    for page in pages:
        if kind is None:
            assert banner(page) == []
        else:
            ((shown, text),) = banner(page)
            assert shown == kind
            assert words in text


@pytest.mark.parametrize(("domain", "kind"), [(PRODUCTION_DOMAIN, None), (SANDBOX_DOMAIN, "sandbox")])
def test_banner_follows_the_settings_page(
    app: Flask, browser: Browser, domain: str, kind: str | None
) -> None:
    with app.app_context():
        db.session.get_one(Office, 1).api_domain = domain
        db.session.commit()
    assert [shown for shown, _ in banner(browser.get("/").text)] == ([kind] if kind else [])


@pytest.fixture
def attacked(app: Flask) -> tuple[Customer, Message]:
    """Every text that a person can give holds markup."""
    with app.app_context():
        text = ATTACK
        office.edit_company(text[:100], [text])
        colleague = make_staff("sato", name=text, role=Role.ADMINISTRATOR)
        customer = make_customer(
            name=text,
            name_kana=text,
            honorific="<b>x</b>",
            organisation=text,
            email=text,
            property_name=text,
            room="<i>x</i>",
            note=f"{text}\n{text}",
            landline_number="<b>03</b>",
            staff_id=colleague.id,
        )
        make_customer(name=text)
        message = make_message(
            customer,
            subject=text,
            text=text,
            body=text,
            status="failed",
            reason=text,
            provider_message=text,
            detail=text,
            detail_message=text,
            staff_id=colleague.id,
        )
        message.delivery.provider_id = text
        db.session.commit()
        return customer, message


def test_text_of_people_is_never_markup(app: Flask, attacked: tuple[Customer, Message]) -> None:
    customer, message = attacked
    browser = Browser(app.test_client()).log_in("sato", PASSWORD)
    compose = f"/customers/{customer.id}/messages"
    answers = [
        browser.get(path)
        for path in (
            "/",
            "/account",
            "/customers/",
            f"/customers/{customer.id}",
            f"/customers/{customer.id}/edit",
            f"{compose}/new",
            "/messages/",
            f"/messages/?customer_id={customer.id}",
            f"/messages/{message.id}",
            "/settings/company",
            "/settings/staff",
            f"/settings/staff/{message.staff_id}",
        )
    ]
    answers += [
        browser.client.get(path, query_string={"q": ATTACK}) for path in ("/customers/", "/messages/")
    ]
    answers.append(browser.client.get("/messages/", query_string={"q": ATTACK + "nothing"}))
    typed = {"body": f"{ATTACK} https://a.jp/{ATTACK}", "subject": ATTACK, "submission_key": ATTACK}
    answers.append(browser.fragment("/messages/estimate", **typed, customer_id=str(customer.id)))
    answers.append(browser.post(f"{compose}/check", 422, **typed))
    answers.append(browser.post(f"{compose}/new", 422, **typed, timing=ATTACK))
    answers.append(browser.post(f"{compose}/edit", 200, **typed))
    answers.append(browser.post("/customers/new", 422, name=ATTACK, mobile_number=ATTACK, acquired_on=ATTACK))
    answers.append(browser.post("/settings/sms", 422, api_domain=ATTACK, notification_emails=ATTACK))
    answers.append(browser.post("/settings/staff/new", 422, name=ATTACK, login_id=ATTACK, role=ATTACK))
    answers.append(browser.post("/settings/company", 303, company_name=ATTACK[:100], short_names=ATTACK))
    answers.append(browser.get("/settings/company"))
    for answer in answers:
        if answer.status_code == 303:
            continue
        assert "<script>alert" not in answer.text
        assert "<img src=x" not in answer.text
        assert "<b>x</b>" not in answer.text
        assert not [e for e in read(answer.text) if "onerror" in e.attributes]


def test_text_of_people_is_never_a_template(app: Flask, browser: Browser, customer: Customer) -> None:
    page = browser.fragment(
        "/messages/estimate", customer_id=str(customer.id), body="{{7*7}} {%raw%} [[%氏名%]]"
    )
    assert "49" not in page.text.replace(page.text[: page.text.index("<details")], "")


def test_the_providers_hosts_are_never_called_the_simulator(browser_of: Any) -> None:
    host = "https://api.smslink.jp/"
    page = browser_of(smslink_api_domain=host, simulator_url=host).get("/login").text
    assert "env-banner" not in page
    assert "模擬環境" not in page
