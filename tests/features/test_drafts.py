"""Drafts over HTTP: taken up, offered, kept, thrown away, and nobody else's."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.conftest import PASSWORD, Browser
from tests.features.markup import form_with
from tests.features.rows import everything, make_template
from webapp.extensions import db
from webapp.models import Customer, StoredDraft

KEY = "key-of-the-first-tab"
TYPED = {
    "submission_key": KEY,
    "subject": "内見",
    "body": "\r\n明日の内見は\r\n10時 [[%名前%]]😀",
    "timing": "later",
    "scheduled_on": "2026-13-45",
    "scheduled_time": "25:00",
    "count_clicks": "y",
}


def path_of(customer: Customer, action: str = "new") -> str:
    return f"/customers/{customer.id}/messages/{action}"


def keep(browser: Browser, customer: Customer, **changes: str) -> Any:
    return browser.fragment(path_of(customer, "draft"), **(TYPED | changes))


def stored(app: Flask) -> list[tuple[Any, ...]]:
    with app.app_context():
        return everything()["stored_draft"]


def test_kept_while_typing_and_taken_up_once_left(app: Flask, browser: Browser, customer: Customer) -> None:
    answer = keep(browser, customer, left="y")
    assert answer.status_code == 200
    assert answer.json["key"] == KEY
    assert answer.json["version"]
    assert "下書きを保存しました" in answer.json["text"]
    page = browser.get(path_of(customer)).text
    fields = form_with(page, "body")
    # As it was typed, what cannot be sent included.
    for name in ("submission_key", "subject", "timing", "scheduled_on", "scheduled_time", "count_clicks"):
        assert fields[name] == TYPED[name], name
    assert fields["body"] == TYPED["body"]
    assert "の下書きを開きました" in page
    assert "data-may-resume" not in page


def test_one_that_may_be_open_elsewhere_is_offered(app: Flask, browser: Browser, customer: Customer) -> None:
    keep(browser, customer)
    page = browser.get(path_of(customer)).text
    fields = form_with(page, "body")
    assert fields["body"] == ""
    assert fields["submission_key"] != KEY
    assert "data-may-resume" in page
    assert f'data-draft-key="{KEY}"' in page
    assert "「内見」を続ける" in page
    resumed = browser.get(path_of(customer) + f"?draft={KEY}").text
    assert form_with(resumed, "body")["submission_key"] == KEY


def test_a_text_of_its_own_is_not_replaced_by_a_draft(
    app: Flask, browser: Browser, customer: Customer
) -> None:
    keep(browser, customer, left="y")
    with app.app_context():
        template = make_template()
    blank = browser.get(path_of(customer) + "?new=y").text
    assert form_with(blank, "body")["body"] == ""
    filled = browser.get(path_of(customer) + f"?template_id={template.id}").text
    assert form_with(filled, "body")["subject"] == template.subject
    for page in (blank, filled):
        assert "下書きがあります" in page
        assert "data-may-resume" not in page


def test_sending_ends_the_draft(app: Flask, browser: Browser, customer: Customer) -> None:
    keep(browser, customer, body="明日10時です。", timing="now")
    browser.get(path_of(customer))
    fields = TYPED | {"body": "明日10時です。", "timing": "now"}
    browser.post(path_of(customer), **fields)
    assert stored(app) == []
    keep(browser, customer, body="明日10時です。", left="y")
    assert stored(app) == []
    assert "下書きがあります" not in browser.get(path_of(customer)).text


def test_a_refused_send_keeps_form_and_draft(app: Flask, browser: Browser, customer: Customer) -> None:
    keep(browser, customer)
    before = stored(app)
    page = browser.post(path_of(customer), 422, **TYPED).text
    assert form_with(page, "body")["submission_key"] == KEY
    assert stored(app) == before


def test_nobody_elses(app: Flask, browser: Browser, customer: Customer, staff_browser: Browser) -> None:
    keep(browser, customer, left="y")
    for address in ("", f"?draft={KEY}"):
        page = staff_browser.get(path_of(customer) + address).text
        assert form_with(page, "body")["body"] == ""
        assert "下書きを開きました" not in page
        assert "下書きがあります" not in page
    before = stored(app)
    staff_browser.post(path_of(customer, "draft/discard"), submission_key=KEY)
    assert stored(app) == before


def test_thrown_away(app: Flask, browser: Browser, customer: Customer) -> None:
    keep(browser, customer, left="y")
    keep(browser, customer, left="y", submission_key="key-of-the-second-tab", subject="別件")
    browser.get(path_of(customer))
    answer = browser.post(path_of(customer, "draft/discard"), submission_key=KEY, new="y")
    assert answer.location == path_of(customer) + "?new=y"
    with app.app_context():
        assert db.session.scalars(select(StoredDraft.submission_key)).all() == ["key-of-the-second-tab"]
    assert "「別件」を続ける" in browser.get(answer.location).text


def test_to_the_templates_and_back(app: Flask, browser: Browser, customer: Customer) -> None:
    browser.get(path_of(customer))
    answer = browser.post(path_of(customer, "draft"), **(TYPED | {"then": "templates"}))
    assert answer.location == f"/sms-templates/?for_customer={customer.id}"
    page = browser.get(answer.location).text
    assert "山田 太郎 様のSMSに戻る" in page
    assert f'href="{path_of(customer)}"' in page
    # It is the draft of a page that was left, so it is taken up.
    assert form_with(browser.get(path_of(customer)).text, "body")["submission_key"] == KEY


@pytest.mark.parametrize("is_button_first", [True, False])
@pytest.mark.parametrize("page", [{}, {"tab": "one"}])
def test_to_the_templates_is_one_draft_whatever_comes_last(
    app: Flask, browser: Browser, customer: Customer, page: dict[str, str], *, is_button_first: bool
) -> None:
    """The button's own POST writes CRLF, the script's good-bye LF: both know only what was saved before."""
    by_script = {"tab": "one", "body": TYPED["body"].replace("\r\n", "\n")}
    version = keep(browser, customer, **by_script, serial="1").json["version"]
    browser.get(path_of(customer))

    def press_button() -> None:
        going = {"then": "templates", "draft_version": version, "serial": "2"}
        browser.post(path_of(customer, "draft"), **(TYPED | {"subject": "内見2"} | page | going))

    def say_goodbye() -> None:
        last = {"subject": "内見2", "draft_version": version, "serial": "3", "left": "y"}
        assert keep(browser, customer, **(by_script | last)).json["key"] == KEY

    for leave in (press_button, say_goodbye) if is_button_first else (say_goodbye, press_button):
        leave()
    with app.app_context():
        draft = db.session.scalars(select(StoredDraft)).one()
    assert (draft.submission_key, draft.fields["subject"]) == (KEY, "内見2")
    assert draft.left_at is not None


def test_what_is_typed_while_the_templates_are_on_their_way_is_the_same_draft(
    app: Flask, browser: Browser, customer: Customer
) -> None:
    version = keep(browser, customer, tab="one", serial="1").json["version"]
    browser.get(path_of(customer))
    known = {"tab": "one", "draft_version": version}
    browser.post(path_of(customer, "draft"), **(TYPED | known | {"then": "templates", "serial": "2"}))
    kept = keep(browser, customer, **known, serial="3", body="続き", left="y")
    assert kept.json["key"] == KEY
    with app.app_context():
        assert db.session.scalars(select(StoredDraft)).one().fields["body"] == "続き"


def test_without_javascript_a_button_keeps_it(app: Flask, browser: Browser, customer: Customer) -> None:
    browser.get(path_of(customer))
    answer = browser.post(path_of(customer, "draft"), **TYPED)
    assert answer.location == f"{path_of(customer)}?draft={KEY}"
    page = browser.get(answer.location).text
    assert "下書きを保存しました。" in page
    assert form_with(page, "body")["subject"] == "内見"
    blank = {"subject": "", "body": " ", "timing": "now", "count_clicks": ""}
    empty = browser.post(path_of(customer, "draft"), **(TYPED | blank))
    assert empty.location == path_of(customer)
    assert stored(app) == []


@pytest.mark.parametrize("key", ["", "short", "x" * 65, "ключ-ключ", "a b c d e"])
def test_a_key_that_names_nothing_is_refused(
    app: Flask, browser: Browser, customer: Customer, key: str
) -> None:
    assert keep(browser, customer, submission_key=key).status_code == 400
    assert stored(app) == []


def test_an_unknown_customer_is_404(browser: Browser) -> None:
    assert browser.fragment("/customers/999/messages/draft", **TYPED).status_code == 404


def test_a_page_that_outlived_its_login_gets_a_fresh_token(
    app: Flask, browser: Browser, customer: Customer
) -> None:
    def keep_as(person: str, *, as_htmx: bool = True) -> Any:
        headers = {"X-Page-Of": person} | ({"HX-Request": "true"} if as_htmx else {})
        return browser.client.post(
            path_of(customer, "draft"), data=TYPED | {"csrf_token": old}, headers=headers
        )

    page = browser.get(path_of(customer)).text
    assert '"X-Page-Of": "1"' in page
    old = browser.token
    browser.post("/logout")
    assert keep_as("1").status_code == 401
    browser.token = ""
    browser.get("/login")
    browser.post("/login", login_id="admin", password=PASSWORD)
    refused = keep_as("1")
    assert refused.status_code == 400
    # A page of somebody else, and another site, which cannot ask as htmx does, get none.
    for other in (keep_as("2"), keep_as(""), keep_as("1", as_htmx=False)):
        assert other.status_code == 400
        assert "X-CSRFToken" not in other.headers
    assert stored(app) == []
    browser.token = refused.headers["X-CSRFToken"]
    assert keep(browser, customer).status_code == 200
    # What else is refused with 400 brings no token.
    assert "X-CSRFToken" not in keep(browser, customer, submission_key="short").headers


def test_a_form_of_another_site_becomes_no_page_with_a_token(browser: Browser, customer: Customer) -> None:
    foreign = {"Origin": "http://127.0.0.1:8399", "Sec-Fetch-Site": "same-site"}
    for action in ("new", "check"):
        answer = browser.client.post(path_of(customer, action), data={"body": "悪い文"}, headers=foreign)
        assert answer.status_code == 400
        assert "悪い文" not in answer.text


def test_a_draft_that_is_gone_is_said(browser: Browser, customer: Customer) -> None:
    keep(browser, customer)
    page = browser.get(path_of(customer) + "?draft=key-of-nothing").text
    assert "送信されたか、捨てられています" in page
    assert "data-may-resume" not in page
    assert form_with(page, "body")["body"] == ""


def test_the_newest_is_taken_up_or_asked_for_first(browser: Browser, customer: Customer) -> None:
    keep(browser, customer, left="y", submission_key="key-of-an-older-tab", body="前の文")
    keep(browser, customer)
    page = browser.get(path_of(customer)).text
    assert form_with(page, "body")["body"] == ""
    assert "data-may-resume" in page
    assert page.index(f'data-draft-key="{KEY}"') < page.index('data-draft-key="key-of-an-older-tab"')


def test_taking_up(app: Flask, browser: Browser, customer: Customer) -> None:
    version = keep(browser, customer, left="y").json["version"]
    path = path_of(customer, "draft/take-up")
    stale = browser.fragment(path, **TYPED, draft_version="2020-01-01", tab="two")
    assert stale.json == {"is_current": False}
    current = browser.fragment(path, **TYPED, draft_version=version, tab="two")
    assert current.json == {"is_current": True}
    with app.app_context():
        assert db.session.scalars(select(StoredDraft.left_at)).one() is None


def test_the_card_and_today_show_what_is_begun(browser: Browser, customer: Customer) -> None:
    keep(browser, customer, left="y")
    address = f'href="{path_of(customer)}?draft={KEY}"'
    assert address in browser.get(f"/customers/{customer.id}").text
    today = browser.get("/").text
    assert address in today
    assert "下書き" in today
