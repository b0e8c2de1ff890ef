"""What an attacker found once, and must not find again."""

from io import BytesIO

import pytest
from flask import Flask

from tests.conftest import PASSWORD, Browser, make_customer
from tests.features.markup import by_id, form_with
from tests.features.rows import everything
from tests.features.test_compose import path_of, written
from webapp.domain.estimate import MAX_TYPED, LengthRules, prepare_text
from webapp.models import Customer


@pytest.mark.parametrize("path", ["/settings/sms", "/settings/company"])
def test_a_field_that_is_missing_is_no_crash(browser: Browser, path: str) -> None:
    fields = form_with(browser.get(path).text, "csrf_token")
    for missing in [name for name in fields if name != "csrf_token"]:
        rest = {name: value for name, value in fields.items() if name != missing}
        assert browser.client.post(path, data=rest).status_code in {303, 422}, missing


def test_a_file_in_a_text_fields_place_is_no_text(app: Flask, browser: Browser, customer: Customer) -> None:
    for path, field in (
        (path_of(customer), "body"),
        (path_of(customer, "check"), "body"),
        ("/customers/new", "name"),
    ):
        data = {"csrf_token": browser.token, "subject": "x", field: (BytesIO(b"x"), "x.txt")}
        assert browser.client.post(path, data=data).status_code == 422, path
    data = {"csrf_token": browser.token, "body": (BytesIO(b"x"), "x.txt"), "customer_id": str(customer.id)}
    assert browser.client.post("/messages/estimate", data=data).status_code == 200


@pytest.mark.parametrize("body", ["a" + "\u0301\u0316" * 200_000, "http://あ" * 80_000, "[[%x%]]" * 50_000])
def test_a_pasted_file_is_counted_and_refused_at_once(body: str) -> None:
    prepared = prepare_text(body, {}, count_clicks=True, rules=LengthRules())
    assert prepared.characters == len(body) > MAX_TYPED
    assert [problem.reason for problem in prepared.problems] == ["body_too_long"]


def test_a_number_changed_meanwhile_is_asked_about(app: Flask, browser: Browser, customer: Customer) -> None:
    fields = written(browser, customer, body="内見です。")
    card = form_with(browser.get(f"/customers/{customer.id}/edit").text, "mobile_number")
    browser.post(f"/customers/{customer.id}/edit", **card | {"mobile_number": "08012345678"})
    refused = browser.post(path_of(customer), 422, **fields).text
    assert "080-1234-5678に変わりました" in by_id(refused, "error-summary").text
    with app.app_context():
        assert not everything()["message"]
    browser.post(path_of(customer), **form_with(refused, "body"))


def test_a_new_login_keeps_the_text_that_was_being_written(
    app: Flask, browser: Browser, customer: Customer
) -> None:
    fields = written(browser, customer, subject="件名", body="長い文章\r\nです。")
    browser.post("/logout")
    refused = browser.post(path_of(customer), 401, **fields)
    assert form_with(refused.text, "body")["body"] == "長い文章\r\nです。"
    browser.log_in()
    browser.token = "void"
    again = browser.post(path_of(customer), 400, **form_with(refused.text, "body") | {"csrf_token": "void"})
    kept = form_with(again.text, "body")
    assert (kept["body"], kept["subject"]) == ("長い文章\r\nです。", "件名")
    assert kept["submission_key"] == fields["submission_key"]
    with app.app_context():
        assert not everything()["message"]
    browser.post(path_of(customer), **kept)


def test_another_sites_form_gets_no_fresh_token(app: Flask, browser: Browser) -> None:
    with app.app_context():
        make_customer()
    answer = browser.client.post(
        "/customers/new", data={"name": "偽造"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 400
    assert "偽造" not in answer.text


def test_passwords_are_never_kept(anonymous: Browser) -> None:
    answer = anonymous.client.post("/account/password", data={"new_password": PASSWORD})
    assert answer.status_code == 401
    assert PASSWORD not in answer.text
