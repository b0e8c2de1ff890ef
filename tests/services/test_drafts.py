"""Drafts: one a form, their writer's alone, gone when sent, forgotten after a month."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from tests.conftest import make_customer, make_staff
from tests.features.rows import everything
from webapp import clock
from webapp.extensions import db
from webapp.models import Customer, Staff, StoredDraft
from webapp.services import RefusedByRule, drafts, sending
from webapp.services.sending import Draft

KEY = "key-of-the-first-tab"
FIELDS = {"subject": "", "body": "明日の内見は", "timing": "now"}


def _writer() -> Staff:
    return db.session.scalars(select(Staff)).one()


def _stored() -> list[tuple[str, str]]:
    rows = db.session.scalars(select(StoredDraft).order_by(StoredDraft.id))
    return [(row.submission_key, row.fields["body"]) for row in rows]


def test_saving_again_is_one_row_with_the_latest_text(context: Flask, customer: Customer) -> None:
    drafts.save_draft(_writer(), customer.id, KEY, FIELDS, is_left=True)
    kept = drafts.save_draft(_writer(), customer.id, KEY, FIELDS | {"body": "明日の内見は10時です"})
    assert _stored() == [(KEY, "明日の内見は10時です")]
    assert kept is not None
    assert kept.left_at is None


def test_two_tabs_are_two_drafts(context: Flask, customer: Customer) -> None:
    drafts.save_draft(_writer(), customer.id, KEY, FIELDS)
    drafts.save_draft(_writer(), customer.id, "key-of-the-second-tab", FIELDS | {"body": "別の文"})
    assert [draft.fields["body"] for draft in drafts.list_drafts(_writer(), customer.id)] == [
        "別の文",
        "明日の内見は",
    ]


def test_an_emptied_form_leaves_nothing(context: Flask, customer: Customer) -> None:
    drafts.save_draft(_writer(), customer.id, KEY, FIELDS)
    assert drafts.save_draft(_writer(), customer.id, KEY, {"subject": " ", "body": "\n\u3000"}) is None
    assert _stored() == []


def test_drafts_are_their_writers_alone(context: Flask, customer: Customer) -> None:
    other = make_staff("sato")
    writer = db.session.scalars(select(Staff).where(Staff.login_id == "admin")).one()
    drafts.save_draft(writer, customer.id, KEY, FIELDS)
    assert drafts.list_drafts(other) == []
    assert drafts.find_draft(other, customer.id, KEY) is None
    before = everything()
    drafts.discard_draft(other, customer.id, KEY)
    assert everything() == before
    drafts.save_draft(other, customer.id, KEY, FIELDS | {"body": "佐藤の文"})
    assert _stored() == [(KEY, "明日の内見は"), (KEY, "佐藤の文")]


def test_what_is_sent_is_no_draft(context: Flask, customer: Customer) -> None:
    other = make_customer(name="別 花子", mobile_number="09011112222")
    drafts.save_draft(_writer(), customer.id, KEY, FIELDS)
    drafts.save_draft(_writer(), other.id, KEY, FIELDS)
    sending.send(Draft(customer.id, "", "明日の内見は", count_clicks=False, submission_key=KEY), _writer())
    assert [draft.customer_id for draft in drafts.list_drafts(_writer())] == [other.id]
    # The page that is being left saves once more, after it was sent.
    drafts.save_draft(_writer(), customer.id, KEY, FIELDS, is_left=True)
    assert drafts.find_draft(_writer(), customer.id, KEY) is None
    assert [draft.customer_id for draft in drafts.list_drafts(_writer())] == [other.id]


def test_a_refused_send_keeps_the_draft(context: Flask, customer: Customer) -> None:
    drafts.save_draft(_writer(), customer.id, KEY, FIELDS | {"body": "[[%名前%]]"})
    with pytest.raises(RefusedByRule):
        sending.send(Draft(customer.id, "", "[[%名前%]]", count_clicks=False, submission_key=KEY), _writer())
    assert _stored() == [(KEY, "[[%名前%]]")]


def test_old_drafts_go_with_the_next_save(context: Flask, customer: Customer) -> None:
    long_ago = clock.now() - drafts.KEEP_DRAFTS_FOR - timedelta(hours=1)
    with time_machine.travel(long_ago, tick=False):
        drafts.save_draft(_writer(), customer.id, "key-of-long-ago", FIELDS)
    drafts.save_draft(_writer(), customer.id, KEY, FIELDS)
    assert _stored() == [(KEY, "明日の内見は")]
